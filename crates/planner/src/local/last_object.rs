//! The last line of a program's output that is a JSON object: its result, if the sweep file says `results = "stdout"`.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use super::own_results::is_object;

/// A longer line is no result.
const LONGEST: usize = 1 << 20;

/// Where the line is kept.
pub(super) type LastObject = Arc<Mutex<Option<String>>>;

/// Looks for it in what is read through this.
pub(super) struct ObjectFinder<R> {
    output: R,
    line: Vec<u8>,
    last: LastObject,
}

impl<R: Read> ObjectFinder<R> {
    pub(super) fn new(output: R, last: LastObject) -> ObjectFinder<R> {
        ObjectFinder { output, line: Vec::new(), last }
    }

    fn end_line(&mut self) {
        if self.line.len() <= LONGEST
            && let Ok(text) = std::str::from_utf8(&self.line)
            // A progress bar may stand before it.
            && let Some(text) = text.trim().rsplit('\r').next()
            && is_object(text)
        {
            let text = text.trim().to_string();
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
        }
        self.line.clear();
    }

    fn look(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            // One byte more than the longest says that it is too long.
            let room = (LONGEST + 1).saturating_sub(self.line.len());
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            if part.ends_with(b"\n") {
                self.end_line();
            }
        }
    }
}

impl<R: Read> Read for ObjectFinder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.output.read(buffer)?;
        if read == 0 {
            self.end_line();
        }
        self.look(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(output: &[u8]) -> Option<String> {
        let last = LastObject::default();
        // In small pieces, as a pipe gives them.
        let mut finder = ObjectFinder::new(output, Arc::clone(&last));
        let mut buffer = [0; 7];
        while finder.read(&mut buffer).expect("read") > 0 {}
        last.lock().expect("lock").clone()
    }

    #[test]
    fn the_last_object_counts_whatever_follows() {
        assert_eq!(last(b"start\n{\"a\": 1}\n{\"a\": 2}\r\nsaved\n{broken\n"), Some("{\"a\": 2}".into()));
        assert_eq!(last(b"10%\r50%\r{\"a\": 4}\n"), Some("{\"a\": 4}".into()), "after a progress bar");
        assert_eq!(last(b"{\"a\": 3}"), Some("{\"a\": 3}".into()), "without an end of line");
        assert_eq!(last(b"{\"a\": \"\xff\"}\nno\n"), None);
        let long = format!("{{\"a\": \"{}\"}}\n", "x".repeat(LONGEST));
        assert_eq!(last(long.as_bytes()), None);
    }
}
