//! The one place that prints: stdout is data, stderr is talk.

use std::io::{self, Write};

use crate::failure::Failure;

/// Prints data to stdout.
///
/// # Errors
/// [`Failure::NobodyReads`] when the reader has left, [`Failure::System`] when it cannot be written.
pub(crate) fn data(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::NobodyReads),
        Err(error) => Err(anyhow::Error::new(error).context("cannot write to stdout").into()),
    }
}

/// Says something on stderr. When even that cannot be written there is nobody to tell.
pub(crate) fn talk(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says the beginning of a line on stderr; the next [`talk`] ends it.
pub(crate) fn talk_on(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
