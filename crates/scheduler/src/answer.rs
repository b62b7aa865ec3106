//! Answers of a batch system about jobs and limits.

use std::time::Duration;

use jiff::Timestamp;

use crate::ceiling::Ceiling;
use crate::state::TaskState;
use crate::task::Tasks;

/// One line of the queue: a job, a task, or tasks that wait together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRow {
    /// The job's number.
    pub job: u64,
    /// Which of its tasks.
    pub tasks: Tasks,
    /// The job's name.
    pub name: String,
    /// Its state.
    pub state: TaskState,
    /// Why it waits or how it ended; the text follows "waiting:" or stands alone. May be empty.
    pub reason: String,
    /// What a person must do, if nothing happens by itself: it is held, say. A sentence.
    pub stuck: Option<String>,
    /// How often it was requeued, if known.
    pub restarts: Option<u32>,
    /// Its nodes; empty while it waits.
    pub nodes: String,
}

/// The answer of the accounting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accounting {
    /// The cluster keeps no accounts.
    Off,
    /// One row a run, oldest first for each task: a requeued task has several. A job submitted a moment ago
    /// may be missing, and one that ended a moment ago may still be reported as running.
    Rows(Vec<AccountingRow>),
}

/// One run of a job or task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountingRow {
    /// The job's number.
    pub job: u64,
    /// Which of its tasks: an array that was cancelled while it waited is one row.
    pub tasks: Tasks,
    /// The job's name.
    pub name: String,
    /// The state of the run. Trust it only together with an `end`.
    pub state: TaskState,
    /// Exit code of the script.
    pub exit_code: i32,
    /// The signal that ended it, or 0.
    pub signal: i32,
    /// What the scheduler's exit code says of the machine, in words; empty for most.
    pub remark: &'static str,
    /// When it ended; `None` while it runs or while that is unknown.
    pub end: Option<Timestamp>,
    /// Its nodes; empty if it never had any.
    pub nodes: String,
}

/// Where jobs would go: the user's defaults where nothing is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// Who pays.
    pub account: Option<String>,
    /// The partition or queue.
    pub partition: Option<String>,
    /// The quality of service.
    pub quality: Option<String>,
}

/// Limits that a submission must keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Every index of an array must be below this. 0: the cluster accepts no arrays.
    pub max_array_size: u32,
    /// The number of tasks that this user may have in the queue. `None`: no such limit, or see `notes`.
    pub max_submit: Option<u64>,
    /// What one task may ask for: with more, it may wait for ever.
    pub ceilings: Vec<Ceiling>,
    /// So long after its answer was lost, a request may still take effect.
    pub late: Duration,
    /// The questions that failed, as messages.
    pub notes: Vec<String>,
}
