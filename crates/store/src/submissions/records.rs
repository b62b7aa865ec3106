//! The records of a submission.

use serde::{Deserialize, Serialize};

/// The version of the files of a submission.
pub const SUBMISSION_FORMAT: u32 = 2;

/// `submission.json`: what is common to all jobs of a submission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// [`SUBMISSION_FORMAT`].
    pub format: u32,
    /// Unguessable; begins the names of its jobs.
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
    /// The worker as it runs: sealed program and first arguments.
    pub worker: Vec<String>,
    /// The worker as it was named, for the question whether the code has moved on.
    pub worker_from: Vec<String>,
    /// Does the sweep name the worker?
    pub foreign: bool,
    /// Tasks, numbered from 0.
    pub tasks: u32,
    /// Cells that run side by side in a task.
    pub cells_at_once: u32,
    /// Tasks that run at a time, if that is limited.
    pub at_most: Option<u32>,
    /// The first task goes alone, and the rest when its cells are done.
    pub canary: bool,
    /// May the batch system start a task again?
    pub requeue: bool,
    /// Time limit of a task, in seconds.
    pub seconds: u64,
    /// Memory of a task, in MiB.
    pub memory: u64,
    /// Processors of a task.
    pub cpus: u32,
    /// What the cells were predicted to take, in core-hours, where anything was known (not in format 1).
    #[serde(default)]
    pub predicted_core_hours: Option<f64>,
    /// After so many cells with the same error no more tasks are sent.
    pub same_error_limit: u32,
    /// Options of the site, for example partition and account: name and value.
    pub site: Vec<(String, String)>,
}

/// `job-0001.json`: a job that is about to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// [`SUBMISSION_FORMAT`].
    pub format: u32,
    /// Its name, which no other job has.
    pub name: String,
    /// The submission's task that is the job's task 0.
    pub first: u32,
    /// How many tasks.
    pub count: u32,
    /// When, ISO 8601 in UTC.
    pub created: String,
}

/// `job-0001.receipt.json`: a job that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// [`SUBMISSION_FORMAT`].
    pub format: u32,
    /// The batch system's number. It may be given out twice: the name decides.
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
}

/// What is known of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It was announced, and nobody knows whether it was sent.
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
    /// What was announced.
    pub announcement: Announcement,
    /// What came of it.
    pub sending: Sending,
}

/// `cancel-0001.json`: tasks that were cancelled by us. The batch system keeps no record of some of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancel {
    /// [`SUBMISSION_FORMAT`].
    pub format: u32,
    /// When, ISO 8601 in UTC.
    pub at: String,
    /// The submission's tasks.
    pub tasks: Vec<u32>,
}
