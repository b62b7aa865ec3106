//! The output of a run's workers, in one file: each line begins with its cell.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gainsweep_store::WriteError;

use super::last_words::LastLines;
use crate::screen;

/// The longest line that is kept whole, in bytes: a worker that never ends its line must not fill our memory.
const LONGEST_LINE: u64 = 16 * 1024;

/// So many bytes of one output of a worker are logged as they come. Of what follows, the end is.
const LARGEST: usize = 4 << 20;

/// The lines of that end.
const LAST_LINES: usize = 50;

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

    /// Copies an output of a worker line by line until it ends. `last` gets the last lines.
    ///
    /// A worker that says too much fills no disk: see [`LARGEST`].
    pub(super) fn copy(&self, cell: &str, output: impl Read, last: &Mutex<LastLines>) {
        let mut reader = BufReader::new(output);
        let mut bytes = Vec::new();
        let mut logged = 0;
        let mut end = End::default();
        loop {
            bytes.clear();
            match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes) {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim_end();
            if logged < LARGEST {
                logged += text.len() + 1;
                self.line(cell, text);
            } else {
                end.push(text);
            }
            last.lock().unwrap_or_else(PoisonError::into_inner).push(text);
        }
        if end.left_out > 0 {
            let most = LARGEST >> 20;
            self.line(cell, &format!("[{} lines are left out: it said more than {most} MiB]", end.left_out));
        }
        end.lines.iter().for_each(|line| self.line(cell, line));
    }
}

/// The last lines of an output that was too long.
#[derive(Default)]
struct End {
    lines: VecDeque<String>,
    left_out: u64,
}

impl End {
    fn push(&mut self, line: &str) {
        if self.lines.len() == LAST_LINES {
            self.lines.pop_front();
            self.left_out += 1;
        }
        self.lines.push_back(line.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::last_words;

    #[test]
    fn lines_carry_their_cell_and_the_last_words_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = RunLog::new(folder.path(), "x");
        assert!(log.path().is_none());
        let last = Mutex::default();
        log.copy("7c1f0a2b", &b"Traceback:\n  a\xff\nValueError: no\n\n"[..], &last);
        let words = last_words::of(&last.into_inner().expect("lock"), &LastLines::default());
        assert_eq!(words.text, "ValueError: no");
        let text = fs_err::read_to_string(log.path().expect("a file")).expect("read");
        insta::assert_snapshot!(text, @"
        7c1f0a2b | Traceback:
        7c1f0a2b |   a�
        7c1f0a2b | ValueError: no
        7c1f0a2b |
        ");
    }

    #[test]
    fn of_too_much_the_beginning_and_the_end_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = RunLog::new(folder.path(), "x");
        let steps: Vec<String> = (0..1_000_000).map(|number| format!("step {number}")).collect();
        let said = steps.join("\n");
        log.copy("7c1f0a2b", said.as_bytes(), &Mutex::default());
        let text = fs_err::read_to_string(log.path().expect("a file")).expect("read");
        assert!(text.starts_with("7c1f0a2b | step 0\n7c1f0a2b | step 1\n"));
        assert!(text.ends_with("| step 999998\n7c1f0a2b | step 999999\n"));
        let note = text.lines().find(|line| line.contains("left out")).expect("a note");
        insta::assert_snapshot!(note, @"7c1f0a2b | [641165 lines are left out: it said more than 4 MiB]");
        assert!(text.len() < 3 * LARGEST, "{}", text.len());
    }

    #[test]
    fn an_endless_line_is_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = RunLog::new(folder.path(), "x");
        log.copy("7c1f0a2b", std::io::repeat(b'a').take(3 * LONGEST_LINE), &Mutex::default());
        let text = fs_err::read_to_string(log.path().expect("a file")).expect("read");
        assert_eq!(text.lines().count(), 3);
    }

    #[test]
    fn an_endless_line_of_anything_fills_neither_memory_nor_disk() {
        for byte in [b'a', 0, 0xff, b'\r', b' ', 0x1b] {
            let folder = tempfile::tempdir().expect("a folder");
            let log = RunLog::new(folder.path(), "x");
            let last = Mutex::default();
            log.copy("7c1f0a2b", std::io::repeat(byte).take(8 * LARGEST as u64), &last);
            let most = LARGEST + (LAST_LINES + 2) * 3 * (LONGEST_LINE as usize + 11);
            let size = log.path().map_or(0, |path| path.metadata().expect("a file").len());
            assert!(size < most as u64, "{byte}: {size}");
            assert!(last.into_inner().expect("lock").bytes() < 1 << 20, "{byte}");
        }
    }
}
