//! Events of a terminal: keys, a new size, Ctrl-C, Ctrl-Z.

use std::io::{self, Read};
use std::thread;

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// An event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The key `q`, or Ctrl-C.
    Quit,
    /// The size has changed, or the user asks to draw everything again.
    Redraw,
    /// Ctrl-Z.
    Suspend,
    /// The program resumes after it was stopped.
    Continued,
    /// This signal ends the program.
    End(i32),
}

/// Calls `tell` with each event while it answers `true`. Without a `screen` there is nothing to draw or
/// restore, and only Ctrl-C matters.
///
/// # Errors
/// The system refuses to install a handler, which is rare.
pub(crate) fn listen(screen: bool, tell: impl Fn(Event) -> bool + Clone + Send + 'static) -> io::Result<()> {
    let all: &[i32] =
        if screen { &[SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT] } else { &[SIGINT] };
    let mut signals = Signals::new(all)?;
    let tell_signal = tell.clone();
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            let event = match signal {
                SIGINT => Event::Quit,
                SIGWINCH => Event::Redraw,
                SIGTSTP => Event::Suspend,
                SIGCONT => Event::Continued,
                other => Event::End(other),
            };
            if !tell_signal(event) {
                let _ = emulate_default_handler(signal);
            }
        }
    })?;
    if screen && io::IsTerminal::is_terminal(&io::stdin()) {
        thread::Builder::new().name("keys".into()).spawn(move || {
            let mut key = [0];
            while matches!(io::stdin().lock().read(&mut key), Ok(1)) {
                let event = match key[0] {
                    b'q' | b'Q' => Event::Quit,
                    // Ctrl-L
                    0x0c => Event::Redraw,
                    _ => continue,
                };
                if !tell(event) {
                    return;
                }
            }
        })?;
    }
    Ok(())
}
