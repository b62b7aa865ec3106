//! Waiting for what happens soon, but not at once.

use std::path::Path;
use std::time::{Duration, Instant};

/// Long enough for a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Between two looks that cost nothing.
pub const NAP: Duration = Duration::from_millis(5);

/// Waits until something is so, and looks after each `nap`. False: it was not within `patience`.
pub fn within(patience: Duration, nap: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let since = Instant::now();
    loop {
        if is_so() {
            return true;
        }
        if since.elapsed() > patience {
            return false;
        }
        std::thread::sleep(nap);
    }
}

/// Waits until something is so.
///
/// # Panics
/// It was not for a minute.
#[track_caller]
pub fn wait_until(what: &str, is_so: impl FnMut() -> bool) {
    assert!(within(PATIENCE, NAP, is_so), "never: {what}");
}

/// Waits for an answer, and gives it.
///
/// # Panics
/// There was none within `patience`: the panic shows the last reason.
#[track_caller]
pub fn wait_for<T>(
    what: &str,
    patience: Duration,
    nap: Duration,
    mut ask: impl FnMut() -> Result<T, String>,
) -> T {
    let since = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(reason) => assert!(since.elapsed() < patience, "never: {what}, but {reason}"),
        }
        std::thread::sleep(nap);
    }
}

/// Waits until a file is there.
///
/// # Panics
/// It did not come within a minute.
#[track_caller]
pub fn wait_for_path(path: &Path) {
    wait_until(&path.display().to_string(), || path.exists());
}
