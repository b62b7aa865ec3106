//! Ctrl-C and SIGTERM as events.

use std::io;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// Calls `tell` for each SIGINT and SIGTERM while it answers `true`. When nobody listens any more, a signal ends the
/// program as if we had never listened.
///
/// SIGHUP is left alone: by default it ends the planner, and the system then asks the workers to stop (see
/// [`super::process`]); under `nohup` it does nothing, as asked.
///
/// # Errors
/// What the system says; hardly ever.
pub(super) fn listen(tell: impl Fn() -> bool + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            if !tell() {
                let _ = emulate_default_handler(signal);
            }
        }
    })?;
    Ok(())
}
