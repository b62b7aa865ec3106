//! The records of a submission.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The version of the files of a submission.
pub const SUBMISSION_FORMAT: u32 = 2;

/// `submission.json`: what all jobs of a submission share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// [`SUBMISSION_FORMAT`].
    pub format: u32,
    /// Cannot be guessed; begins the names of its jobs.
    pub name: String,
    /// The sweep's name.
    pub sweep: String,
    /// When, ISO 8601 in UTC.
    pub created: String,
    /// The machine that it was sent from.
    pub host: String,
    /// The planner's arguments.
    pub arguments: Vec<String>,
    /// Version of the planner.
    pub version: String,
    /// Commit of the planner.
    pub commit: String,
    /// The built-in worker's sealed program; of another worker, the words of its command.
    pub worker: Vec<String>,
    /// The worker as it was named, to find out whether the code has changed since.
    pub worker_from: Vec<String>,
    /// Does the sweep name the worker?
    pub foreign: bool,
    /// The project's root, for a worker that the sweep names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The folder of its code in `sealed/`; without one, it runs where it lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Tasks, numbered from 0.
    pub tasks: u32,
    /// Cells that run in parallel in a task.
    pub cells_at_once: u32,
    /// Tasks that run at a time, if that is limited.
    pub at_most: Option<u32>,
    /// Is the first task sent alone, and the rest when its cells are done?
    pub canary: bool,
    /// May the batch system restart a task?
    pub requeue: bool,
    /// Time limit of a task, in seconds.
    pub seconds: u64,
    /// Memory of a task, in MiB.
    pub memory: u64,
    /// Processors of a task.
    pub cpus: u32,
    /// The words before the worker's command that start it on a cell's share of a task; none in most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub launcher: Vec<String>,
    /// Predicted core-hours of the cells, if anything was known (not in format 1).
    #[serde(default)]
    pub predicted_core_hours: Option<f64>,
    /// After this many cells with the same error, no more tasks are sent.
    pub same_error_limit: u32,
    /// Attempts at a cell without progress, when the batch system starts a task again and again (earlier versions: no
    /// limit).
    #[serde(default = "no_limit")]
    pub attempts: u32,
    /// Its folder when it was made, absolute: its scripts name it (not in format 1, and not in all of format 2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Options of the site, for example partition and account: name and value.
    pub site: Vec<(String, String)>,
}

fn no_limit() -> u32 {
    u32::MAX
}

/// `job-0001.json`: a job that is about to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// [`SUBMISSION_FORMAT`].
    pub format: u32,
    /// Its unique name.
    pub name: String,
    /// The submission's task that is the job's task 0.
    pub first: u32,
    /// Number of tasks.
    pub count: u32,
    /// When, ISO 8601 in UTC.
    pub created: String,
}

/// `job-0001.receipt.json`: a job that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// [`SUBMISSION_FORMAT`].
    pub format: u32,
    /// The batch system's number. A number may be reused: the name identifies the job.
    pub job: u64,
    /// Was it found by its name, after the answer was lost?
    pub found: bool,
}

/// `job-0001.void.json`: a job that was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Void {
    /// [`SUBMISSION_FORMAT`].
    pub format: u32,
    /// Why.
    pub reason: String,
    /// Was its answer lost, so that it may still appear?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncertain: bool,
}

/// The state of a sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It was announced, and may or may not have been sent.
    Unknown,
    /// It was sent under this number.
    Sent(Receipt),
    /// It was not sent.
    Void(Void),
}

impl Sending {
    /// The receipt of a job that was sent.
    pub fn receipt(&self) -> Option<&Receipt> {
        match self {
            Sending::Sent(receipt) => Some(receipt),
            Sending::Unknown | Sending::Void(_) => None,
        }
    }
}

/// One job of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// 1 for the first.
    pub number: u32,
    /// The announcement.
    pub announcement: Announcement,
    /// Whether it was sent.
    pub sending: Sending,
}

/// `cancel-0001.json`: tasks that we cancelled. The batch system keeps no record of some of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancel {
    /// [`SUBMISSION_FORMAT`].
    pub format: u32,
    /// When, ISO 8601 in UTC.
    pub at: String,
    /// The submission's tasks.
    pub tasks: Vec<u32>,
}
