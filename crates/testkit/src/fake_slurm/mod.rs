//! A fake Slurm: its commands, jobs that really run as processes on this machine, and faults on demand.
//!
//! It shows what a real cluster cannot: lost or late answers ([`Fault`]), accounting that is off or lags, a
//! controller that forgets ([`FakeSlurm::crash`]), more tasks than could ever run ([`FakeSlurm::declare`]).
//! Limits, time limits, preemption and similar cases are tested on a real Slurm ([`crate::real_slurm`]).
//!
//! A folder at the front of `PATH` has links with the names of the commands. They point to the program
//! `fake-slurm`, which passes each call to the test through a socket and prints the answer. It accepts only
//! the options that gainsweep uses.

mod call;
mod fault;
mod jobs;
mod ranges;
mod sacct;
mod sbatch;
mod scontrol;
mod server;
mod squeue;
mod state;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use call::command_line;
pub use fault::Fault;
pub use state::{CallRecord, Settings};

use server::Server;
use state::{Job, Rule, State, Task, now};

use crate::program;
use crate::slurm_command::SlurmCommand;
use crate::waiting::{NAP, within};

/// The cluster's name.
const CLUSTER: &str = "fake";

/// A fake cluster. Dropping it ends all its jobs.
///
/// Its methods are for tests: they panic if its folder cannot be used.
#[derive(Debug)]
pub struct FakeSlurm {
    folder: PathBuf,
    server: Server,
}

/// One task of a job, or several that wait together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskView {
    /// The first of them.
    pub first: u32,
    /// The last of them.
    pub last: u32,
    /// Slurm's word for the state.
    pub state: String,
    /// The process id of its batch shell while it runs.
    pub pid: Option<u32>,
}

/// A job that the controller still knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobView {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Its tasks.
    pub tasks: Vec<TaskView>,
}

impl FakeSlurm {
    /// Starts a cluster in its own folder, which is created. The path must be short and must not contain a
    /// colon.
    pub fn start(folder: &Path) -> FakeSlurm {
        fs_err::create_dir_all(folder.join("bin")).expect("a folder for the links");
        let program = program::built("fake-slurm");
        for command in SlurmCommand::ALL {
            fs_err::os::unix::fs::symlink(&program, folder.join("bin").join(command.name())).expect("a link");
        }
        let state = State { folder: folder.into(), ..State::default() };
        let server = Server::start(&folder.join("socket"), state).expect("a socket");
        FakeSlurm { folder: folder.into(), server }
    }

    /// The environment variables with which a process finds it.
    pub fn environment(&self) -> [(&'static str, OsString); 2] {
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.folder.join("bin")).chain(std::env::split_paths(&rest));
        let path = std::env::join_paths(folders).expect("no colon in the folder's name");
        [("PATH", path), (call::SOCKET_VARIABLE, self.folder.join("socket").into())]
    }

    /// Changes its settings.
    pub fn settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.server.state().settings);
    }

    /// Makes a command fail like this until [`clear_faults`](FakeSlurm::clear_faults).
    pub fn fault(&self, command: SlurmCommand, fault: Fault) {
        self.server.state().rules.push(Rule { command, fault, remaining: None });
    }

    /// Makes its next calls fail like this. Faults of one command follow each other.
    pub fn fault_times(&self, command: SlurmCommand, fault: Fault, times: u32) {
        self.server.state().rules.push(Rule { command, fault, remaining: Some(times) });
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.server.state().rules.clear();
    }

    /// All calls so far, oldest first.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.server.state().calls.clone()
    }

    /// All jobs that the controller knows.
    pub fn jobs(&self) -> Vec<JobView> {
        let state = self.server.state();
        let task = |job: u32, task: &Task| TaskView {
            first: task.first,
            last: task.last,
            state: task.state.clone(),
            pid: state.children.get(&(job, task.first)).map(std::process::Child::id),
        };
        let view = |job: &Job| JobView {
            id: job.id,
            name: job.name.clone(),
            tasks: job.tasks.iter().map(|entry| task(job.id, entry)).collect(),
        };
        state.jobs.iter().map(view).collect()
    }

    /// Waits until nothing waits or runs. Returns `false` on timeout.
    pub fn wait_until_idle(&self, patience: Duration) -> bool {
        within(patience, NAP, || {
            let state = self.server.state();
            state.jobs.iter().all(|job| job.declared || job.tasks.iter().all(Task::has_ended))
        })
    }

    /// Waits until this many tasks run. Returns `false` on timeout.
    pub fn wait_until_running(&self, count: usize, patience: Duration) -> bool {
        within(patience, NAP, || {
            let state = self.server.state();
            let tasks = state.jobs.iter().flat_map(|job| &job.tasks);
            tasks.filter(|task| task.state == state::RUNNING).count() == count
        })
    }

    /// Kills the controller: the newest `forget` jobs never existed, and their numbers are reused.
    pub fn crash(&self, forget: usize) {
        let mut state = self.server.state();
        let kept = state.jobs.len().saturating_sub(forget);
        for job in state.jobs.split_off(kept).into_iter().rev() {
            state.records.retain(|record| record.job != job.id);
            jobs::kill(&mut state, |id| id == job.id);
            state.last_job = job.id - 1;
        }
    }

    /// The node fails: all that runs on it is killed, and queued again where jobs allow that and `again` says so.
    pub fn lose_node(&self, again: bool) {
        jobs::lose_node(&mut self.server.state(), again);
    }

    /// Declares an array with this name whose tasks have no processes: first and last task, and their state
    /// in Slurm's word. So there can be more tasks than could ever run. Returns the job's number.
    pub fn declare(&self, name: &str, tasks: &[(u32, u32, &str)]) -> u32 {
        let when = now();
        let task = |(first, last, word): &(u32, u32, &str)| {
            let mut task = Task { state: (*word).into(), ..Task::waiting(*first, *last) };
            task.start = (!task.is_pending()).then_some(when - 150.0);
            task.end = task.has_ended().then_some(when - 95.0);
            task.exit = i32::from(task.state == "FAILED");
            task
        };
        let mut state = self.server.state();
        state.last_job += 1;
        let id = state.last_job;
        state.jobs.push(Job {
            id,
            name: name.into(),
            array: true,
            throttle: None,
            after: None,
            requeue: true,
            output: String::new(),
            folder: PathBuf::new(),
            script: PathBuf::new(),
            environment: std::collections::BTreeMap::new(),
            submitted: when - 200.0,
            tasks: tasks.iter().map(task).collect(),
            declared: true,
        });
        id
    }
}

impl Drop for FakeSlurm {
    fn drop(&mut self) {
        self.server.stop(&self.folder.join("socket"));
    }
}
