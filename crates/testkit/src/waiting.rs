//! Waits for something that happens soon.

use std::path::Path;
use std::time::{Duration, Instant};

/// Long enough for a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Pause between two cheap looks.
pub const NAP: Duration = Duration::from_millis(5);

/// Waits until a condition holds, with a look after each `nap`. Returns `false` after `patience`.
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

/// Waits until a condition holds.
///
/// # Panics
/// After a minute.
#[track_caller]
pub fn wait_until(what: &str, is_so: impl FnMut() -> bool) {
    assert!(within(PATIENCE, NAP, is_so), "never: {what}");
}

/// Waits for an answer, and returns it.
///
/// # Panics
/// After `patience`; the panic shows the last reason.
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

/// Waits until a file exists.
///
/// # Panics
/// After a minute.
#[track_caller]
pub fn wait_for_path(path: &Path) {
    wait_until(&path.display().to_string(), || path.exists());
}
