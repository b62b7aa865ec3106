//! The one place that prints: data to stdout, messages to stderr.

pub(crate) mod diagnostics;
pub(crate) mod failure;
pub(crate) mod running;
pub(crate) mod same_error;
pub(crate) mod terminal;
pub(crate) mod wording;

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Mutex, PoisonError};

use failure::Failure;

/// Version and commit, as `--version` shows them.
pub(crate) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("GAINSWEEP_COMMIT"), ")");

/// Prints data to stdout.
///
/// # Errors
/// [`Failure::NobodyReads`] if the reader has left, [`Failure::System`] if it cannot be written.
pub(crate) fn data(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    let written = if io::stdout().is_terminal() {
        let mut bytes = Vec::new();
        write(&mut bytes)
            .and_then(|()| stdout.write_all(visible(&String::from_utf8_lossy(&bytes)).as_bytes()))
    } else {
        write(&mut stdout)
    };
    match written.and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::NobodyReads),
        Err(error) => Err(anyhow::Error::new(error).context("cannot write to stdout").into()),
    }
}

/// Messages that wait while another screen has the terminal.
static HELD: Mutex<Option<Vec<String>>> = Mutex::new(None);

/// Prints a message to stderr. An error is ignored: there is nowhere to report it.
///
/// Text that other people's files hold may be in it, so escape sequences are shown, not obeyed.
pub(crate) fn talk(text: &str) {
    talk_painted(&visible(text));
}

/// The same text with control characters made visible; lines stay lines.
fn visible(text: &str) -> String {
    text.split('\n').map(wording::one_line).collect::<Vec<_>>().join("\n")
}

/// Prints a message that was rendered with colours.
pub(crate) fn talk_painted(text: &str) {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(held) = held.as_mut() {
        held.push(text.into());
        return;
    }
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// From here on messages wait for [`release`].
pub(crate) fn hold() {
    HELD.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
}

/// Prints the waiting messages.
pub(crate) fn release() {
    let held = HELD.lock().unwrap_or_else(PoisonError::into_inner).take();
    held.unwrap_or_default().iter().for_each(|text| talk_painted(text));
}

/// Prints the beginning of a line to stderr; the next [`talk`] ends it.
pub(crate) fn talk_on(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
