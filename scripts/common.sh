# Shared by the scripts beside it; sourced, not run.
# shellcheck shell=bash

say() { printf '==> %s\n' "$*"; }

# die WHAT_FAILED WHAT_TO_DO...: one plain message on stderr, then exit 1.
die() {
    printf 'error: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '  next: %s\n' "$@" >&2
    exit 1
}

# Prints the comment at the top of a script (its help).
print_header() { sed -n '2,/^$/s/^# \{0,1\}//p' "$1"; }

# want PROGRAM HINT: stops when a program is missing.
want() { command -v "$1" >/dev/null 2>&1 || die "$1 was not found" "$2"; }

want_cargo() { want cargo "install Rust, as https://rustup.rs describes, and open a new shell"; }
