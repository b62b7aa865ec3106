//! A job as it is handed over: its script, and what differs from one submission of that script to the next.

use std::ffi::OsString;
use std::time::Duration;

use crate::task::JobId;

/// What a script asks for and runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobDescription {
    /// Time limit of a task, in minutes.
    pub minutes: u64,
    /// Memory of a task, in MiB.
    pub memory: u64,
    /// Processors of a task; the scheduler's default if not said.
    pub cpus: Option<u32>,
    /// So long before the time limit the command gets `SIGUSR1`.
    pub warning: Option<Duration>,
    /// May it be run again by itself, e.g. after its node failed? The cluster's default if not said.
    pub requeue: Option<bool>,
    /// Words for people who look at the queue.
    pub comment: Option<String>,
    /// Where it goes and what else it needs: keys of the sweep file's table for this scheduler, and their values.
    pub site: Vec<(String, String)>,
    /// The site's own options, as they stand in scripts.
    pub directives: Vec<String>,
    /// Lines that run before the command, as they are.
    pub preamble: Vec<String>,
    /// The command, word by word. The shell becomes it, so signals to the script reach it.
    pub command: Vec<OsString>,
}

/// What differs from one submission of a script to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitOptions {
    /// The job's name.
    pub name: String,
    /// Its tasks; `None` for a job without any.
    pub array: Option<Array>,
    /// Where its logs go.
    pub logs: LogFolder,
    /// It waits until this job has ended, however that ends.
    pub after: Option<JobId>,
    /// It waits at least so many minutes.
    pub pause_minutes: Option<u64>,
}

/// The tasks of a job, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Array {
    /// How many.
    pub tasks: u32,
    /// So many of them at once.
    pub at_most: Option<u32>,
}

/// A folder for logs, spelled as the scheduler that made it takes it: see [`crate::Scheduler::log_folder`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFolder(pub String);
