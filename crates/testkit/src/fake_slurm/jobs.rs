//! What happens to jobs: they start, end, are cancelled and requeued. Tasks are processes on this machine.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal};

use super::ranges::Target;
use super::state::{CANCELLED, COMPLETING, Ending, Job, RUNNING, State, Task, now};

/// Seconds from the request to end a task until it is killed.
const KILL_WAIT: f64 = 2.0;
/// Seconds that a requeued task waits before it starts again.
const REQUEUE_DELAY: f64 = 0.1;
/// The cluster's only node.
pub(super) const NODE: &str = "node1";

/// Records ended tasks, ends those that were asked to, and starts those that may start.
pub(super) fn advance(state: &mut State) {
    let when = now();
    let mut ended = Vec::new();
    for (key, child) in &mut state.children {
        if let Ok(Some(status)) = child.try_wait() {
            // Processes that the script left behind are killed with it.
            signal_group(child, Signal::KILL);
            ended.push((*key, status));
        }
    }
    for ((id, index), status) in ended {
        state.children.remove(&(id, index));
        if let Some(job) = state.jobs.iter_mut().find(|job| job.id == id) {
            let place = job.cut_out(index).expect("a task that ran");
            let run = end(&mut job.tasks[place], status, when);
            state.records.push(job.record(run, vec![(index, index)]));
        }
    }
    for job in &state.jobs {
        for task in job.tasks.iter().filter(|task| task.is_running()) {
            if task.ending.as_ref().is_some_and(|ending| when > ending.asked + KILL_WAIT)
                && let Some(child) = state.children.get(&(job.id, task.first))
            {
                signal_group(child, Signal::KILL);
            }
        }
    }
    start_all(state, when);
    let oldest = when - state.settings.min_job_age;
    state.jobs.retain(|job| job.declared || !job.tasks.iter().all(|task| task.ended_before(oldest)));
}

/// Handles the end of a run: its state, and what follows for the task.
fn end(task: &mut Task, status: ExitStatus, when: f64) -> Task {
    let ending = task.ending.take();
    task.state = match &ending {
        Some(ending) => ending.state.clone(),
        None if status.success() => "COMPLETED".into(),
        None => "FAILED".into(),
    };
    if ending.is_none() {
        // Slurm records no exit code of a task that it ended itself.
        (task.exit, task.signal) = (status.code().unwrap_or(0), status.signal().unwrap_or(0));
    }
    task.end = Some(when);
    let run = task.clone();
    if ending.is_some_and(|ending| ending.again) {
        *task = Task {
            restarts: task.restarts + 1,
            begin: when + REQUEUE_DELAY,
            ..Task::waiting(task.first, task.last)
        };
    }
    run
}

fn start_all(state: &mut State, when: f64) {
    if state.settings.hold || state.over {
        return;
    }
    for at in 0..state.jobs.len() {
        if state.jobs[at].declared || state.is_blocked(&state.jobs[at]) {
            continue;
        }
        loop {
            let job = &mut state.jobs[at];
            let running = job.tasks.iter().filter(|task| task.is_running()).count();
            if state.children.len() >= state.settings.slots
                || job.throttle.is_some_and(|most| running >= most)
            {
                break;
            }
            let next = job.tasks.iter().find(|task| task.is_pending() && task.begin <= when);
            let Some(index) = next.map(|task| task.first) else { break };
            let place = job.cut_out(index).expect("a task of the job");
            state.last_job += 1;
            if let Ok(child) = start(job, &job.tasks[place], state.last_job) {
                job.tasks[place].state = RUNNING.into();
                job.tasks[place].start = Some(when);
                state.children.insert((job.id, index), child);
            } else {
                // Like a task whose log cannot be written: signal 53, without an explanation.
                let task = &mut job.tasks[place];
                (task.state, task.start, task.end) = ("FAILED".into(), Some(when), Some(when));
                task.signal = 53;
                let run = task.clone();
                state.records.push(job.record(run, vec![(index, index)]));
            }
        }
    }
}

/// Starts the batch script of a task. Logs are always appended to.
fn start(job: &Job, task: &Task, own_id: u32) -> std::io::Result<Child> {
    let index = task.first;
    let (id, task_id) = (job.id.to_string(), index.to_string());
    let fill = |part: &str| part.replace("%x", &job.name).replace("%A", &id).replace("%a", &task_id);
    let log = job.output.split("%%").map(fill).collect::<Vec<_>>().join("%");
    let log = OpenOptions::new().create(true).append(true).open(job.folder.join(log))?;
    let mut command = Command::new(&job.script);
    command.current_dir(&job.folder).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    command.env_clear().envs(&job.environment).process_group(0);
    command.env("SLURM_JOB_ID", own_id.to_string()).env("SLURM_JOB_NAME", &job.name);
    command.env("SLURMD_NODENAME", NODE).env("SLURM_CLUSTER_NAME", super::CLUSTER);
    if job.array {
        command.env("SLURM_ARRAY_JOB_ID", job.id.to_string()).env("SLURM_ARRAY_TASK_ID", index.to_string());
    }
    if task.restarts > 0 {
        command.env("SLURM_RESTART_COUNT", task.restarts.to_string());
    }
    command.spawn()
}

/// Asks a running task to end.
fn ask(id: u32, task: &mut Task, children: &HashMap<(u32, u32), Child>, state: &str) {
    if task.ending.is_none() {
        task.state = COMPLETING.into();
        task.ending = Some(Ending { state: state.into(), again: state == "REQUEUED", asked: now() });
        if let Some(child) = children.get(&(id, task.first)) {
            signal_group(child, Signal::TERM);
        }
    }
}

/// Cancels. Waiting tasks are gone at once; running ones are asked to end.
pub(super) fn cancel(state: &mut State, target: &Target) {
    let when = now();
    let Some(job) = state.jobs.iter_mut().find(|job| job.id == target.job) else { return };
    let id = job.id;
    let mut gone = Vec::new();
    for task in job.targeted(target) {
        if task.is_pending() {
            (task.state, task.end) = (CANCELLED.into(), Some(when));
            gone.push(task.clone());
        } else if task.is_running() {
            ask(id, task, &state.children, &format!("CANCELLED by {}", rustix::process::getuid().as_raw()));
        }
    }
    if job.tasks.iter().any(Task::is_pending) {
        // A cancelled part of waiting tasks leaves no record.
        job.tasks.retain(|task| !(task.never_ran() && task.has_ended()));
    } else if let Some(first) = gone.first() {
        let tasks = gone.iter().map(|task| (task.first, task.last)).collect();
        state.records.push(job.record(first.clone(), tasks));
    }
}

/// Requeues running tasks; Slurm's error message if that is impossible.
pub(super) fn requeue(state: &mut State, target: &Target) -> Result<(), &'static str> {
    let Some(job) = state.jobs.iter_mut().find(|job| job.id == target.job) else {
        return Err("Invalid job id specified");
    };
    let (id, allowed) = (job.id, job.requeue);
    for task in job.targeted(target) {
        if task.is_pending() {
            return Err("Job is pending execution");
        } else if !allowed {
            return Err("Requested operation is presently disabled");
        }
        ask(id, task, &state.children, "REQUEUED");
    }
    Ok(())
}

/// Kills all running tasks: their node failed.
pub(super) fn lose_node(state: &mut State, again: bool) {
    for job in state.jobs.iter_mut().filter(|job| !job.declared) {
        let (id, again) = (job.id, again && job.requeue);
        for task in job.tasks.iter_mut().filter(|task| task.is_running()) {
            task.state = COMPLETING.into();
            task.ending = Some(Ending { state: "NODE_FAIL".into(), again, asked: now() });
            if let Some(child) = state.children.get(&(id, task.first)) {
                signal_group(child, Signal::KILL);
            }
        }
    }
}

/// Kills all running tasks of these jobs.
pub(super) fn kill(state: &mut State, is_meant: impl Fn(u32) -> bool) {
    for (_, mut child) in state.children.extract_if(|(job, _), _| is_meant(*job)) {
        signal_group(&child, Signal::KILL);
        let _ = child.wait();
    }
}

/// Signals everything that a task started and that stayed in its group.
fn signal_group(child: &Child, signal: Signal) {
    if let Some(pid) = Pid::from_raw(child.id().cast_signed()) {
        // It may have ended meanwhile.
        let _ = rustix::process::kill_process_group(pid, signal);
    }
}

/// The path of a job's script.
pub(super) fn script_of(folder: &Path, id: u32) -> PathBuf {
    folder.join(format!("job-{id}.sh"))
}
