//! A batch system, through one trait: [`Scheduler`]. Behind it stands [`slurm`].
//!
//! This crate knows nothing of sweeps, cells or folders of results. Whoever uses it names no batch system:
//! [`of_this_machine`] chooses one. A second implementation, for tests, is `gainsweep_testkit::fake_scheduler`.
//!
//! Three rules hold for every implementation:
//! * No answer is ever taken for a verdict that it is not. A question that fails, hangs or gets an unreadable answer is
//!   a [`QueryError`], never "no such job".
//! * A submission whose fate is not known says so: [`SubmitError::Uncertain`].
//! * However many jobs are asked about, it is one call.

mod answer;
mod command;
mod error;
mod job;
pub mod logs;
pub mod slurm;
mod state;
mod task;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

pub use answer::{Accounting, AccountingRow, Destination, Limits, QueueRow};
pub use error::{BadJob, QueryError, Refusal, SubmitError};
pub use job::{Array, JobDescription, LogFolder, SubmitOptions};
pub use state::TaskState;
pub use task::{JobId, OwnTask, TaskId, Tasks};

/// The batch system of this machine.
pub fn of_this_machine() -> Arc<dyn Scheduler> {
    Arc::new(slurm::Slurm::new())
}

/// A batch system: it takes jobs, each of which may be an array of tasks, and says what became of them.
pub trait Scheduler: std::fmt::Debug + Send + Sync {
    /// What people call it.
    fn name(&self) -> &'static str;

    /// The text of a script that asks for these resources and runs this command. Pure.
    ///
    /// # Errors
    /// A part cannot be written so that it is read as it was meant.
    fn script(&self, job: &JobDescription) -> Result<String, BadJob>;

    /// A folder where jobs can write their logs, under the names of [`logs::file_name`]. Pure.
    ///
    /// # Errors
    /// Its path cannot be handed over.
    fn log_folder(&self, folder: &Path) -> Result<LogFolder, BadJob>;

    /// What a person would type to submit this script. Pure.
    fn command_line(&self, script: &Path, options: &SubmitOptions) -> String;

    /// Submits a script.
    ///
    /// # Errors
    /// [`SubmitError`] tells whether something was submitted, or that it is not known.
    fn submit(&self, script: &Path, options: &SubmitOptions) -> Result<JobId, SubmitError>;

    /// Would this script be accepted? Nothing is submitted.
    ///
    /// # Errors
    /// [`SubmitError`]; never [`SubmitError::Uncertain`].
    fn would_accept(&self, script: &Path) -> Result<(), SubmitError>;

    /// Cancels jobs and tasks. Those that are over or unknown are passed over.
    ///
    /// # Errors
    /// [`QueryError`]; some may have been cancelled then.
    fn cancel(&self, tasks: &[TaskId]) -> Result<(), QueryError>;

    /// Ends the run of a task and puts it back into the queue.
    ///
    /// # Errors
    /// [`QueryError`], e.g. when the task is not known any more.
    fn requeue(&self, task: TaskId) -> Result<(), QueryError>;

    /// All rows of these job names that are queued, run, or ended a moment ago. One call.
    ///
    /// # Errors
    /// [`QueryError`]; an error says nothing about any job.
    fn queue(&self, names: &[String]) -> Result<Vec<QueueRow>, QueryError>;

    /// All runs of these job names that the accounting knows since a time. One call.
    ///
    /// # Errors
    /// [`QueryError`]; that no accounts are kept is no error.
    fn accounting(&self, names: &[String], since: Timestamp) -> Result<Accounting, QueryError>;

    /// Is this very task, or any of the job, still in the queue, waiting or running? What is not known any more is
    /// not.
    ///
    /// # Errors
    /// [`QueryError`] when it cannot be told.
    fn is_live(&self, task: TaskId) -> Result<bool, QueryError>;

    /// What this user may submit there.
    ///
    /// # Errors
    /// [`QueryError`]; limits that cannot be asked are notes.
    fn limits(&self, destination: &Destination) -> Result<Limits, QueryError>;

    /// How many tasks of this user are in the queue now: what [`Limits::max_submit`] is held against.
    ///
    /// # Errors
    /// [`QueryError`].
    fn queued_tasks(&self) -> Result<u64, QueryError>;

    /// The task that this process runs in, if it runs in one.
    fn own_task(&self) -> Option<OwnTask>;

    /// What was asked so far, in order, each by the name of its command: how much a status costs the cluster.
    fn calls(&self) -> Vec<String>;
}
