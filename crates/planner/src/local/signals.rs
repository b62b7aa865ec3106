//! Ctrl-C, SIGTERM and a batch system's warning as events.

use std::{io, thread};

use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// A batch system sends this some time before the time limit.
pub(crate) const WARNING: i32 = SIGUSR1;

/// Calls `tell` with each SIGINT, SIGTERM and [`WARNING`] while it answers `true`. After that, a signal ends
/// the program as usual.
///
/// SIGHUP keeps its default: it ends the planner, and the system then asks the workers to stop (see
/// [`super::process`]). Under `nohup` it does nothing, as usual.
///
/// # Errors
/// The system refuses to install a handler, which is rare.
pub(super) fn listen(tell: impl Fn(i32) -> bool + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, WARNING])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            if !tell(signal) {
                let _ = emulate_default_handler(signal);
            }
        }
    })?;
    Ok(())
}
