//! What a terminal tells: keys, another size, Ctrl-C, Ctrl-Z.

use std::io::{self, Read};
use std::thread;

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The key `q`, or Ctrl-C.
    Quit,
    /// The size is another, or everything should be drawn again.
    Redraw,
    /// Ctrl-Z.
    Suspend,
    /// We go on after we were stopped.
    Continued,
    /// This signal ends us.
    End(i32),
}

/// Calls `tell` with each event while it answers `true`. Without a `screen` there is nothing to draw and to restore, and Ctrl-C
/// is all that matters.
///
/// # Errors
/// What the system says; hardly ever.
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
