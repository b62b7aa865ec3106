//! The output of a run's workers, in one file: each line begins with its cell.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gainsweep_store::WriteError;

use crate::screen;

/// The longest line that is kept whole, in bytes: a worker that never ends its line must not fill our memory.
const LONGEST_LINE: u64 = 16 * 1024;

/// The log of one run. The first line creates the file.
pub(crate) struct RunLog {
    /// `None`: the batch system keeps a log of our stderr.
    path: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    file: Option<fs_err::File>,
    trouble: Option<WriteError>,
}

impl RunLog {
    /// The log of that name in the folder of logs.
    pub(crate) fn new(folder: &Path, name: &str) -> RunLog {
        RunLog { path: Some(folder.join(format!("run-{name}.log"))), state: Mutex::default() }
    }

    /// A log that goes to stderr.
    pub(crate) fn to_stderr() -> RunLog {
        RunLog { path: None, state: Mutex::default() }
    }

    /// The file, if anything was said.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref().filter(|path| path.exists())
    }

    /// Why something could not be written.
    pub(super) fn trouble(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.trouble.as_ref().map(ToString::to_string)
    }

    /// Adds a line. A log that cannot be written stops no training: the first error is reported at the end.
    fn line(&self, cell: &str, text: &str) {
        let Some(path) = &self.path else { return screen::talk(&format!("{cell} | {text}")) };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.file.is_none() && state.trouble.is_none() {
            match fs_err::OpenOptions::new().append(true).create_new(true).open(path) {
                Ok(file) => state.file = Some(file),
                Err(error) => state.trouble = Some(WriteError::new(path, "make", error)),
            }
        }
        let Some(file) = &mut state.file else { return };
        if let Err(error) = file.write_all(format!("{cell} | {text}\n").as_bytes()) {
            state.trouble.get_or_insert(WriteError::new(path, "append to", error));
        }
    }

    /// Copies an output of a worker line by line until it ends. `last` gets the last line that is not empty.
    pub(super) fn copy(&self, cell: &str, output: impl Read, last: &Mutex<String>) {
        let mut reader = BufReader::new(output);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim_end();
            self.line(cell, text);
            if !text.trim().is_empty() {
                text.clone_into(&mut last.lock().unwrap_or_else(PoisonError::into_inner));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_carry_their_cell_and_the_last_words_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = RunLog::new(folder.path(), "x");
        assert!(log.path().is_none());
        let last = Mutex::default();
        log.copy("7c1f0a2b", &b"Traceback:\n  a\xff\nValueError: no\n\n"[..], &last);
        assert_eq!(*last.lock().expect("lock"), "ValueError: no");
        let text = fs_err::read_to_string(log.path().expect("a file")).expect("read");
        insta::assert_snapshot!(text, @"
        7c1f0a2b | Traceback:
        7c1f0a2b |   a�
        7c1f0a2b | ValueError: no
        7c1f0a2b |
        ");
    }

    #[test]
    fn an_endless_line_is_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = RunLog::new(folder.path(), "x");
        log.copy("7c1f0a2b", std::io::repeat(b'a').take(3 * LONGEST_LINE), &Mutex::default());
        let text = fs_err::read_to_string(log.path().expect("a file")).expect("read");
        assert_eq!(text.lines().count(), 3);
    }
}
