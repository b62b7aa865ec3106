//! Completions in real shells, and the manual pages through the program that sets them. Missing programs are
//! skipped, except in CI, where `scripts/test` installs them.

use std::path::{Path, PathBuf};

use gainsweep_testkit::folder::names;
use gainsweep_testkit::program::{beside_the_tests, command, run};
use gainsweep_testkit::skip::has_program;

/// Everything that `scripts/install-completions` writes for the programs that are built.
fn installed() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let prefix = folder.path().join("a prefix");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/install-completions");
    let mut install = command("bash", &[script]);
    install.arg("--prefix").arg(&prefix).arg("--from").arg(beside_the_tests());
    run(install).expect(0, &[]);
    (folder, prefix.join("share"))
}

/// The output of a program that has `share` as `$SHARE`.
fn said(share: &Path, program: &str, arguments: &[&str]) -> String {
    let mut command = command(program, arguments);
    let said = run(command.env("SHARE", share).env("HOME", share).env("TERM", "dumb")).expect(0, &[]);
    said.stdout + &said.stderr
}

#[test]
fn bash_completes() {
    let (_folder, share) = installed();
    let script = r#"
. "$SHARE/bash-completion/completions/gainsweep"
complete_words() {
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
    _gainsweep gainsweep "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
    echo "${COMPREPLY[*]}"
}
complete_words gainsweep st
complete_words gainsweep submit --dr
complete_words gainsweep completions f
"#;
    let found = said(&share, "bash", &["--norc", "-ec", script]);
    assert_eq!(found, "status\n--dry-run\nfish\n");
}

#[test]
fn fish_completes() {
    if !has_program("fish") {
        return;
    }
    let (_folder, share) = installed();
    let script = r#"
source "$SHARE/fish/vendor_completions.d/gainsweep.fish"
complete -C "gainsweep st"
complete -C "gainsweep submit --dr"
"#;
    let found = said(&share, "fish", &["--no-config", "-c", script]);
    assert!(found.contains("status\t") && found.contains("--dry-run\t"), "{found}");
}

#[test]
fn zsh_completes() {
    if !has_program("zsh") {
        return;
    }
    let (_folder, share) = installed();
    // A shell in a pseudo terminal, because completions react to typing.
    let script = r#"
zmodload zsh/zpty
zpty typed "env SHARE='$SHARE' TERM=dumb zsh -f -i"
zpty -w typed 'PS1=; fpath=("$SHARE/zsh/site-functions" $fpath); autoload -Uz compinit; compinit -u -D; gainsweep() { print "got:$*" }; print rea""dy'
for _ in {1..200}; do zpty -r -t typed line; [[ $line == *ready* ]] && break; sleep 0.05; done
zpty -n -w typed $'gainsweep stat\t\n'
zpty -n -w typed $'gainsweep submit --dry\t\n'
zpty -w typed 'print do""ne'
for _ in {1..400}; do zpty -r -t typed line; print -r -- "$line"; [[ $line == *done* ]] && break; sleep 0.05; done
"#;
    let found = said(&share, "zsh", &["-f", "-c", script]);
    assert!(found.contains("got:status") && found.contains("got:submit --dry-run"), "{found}");
}

#[test]
fn manual_pages_are_set_without_a_warning() {
    if !has_program("groff") {
        return;
    }
    let (_folder, share) = installed();
    let home = share.join("man/man1");
    let pages = names(&home);
    assert!(pages.len() > 15, "{pages:?}");
    for page in &pages {
        let path = home.join(page);
        let warnings = said(&share, "groff", &["-man", "-ww", "-z", "-Tutf8", path.to_str().expect("text")]);
        assert_eq!(warnings, "", "{page}");
    }
    let run = share.join("man/man1/gainsweep-run.1");
    let set = said(&share, "groff", &["-man", "-Tutf8", "-P-cbou", run.to_str().expect("text")]);
    assert!(set.contains("--jobs") && set.contains("SYNOPSIS"), "{set}");
}
