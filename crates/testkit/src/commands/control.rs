//! What happens to jobs on request. The runner carries out what needs a process.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use crate::commands::filter::Target;
use crate::folder::Folder;
use crate::program::RUNNER;
use crate::state::{COMPLETING, Job, State, Wish, now};

/// Has a runner started unless one lives. To be called while the state is locked.
pub(crate) fn ensure_runner(folder: &Folder) -> io::Result<()> {
    if folder.runner_lock()?.is_none() {
        return Ok(());
    }
    let mut command = Command::new(std::env::current_exe()?);
    command.arg0(RUNNER).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
    // SAFETY: between fork and exec the closure makes one system call and neither allocates nor takes a lock.
    #[expect(unsafe_code, reason = "the only way to run something between fork and exec")]
    unsafe {
        command.pre_exec(|| rustix::process::setsid().map(drop).map_err(Into::into));
    }
    command.spawn().map(drop)
}

/// The job of this number, be it its own or that of one of its tasks; then only that task.
pub(crate) fn resolve(state: &State, target: &Target) -> Option<Target> {
    if state.jobs.iter().any(|job| job.id == target.job) {
        return Some(target.clone());
    }
    state.jobs.iter().find_map(|job| {
        let task = job.tasks.iter().find(|task| task.own == Some(target.job))?;
        Some(Target { job: job.id, tasks: Some(vec![(task.first, task.last)]) })
    })
}

/// Lets each task of the target stand in an entry of its own or in a range that is wholly meant.
fn cut_out(job: &mut Job, target: &Target) {
    for (first, last) in target.tasks.clone().unwrap_or_default() {
        for edge in [first, last] {
            if job.tasks.iter().any(|task| task.first <= edge && edge <= task.last && task.first != task.last)
            {
                job.split(edge);
            }
        }
        // What lies between the edges is whole already.
    }
}

/// Cancels. What waits is gone at once; what runs is asked.
pub(crate) fn cancel(state: &mut State, target: &Target) {
    let when = now();
    let user = rustix::process::getuid().as_raw();
    let Some(job) = state.jobs.iter_mut().find(|job| job.id == target.job) else { return };
    cut_out(job, target);
    let whole =
        job.tasks.iter().filter(|task| task.is_pending()).all(|task| target.covers(task.first, task.last));
    let mut record = None;
    for task in job.tasks.iter_mut().filter(|task| target.covers(task.first, task.last)) {
        if task.is_pending() {
            task.state = "CANCELLED".into();
            task.end = Some(when);
            let ended = task.clone();
            let entry = record.get_or_insert_with(|| (ended.clone(), Vec::new()));
            entry.1.push((ended.first, ended.last));
        } else if task.is_running() && task.wish.is_none() {
            wish(task, &format!("CANCELLED by {user}"), false, false);
        }
    }
    if let Some((task, ranges)) = record {
        if whole {
            let mut record = job.record(&task, &format!("CANCELLED by {user}"), when);
            record.more = ranges;
            state.records.push(record);
        } else {
            // A part of what waited leaves no trace.
            job.tasks.retain(|task| {
                !(task.state == "CANCELLED" && task.start.is_none() && task.end == Some(when))
            });
        }
    }
}

/// Notes what is to become of a running task.
pub(crate) fn wish(task: &mut crate::state::Task, state: &str, again: bool, at_once: bool) {
    task.state = COMPLETING.into();
    task.wish = Some(Wish { state: state.into(), again, at_once, asked: None });
}

/// Puts back into the queue; Slurm's complaint if that cannot be.
pub(crate) fn requeue(state: &mut State, target: &Target) -> Result<(), String> {
    let begin = now() + state.settings.requeue_delay;
    let Some(job) = state.jobs.iter_mut().find(|job| job.id == target.job) else {
        return Err("Invalid job id specified".into());
    };
    cut_out(job, target);
    let allowed = job.requeue;
    let mut found = false;
    for task in job.tasks.iter_mut().filter(|task| target.covers(task.first, task.last)) {
        found = true;
        if task.is_pending() {
            return Err("Job is pending execution".into());
        } else if !allowed {
            return Err("Requested operation is presently disabled".into());
        } else if task.is_running() {
            if task.wish.is_none() {
                wish(task, "REQUEUED", true, false);
            }
        } else {
            task.requeue(begin);
        }
    }
    if found { Ok(()) } else { Err("Invalid job id specified".into()) }
}

/// A node goes away: its tasks die at once.
pub(crate) fn fail_node(state: &mut State, node: &str) {
    for job in state.jobs.iter_mut().filter(|job| !job.bulk) {
        let again = job.requeue;
        for task in job.tasks.iter_mut().filter(|task| task.is_running() && task.node == node) {
            wish(task, "NODE_FAIL", again, true);
        }
    }
}
