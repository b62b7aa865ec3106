//! What became of a cell, from all that is known of it. Pure: never a guess dressed as a verdict.

use gainsweep_scheduler::{AccountingRow, TaskState};
use gainsweep_store::{Attempt, Outcome};

/// How a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum State {
    Done,
    Running,
    Pending,
    /// It is in a submission whose next jobs are not sent yet.
    Unsent,
    /// It was stopped with a checkpoint and goes on when it is sent again.
    Stopped,
    Timeout,
    OutOfMemory,
    NodeFailure,
    Preempted,
    Failed,
    Diverged,
    Cancelled,
    /// Its job is gone and nothing says how it ended.
    Lost,
    /// Slurm did not say; ask again later.
    Unknown,
    /// It was never submitted.
    New,
}

impl State {
    /// All states, in the order of screens.
    pub(crate) const ALL: [State; 15] = [
        State::Done,
        State::Running,
        State::Pending,
        State::Unsent,
        State::Stopped,
        State::Timeout,
        State::OutOfMemory,
        State::NodeFailure,
        State::Preempted,
        State::Failed,
        State::Diverged,
        State::Cancelled,
        State::Lost,
        State::Unknown,
        State::New,
    ];

    /// Its name, on screens and in `--json`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Done => "done",
            State::Running => "running",
            State::Pending => "pending",
            State::Unsent => "unsent",
            State::Stopped => "stopped",
            State::Timeout => "timeout",
            State::OutOfMemory => "out of memory",
            State::NodeFailure => "node failure",
            State::Preempted => "preempted",
            State::Failed => "failed",
            State::Diverged => "diverged",
            State::Cancelled => "cancelled",
            State::Lost => "lost",
            State::Unknown => "unknown",
            State::New => "new",
        }
    }

    /// Does the cell go on by itself when someone sends it again, without a person's decision?
    pub(crate) fn goes_on(self) -> bool {
        matches!(self, State::Stopped | State::Timeout | State::NodeFailure | State::Preempted)
    }

    /// May it still change without anybody's doing?
    pub(crate) fn is_open(self) -> bool {
        matches!(self, State::Running | State::Pending | State::Unsent | State::Unknown)
    }

    /// Has it come to an end that a person should look at?
    pub(crate) fn is_failure(self) -> bool {
        matches!(self, State::OutOfMemory | State::Failed | State::Diverged | State::Lost)
    }
}

/// What Slurm's queue says of the cell's task.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Queue<'a> {
    /// It could not be asked.
    Unasked,
    /// It has no such task, or only its end.
    Absent,
    /// The task is there.
    Live { state: &'a TaskState, reason: &'a str },
}

/// What Slurm's accounting says of the cell's task.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Accounting<'a> {
    /// It could not be asked, or lags: it may say more later.
    Unasked,
    /// This cluster keeps none.
    Off,
    /// It has no such task.
    Nothing,
    /// The last row of the task; its state counts only with an end.
    Row(&'a AccountingRow),
}

/// All that is known of a cell.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "facts that are independent of each other")]
pub(crate) struct Evidence<'a> {
    pub(crate) done: bool,
    /// Was it in any submission, and is its task's job sent?
    pub(crate) submitted: bool,
    pub(crate) sent: bool,
    /// Was its task cancelled by us?
    pub(crate) cancelled: bool,
    pub(crate) queue: Queue<'a>,
    pub(crate) accounting: Accounting<'a>,
    /// The last attempt at it.
    pub(crate) last: Option<&'a Attempt>,
    /// Was that attempt made by the job that the cell was sent in last?
    pub(crate) last_is_of_this_job: bool,
    /// Did it begin after the queue was asked? Then it knows more than the queue's answer.
    pub(crate) last_is_newer: bool,
    /// Was it made by a run without a batch system, which lives?
    pub(crate) is_run: bool,
    /// The end of its task's log says that the memory was not enough.
    pub(crate) log_says_memory: bool,
}

/// A state, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) state: State,
    pub(crate) reason: String,
}

fn verdict(state: State, reason: impl Into<String>) -> Verdict {
    Verdict { state, reason: reason.into() }
}

/// What became of the cell.
pub(crate) fn judge(evidence: &Evidence) -> Verdict {
    if evidence.done {
        return verdict(State::Done, "");
    }
    let attempt = evidence.last.filter(|_| evidence.last_is_of_this_job);
    let begun = |attempt: &&Attempt| attempt.outcome == Outcome::Started;
    let runs = if evidence.is_run { evidence.last } else { attempt.filter(|_| evidence.last_is_newer) };
    if let Some(attempt) = runs.filter(begun) {
        return verdict(State::Running, attempt.host.clone());
    }
    if let Queue::Live { state, reason } = evidence.queue {
        return live(evidence, attempt, state, reason);
    }
    if !evidence.submitted {
        // Tried here, by `run`, or never.
        return evidence.last.map_or_else(|| verdict(State::New, ""), |last| recorded(evidence, last));
    }
    if !evidence.sent {
        return if evidence.cancelled {
            verdict(State::Cancelled, "before it was sent")
        } else {
            verdict(State::Unsent, "")
        };
    }
    match attempt {
        Some(attempt) if attempt.outcome != Outcome::Started => recorded(evidence, attempt),
        begun => ended(evidence, begun),
    }
}

/// Its task is in the queue.
fn live(evidence: &Evidence, attempt: Option<&Attempt>, state: &TaskState, reason: &str) -> Verdict {
    match (state, attempt) {
        (TaskState::Running | TaskState::Ending, Some(attempt)) => {
            match attempt.outcome {
                Outcome::Started => verdict(State::Running, attempt.host.clone()),
                // Its turn in this task is over; the task goes on with its other cells.
                Outcome::Failed | Outcome::Diverged | Outcome::Killed => recorded(evidence, attempt),
                _ => verdict(State::Pending, "its task is ending"),
            }
        }
        (TaskState::Running | TaskState::Ending, None) => {
            verdict(State::Pending, "its task runs other cells first")
        }
        (_, Some(attempt)) if matches!(attempt.outcome, Outcome::Failed | Outcome::Diverged) => {
            recorded(evidence, attempt)
        }
        (_, Some(_)) if reason.is_empty() => verdict(State::Pending, "goes on"),
        (_, Some(_)) => verdict(State::Pending, format!("goes on; {reason}")),
        (_, None) => verdict(State::Pending, reason),
    }
}

/// What the attempt's own record says, where it says how it ended.
fn recorded(evidence: &Evidence, attempt: &Attempt) -> Verdict {
    match attempt.outcome {
        Outcome::Done => verdict(State::Lost, "it was done, and its results are gone"),
        Outcome::Diverged => verdict(State::Diverged, attempt.reason.clone()),
        Outcome::Stopped => stopped(evidence),
        Outcome::Started => {
            verdict(State::Unknown, "an attempt began and left no word; is its machine still up?")
        }
        Outcome::Failed | Outcome::Killed => {
            let memory =
                evidence.log_says_memory || accounting_state(evidence) == Some(&TaskState::OutOfMemory);
            let state = if memory { State::OutOfMemory } else { State::Failed };
            verdict(state, attempt.reason.clone())
        }
    }
}

/// A checkpoint was written.
fn stopped(evidence: &Evidence) -> Verdict {
    if evidence.cancelled {
        return verdict(State::Cancelled, "cancelled by gainsweep; it has a checkpoint");
    }
    match accounting_state(evidence) {
        Some(TaskState::Cancelled) => verdict(State::Cancelled, "cancelled; it has a checkpoint"),
        Some(TaskState::Preempted) => verdict(State::Preempted, "it has a checkpoint"),
        Some(TaskState::Timeout) => verdict(State::Timeout, "it has a checkpoint"),
        Some(TaskState::NodeFailure) => verdict(State::NodeFailure, "it has a checkpoint"),
        _ => verdict(State::Stopped, "it has a checkpoint"),
    }
}

/// What accounting says of an end that is known.
fn accounting_state<'a>(evidence: &Evidence<'a>) -> Option<&'a TaskState> {
    match evidence.accounting {
        Accounting::Row(row) if row.end.is_some() => Some(&row.state),
        _ => None,
    }
}

/// Its task is no longer in the queue, and no record of ours says how the cell ended.
fn ended(evidence: &Evidence, begun: Option<&Attempt>) -> Verdict {
    if matches!(evidence.queue, Queue::Unasked) {
        return verdict(State::Unknown, "Slurm's queue could not be asked");
    }
    if evidence.log_says_memory {
        return verdict(State::OutOfMemory, "its log says that it needed more memory than it had");
    }
    let row = match evidence.accounting {
        Accounting::Row(row) => row,
        _ if evidence.cancelled => return verdict(State::Cancelled, "cancelled by gainsweep"),
        Accounting::Unasked => {
            return verdict(State::Unknown, "it left the queue; accounting has not said how");
        }
        Accounting::Off => {
            return verdict(
                State::Lost,
                "it left the queue without a word, and this cluster keeps no accounting",
            );
        }
        Accounting::Nothing => {
            return verdict(
                State::Lost,
                "neither the queue nor accounting knows it: cancelled while it waited, or forgotten in a crash",
            );
        }
    };
    if row.end.is_none() {
        return verdict(State::Unknown, "it left the queue; accounting does not know its end yet");
    }
    let at = if row.nodes.is_empty() { String::new() } else { format!(" on {}", row.nodes) };
    match &row.state {
        TaskState::OutOfMemory => verdict(State::OutOfMemory, format!("ended by Slurm{at}")),
        TaskState::Timeout => verdict(State::Timeout, format!("its time was up{at}")),
        TaskState::NodeFailure => verdict(State::NodeFailure, at.trim_start().to_string()),
        TaskState::Preempted | TaskState::Requeued => verdict(State::Preempted, at.trim_start().to_string()),
        TaskState::Cancelled => verdict(State::Cancelled, "cancelled"),
        TaskState::Completed if evidence.cancelled => verdict(State::Cancelled, "cancelled by gainsweep"),
        TaskState::Completed => {
            verdict(State::Lost, "its task ended well, but left neither result nor record")
        }
        TaskState::Failed => {
            let how = if row.signal > 0 {
                format!("its task was killed by signal {}{at}", row.signal)
            } else {
                format!("its task ended with exit code {}{at}", row.exit_code)
            };
            verdict(State::Failed, if begun.is_none() { format!("{how} before the cell began") } else { how })
        }
        TaskState::Pending
        | TaskState::Running
        | TaskState::Suspended
        | TaskState::Ending
        | TaskState::Other(_) => verdict(State::Unknown, format!("Slurm calls it {}", row.state)),
    }
}

#[cfg(test)]
mod tests;
