//! Before the first cell: takes the lock, and writes what was requested.

use std::time::{Duration, Instant};

use anyhow::anyhow;
use gainsweep_store::lock::{Holder, Lock, LockError};
use gainsweep_store::plan_table::{self, PlannedCell};
use gainsweep_store::provenance::{Formats, PROVENANCE_FORMAT, Provenance};
use gainsweep_store::this_machine::{host, is_alive};
use gainsweep_store::{SweepFolder, atomic};
use jiff::Timestamp;

use super::WorkerProgram;
use crate::screen;
use crate::screen::failure::Failure;
use crate::sweep_file::{Loaded, origin};

/// How long the workers of a killed run may take to end.
const OLD_WORKERS: Duration = Duration::from_mins(2);

/// What the names of a task's runs begin with: before the dot and the number of restarts.
pub(crate) fn task_run(job: &str, task: u32) -> String {
    format!("{job}_{task}")
}

/// This run.
pub(crate) struct Run {
    pub(crate) started: Timestamp,
    pub(crate) host: String,
    name: String,
    /// Held while the run lives, and by its workers while they live. A batch system's task has none: its claims do.
    lock: Option<Lock>,
}

impl Run {
    /// This process's run, without a lock. Its name is unique: `20261123T192126Z-node07-4711`. Files are
    /// named after it.
    pub(crate) fn new() -> Run {
        let (started, host) = (Timestamp::now(), host());
        let time = format!("{started:.0}").replace(['-', ':'], "");
        let plain: String = host.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        Run { started, name: format!("{time}-{plain}-{}", std::process::id()), host, lock: None }
    }

    /// The run of a job's task, after so many restarts.
    pub(crate) fn of_task(job: &str, task: u32, restart: u32) -> Run {
        Run { name: format!("{}.{restart}", task_run(job, task)), ..Run::new() }
    }

    /// Renames the run: each queue of cells has its own attempts file.
    pub(crate) fn next_round(&mut self, round: u32) {
        let first = self.name.split('.').next().unwrap_or_default();
        self.name = format!("{first}.{round}");
    }

    /// Does it hold the sweep's lock, where locks lock?
    pub(super) fn is_locked(&self) -> bool {
        self.lock.as_ref().is_some_and(Lock::is_effective)
    }

    /// The name that no other run has.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// Takes the lock and writes `sweep.toml`, `plan.csv` and `provenance.json`.
///
/// # Errors
/// Another run holds the lock; something cannot be written.
pub(crate) fn prepare(loaded: &Loaded, folder: &SweepFolder, worker: &WorkerProgram) -> Result<Run, Failure> {
    for path in [
        folder.root().to_path_buf(),
        folder.cells(),
        folder.works(),
        folder.logs(),
        folder.attempts(),
        folder.claims(),
    ] {
        fs_err::create_dir_all(path)?;
    }
    let lock = lock(folder)?;
    if !lock.is_effective() {
        screen::talk(&format!(
            "warning: the file system of {} has no locks: make sure that no other `gainsweep run` of this sweep runs",
            folder.root().display()
        ));
    }
    // Workers hold the lock, too. If this program is killed, they write their checkpoints before another run
    // may start their cells.
    lock.share_with_children()?;
    let run = Run { lock: Some(lock), ..Run::new() };
    atomic::remove_leftovers(folder.root(), Duration::ZERO);
    write(loaded, folder, worker, &run)?;
    Ok(run)
}

/// Writes the request: `plan.csv`, `provenance.json`, `sweep.toml`.
///
/// # Errors
/// A file cannot be written, or the results are from another sweep file.
pub(crate) fn write(
    loaded: &Loaded,
    folder: &SweepFolder,
    worker: &WorkerProgram,
    run: &Run,
) -> Result<(), Failure> {
    // Another file may have been faster.
    origin::refuse_another(loaded)?;
    let axes: Vec<String> = loaded.sweep.axes().iter().map(|axis| axis.name.clone()).collect();
    let indices = loaded.indices();
    let cells = indices.iter().map(|index| loaded.sweep.cell(*index)).map(|cell| PlannedCell {
        index: cell.index,
        cell: cell.id,
        axes: cell
            .axes
            .iter()
            .map(|value| value.as_ref().map_or_else(String::new, ToString::to_string))
            .collect(),
    });
    atomic::write(&folder.plan(), &plan_table::render(&axes, cells))?;
    let provenance = Provenance {
        format: PROVENANCE_FORMAT,
        version: env!("CARGO_PKG_VERSION").into(),
        commit: env!("GAINSWEEP_COMMIT").into(),
        started: format!("{:.0}", run.started),
        host: run.host.clone(),
        arguments: std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect(),
        worker: worker.words(),
        code: worker.code().map(|code| code.hash.clone()),
        file: Some(origin::recorded(&loaded.project, folder)?),
        formats: Formats::CURRENT,
    };
    atomic::write(&folder.provenance(), &provenance.render())?;
    // Last: `plan` compares with the sweep that was last run, which is this one only from here on.
    atomic::write(&folder.sweep_file(), loaded.text.as_bytes())?;
    Ok(())
}

/// Takes the lock. Waits for the workers of a killed run; fails while a run lives.
fn lock(folder: &SweepFolder) -> Result<Lock, Failure> {
    let own = Holder { pid: std::process::id(), host: host(), since: format!("{:.0}", Timestamp::now()) };
    let since = Instant::now();
    let mut said = false;
    loop {
        let holder = match Lock::acquire(&folder.lock(), &own) {
            Ok(lock) => return Ok(lock),
            Err(LockError::Held(holder)) => holder,
            Err(LockError::Write(error)) => return Err(error.into()),
        };
        let gone = holder.as_ref().is_some_and(|holder| holder.host == own.host && !is_alive(holder.pid));
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
        format!("this sweep is already being run by {who}: wait for it or stop it")
    };
    anyhow!(message).into()
}
