//! `gainsweep task`: the command of a Slurm task. It starts workers, forwards signals, reads exit codes and
//! records attempts.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use clap::Args;
use gainsweep_contract::CellId;
use gainsweep_contract::exit::planner::{CELLS_FAILED, FINE};
use gainsweep_contract::exit::worker::STOPPED;
use gainsweep_scheduler::{OwnTask, Scheduler, TaskId, of_this_machine};
use gainsweep_store::regular_file;
use gainsweep_store::submissions::{Announcement, Sending, Submitted};
use gainsweep_store::{Attempts, CellsOnDisk, OnDisk, SweepFolder};

use crate::local::devices::Devices;
use crate::local::{
    Claiming, Display, Patience, Run, RunLog, Settings, Subject, WARNING, WorkerProgram, run_cells,
};
use crate::screen;
use crate::screen::failure::Failure;

/// Run the cells of one Slurm task.
#[derive(Args, Debug)]
#[command(hide = true)]
pub(crate) struct Options {
    /// The submission's folder.
    pub(crate) submission: PathBuf,
}

pub(crate) fn execute(options: &Options) -> Result<u8, Failure> {
    let scheduler = of_this_machine();
    let own = scheduler.own_task().ok_or_else(|| {
        Failure::user(format!("only {} runs this command, in a task of a submission", scheduler.name()))
    })?;
    let submitted = Submitted::read(&options.submission)?;
    let folder = folder_of(&options.submission)?;
    let announcement = announcement(&submitted, &own)?;
    let task = announcement.first + own.id.task.unwrap_or(0);
    if submitted.cancelled()?.contains(&task) {
        // The task was cancelled before it was sent, and was then sent with the next wave.
        screen::talk("cancelled by gainsweep before it began: nothing runs");
        return Ok(FINE);
    }
    let cells = submitted
        .tasks()?
        .into_iter()
        .nth(task as usize)
        .with_context(|| format!("there is no task {task}"))?;

    let text = regular_file::read_to_string(&submitted.sweep_file())?;
    let sweep = gainsweep_language::parse(&text)
        .map_err(|_| anyhow!("this version cannot read {}", submitted.sweep_file().display()))?;
    for (index, cell) in &cells {
        // The sealed planner numbered the cells, so this never happens.
        if *index >= sweep.count() || sweep.cell(*index).id != *cell {
            return Err(anyhow!("cell {index} of the sealed sweep is not {cell}: nothing runs").into());
        }
    }
    let at_once = submitted.submission.cells_at_once.max(1);
    let cpus = (submitted.submission.cpus / at_once).max(1);
    let worker = WorkerProgram::sealed(&submitted.submission, &sweep, &folder, cpus)?;
    let local = own.id.task.unwrap_or(0);
    let run = Run::of_task(&announcement.name, local, own.restart);
    let claiming = Claiming::new(scheduler.clone(), Some(&own));
    screen::talk(&format!("task {} on {}, run {}", own.id, run.host, own.restart + 1));

    let queue: Vec<u64> = cells.iter().map(|(index, _)| *index).collect();
    let log = Arc::new(RunLog::to_stderr());
    let again = format!("gainsweep status {}", submitted.submission.sweep);
    let subject = Subject { name: &submitted.submission.name, again: &again, sweep: &sweep, costs: None };
    let mut display = Display::new(subject, at_once as usize, &queue, queue.len() as u64);
    let settings = Settings {
        sweep: &sweep,
        folder: &folder,
        worker: &worker,
        queue,
        replace: HashSet::new(),
        jobs: at_once as usize,
        devices: Devices::AsGiven,
        claiming: &claiming,
        earlier: &Attempts::default(),
        run: &run,
        log: &log,
        keep_going: true,
        patience: Some(Patience {
            attempts: submitted.submission.attempts,
            seconds: submitted.submission.seconds,
        }),
    };
    let report = run_cells(&settings, &mut display)?;
    for (index, who) in &report.left {
        screen::talk(&format!("{} is skipped: {who}", sweep.cell(*index).id.short()));
    }
    for note in &report.notes {
        screen::talk(&format!("warning: {note}"));
    }
    if let Some(broken) = report.broken {
        return Err(broken);
    }
    // Others have these, or another try would change nothing.
    let over = report.unfinished.iter().map(|cell| cell.index);
    let left: HashSet<u64> = report.left.iter().map(|(index, _)| *index).chain(over).collect();
    let ours: Vec<CellId> =
        cells.iter().filter(|(index, _)| !left.contains(index)).map(|(_, cell)| *cell).collect();
    let on_disk = CellsOnDisk::of_cells(&folder, &ours)?;
    let open = ours.iter().any(|cell| on_disk.of(*cell) != Some(OnDisk::Done));
    if report.stopped.is_some() && open {
        if report.stopped == Some(WARNING) && submitted.submission.requeue {
            resume(&*scheduler, own.id);
        }
        return Ok(STOPPED);
    }
    Ok(if report.unfinished.is_empty() { FINE } else { CELLS_FAILED })
}

/// The time is nearly up: queue the same task again, to resume from the checkpoints.
fn resume(scheduler: &dyn Scheduler, task: TaskId) {
    match scheduler.requeue(task) {
        Ok(()) => screen::talk(&format!(
            "time is nearly up; {task} is queued again and resumes from the checkpoints"
        )),
        // The next `submit` or `retry` sends the cells again.
        Err(error) => {
            screen::talk(&format!("time is nearly up, and {task} cannot be queued again: {error}"));
        }
    }
}

/// The sweep's folder: two levels above the submission's.
fn folder_of(submission: &Path) -> Result<SweepFolder, Failure> {
    let root = submission.parent().and_then(Path::parent);
    let (root, name) = root
        .and_then(|root| Some((root.parent()?, root.file_name()?.to_str()?)))
        .with_context(|| format!("{} is not the folder of a submission", submission.display()))?;
    Ok(SweepFolder::new(root, name))
}

/// Which of the submission's jobs this is: by its name, which is unique; by its number on sites that change
/// names.
fn announcement(submitted: &Submitted, own: &OwnTask) -> Result<Announcement, Failure> {
    let by_name = submitted.jobs.iter().find(|job| own.name.as_ref() == Some(&job.announcement.name));
    let by_number = || {
        submitted
            .jobs
            .iter()
            .find(|job| matches!(&job.sending, Sending::Sent(receipt) if receipt.job == own.id.job.0))
    };
    let job = by_name.or_else(by_number).with_context(|| {
        format!("job {} does not belong to submission {}", own.id.job, submitted.submission.name)
    })?;
    Ok(job.announcement.clone())
}
