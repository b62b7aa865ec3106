//! The side that tests see.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::commands::{Target, fail_node, resolve, wish};
use crate::fault::{Fault, Rule};
use crate::folder::{CallRecord, Folder};
use crate::program::{FOLDER_VARIABLE, Program};
use crate::state::{Job, RUNNING, Settings, State, Task, now};

/// A stand-in for Slurm. Dropping it ends all that runs in it.
///
/// Its methods are for tests: they panic when its folder cannot be used.
#[derive(Debug)]
pub struct StandIn {
    folder: Folder,
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
    /// How often it was requeued.
    pub restarts: u32,
    /// Its node; empty before it ran.
    pub node: String,
    /// The number of its batch shell's process while it runs.
    pub pid: Option<i32>,
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

/// Tasks that are only declared, to ask about more of them than could run.
#[derive(Clone, Debug)]
pub struct Bulk {
    /// The job's name.
    pub name: String,
    /// First and last task, and their state in Slurm's word.
    pub tasks: Vec<(u32, u32, String)>,
}

impl StandIn {
    /// The program, as cargo builds it next to the test that asks.
    pub fn binary() -> PathBuf {
        let test = std::env::current_exe().expect("a test has a path");
        let folder = test.parent().and_then(Path::parent).expect("a test lies two folders deep");
        let path = folder.join("slurm-stand-in");
        assert!(
            path.is_file(),
            "{} is missing: build it with `cargo build -p gainsweep-testkit` in the test's profile",
            path.display()
        );
        path
    }

    /// Sets one up in a folder of its own, or takes up the one that is there.
    pub fn start(folder: &Path, binary: &Path) -> StandIn {
        let folder = Folder::new(&std::path::absolute(folder).expect("a path"));
        fs_err::create_dir_all(folder.programs()).expect("a folder for the links");
        for program in Program::ALL {
            let link = folder.programs().join(program.name());
            let _ = fs_err::remove_file(&link);
            fs_err::os::unix::fs::symlink(binary, link).expect("a link");
        }
        if !folder.exists() {
            folder.create(&State { next_job: 1, ..State::default() }).expect("a first state");
        }
        StandIn { folder }
    }

    /// `PATH` with the stand-in's commands first.
    pub fn path_variable(&self) -> OsString {
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.folder.programs()).chain(std::env::split_paths(&rest));
        std::env::join_paths(folders).expect("no colon in the folder's name")
    }

    /// What a process needs in its environment to find it.
    pub fn environment(&self) -> [(&'static str, OsString); 2] {
        [("PATH", self.path_variable()), (FOLDER_VARIABLE, self.folder.path().into())]
    }

    /// Changes its settings.
    pub fn settings(&self, change: impl FnOnce(&mut Settings)) {
        self.change(|state| change(&mut state.settings));
    }

    /// Lets something go wrong with a command until [`clear_faults`](StandIn::clear_faults).
    pub fn fault(&self, program: Program, fault: Fault) {
        self.change(|state| state.faults.push(Rule { program, fault, remaining: None }));
    }

    /// Lets something go wrong with its next calls. Faults of one command wait for each other.
    pub fn fault_times(&self, program: Program, fault: Fault, times: u32) {
        self.change(|state| state.faults.push(Rule { program, fault, remaining: Some(times) }));
    }

    /// All is well again.
    pub fn clear_faults(&self) {
        self.change(|state| state.faults.clear());
    }

    /// All calls so far, oldest first.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.folder.calls()
    }

    /// All jobs that the controller knows.
    pub fn jobs(&self) -> Vec<JobView> {
        let view = |task: &Task| TaskView {
            first: task.first,
            last: task.last,
            state: task.state.clone(),
            restarts: task.restarts,
            node: task.node.clone(),
            pid: task.pid,
        };
        let state = self.folder.read().expect("a state");
        let job = |job: &Job| JobView {
            id: job.id,
            name: job.name.clone(),
            tasks: job.tasks.iter().map(view).collect(),
        };
        state.jobs.iter().map(job).collect()
    }

    /// Waits until nothing waits or runs. False: it still does.
    pub fn wait_until_idle(&self, patience: Duration) -> bool {
        self.wait_until(patience, |jobs| {
            let busy = |task: &TaskView| ["PENDING", "RUNNING", "COMPLETING"].contains(&task.state.as_str());
            !jobs.iter().any(|job| job.tasks.iter().any(busy))
        })
    }

    /// Waits until the jobs are as wished. False: they are not.
    pub fn wait_until(&self, patience: Duration, wished: impl Fn(&[JobView]) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            if wished(&self.jobs()) {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// A more important job takes the place of a running one (`12`, `12_3`): it is requeued if it may be.
    pub fn preempt(&self, target: &str) {
        self.end_running(target, "PREEMPTED", true);
    }

    /// Its time is up.
    pub fn time_out(&self, target: &str) {
        self.end_running(target, "TIMEOUT", false);
    }

    /// It used too much memory, and is killed for it.
    pub fn out_of_memory(&self, target: &str) {
        let target = Target::parse(target).expect("a job or task");
        self.on_running(&target, |_, task| wish(task, "OUT_OF_MEMORY", false, true));
    }

    /// A node dies, with all that runs on it; its tasks are requeued if they may be. It is back at once.
    pub fn end_node(&self, node: &str) {
        self.change(|state| fail_node(state, node));
    }

    /// The controller is killed: the newest `forget` jobs never were, and their numbers are given out again.
    pub fn crash(&self, forget: usize) {
        self.change(|state| {
            let kept = state.jobs.len().saturating_sub(forget);
            let lost: Vec<Job> = state.jobs.drain(kept..).collect();
            for job in &lost {
                state.records.retain(|record| record.job != job.id);
                for pid in job.tasks.iter().filter_map(|task| task.pid) {
                    crate::processes::signal_group(pid, rustix::process::Signal::KILL);
                }
            }
            if let Some(first) = lost.first() {
                state.next_job = first.id;
            }
        });
    }

    /// Declares tasks that no process runs; the job's number.
    pub fn declare(&self, bulk: &Bulk) -> u32 {
        let when = now();
        let entry = |(first, last, word): &(u32, u32, String)| {
            let mut task = Task { state: word.clone(), ..Task::waiting(*first, *last) };
            if !task.is_pending() {
                task.start = Some(when - 150.0);
                task.node = "node1".into();
            }
            if task.has_ended() {
                // Long enough ago that only the database knows.
                task.end = Some(when - 95.0);
            }
            if task.state == "FAILED" {
                task.exit = 1;
            }
            task
        };
        let tasks: Vec<Task> = bulk.tasks.iter().map(entry).collect();
        self.change(|state| {
            let id = state.next_job;
            let count: u64 = tasks.iter().map(Task::count).sum();
            state.next_job = id.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
            state.jobs.push(Job {
                id,
                name: bulk.name.clone(),
                account: state.settings.account.clone(),
                partition: state.settings.partitions[0].clone(),
                comment: "(null)".into(),
                array: true,
                indices: bulk.tasks.iter().map(|(first, last, _)| (*first, *last)).collect(),
                throttle: None,
                dependencies: Vec::new(),
                limit: None,
                warning: None,
                requeue: true,
                append: false,
                output: String::new(),
                error: None,
                directory: PathBuf::new(),
                arguments: Vec::new(),
                cpus: 1,
                submitted: when - 200.0,
                tasks,
                bulk: true,
            });
            id
        })
    }

    fn end_running(&self, target: &str, word: &str, may_again: bool) {
        let target = Target::parse(target).expect("a job or task");
        self.on_running(&target, |again, task| wish(task, word, may_again && again, false));
    }

    fn on_running(&self, target: &Target, work: impl Fn(bool, &mut Task)) {
        self.change(|state| {
            let target = resolve(state, target).expect("a job that is known");
            let job = state.job(target.job).expect("a job that is known");
            let again = job.requeue;
            for task in &mut job.tasks {
                if task.state == RUNNING && target.covers(task.first, task.last) {
                    work(again, task);
                }
            }
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.folder.change(change).expect("the stand-in's state can be written")
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        // Best effort: the folder may be gone, and then the runner ends by itself.
        if self.folder.change(|state| state.over = true).is_ok() {
            let deadline = Instant::now() + Duration::from_secs(5);
            while Instant::now() < deadline && matches!(self.folder.runner_lock(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}
