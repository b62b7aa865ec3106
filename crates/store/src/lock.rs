//! An advisory lock, so that two executors of one sweep do not run its cells twice.
//!
//! The system releases it when its last holder dies for any reason. Executors may share it with their
//! workers: then a killed executor's sweep stays locked until its workers have written their checkpoints and
//! ended.

use fs_err::os::unix::fs::OpenOptionsExt as _;
use std::fs::TryLockError;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::atomic::WriteError;
use crate::regular_file;

/// The holder of a lock, for messages. The file itself does not lock: it stays when its holder is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// Name of the machine.
    pub host: String,
    /// Since when, ISO 8601 in UTC.
    pub since: String,
}

/// Why the lock was not acquired.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it: which one, if the file can be read.
    #[error("another process holds the lock")]
    Held(Option<Holder>),
    /// The lock file cannot be created or written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A held lock. Dropping it releases it, even if it is shared: all work is over then. If its process is
/// killed, the processes that share it keep it until they end.
#[derive(Debug)]
pub struct Lock {
    file: fs_err::File,
    effective: bool,
}

impl Lock {
    /// Acquires the lock at once, or reports its holder.
    ///
    /// # Errors
    /// [`LockError::Held`] if another process holds it, [`LockError::Write`] if the file cannot be created.
    pub fn acquire(path: &Path, holder: &Holder) -> Result<Lock, LockError> {
        let fail = |error| WriteError::new(path, "lock", error);
        let file = {
            let mut options = fs_err::OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            options.custom_flags(regular_file::FLAGS.bits().cast_signed()).open(path)
        };
        let mut file = file.map_err(|error| fail(raw(error)))?;
        regular_file::check(file.file(), path).map_err(&fail)?;
        let effective = match file.file().try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let known =
                    file.read_to_string(&mut text).ok().and_then(|_| serde_json::from_str(&text).ok());
                return Err(LockError::Held(known));
            }
            // Some network file systems have no locks; they should be usable anyway.
            Err(TryLockError::Error(_)) => false,
        };
        let text = serde_json::to_string(holder).map_err(|error| fail(error.into()))?;
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{text}"))
            .map_err(|error| fail(raw(error)))?;
        Ok(Lock { file, effective })
    }

    /// Does it exclude other processes? Not on a file system without locks.
    pub fn is_effective(&self) -> bool {
        self.effective
    }

    /// Shares the lock with processes started from now on.
    ///
    /// # Errors
    /// The system refuses, which is rare.
    pub fn share_with_children(&self) -> io::Result<()> {
        Ok(rustix::io::fcntl_setfd(self.file.file(), rustix::io::FdFlags::empty())?)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file would not release the lock while a child has it open.
        let _ = self.file.file().unlock();
    }
}

/// The system's error without the path that `fs_err` adds: our own messages name it.
fn raw(error: io::Error) -> io::Error {
    error.raw_os_error().map_or(error, io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder() -> Holder {
        Holder { pid: 7, host: "node".into(), since: "2026-01-01T00:00:00Z".into() }
    }

    #[test]
    fn the_second_is_told_who_has_it_and_gets_it_after_the_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run.lock");
        let first = Lock::acquire(&path, &holder()).expect("free");
        assert!(first.is_effective());
        match Lock::acquire(&path, &holder()) {
            Err(LockError::Held(Some(who))) => assert_eq!(who, holder()),
            other => panic!("{other:?}"),
        }
        drop(first);
        drop(Lock::acquire(&path, &holder()).expect("free again"));
    }

    /// The executor's tests check that a child keeps the lock when its parent is killed: they have a parent
    /// to kill.
    #[test]
    fn what_is_given_back_is_free_even_if_a_child_shares_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run.lock");
        let lock = Lock::acquire(&path, &holder()).expect("free");
        lock.share_with_children().expect("shared");
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("sleep runs");
        drop(lock);
        drop(Lock::acquire(&path, &holder()).expect("free again"));
        child.kill().expect("killed");
        child.wait().expect("gone");
    }
}
