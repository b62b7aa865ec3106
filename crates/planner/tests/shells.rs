//! Completions in the shells themselves, and the manual pages through the program that sets them. What is not installed
//! is skipped, but in CI, where `scripts/test` installs it.
#![allow(clippy::print_stderr, reason = "that it was skipped is said")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Everything that `scripts/install-completions` writes, for the programs that are built.
fn installed() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let prefix = folder.path().join("a prefix");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/install-completions");
    let output = Command::new("bash")
        .arg(script)
        .args(["--prefix".as_ref(), prefix.as_os_str(), "--from".as_ref()])
        .arg(Path::new(env!("CARGO_BIN_EXE_gainsweep")).parent().expect("a folder"))
        .output()
        .expect("bash");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (folder, prefix.join("share"))
}

/// Is this program here? In CI it must be.
fn has(program: &str) -> bool {
    let there = Command::new("sh").args(["-c", "command -v \"$0\"", program]).output();
    let there = there.is_ok_and(|output| output.status.success());
    assert!(there || std::env::var_os("CI").is_none(), "{program} is not installed");
    if !there {
        eprintln!("SKIPPED: {program} is not installed");
    }
    there
}

/// What a program prints, given `share` as `$SHARE`.
fn said(share: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .env("SHARE", share)
        .env("HOME", share)
        .env("TERM", "dumb")
        .output()
        .expect(program);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{} {}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout) + &text(&output.stderr)
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
    if !has("fish") {
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
    if !has("zsh") {
        return;
    }
    let (_folder, share) = installed();
    // A shell in a pseudo terminal, since completions are a matter of typing.
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
    if !has("groff") {
        return;
    }
    let (_folder, share) = installed();
    let pages = std::fs::read_dir(share.join("man/man1")).expect("pages");
    let pages: Vec<PathBuf> = pages.map(|page| page.expect("a page").path()).collect();
    assert!(pages.len() > 15, "{pages:?}");
    for page in &pages {
        let page = page.to_str().expect("text");
        let warnings = said(&share, "groff", &["-man", "-ww", "-z", "-Tutf8", page]);
        assert_eq!(warnings, "", "{page}");
    }
    let run = share.join("man/man1/gainsweep-run.1");
    let set = said(&share, "groff", &["-man", "-Tutf8", "-P-cbou", run.to_str().expect("text")]);
    assert!(set.contains("--jobs") && set.contains("SYNOPSIS"), "{set}");
}
