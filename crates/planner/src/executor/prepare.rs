//! Before the first cell: the lock, and what was asked.

use std::time::{Duration, Instant};

use anyhow::anyhow;
use gainsweep_store::lock::{Holder, Lock, LockError};
use gainsweep_store::plan::{self, PlannedCell};
use gainsweep_store::provenance::{Formats, PROVENANCE_FORMAT, Provenance};
use gainsweep_store::{SweepFolder, atomic};
use jiff::Timestamp;

use super::{WorkerProgram, process};
use crate::commands::Loaded;
use crate::failure::Failure;
use crate::screen;

/// How long the workers of a run that was killed may take to end.
const OLD_WORKERS: Duration = Duration::from_mins(2);

/// This run.
pub(crate) struct Run {
    pub(crate) started: Timestamp,
    pub(crate) host: String,
    pid: u32,
    /// Held while the run lives, and by its workers while they live.
    lock: Lock,
}

impl Run {
    /// A name that no other run has, for files: `20261123T192126Z-node07-4711`.
    pub(crate) fn name(&self) -> String {
        let time = format!("{:.0}", self.started).replace(['-', ':'], "");
        let host: String =
            self.host.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        format!("{time}-{host}-{}", self.pid)
    }
}

/// Takes the lock and writes `sweep.toml`, `plan.csv` and `provenance.json`.
///
/// # Errors
/// Another run holds the lock; something cannot be written.
pub(crate) fn prepare(loaded: &Loaded, folder: &SweepFolder, worker: &WorkerProgram) -> Result<Run, Failure> {
    for path in [folder.root().to_path_buf(), folder.cells(), folder.logs(), folder.attempts()] {
        fs_err::create_dir_all(path)?;
    }
    let run = Run {
        started: Timestamp::now(),
        host: process::host(),
        pid: std::process::id(),
        lock: lock(folder)?,
    };
    if !run.lock.is_effective() {
        screen::talk(&format!(
            "warning: the file system of {} has no locks: make sure that no other `gainsweep run` of this sweep runs",
            folder.root().display()
        ));
    }
    // Workers hold the lock, too: when this program is killed, they write their checkpoints before another run may
    // start their cells.
    run.lock.share_with_children()?;
    atomic::remove_leftovers(folder.root(), Duration::ZERO);
    write(loaded, folder, worker, &run)?;
    Ok(run)
}

fn write(loaded: &Loaded, folder: &SweepFolder, worker: &WorkerProgram, run: &Run) -> Result<(), Failure> {
    let axes: Vec<String> = loaded.sweep.axes().iter().map(|axis| axis.name.clone()).collect();
    let cells = loaded.sweep.cells().map(|cell| PlannedCell {
        index: cell.index,
        cell: cell.id,
        axes: cell.axes.iter().map(ToString::to_string).collect(),
    });
    atomic::write(&folder.plan(), &plan::render(&axes, cells))?;
    let provenance = Provenance {
        format: PROVENANCE_FORMAT,
        version: env!("CARGO_PKG_VERSION").into(),
        commit: env!("GAINSWEEP_COMMIT").into(),
        started: format!("{:.0}", run.started),
        host: run.host.clone(),
        arguments: std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect(),
        worker: worker.words(),
        formats: Formats::CURRENT,
    };
    atomic::write(&folder.provenance(), &provenance.render())?;
    // Last: `plan` compares with the sweep that was last run, and this is that sweep only now.
    atomic::write(&folder.sweep_file(), loaded.text.as_bytes())?;
    Ok(())
}

/// Takes the lock. Waits for the workers of a run that was killed; refuses while a run lives.
fn lock(folder: &SweepFolder) -> Result<Lock, Failure> {
    let own =
        Holder { pid: std::process::id(), host: process::host(), since: format!("{:.0}", Timestamp::now()) };
    let since = Instant::now();
    let mut said = false;
    loop {
        let holder = match Lock::acquire(&folder.lock(), &own) {
            Ok(lock) => return Ok(lock),
            Err(LockError::Held(holder)) => holder,
            Err(LockError::Write(error)) => return Err(error.into()),
        };
        let gone =
            holder.as_ref().is_some_and(|holder| holder.host == own.host && !process::is_alive(holder.pid));
        if !gone || since.elapsed() > OLD_WORKERS {
            return Err(held(folder, holder.as_ref(), gone));
        }
        if !said {
            screen::talk("an earlier run of this sweep was killed; waiting for its workers to end ...");
            said = true;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn held(folder: &SweepFolder, holder: Option<&Holder>, gone: bool) -> Failure {
    let who = holder.map_or_else(
        || "another process".to_string(),
        |holder| format!("process {} on {} since {}", holder.pid, holder.host, holder.since),
    );
    let message = if gone {
        format!(
            "workers of a killed run ({who}) still run: wait for them or end them (`fuser -v {}` lists them)",
            folder.lock().display()
        )
    } else {
        format!(
            "this sweep is already being run by {who}; its cells are not run twice: wait for it or stop it"
        )
    };
    anyhow!(message).into()
}
