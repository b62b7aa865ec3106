//! Tests that need what not every machine has.

use std::process::Command;

/// Whether a test can be made at all: where something is missing it says so on stderr, for the test to return.
///
/// # Panics
/// With `CI` set, what `scripts/test` installs must be there.
pub fn has(is_there: bool, what: &str, how_to_get_it: &str) -> bool {
    let missing = format!("{what} is not here: {how_to_get_it}");
    assert!(is_there || !is_ci(), "{missing}");
    if !is_there {
        skipped(&missing);
    }
    is_there
}

/// The same for what nobody can install, such as data that are not public: also in CI such a test skips.
pub fn has_by_chance(is_there: bool, what: &str) -> bool {
    if !is_there {
        skipped(&format!("{what} is not here"));
    }
    is_there
}

/// A program on `PATH` that `scripts/test` installs.
///
/// # Panics
/// With `CI` set it must be there.
pub fn has_program(name: &str) -> bool {
    let found = Command::new("sh").args(["-c", "command -v \"$0\"", name]).output();
    has(found.is_ok_and(|output| output.status.success()), name, "see test_tools in scripts/test")
}

/// Says that a test is left here, and why.
#[expect(clippy::print_stderr, reason = "what is skipped is said")]
pub fn skipped(why: &str) {
    eprintln!("SKIPPED: {why}");
}

fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|ci| !ci.is_empty())
}
