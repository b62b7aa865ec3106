//! The folder with the stand-in's state: one JSON file behind a lock, a log of calls, a folder for each job.

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::state::{State, now};

/// A call of one of the commands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The command's name.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// When, in seconds since 1970.
    pub at: f64,
}

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

/// Which version of the file this is: it is always replaced, never rewritten.
pub(crate) type Version = (u64, i64, i64);

impl Folder {
    pub(crate) fn new(path: &Path) -> Folder {
        Folder { path: path.to_path_buf() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the links to the commands are.
    pub(crate) fn programs(&self) -> PathBuf {
        self.path.join("bin")
    }

    /// A job's script and environment.
    pub(crate) fn job(&self, id: u32) -> PathBuf {
        self.path.join("jobs").join(id.to_string())
    }

    fn state_file(&self) -> PathBuf {
        self.path.join("state.json")
    }

    /// Does it hold a state?
    pub(crate) fn exists(&self) -> bool {
        self.state_file().exists()
    }

    /// Holds the lock while `File` lives.
    fn lock(&self) -> io::Result<File> {
        let file = File::options().create(true).append(true).open(self.path.join("lock"))?;
        file.lock()?;
        Ok(file)
    }

    /// Reads the state; what another process changes later is not seen.
    pub(crate) fn read(&self) -> io::Result<State> {
        let _lock = self.lock()?;
        self.load()
    }

    fn load(&self) -> io::Result<State> {
        Ok(serde_json::from_slice(&fs_err::read(self.state_file())?)?)
    }

    /// Changes the state; nobody else does meanwhile.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> io::Result<T> {
        let _lock = self.lock()?;
        let mut state = self.load()?;
        let result = change(&mut state);
        self.store(&state)?;
        Ok(result)
    }

    /// Changes it if `change` says so.
    pub(crate) fn change_if(&self, change: impl FnOnce(&mut State) -> bool) -> io::Result<()> {
        let _lock = self.lock()?;
        let mut state = self.load()?;
        if change(&mut state) {
            self.store(&state)?;
        }
        Ok(())
    }

    /// Writes a first state.
    pub(crate) fn create(&self, state: &State) -> io::Result<()> {
        fs_err::create_dir_all(&self.path)?;
        let _lock = self.lock()?;
        self.store(state)
    }

    fn store(&self, state: &State) -> io::Result<()> {
        let next = self.path.join("state.next");
        fs_err::write(&next, serde_json::to_vec(state)?)?;
        fs_err::rename(next, self.state_file())
    }

    /// Tells whether anything was written since.
    pub(crate) fn version(&self) -> io::Result<Version> {
        let metadata = fs_err::metadata(self.state_file())?;
        Ok((metadata.ino(), metadata.mtime(), metadata.mtime_nsec()))
    }

    /// The runner holds this as long as it lives; `None` when another one does.
    pub(crate) fn runner_lock(&self) -> io::Result<Option<File>> {
        let file = File::options().create(true).append(true).open(self.path.join("runner.lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Notes a call.
    pub(crate) fn note_call(&self, program: &str, arguments: &[String]) -> io::Result<()> {
        let record = CallRecord { program: program.into(), arguments: arguments.to_vec(), at: now() };
        let mut line = serde_json::to_vec(&record)?;
        line.push(b'\n');
        // One write: lines of processes that write at once do not mix.
        File::options().create(true).append(true).open(self.path.join("calls.jsonl"))?.write_all(&line)
    }

    /// All calls so far.
    pub(crate) fn calls(&self) -> Vec<CallRecord> {
        let text = fs_err::read_to_string(self.path.join("calls.jsonl")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}
