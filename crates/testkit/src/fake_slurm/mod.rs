//! A fake Slurm: its commands, jobs that really run as processes of this machine, and faults on demand.
//!
//! For what a real cluster cannot show: answers that are lost or late ([`Fault`]), accounting that is off or lags, a
//! controller that forgets ([`FakeSlurm::crash`]), more tasks than could ever run ([`FakeSlurm::declare`]). Limits, time
//! limits, preemption and the like are shown on a real Slurm ([`crate::real_slurm`]).
//!
//! Links named after the commands, in a folder that is put first on `PATH`, lead to the program `fake-slurm`. It passes
//! each call to the test through a socket and prints the answer. It takes the options that gainsweep gives, and no others.

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

/// A fake cluster. Dropping it ends all that runs in it.
///
/// Its methods are for tests: they panic when its folder cannot be used.
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
    /// Slurm's word.
    pub state: String,
    /// The number of its batch shell's process while it runs.
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
    /// Starts a cluster in a folder of its own, which is made. Its path must be short and without a colon.
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

    /// What a process needs in its environment to find it.
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

    /// Lets something go wrong with a command until [`clear_faults`](FakeSlurm::clear_faults).
    pub fn fault(&self, command: SlurmCommand, fault: Fault) {
        self.server.state().rules.push(Rule { command, fault, remaining: None });
    }

    /// Lets something go wrong with its next calls. Faults of one command wait for each other.
    pub fn fault_times(&self, command: SlurmCommand, fault: Fault, times: u32) {
        self.server.state().rules.push(Rule { command, fault, remaining: Some(times) });
    }

    /// All is well again.
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

    /// Waits until nothing waits or runs. False: it still does.
    pub fn wait_until_idle(&self, patience: Duration) -> bool {
        within(patience, NAP, || {
            let state = self.server.state();
            state.jobs.iter().all(|job| job.declared || job.tasks.iter().all(Task::has_ended))
        })
    }

    /// Waits until so many tasks run. False: they never do.
    pub fn wait_until_running(&self, count: usize, patience: Duration) -> bool {
        within(patience, NAP, || {
            let state = self.server.state();
            let tasks = state.jobs.iter().flat_map(|job| &job.tasks);
            tasks.filter(|task| task.state == state::RUNNING).count() == count
        })
    }

    /// The controller is killed: the newest `forget` jobs never were, and their numbers are given out again.
    pub fn crash(&self, forget: usize) {
        let mut state = self.server.state();
        let kept = state.jobs.len().saturating_sub(forget);
        for job in state.jobs.split_off(kept).into_iter().rev() {
            state.records.retain(|record| record.job != job.id);
            jobs::kill(&mut state, |id| id == job.id);
            state.last_job = job.id - 1;
        }
    }

    /// Declares an array of this name whose tasks no process runs: first and last of them, and their state in Slurm's
    /// word. So many tasks as could never run can be asked about. The job's number.
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
