//! All that a stand-in's controller and its database know.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::fault::Rule;

/// How the cluster is set up. Times are in real seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Number of nodes, called node1, node2, ...
    pub nodes: u32,
    /// Processors of each.
    pub cpus: u32,
    /// Array indices must be below this.
    pub max_array_size: u32,
    /// So many jobs, array tasks counted each, may be in the queue.
    pub max_submit: Option<u64>,
    /// Does it keep accounts?
    pub accounting: bool,
    /// So many seconds sacct lags behind.
    pub accounting_lag: f64,
    /// Nothing is started while this holds.
    pub hold: bool,
    /// So many seconds an ended job is still in squeue's answers.
    pub min_job_age: f64,
    /// So many real seconds make a minute of a time limit.
    pub minute: f64,
    /// So many seconds a requeued task waits before it may start.
    pub requeue_delay: f64,
    /// So many seconds after SIGTERM comes SIGKILL.
    pub kill_wait: f64,
    /// The longest time limit of the partition, in its minutes.
    pub max_time: Option<u64>,
    /// The cluster's name.
    pub cluster: String,
    /// Partitions, the default one first.
    pub partitions: Vec<String>,
    /// The account that its users have.
    pub account: String,
    /// After so many seconds everything is ended, whatever it does: a test that was killed leaves nothing behind.
    pub longest_life: f64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            nodes: 2,
            cpus: 4,
            max_array_size: 1001,
            max_submit: None,
            accounting: true,
            accounting_lag: 0.0,
            hold: false,
            min_job_age: 60.0,
            minute: 60.0,
            requeue_delay: 0.1,
            kill_wait: 2.0,
            max_time: None,
            cluster: "standin".into(),
            partitions: vec!["main".into(), "low".into()],
            account: "root".into(),
            longest_life: 900.0,
        }
    }
}

/// A signal before the end of the time limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Warning {
    /// Its number.
    pub(crate) signal: i32,
    /// So many real seconds before.
    pub(crate) before: f64,
    /// Only the batch shell gets it. Otherwise job steps do, of which there are none here.
    pub(crate) shell: bool,
}

/// A job, or an array of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "options of a submission, each on or off")]
pub(crate) struct Job {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) account: String,
    pub(crate) partition: String,
    pub(crate) comment: String,
    pub(crate) array: bool,
    /// Indices of the array, for its tasks' environment.
    pub(crate) indices: Vec<(u32, u32)>,
    /// So many tasks at once.
    pub(crate) throttle: Option<u32>,
    /// Kind and job of each dependency.
    pub(crate) dependencies: Vec<(String, u32)>,
    /// Real seconds.
    pub(crate) limit: Option<f64>,
    pub(crate) warning: Option<Warning>,
    pub(crate) requeue: bool,
    pub(crate) append: bool,
    pub(crate) output: String,
    pub(crate) error: Option<String>,
    pub(crate) directory: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) cpus: u32,
    pub(crate) submitted: f64,
    pub(crate) tasks: Vec<Task>,
    /// Declared, not run.
    pub(crate) bulk: bool,
}

/// One task, or several that are alike: waiting ones, or declared ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// Slurm's word.
    pub(crate) state: String,
    pub(crate) reason: String,
    pub(crate) own: Option<u32>,
    pub(crate) restarts: u32,
    pub(crate) node: String,
    pub(crate) start: Option<f64>,
    pub(crate) end: Option<f64>,
    /// Not before.
    pub(crate) begin: f64,
    pub(crate) pid: Option<i32>,
    pub(crate) wish: Option<Wish>,
    pub(crate) warned: bool,
    pub(crate) exit: i32,
    pub(crate) signal: i32,
}

/// What is to become of a running task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wish {
    /// The state that its run ends in.
    pub(crate) state: String,
    /// Does it run again?
    pub(crate) again: bool,
    /// Without asking it.
    pub(crate) at_once: bool,
    /// Since when it has been asked.
    pub(crate) asked: Option<f64>,
}

/// A run that has ended, as the database keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) job: u32,
    pub(crate) array: bool,
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// Tasks beside `first` to `last`.
    pub(crate) more: Vec<(u32, u32)>,
    pub(crate) own: u32,
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) exit: i32,
    pub(crate) signal: i32,
    pub(crate) submit: f64,
    pub(crate) start: Option<f64>,
    pub(crate) end: f64,
    pub(crate) node: String,
}

/// Everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) next_job: u32,
    pub(crate) jobs: Vec<Job>,
    pub(crate) records: Vec<Record>,
    /// Nodes that take no work.
    pub(crate) down: BTreeSet<String>,
    pub(crate) faults: Vec<Rule>,
    /// All is to end.
    pub(crate) over: bool,
}

pub(crate) const PENDING: &str = "PENDING";
pub(crate) const RUNNING: &str = "RUNNING";
pub(crate) const COMPLETING: &str = "COMPLETING";

impl Task {
    /// Waiting tasks.
    pub(crate) fn waiting(first: u32, last: u32) -> Task {
        Task {
            first,
            last,
            state: PENDING.into(),
            reason: "None".into(),
            own: None,
            restarts: 0,
            node: String::new(),
            start: None,
            end: None,
            begin: 0.0,
            pid: None,
            wish: None,
            warned: false,
            exit: 0,
            signal: 0,
        }
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.state == PENDING
    }

    /// Running or being ended.
    pub(crate) fn is_running(&self) -> bool {
        [RUNNING, COMPLETING, "SUSPENDED", "CONFIGURING"].contains(&self.state.as_str())
    }

    pub(crate) fn has_ended(&self) -> bool {
        !self.is_pending() && !self.is_running()
    }

    pub(crate) fn count(&self) -> u64 {
        u64::from(self.last - self.first) + 1
    }

    /// Back into the queue.
    pub(crate) fn requeue(&mut self, begin: f64) {
        let again = Task::waiting(self.first, self.last);
        *self =
            Task { own: self.own, restarts: self.restarts + 1, begin, reason: "BeginTime".into(), ..again };
    }
}

impl Job {
    /// The record of a task's run.
    pub(crate) fn record(&self, task: &Task, state: &str, end: f64) -> Record {
        Record {
            job: self.id,
            array: self.array,
            first: task.first,
            last: task.last,
            more: Vec::new(),
            own: task.own.unwrap_or(self.id),
            name: self.name.clone(),
            state: state.into(),
            exit: task.exit,
            signal: task.signal,
            submit: self.submitted,
            start: task.start,
            end,
            node: task.node.clone(),
        }
    }

    /// Cuts a range so that `task` stands alone; its place.
    pub(crate) fn split(&mut self, task: u32) -> Option<usize> {
        let at = self.tasks.iter().position(|entry| (entry.first..=entry.last).contains(&task))?;
        let whole = self.tasks[at].clone();
        let mut parts = Vec::new();
        if whole.first < task {
            parts.push(Task { last: task - 1, ..whole.clone() });
        }
        let place = at + parts.len();
        parts.push(Task { first: task, last: task, ..whole.clone() });
        if task < whole.last {
            parts.push(Task { first: task + 1, ..whole });
        }
        self.tasks.splice(at..=at, parts);
        Some(place)
    }
}

impl State {
    pub(crate) fn job(&mut self, id: u32) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.id == id)
    }

    /// All jobs in the queue, each task counted.
    pub(crate) fn queued(&self) -> u64 {
        let tasks = self.jobs.iter().flat_map(|job| &job.tasks);
        tasks.filter(|task| !task.has_ended()).map(Task::count).sum()
    }

    /// Forgets what ended long ago.
    pub(crate) fn forget(&mut self, now: f64) {
        let age = self.settings.min_job_age;
        self.jobs.retain(|job| {
            job.bulk
                || !job
                    .tasks
                    .iter()
                    .all(|task| task.end.is_some_and(|end| task.has_ended() && end + age < now))
        });
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> f64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
