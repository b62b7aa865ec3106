//! A batch system, behind one trait: [`Scheduler`]. [`slurm`] implements it.
//!
//! This crate knows nothing about sweeps, cells or folders of results. Its users name no batch system:
//! [`of_this_machine`] chooses one. A second implementation, for tests, is
//! `gainsweep_testkit::fake_scheduler`.
//!
//! Every implementation follows three rules:
//! * A missing answer is never taken for a verdict. A question that fails, hangs or gets an unreadable answer
//!   is a [`QueryError`], never "no such job".
//! * A submission that may or may not have arrived is [`SubmitError::Uncertain`].
//! * A question about any number of jobs is one call.

mod answer;
mod ceiling;
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
pub use ceiling::{Ceiling, Resource};
pub use error::{BadJob, QueryError, Refusal, SubmitError};
pub use job::{Array, JobDescription, LogFolder, Memory, Share, SubmitOptions};
pub use state::TaskState;
pub use task::{JobId, OwnTask, TaskId, Tasks};

/// The batch system of this machine.
pub fn of_this_machine() -> Arc<dyn Scheduler> {
    Arc::new(slurm::Slurm::new())
}

/// A batch system. It accepts jobs, each of which may be an array of tasks, and tells what became of them.
pub trait Scheduler: std::fmt::Debug + Send + Sync {
    /// What people call it.
    fn name(&self) -> &'static str;

    /// The text of a script that requests these resources and runs this command. Pure.
    ///
    /// # Errors
    /// A part cannot be written such that it is read as intended.
    fn script(&self, job: &JobDescription) -> Result<String, BadJob>;

    /// A folder where jobs can write their logs, under the names of [`logs::file_name`]. Pure.
    ///
    /// # Errors
    /// The scheduler cannot take its path.
    fn log_folder(&self, folder: &Path) -> Result<LogFolder, BadJob>;

    /// The command that a person would type to submit this script. Pure.
    fn command_line(&self, script: &Path, options: &SubmitOptions) -> String;

    /// Submits a script.
    ///
    /// # Errors
    /// [`SubmitError`] tells whether something was submitted, or that this is unknown.
    fn submit(&self, script: &Path, options: &SubmitOptions) -> Result<JobId, SubmitError>;

    /// Would this script be accepted? Nothing is submitted.
    ///
    /// # Errors
    /// [`SubmitError`]; never [`SubmitError::Uncertain`].
    fn would_accept(&self, script: &Path) -> Result<(), SubmitError>;

    /// Cancels jobs and tasks. It ignores ended and unknown ones.
    ///
    /// # Errors
    /// [`QueryError`]; some may have been cancelled.
    fn cancel(&self, tasks: &[TaskId]) -> Result<(), QueryError>;

    /// Ends the run of a task and queues it again.
    ///
    /// # Errors
    /// [`QueryError`], for example if the task is no longer known.
    fn requeue(&self, task: TaskId) -> Result<(), QueryError>;

    /// All rows of these job names that are queued, run, or ended a moment ago. One call.
    ///
    /// # Errors
    /// [`QueryError`]; an error says nothing about any job.
    fn queue(&self, names: &[String]) -> Result<Vec<QueueRow>, QueryError>;

    /// All runs of these job names in the accounting since a time. One call.
    ///
    /// # Errors
    /// [`QueryError`]; disabled accounting is not an error.
    fn accounting(&self, names: &[String], since: Timestamp) -> Result<Accounting, QueryError>;

    /// Is this task, or any task of the job, still in the queue, waiting or running? An unknown task is not.
    ///
    /// # Errors
    /// [`QueryError`] if that cannot be found out.
    fn is_live(&self, task: TaskId) -> Result<bool, QueryError>;

    /// The limits for this user's submissions.
    ///
    /// # Errors
    /// [`QueryError`]; limits that cannot be queried become notes.
    fn limits(&self, destination: &Destination) -> Result<Limits, QueryError>;

    /// How many tasks of this user are in the queue now, to compare with [`Limits::max_submit`].
    ///
    /// # Errors
    /// [`QueryError`].
    fn queued_tasks(&self) -> Result<u64, QueryError>;

    /// The words before a command that start it on a share of a task, on all the nodes of that share. Pure.
    fn launcher(&self, share: Share) -> Vec<String>;

    /// What it calls itself, where it has a name: numbers of jobs mean something to this one alone.
    ///
    /// # Errors
    /// [`QueryError`].
    fn cluster(&self) -> Result<Option<String>, QueryError>;

    /// The task that this process runs in, if it runs in one.
    fn own_task(&self) -> Option<OwnTask>;

    /// The calls so far, in order, each as the name of its command: the load that a status puts on the
    /// cluster.
    fn calls(&self) -> Vec<String>;
}
