//! What a worker says, on its way to the log.

use std::io::{self, PipeReader, Read};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::RunLog;
use super::last_object::{LastObject, ObjectFinder};
use super::last_words::LastLines;

/// A process that an ended worker started may keep its outputs open. After so long without a word nobody listens to
/// it any more, ...
const SILENCE: Duration = Duration::from_secs(1);

/// ... nor after so long whatever it says.
const MOST: Duration = Duration::from_secs(5);

/// Time between two looks whether the worker has ended. The end of its output needs none.
const LOOK: Duration = Duration::from_millis(250);

/// What a worker says.
pub(super) struct Output {
    pub(super) stdout: Words,
    pub(super) stderr: Words,
}

/// One output of a worker, copied to the log.
pub(super) struct Words {
    last: Arc<Mutex<LastLines>>,
    object: LastObject,
    ended: Arc<OnceLock<Instant>>,
    copier: JoinHandle<()>,
}

impl Words {
    /// Copies what is written into the pipe.
    pub(super) fn listen(log: &Arc<RunLog>, cell: &str) -> io::Result<(Words, io::PipeWriter)> {
        let (output, writer) = io::pipe()?;
        let (last, ended) = (Arc::<Mutex<LastLines>>::default(), Arc::<OnceLock<Instant>>::default());
        let output = Listener { output, ended: Arc::clone(&ended), heard: Instant::now() };
        let (log, cell, shared) = (Arc::clone(log), cell.to_string(), Arc::clone(&last));
        let object = LastObject::default();
        let output = ObjectFinder::new(output, Arc::clone(&object));
        let copy = move || log.copy(&cell, output, &shared);
        let copier = thread::Builder::new().name("log".into()).spawn(copy)?;
        Ok((Words { last, object, ended, copier }, writer))
    }

    /// The worker has ended: waits for the rest, but not for ever. Returns the last lines, and the last that is a JSON
    /// object.
    pub(super) fn last(self) -> (LastLines, Option<String>) {
        let _ = self.ended.set(Instant::now());
        // A copier that panicked leaves the lines that it had.
        let _ = self.copier.join();
        let object = self.object.lock().unwrap_or_else(PoisonError::into_inner).take();
        (std::mem::take(&mut self.last.lock().unwrap_or_else(PoisonError::into_inner)), object)
    }
}

/// The reading end of an output.
struct Listener {
    output: PipeReader,
    /// When the worker ended.
    ended: Arc<OnceLock<Instant>>,
    heard: Instant,
}

impl Listener {
    fn is_over(&self) -> bool {
        self.ended
            .get()
            .is_some_and(|ended| ended.elapsed() > MOST || (*ended).max(self.heard).elapsed() > SILENCE)
    }
}

impl Read for Listener {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.is_over() {
            if is_ready(&self.output)? {
                self.heard = Instant::now();
                return self.output.read(buffer);
            }
        }
        Ok(0)
    }
}

/// Waits a little until something can be read, or the pipe ends. Is it so?
fn is_ready(output: &PipeReader) -> io::Result<bool> {
    let mut asked = libc::pollfd { fd: output.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let milliseconds = i32::try_from(LOOK.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: the pointer is to one `pollfd`, as its count says, and the file is open while `output` is borrowed.
    #[expect(unsafe_code, reason = "the crate `rustix` is built without its part for this")]
    let count = unsafe { libc::poll(&raw mut asked, 1, milliseconds) };
    let error = io::Error::last_os_error();
    match count {
        0.. => Ok(count > 0),
        _ if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        _ => Err(error),
    }
}
