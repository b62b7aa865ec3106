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

# setup_venv NAME WHAT: an environment of Python in .venv/NAME with what
# scripts/NAME-requirements.txt lists. WHAT is its name for people.
setup_venv() {
    local folder=.venv/$1 requirements=scripts/$1-requirements.txt what=$2
    # Written last, so that what was interrupted is done again.
    if cmp -s "$requirements" "$folder/installed"; then
        say "$what: already set up in $folder"
        return
    fi
    want python3 "install Python 3 with venv (Debian: apt-get install python3 python3-venv)"
    rm -rf "$folder"
    python3 -m venv "$folder" || die "Python has no venv" "install it (Debian: apt-get install python3-venv)"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-input -r "$requirements" ||
        die "$what could not be installed (pip's message is above)" "check the network and pip's settings, and run this again"
    cp "$requirements" "$folder/installed"
    say "$what: set up in $folder"
}
