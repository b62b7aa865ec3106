//! Exclusive lock of a sweep, for submitting its jobs or for writing its tables.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use gainsweep_store::SweepFolder;
use gainsweep_store::lock::{Holder, Lock, LockError};
use gainsweep_store::this_machine::host;
use jiff::Timestamp;

use crate::screen;
use crate::screen::failure::Failure;

/// How long to wait for another process.
const PATIENCE: Duration = Duration::from_mins(5);

/// Held until it is dropped or the process ends.
pub(crate) struct SweepLock {
    lock: Lock,
}

impl SweepLock {
    /// Waits for the lock for sending jobs.
    ///
    /// # Errors
    /// The lock cannot be made, or another process takes too long.
    pub(crate) fn to_send(folder: &SweepFolder) -> Result<SweepLock, Failure> {
        fs_err::create_dir_all(folder.root())?;
        wait(&folder.submit_lock(), "sending")
    }

    /// The lock for sending jobs, if nobody has it.
    ///
    /// # Errors
    /// The lock cannot be made.
    pub(crate) fn try_to_send(folder: &SweepFolder) -> Result<Option<SweepLock>, Failure> {
        fs_err::create_dir_all(folder.root())?;
        Ok(SweepLock::free(&folder.submit_lock())?.ok())
    }

    /// Waits for the lock for writing tables.
    ///
    /// # Errors
    /// As for [`SweepLock::to_send`].
    pub(crate) fn to_gather(folder: &SweepFolder) -> Result<SweepLock, Failure> {
        wait(&folder.gather_lock(), "gathering")
    }

    /// Does it exclude other processes? Not on a file system without locks.
    pub(crate) fn is_effective(&self) -> bool {
        self.lock.is_effective()
    }

    /// The lock, or its holder.
    fn free(path: &Path) -> Result<Result<SweepLock, Option<Holder>>, Failure> {
        let own = Holder { pid: std::process::id(), host: host(), since: format!("{:.0}", Timestamp::now()) };
        match Lock::acquire(path, &own) {
            Ok(lock) => Ok(Ok(SweepLock { lock })),
            Err(LockError::Held(holder)) => Ok(Err(holder)),
            Err(LockError::Write(error)) => Err(error.into()),
        }
    }
}

fn wait(path: &Path, doing: &str) -> Result<SweepLock, Failure> {
    let since = Instant::now();
    let mut said = false;
    loop {
        let holder = match SweepLock::free(path)? {
            Ok(lock) => return Ok(lock),
            Err(holder) => holder,
        };
        if since.elapsed() > PATIENCE {
            let who = holder.map_or_else(String::new, |who| {
                format!(": process {} on {} since {}", who.pid, who.host, who.since)
            });
            return Err(anyhow!("another gainsweep is still {doing} this sweep{who}").into());
        }
        if !said {
            screen::talk(&format!("another gainsweep is {doing} this sweep; waiting for it ..."));
            said = true;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
