//! The state of the cluster.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::process::Child;

use super::fault::Fault;
use super::ranges::Target;
use crate::slurm_command::SlurmCommand;

/// The settings of the cluster.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Most tasks that run at once.
    pub slots: usize,
    /// Array indices must be below this.
    pub max_array_size: u32,
    /// Most jobs in the queue; each array task counts.
    pub max_submit: Option<u64>,
    /// Is accounting enabled?
    pub accounting: bool,
    /// sacct learns about events this many seconds later.
    pub accounting_lag: f64,
    /// If set, nothing is started.
    pub hold: bool,
    /// For this many seconds after its end, squeue still shows a job.
    pub min_job_age: f64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            slots: 8,
            max_array_size: 1001,
            max_submit: None,
            accounting: true,
            accounting_lag: 0.0,
            hold: false,
            min_job_age: 60.0,
        }
    }
}

/// A call of one of the commands.
#[derive(Clone, Debug)]
pub struct CallRecord {
    /// The command's name.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// A job, or an array of them.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) array: bool,
    /// Most tasks at once.
    pub(super) throttle: Option<usize>,
    /// The job that must have ended.
    pub(super) after: Option<u32>,
    pub(super) requeue: bool,
    /// The pattern of its log paths.
    pub(super) output: String,
    pub(super) folder: PathBuf,
    pub(super) script: PathBuf,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) submitted: f64,
    pub(super) tasks: Vec<Task>,
    /// Its tasks are only declared, and never run.
    pub(super) declared: bool,
}

/// One task, or several in the same state: waiting ones, or declared ones.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) first: u32,
    pub(super) last: u32,
    /// Slurm's word for the state.
    pub(super) state: String,
    pub(super) restarts: u32,
    pub(super) start: Option<f64>,
    pub(super) end: Option<f64>,
    /// It does not start before this time.
    pub(super) begin: f64,
    pub(super) ending: Option<Ending>,
    pub(super) exit: i32,
    pub(super) signal: i32,
}

/// What happens to a running task that was asked to end.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    /// Slurm's word for the state.
    pub(super) state: String,
    /// Does it run again?
    pub(super) again: bool,
    pub(super) asked: f64,
}

/// An ended run in the accounting database.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) job: u32,
    pub(super) array: bool,
    pub(super) name: String,
    pub(super) submitted: f64,
    pub(super) tasks: Vec<(u32, u32)>,
    /// The run: its state, start, end and exit.
    pub(super) run: Task,
}

/// A fault of one command, for its next calls.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) command: SlurmCommand,
    pub(super) fault: Fault,
    /// The number of remaining calls; `None` for all.
    pub(super) remaining: Option<u32>,
}

/// Everything.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) settings: Settings,
    /// The folder of the jobs' scripts.
    pub(super) folder: PathBuf,
    pub(super) last_job: u32,
    pub(super) jobs: Vec<Job>,
    pub(super) records: Vec<Record>,
    pub(super) rules: Vec<Rule>,
    pub(super) calls: Vec<CallRecord>,
    /// The running processes, by job and task.
    pub(super) children: HashMap<(u32, u32), Child>,
    /// Is the cluster shutting down?
    pub(super) over: bool,
}

pub(super) const PENDING: &str = "PENDING";
pub(super) const RUNNING: &str = "RUNNING";
pub(super) const COMPLETING: &str = "COMPLETING";
pub(super) const CANCELLED: &str = "CANCELLED";

impl Task {
    pub(super) fn waiting(first: u32, last: u32) -> Task {
        Task {
            first,
            last,
            state: PENDING.into(),
            restarts: 0,
            start: None,
            end: None,
            begin: 0.0,
            ending: None,
            exit: 0,
            signal: 0,
        }
    }

    pub(super) fn is_pending(&self) -> bool {
        self.state == PENDING
    }

    /// Does it run, or is it being ended?
    pub(super) fn is_running(&self) -> bool {
        [RUNNING, COMPLETING].contains(&self.state.as_str())
    }

    pub(super) fn has_ended(&self) -> bool {
        !self.is_pending() && !self.is_running()
    }

    pub(super) fn ended_before(&self, moment: f64) -> bool {
        self.has_ended() && self.end.is_some_and(|end| end < moment)
    }

    pub(super) fn count(&self) -> u64 {
        u64::from(self.last - self.first) + 1
    }

    /// Is it waiting, or was it cancelled while it waited?
    pub(super) fn never_ran(&self) -> bool {
        self.start.is_none()
    }
}

impl Job {
    pub(super) fn record(&self, run: Task, tasks: Vec<(u32, u32)>) -> Record {
        let (job, array, name, submitted) = (self.id, self.array, self.name.clone(), self.submitted);
        Record { job, array, name, submitted, tasks, run }
    }

    /// Splits a range so that this task is separate. Returns its place.
    pub(super) fn cut_out(&mut self, task: u32) -> Option<usize> {
        let at = self.tasks.iter().position(|entry| (entry.first..=entry.last).contains(&task))?;
        let whole = self.tasks[at].clone();
        self.cut(at, whole.first < task, task);
        let place = at + usize::from(whole.first < task);
        self.cut(place, task < whole.last, task + 1);
        Some(place)
    }

    /// Splits the entry at a place so that its second part begins with `begin`.
    fn cut(&mut self, at: usize, is_needed: bool, begin: u32) {
        if is_needed {
            let second = Task { first: begin, ..self.tasks[at].clone() };
            self.tasks[at].last = begin - 1;
            self.tasks.insert(at + 1, second);
        }
    }

    /// The targeted tasks; each entry is included as a whole.
    pub(super) fn targeted<'a>(&'a mut self, target: &'a Target) -> impl Iterator<Item = &'a mut Task> {
        for edge in target.edges() {
            let stretches = |task: &Task| task.first < task.last && (task.first..=task.last).contains(&edge);
            if self.tasks.iter().any(stretches) {
                self.cut_out(edge);
            }
        }
        self.tasks.iter_mut().filter(|task| target.covers(task.first, task.last))
    }
}

impl State {
    /// All jobs in the queue, each task counted.
    pub(super) fn queued(&self) -> u64 {
        let tasks = self.jobs.iter().flat_map(|job| &job.tasks);
        tasks.filter(|task| !task.has_ended()).map(Task::count).sum()
    }

    /// Must it wait for another job?
    pub(super) fn is_blocked(&self, job: &Job) -> bool {
        let before = job.after.and_then(|id| self.jobs.iter().find(|job| job.id == id));
        before.is_some_and(|before| !before.tasks.iter().all(Task::has_ended))
    }

    /// Takes the fault for this call from the rules.
    pub(super) fn take_fault(&mut self, command: SlurmCommand) -> Option<Fault> {
        let at = self.rules.iter().position(|rule| rule.command == command && rule.remaining != Some(0))?;
        if let Some(remaining) = &mut self.rules[at].remaining {
            *remaining -= 1;
        }
        Some(self.rules[at].fault.clone())
    }
}

/// Seconds since 1970.
pub(super) fn now() -> f64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
