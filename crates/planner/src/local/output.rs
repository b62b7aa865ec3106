//! What a worker says, on its way to the log.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::RunLog;
use super::last_object::{LastObject, ObjectFinder};

/// How long to wait for the last output of an ended worker: a process that it started may keep its outputs
/// open.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What a worker says.
pub(super) struct Output {
    pub(super) stdout: Words,
    pub(super) stderr: Words,
}

/// One output of a worker, copied to the log.
pub(super) struct Words {
    last: Arc<Mutex<String>>,
    object: LastObject,
    copier: JoinHandle<()>,
}

impl Words {
    /// Copies what is written into the pipe.
    pub(super) fn listen(log: &Arc<RunLog>, cell: &str) -> io::Result<(Words, io::PipeWriter)> {
        let (output, writer) = io::pipe()?;
        let last = Arc::<Mutex<String>>::default();
        let (log, cell, shared) = (Arc::clone(log), cell.to_string(), Arc::clone(&last));
        let object = LastObject::default();
        let output = ObjectFinder::new(output, Arc::clone(&object));
        let copy = move || log.copy(&cell, output, &shared);
        let copier = thread::Builder::new().name("log".into()).spawn(copy)?;
        Ok((Words { last, object, copier }, writer))
    }

    /// The last line that is a JSON object.
    pub(super) fn object(&self) -> Option<String> {
        self.wait();
        self.object.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until everything was read.
    fn wait(&self) {
        let since = Instant::now();
        while !self.copier.is_finished() && since.elapsed() < LAST_WORDS {
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// The last line that is not empty.
    pub(super) fn last(self) -> String {
        self.wait();
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
