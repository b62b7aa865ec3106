//! Points between the steps of a submission at which a planner may be killed. Tests walk through all of them:
//! the environment variable [`gainsweep_contract::environment::KILL_AT_STEP`] makes a debug build kill itself
//! there. A release build has none.

/// A step is done, the next one not yet begun.
#[cfg(debug_assertions)]
pub(crate) fn passed() {
    use std::sync::atomic::{AtomicU32, Ordering};

    static PASSED: AtomicU32 = AtomicU32::new(0);
    let now = PASSED.fetch_add(1, Ordering::Relaxed);
    let wanted = std::env::var(gainsweep_contract::environment::KILL_AT_STEP).ok();
    if wanted.and_then(|text| text.parse().ok()) == Some(now) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// A step is done, the next one not yet begun.
#[cfg(not(debug_assertions))]
pub(crate) fn passed() {}
