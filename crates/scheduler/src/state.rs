//! How a task stands.

/// The state of a task, or of a job without tasks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// It waits, or its nodes are being made ready.
    Pending,
    /// It runs.
    Running,
    /// It began and is held up: its processes stand still.
    Suspended,
    /// Its script is over, or is told to be, and its nodes are being cleaned up.
    Ending,
    /// It has run and is to run again. In the queue it waits; in the accounting it is a run that has ended while its
    /// task has not.
    Requeued,
    /// It exited with 0.
    Completed,
    /// It exited otherwise, or a signal ended it.
    Failed,
    /// Its time was up.
    Timeout,
    /// It needed more memory than it had.
    OutOfMemory,
    /// Its node failed or did not start.
    NodeFailure,
    /// It was ended for a task of higher priority.
    Preempted,
    /// A person or the system cancelled it.
    Cancelled,
    /// A word that this version does not know. Nothing may be concluded from it.
    Other(String),
}

impl TaskState {
    /// Does it wait, run, or is it between the two? It may still do something then.
    pub fn is_live(&self) -> bool {
        match self {
            TaskState::Pending
            | TaskState::Running
            | TaskState::Suspended
            | TaskState::Ending
            | TaskState::Requeued => true,
            TaskState::Completed
            | TaskState::Failed
            | TaskState::Timeout
            | TaskState::OutOfMemory
            | TaskState::NodeFailure
            | TaskState::Preempted
            | TaskState::Cancelled
            | TaskState::Other(_) => false,
        }
    }

    /// Has it ended for good, as far as the state alone can tell? A requeue may follow within seconds of a node's
    /// failure and of a preemption.
    pub fn has_ended(&self) -> bool {
        !self.is_live() && !matches!(self, TaskState::Other(_))
    }
}

impl std::fmt::Display for TaskState {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str(match self {
            TaskState::Pending => "pending",
            TaskState::Running => "running",
            TaskState::Suspended => "suspended",
            TaskState::Ending => "ending",
            TaskState::Requeued => "requeued",
            TaskState::Completed => "completed",
            TaskState::Failed => "failed",
            TaskState::Timeout => "timeout",
            TaskState::OutOfMemory => "out of memory",
            TaskState::NodeFailure => "node failure",
            TaskState::Preempted => "preempted",
            TaskState::Cancelled => "cancelled",
            TaskState::Other(word) => word,
        })
    }
}
