//! What became of a cell, from everything known about it. Pure. It never guesses: without evidence the state
//! is unknown.

use gainsweep_contract::CellState;
use gainsweep_contract::exit::worker::STOPPED;
use gainsweep_scheduler::{AccountingRow, TaskState};
use gainsweep_store::{Attempt, Outcome};

/// What Slurm's queue says about the cell's task.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Queue<'a> {
    /// It could not be queried.
    Unasked,
    /// It does not have the task, or only its end.
    Absent,
    /// The task is there. `stuck`: what a person must do, as nothing happens by itself.
    Live { state: &'a TaskState, reason: &'a str, stuck: Option<&'a str> },
}

/// What Slurm's accounting says about the cell's task.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Accounting<'a> {
    /// It could not be queried, or it lags: it may know more later.
    Unasked,
    /// This cluster keeps no accounting.
    Off,
    /// It does not have the task.
    Nothing,
    /// The last row of the task; its state counts only if it has an end.
    Row(&'a AccountingRow),
}

/// Everything known about a cell.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "facts that are independent of each other")]
pub(crate) struct CellEvidence<'a> {
    pub(crate) done: bool,
    /// Is it done, and its results are gone?
    pub(crate) damaged: bool,
    /// Was it in any submission, and is its task's job sent?
    pub(crate) submitted: bool,
    pub(crate) sent: bool,
    /// Was the job only announced? Then it is being sent now, or its sending was cut off.
    pub(crate) announced: bool,
    /// Did gainsweep cancel its task?
    pub(crate) cancelled: bool,
    pub(crate) queue: Queue<'a>,
    pub(crate) accounting: Accounting<'a>,
    /// The last attempt at it.
    pub(crate) last: Option<&'a Attempt>,
    /// Was that attempt made by the job of the cell's last submission?
    pub(crate) last_is_of_this_job: bool,
    /// Did it begin after the queue was asked? Then it knows more than the queue's answer.
    pub(crate) last_is_newer: bool,
    /// Was it made by a run without a batch system that is alive?
    pub(crate) is_run: bool,
    /// Was it made by a run without a batch system that has certainly ended?
    pub(crate) run_is_gone: bool,
    /// Is there a checkpoint to resume from?
    pub(crate) has_checkpoint: bool,
    /// Does the end of its task's log say that the memory was too small?
    pub(crate) log_says_memory: bool,
    /// Why its task began no cell, as the task's log says.
    pub(crate) not_begun: Option<&'a str>,
}

/// A state, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) state: CellState,
    pub(crate) reason: String,
    /// What a person must do about a cell that waits and for which nothing happens by itself.
    pub(crate) stuck: Option<String>,
}

fn verdict(state: CellState, reason: impl Into<String>) -> Verdict {
    Verdict { state, reason: reason.into(), stuck: None }
}

/// What became of the cell.
pub(crate) fn judge(evidence: &CellEvidence) -> Verdict {
    if evidence.done {
        return verdict(CellState::Done, "");
    }
    let attempt = evidence.last.filter(|_| evidence.last_is_of_this_job);
    let begun = |attempt: &&Attempt| attempt.outcome == Outcome::Started;
    let runs = if evidence.is_run { evidence.last } else { attempt.filter(|_| evidence.last_is_newer) };
    if let Some(attempt) = runs.filter(begun) {
        return verdict(CellState::Running, attempt.host.clone());
    }
    if let Queue::Live { state, reason, stuck } = evidence.queue {
        let verdict = live(evidence, attempt, state, reason);
        let stuck = stuck.filter(|_| verdict.state.is_open()).map(String::from);
        return Verdict { stuck, ..verdict };
    }
    if evidence.damaged {
        return verdict(CellState::Damaged, "its done.json or its metrics.csv is gone or empty");
    }
    if !evidence.submitted {
        // Never sent: tried by `run` on some machine, or not at all.
        return match evidence.last {
            Some(last) => recorded(evidence, last),
            None if evidence.has_checkpoint => {
                verdict(CellState::Stopped, "it has a checkpoint, but no attempt is recorded")
            }
            None => verdict(CellState::New, ""),
        };
    }
    if !evidence.sent {
        return if evidence.cancelled {
            verdict(CellState::Cancelled, "before it was sent")
        } else {
            verdict(CellState::Unsent, "")
        };
    }
    match attempt {
        Some(attempt) if attempt.outcome != Outcome::Started => recorded(evidence, attempt),
        begun => ended(evidence, begun),
    }
}

/// Its task is in the queue.
fn live(evidence: &CellEvidence, attempt: Option<&Attempt>, state: &TaskState, reason: &str) -> Verdict {
    match (state, attempt) {
        (TaskState::Running | TaskState::Ending, Some(attempt)) => {
            match attempt.outcome {
                Outcome::Started => verdict(CellState::Running, attempt.host.clone()),
                // Its turn in this task is over; the task continues with its other cells.
                Outcome::Failed | Outcome::Diverged | Outcome::Killed | Outcome::TimedOut => {
                    recorded(evidence, attempt)
                }
                Outcome::Done | Outcome::Stopped => verdict(CellState::Pending, "its task is ending"),
            }
        }
        (TaskState::Running | TaskState::Ending, None) => {
            verdict(CellState::Pending, "its task runs other cells first")
        }
        (TaskState::Other(word), _) => {
            let more = if reason.is_empty() { String::new() } else { format!(": {reason}") };
            verdict(CellState::Pending, format!("the queue calls it {word}, which is not known here{more}"))
        }
        (_, Some(attempt)) if matches!(attempt.outcome, Outcome::Failed | Outcome::Diverged) => {
            recorded(evidence, attempt)
        }
        (TaskState::Suspended, _) => verdict(CellState::Pending, "suspended: its processes are stopped"),
        (_, Some(attempt)) => {
            let how = match (evidence.has_checkpoint, says_that_it_can_resume(attempt)) {
                (true, _) => "it resumes from its checkpoint",
                (false, true) => "it resumes",
                (false, false) => "it begins again",
            };
            let why = if reason.is_empty() { String::new() } else { format!("; {reason}") };
            verdict(CellState::Pending, format!("{how}{why}"))
        }
        (_, None) => verdict(CellState::Pending, reason),
    }
}

/// What the attempt's own record says, if it has an end.
fn recorded(evidence: &CellEvidence, attempt: &Attempt) -> Verdict {
    match attempt.outcome {
        Outcome::Done => verdict(CellState::Damaged, "it was done, but its done.json is gone"),
        Outcome::Diverged => verdict(CellState::Diverged, attempt.reason.clone()),
        Outcome::Stopped => stopped(evidence, attempt),
        Outcome::TimedOut => verdict(CellState::Timeout, attempt.reason.clone()),
        Outcome::Started if evidence.run_is_gone && evidence.has_checkpoint => {
            verdict(CellState::Stopped, "its run was killed; it has a checkpoint")
        }
        Outcome::Started if evidence.run_is_gone => {
            verdict(CellState::Lost, "its run was killed before it wrote a checkpoint")
        }
        Outcome::Started => {
            verdict(CellState::Unknown, "an attempt began, but recorded no end; is its machine still up?")
        }
        Outcome::Failed | Outcome::Killed => {
            let memory =
                evidence.log_says_memory || accounting_state(evidence) == Some(&TaskState::OutOfMemory);
            let state = if memory { CellState::OutOfMemory } else { CellState::Failed };
            verdict(state, last_words(attempt))
        }
    }
}

/// The worker's last line, else how it ended.
fn last_words(attempt: &Attempt) -> String {
    match (attempt.reason.as_str(), attempt.exit_code, attempt.signal) {
        ("", _, Some(signal)) => format!("killed by signal {signal}"),
        ("", Some(code), None) => format!("{}, exit code {code}", attempt.outcome),
        ("", None, None) => attempt.outcome.to_string(),
        (reason, _, _) => reason.to_string(),
    }
}

/// Its worker was told to stop, and stopped.
fn stopped(evidence: &CellEvidence, attempt: &Attempt) -> Verdict {
    let how = if evidence.has_checkpoint {
        "it has a checkpoint"
    } else if says_that_it_can_resume(attempt) {
        "its worker says that it can resume"
    } else {
        "it has no checkpoint, so it begins again"
    };
    if evidence.cancelled {
        return verdict(CellState::Cancelled, format!("cancelled by gainsweep; {how}"));
    }
    let state = match accounting_state(evidence) {
        Some(TaskState::Cancelled) => return verdict(CellState::Cancelled, format!("cancelled; {how}")),
        Some(TaskState::Preempted) => CellState::Preempted,
        Some(TaskState::Timeout) => CellState::Timeout,
        Some(TaskState::NodeFailure) => CellState::NodeFailure,
        _ => CellState::Stopped,
    };
    verdict(state, how)
}

/// By its exit code: another program's checkpoints are unknown to us.
fn says_that_it_can_resume(attempt: &Attempt) -> bool {
    attempt.exit_code == Some(i32::from(STOPPED))
}

/// What accounting says about a finished task.
fn accounting_state<'a>(evidence: &CellEvidence<'a>) -> Option<&'a TaskState> {
    let Accounting::Row(row) = evidence.accounting else { return None };
    row.end.is_some().then_some(&row.state)
}

/// Its task is no longer in the queue, and no record of ours says how the cell ended.
fn ended(evidence: &CellEvidence, begun: Option<&Attempt>) -> Verdict {
    if matches!(evidence.queue, Queue::Unasked) {
        return verdict(CellState::Unknown, "cannot query Slurm's queue");
    }
    if evidence.log_says_memory {
        return verdict(CellState::OutOfMemory, "its log says that it needed more memory than it had");
    }
    let row = match evidence.accounting {
        Accounting::Row(row) => row,
        _ if evidence.announced => {
            return verdict(
                CellState::Unknown,
                "it is being sent, or its sending was cut off: the next `submit` finds out",
            );
        }
        _ if evidence.cancelled => return verdict(CellState::Cancelled, "cancelled by gainsweep"),
        Accounting::Unasked => {
            return verdict(CellState::Unknown, "it left the queue; accounting does not know how yet");
        }
        Accounting::Off => {
            return verdict(
                CellState::Lost,
                "it left the queue without a record, and this cluster keeps no accounting",
            );
        }
        Accounting::Nothing => {
            return verdict(
                CellState::Lost,
                "neither the queue nor accounting knows it: cancelled while it waited, or forgotten in a crash",
            );
        }
    };
    if row.end.is_none() {
        return verdict(CellState::Unknown, "it left the queue; accounting has no end yet");
    }
    let at = if row.nodes.is_empty() { String::new() } else { format!(" on {}", row.nodes) };
    match &row.state {
        TaskState::OutOfMemory => verdict(CellState::OutOfMemory, format!("ended by Slurm{at}")),
        TaskState::Timeout => verdict(CellState::Timeout, format!("its time limit was reached{at}")),
        TaskState::NodeFailure => verdict(CellState::NodeFailure, at.trim_start().to_string()),
        TaskState::Preempted | TaskState::Requeued => {
            verdict(CellState::Preempted, at.trim_start().to_string())
        }
        TaskState::Cancelled => verdict(CellState::Cancelled, "cancelled"),
        TaskState::Completed if evidence.cancelled => verdict(CellState::Cancelled, "cancelled by gainsweep"),
        TaskState::Completed => {
            verdict(CellState::Lost, "its task succeeded, but left neither result nor record")
        }
        TaskState::Failed => {
            if let Some(why) = evidence.not_begun.filter(|_| begun.is_none()) {
                return verdict(CellState::Failed, format!("{why}{at}"));
            }
            let how = if !row.remark.is_empty() {
                format!("{}{at}", row.remark)
            } else if row.signal > 0 {
                format!("its task was killed by signal {}{at}", row.signal)
            } else {
                format!("its task ended with exit code {}{at}", row.exit_code)
            };
            verdict(
                CellState::Failed,
                if begun.is_none() { format!("{how} before the cell began") } else { how },
            )
        }
        TaskState::Pending
        | TaskState::Running
        | TaskState::Suspended
        | TaskState::Ending
        | TaskState::Other(_) => verdict(CellState::Unknown, format!("Slurm calls it {}", row.state)),
    }
}

#[cfg(test)]
mod tests;
