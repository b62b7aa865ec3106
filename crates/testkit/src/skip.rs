//! Tests that need something that not every machine has.

use std::process::Command;

/// Can a test run? If something is missing, prints that to stderr; the test should return.
///
/// # Panics
/// If `CI` is set and something is missing that `scripts/test` installs.
pub fn has(is_there: bool, what: &str, how_to_get_it: &str) -> bool {
    let missing = format!("{what} is missing: {how_to_get_it}");
    assert!(is_there || !is_ci(), "{missing}");
    if !is_there {
        skipped(&missing);
    }
    is_there
}

/// The same for things that nobody can install, such as private data: the test skips in CI, too.
pub fn has_by_chance(is_there: bool, what: &str) -> bool {
    if !is_there {
        skipped(&format!("{what} is missing"));
    }
    is_there
}

/// Is a program on `PATH` that `scripts/test` installs?
///
/// # Panics
/// If `CI` is set and it is missing.
pub fn has_program(name: &str) -> bool {
    let found = Command::new("sh").args(["-c", "command -v \"$0\"", name]).output();
    has(found.is_ok_and(|output| output.status.success()), name, "see test_tools in scripts/test")
}

/// Prints that a test is skipped, and why.
#[expect(clippy::print_stderr, reason = "what is skipped is said")]
pub fn skipped(why: &str) {
    eprintln!("SKIPPED: {why}");
}

fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|ci| !ci.is_empty())
}
