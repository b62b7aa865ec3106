//! A job: its script, and the options that differ between submissions of that script.

use std::ffi::OsString;
use std::time::Duration;

use crate::task::JobId;

/// What a script requests and runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobDescription {
    /// Time limit of a task, in minutes.
    pub minutes: u64,
    /// Memory of a task.
    pub memory: Memory,
    /// Processors of each process of a task; the scheduler's default if not set.
    pub cpus: Option<u32>,
    /// Nodes of a task; as many as the scheduler finds right if not set.
    pub nodes: Option<u32>,
    /// Processes of a task: one if not set.
    pub processes: Option<u32>,
    /// How long before the time limit the command gets `SIGUSR1`.
    pub warning: Option<Duration>,
    /// May the scheduler restart it, for example after a node failure? The cluster's default if not set.
    pub requeue: Option<bool>,
    /// A comment for people who look at the queue.
    pub comment: Option<String>,
    /// Where it goes and what else it needs: keys of the sweep file's table for this scheduler, and their values.
    pub site: Vec<(String, String)>,
    /// The site's own options, as in scripts.
    pub directives: Vec<String>,
    /// Lines that run before the command, unchanged.
    pub preamble: Vec<String>,
    /// The words of the command. The shell execs it, so signals to the script reach it.
    pub command: Vec<OsString>,
}

/// A cell's share of the task that it runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Nodes; `None` for as many as the scheduler finds right.
    pub nodes: Option<u32>,
    /// Processes: the program is started once for each.
    pub processes: u32,
    /// Processors of each of them.
    pub cpus: u32,
    /// Do other cells run in the task at the same time?
    pub shared: bool,
}

/// How much memory a task requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Memory {
    /// None: some sites refuse any request.
    #[default]
    Unsaid,
    /// In all, in MiB.
    Total(u64),
    /// For each processor, in MiB.
    PerCpu(u64),
}

/// Options that differ between submissions of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitOptions {
    /// The job's name.
    pub name: String,
    /// Its tasks; `None` for a job without any.
    pub array: Option<Array>,
    /// The folder of its logs.
    pub logs: LogFolder,
    /// It waits until this job has ended in any way.
    pub after: Option<JobId>,
    /// It waits at least this many minutes.
    pub pause_minutes: Option<u64>,
}

/// The tasks of a job, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Array {
    /// Number of tasks.
    pub tasks: u32,
    /// The most tasks at once.
    pub at_most: Option<u32>,
}

/// A folder for logs, in the spelling of its scheduler: see [`crate::Scheduler::log_folder`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFolder(pub String);
