//! Runs jobs in the background: one process for a whole stand-in, as long as it has anything to run.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::folder::{Folder, Version};
use crate::processes::{ending, lives, signal_group, signal_shell};
use crate::spawn::{NotStarted, spawn};
use crate::state::{Job, RUNNING, State, Task, now};

/// Between two looks at the jobs.
const NAP: Duration = Duration::from_millis(10);

/// Job and task.
type Key = (u32, u32);

struct Runner<'a> {
    folder: &'a Folder,
    children: HashMap<Key, Child>,
    /// Held while this runner lives.
    lock: Option<File>,
    seen: Option<Version>,
    /// When something is to be done that no file tells of: a start, a limit, a signal.
    next: f64,
}

/// Runs until there is nothing left to run.
pub(crate) fn run(folder: &Folder) -> io::Result<()> {
    let Some(lock) = folder.runner_lock()? else { return Ok(()) };
    let born = Instant::now();
    let mut runner = Runner { folder, children: HashMap::new(), lock: Some(lock), seen: None, next: 0.0 };
    loop {
        match runner.turn(born.elapsed().as_secs_f64()) {
            Ok(true) => std::thread::sleep(NAP),
            Ok(false) => return Ok(()),
            Err(error) => {
                // The folder is gone, and the test with it.
                runner.end_all();
                return Err(error);
            }
        }
    }
}

impl Runner<'_> {
    /// One look; is there more to come?
    fn turn(&mut self, age: f64) -> io::Result<bool> {
        let mut ended: HashMap<Key, ExitStatus> = HashMap::new();
        for (key, child) in &mut self.children {
            if let Some(status) = child.try_wait()? {
                ended.insert(*key, status);
            }
        }
        let version = self.folder.version()?;
        if ended.is_empty() && self.seen == Some(version) && now() < self.next {
            return Ok(true);
        }
        let mut more = true;
        let folder = self.folder;
        folder.change_if(|state| {
            let before = state.clone();
            self.work(state, &ended);
            let busy =
                state.jobs.iter().any(|job| !job.bulk && job.tasks.iter().any(|task| !task.has_ended()));
            if state.over || age > state.settings.longest_life {
                self.end_all();
                more = false;
            } else if !busy {
                more = false;
            }
            if !more {
                // While the state is locked: whoever submits next finds that nobody runs.
                self.lock = None;
            }
            *state != before
        })?;
        self.seen = self.folder.version().ok();
        Ok(more)
    }

    fn end_all(&mut self) {
        for child in self.children.values_mut() {
            signal_group(child.id().cast_signed(), Signal::KILL);
            let _ = child.wait();
        }
    }

    fn work(&mut self, state: &mut State, ended: &HashMap<Key, ExitStatus>) {
        let when = now();
        self.next = when + 0.5;
        let (delay, patience) = (state.settings.requeue_delay, state.settings.kill_wait);
        let mut records = Vec::new();
        for job in state.jobs.iter_mut().filter(|job| !job.bulk) {
            let shape = Job { tasks: Vec::new(), ..job.clone() };
            for task in job.tasks.iter_mut().filter(|task| task.is_running()) {
                let key = (shape.id, task.first);
                let lost = !self.children.contains_key(&key) && !task.pid.is_some_and(lives);
                if ended.contains_key(&key) || lost {
                    let status = ended.get(&key).map_or((0, 0), |status| ending(*status));
                    // Whatever the script left behind ends with it.
                    signal_group(task.pid.unwrap_or_default(), Signal::KILL);
                    self.children.remove(&key);
                    records.push(finish(&shape, task, status, when, delay, lost));
                } else {
                    self.attend(&shape, task, when, patience);
                }
            }
        }
        state.records.append(&mut records);
        self.schedule(state, when);
        state.forget(when);
    }

    /// Carries out what is wished of a running task, and keeps its time.
    fn attend(&mut self, job: &Job, task: &mut Task, when: f64, patience: f64) {
        let pid = task.pid.unwrap_or_default();
        if let (None, Some(limit), Some(start)) = (&task.wish, job.limit, task.start) {
            let end = start + limit;
            if let Some(warning) = &job.warning
                && !task.warned
            {
                if when >= end - warning.before {
                    task.warned = true;
                    if warning.shell {
                        signal_shell(pid, warning.signal);
                    }
                }
                self.next = self.next.min(end - warning.before);
            }
            if when >= end {
                crate::commands::wish(task, "TIMEOUT", false, false);
            }
            self.next = self.next.min(end.max(when));
        }
        if let Some(wish) = &mut task.wish {
            match wish.asked {
                None => {
                    wish.asked = Some(when);
                    signal_group(pid, if wish.at_once { Signal::KILL } else { Signal::TERM });
                    signal_group(pid, Signal::CONT);
                }
                Some(asked) if when >= asked + patience => signal_group(pid, Signal::KILL),
                Some(_) => {}
            }
            self.next = self.next.min(wish.asked.unwrap_or(when) + patience);
        }
    }

    /// Starts what may start.
    fn schedule(&mut self, state: &mut State, when: f64) {
        if state.settings.hold || state.over {
            return;
        }
        let mut free = free_processors(state);
        for at in 0..state.jobs.len() {
            let ready = if state.jobs[at].bulk { Ok(()) } else { dependencies(state, &state.jobs[at]) };
            let job = &mut state.jobs[at];
            if job.bulk {
                continue;
            }
            if let Err(reason) = ready {
                for task in job.tasks.iter_mut().filter(|task| task.is_pending()) {
                    task.reason = reason.into();
                }
                continue;
            }
            while let Some(index) = next_task(job, when, &mut self.next) {
                let running = job.tasks.iter().filter(|task| task.is_running()).count();
                if job.throttle.is_some_and(|most| running >= most as usize) {
                    set_reason(job, when, "JobArrayTaskLimit");
                    break;
                }
                let Some((node, cpus)) = free.iter_mut().find(|(_, cpus)| *cpus >= job.cpus) else {
                    set_reason(job, when, "Resources");
                    break;
                };
                let place = job.split(index).unwrap_or_default();
                let last = job.tasks.iter().filter(|task| task.is_pending()).count() == 1;
                let task = &mut job.tasks[place];
                if task.own.is_none() {
                    // The last one keeps the array's own number.
                    task.own = Some(if last { job.id } else { state.next_job });
                    state.next_job += u32::from(!last);
                }
                task.state = RUNNING.into();
                task.reason = "None".into();
                task.node.clone_from(node);
                (task.start, task.warned) = (Some(when), false);
                let task = task.clone();
                match spawn(self.folder, &state.settings, job, &task) {
                    Ok(child) => {
                        *cpus -= job.cpus;
                        job.tasks[place].pid = Some(child.id().cast_signed());
                        self.children.insert((job.id, task.first), child);
                    }
                    Err(NotStarted(exit, signal)) => {
                        let shape = Job { tasks: Vec::new(), ..job.clone() };
                        let record = finish(&shape, &mut job.tasks[place], (exit, signal), when, 0.0, false);
                        state.records.push(record);
                    }
                }
            }
        }
    }
}

/// The first task that may start, and when to look again otherwise.
fn next_task(job: &Job, when: f64, next: &mut f64) -> Option<u32> {
    let waiting = || job.tasks.iter().filter(|task| task.is_pending());
    if let Some(begin) = waiting().map(|task| task.begin).filter(|begin| *begin > when).reduce(f64::min) {
        *next = next.min(begin);
    }
    waiting().find(|task| task.begin <= when).map(|task| task.first)
}

fn set_reason(job: &mut Job, when: f64, reason: &str) {
    for task in job.tasks.iter_mut().filter(|task| task.is_pending() && task.begin <= when) {
        task.reason = reason.into();
    }
}

fn free_processors(state: &State) -> Vec<(String, u32)> {
    let names = (1..=state.settings.nodes).map(|number| format!("node{number}"));
    let mut free: Vec<(String, u32)> =
        names.filter(|name| !state.down.contains(name)).map(|name| (name, state.settings.cpus)).collect();
    for job in state.jobs.iter().filter(|job| !job.bulk) {
        for task in job.tasks.iter().filter(|task| task.is_running()) {
            if let Some((_, cpus)) = free.iter_mut().find(|(name, _)| *name == task.node) {
                *cpus = cpus.saturating_sub(job.cpus);
            }
        }
    }
    free
}

/// May it start as far as other jobs are concerned? What Slurm does not know any more counts as satisfied.
fn dependencies(state: &State, job: &Job) -> Result<(), &'static str> {
    for (kind, id) in &job.dependencies {
        let Some(other) = state.jobs.iter().find(|other| other.id == *id) else { continue };
        let over = other.tasks.iter().all(Task::has_ended);
        let well = other.tasks.iter().all(|task| task.state == "COMPLETED");
        match kind.as_str() {
            _ if !over => return Err("Dependency"),
            "afterok" if !well => return Err("DependencyNeverSatisfied"),
            "afternotok" if well => return Err("DependencyNeverSatisfied"),
            _ => {}
        }
    }
    Ok(())
}

/// A run is over: what it was, and whether the task runs again.
fn finish(
    job: &Job,
    task: &mut Task,
    (exit, signal): (i32, i32),
    when: f64,
    delay: f64,
    lost: bool,
) -> crate::state::Record {
    let wish = task.wish.take();
    let (word, again) = match &wish {
        Some(wish) => (wish.state.clone(), wish.again),
        None if lost => ("NODE_FAIL".into(), job.requeue),
        None if exit == 0 && signal == 0 => ("COMPLETED".into(), false),
        None => ("FAILED".into(), false),
    };
    // Whom Slurm itself ended, it gives no code.
    (task.exit, task.signal) = if wish.is_some() || lost { (0, 0) } else { (exit, signal) };
    (task.end, task.pid) = (Some(when), None);
    let record = job.record(task, &word, when);
    if again {
        task.requeue(when + delay);
    } else {
        task.reason = match (exit, signal) {
            _ if word != "FAILED" => "None",
            (_, 1..) => "JobLaunchFailure",
            _ => "NonZeroExitCode",
        }
        .into();
        task.state = word.split_whitespace().next().unwrap_or_default().into();
    }
    record
}
