//! The terminal's alternate screen. Leaving it restores what was on the main screen.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, Once, PoisonError};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::SIGTSTP;
use signal_hook::low_level::emulate_default_handler;

use super::{Line, Size, cut, width};
use crate::screen;

/// Enter the alternate screen, hide the cursor, do not wrap.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/// The state of the terminal before.
struct Before {
    /// `None` without a keyboard.
    keyboard: Option<Termios>,
}

/// `None` while we are not on the alternate screen. Global, so that a panic on any thread can restore the
/// terminal.
static BEFORE: Mutex<Option<Before>> = Mutex::new(None);

/// While this exists, stdout shows the alternate screen; dropping it leaves that screen.
#[derive(Debug)]
pub(crate) struct Full {
    colours: bool,
    drawn: Option<(Vec<Line>, Size)>,
}

impl Full {
    /// Enters the alternate screen. Keys arrive one by one and are not echoed; Ctrl-C and Ctrl-Z remain
    /// signals.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub(crate) fn enter(colours: bool) -> io::Result<Full> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let earlier = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                leave();
                earlier(info);
            }));
        });
        let full = Full { colours, drawn: None };
        enter()?;
        Ok(full)
    }

    /// Draws the lines, if they or the size have changed; cuts those that do not fit.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub(crate) fn draw(&mut self, mut lines: Vec<Line>, size: Size) -> io::Result<()> {
        lines.truncate(size.rows);
        for line in &mut lines {
            line.text = cut(&line.text, size.columns);
        }
        if self.drawn.as_ref().is_some_and(|drawn| drawn.0 == lines && drawn.1 == size) {
            return Ok(());
        }
        write(&whole(&lines, size.columns, size.rows, self.colours))?;
        self.drawn = Some((lines, size));
        Ok(())
    }

    /// Makes the next [`Full::draw`] draw everything.
    pub(crate) fn forget(&mut self) {
        self.drawn = None;
    }

    /// Ctrl-Z: leaves the alternate screen, and stops until the shell continues us.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        leave();
        emulate_default_handler(SIGTSTP)?;
        self.resume()
    }

    /// Sets up the terminal again, after we may have been stopped.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        self.forget();
        enter()
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        leave();
    }
}

fn enter() -> io::Result<()> {
    let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    let stdin = io::stdin();
    let known = before.take().and_then(|before| before.keyboard);
    // The terminal on stdout may have no keyboard: `</dev/null`.
    let attributes = known.or_else(|| stdin.is_terminal().then(|| tcgetattr(&stdin).ok()).flatten());
    *before = Some(Before { keyboard: attributes.clone() });
    if let Some(mut ours) = attributes {
        ours.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        tcsetattr(&stdin, OptionalActions::Now, &ours)?;
    }
    screen::hold();
    write(ENTER)
}

/// Returns to the main screen, if we are on the other one, and prints the messages that waited.
fn leave() {
    let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(Before { keyboard }) = before.take() else { return };
    let _ = write(LEAVE);
    if let Some(attributes) = keyboard {
        // Discard keys that were typed for us, not for the shell.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &attributes);
    }
    screen::release();
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// A whole screen in one piece: overwrites every line and clears its rest, so nothing flickers. A line as
/// wide as the screen has no rest: clearing would delete its last letter.
fn whole(lines: &[Line], columns: usize, rows: usize, colours: bool) -> String {
    let rest = |line: &Line| if width(&line.text) < columns { "\x1b[K" } else { "" };
    let lines: Vec<String> =
        lines.iter().map(|line| format!("{}{}", line.painted(colours), rest(line))).collect();
    let below = if lines.len() < rows { "\r\n\x1b[J" } else { "" };
    format!("\x1b[H{}{below}", lines.join("\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_overwritten_and_never_scrolls() {
        let lines = [Line::plain("abc"), Line::plain("b")];
        assert_eq!(whole(&lines, 3, 2, false), "\x1b[Habc\r\nb\x1b[K");
        assert_eq!(whole(&lines, 3, 4, false), "\x1b[Habc\r\nb\x1b[K\r\n\x1b[J");
    }
}
