//! The state of a task.

/// The state of a task, or of a job without tasks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// It waits, or its nodes are being prepared.
    Pending,
    /// It runs.
    Running,
    /// It was started and suspended: its processes are stopped.
    Suspended,
    /// Its script has ended, or was told to end, and its nodes are being cleaned up.
    Ending,
    /// It ran and will run again. In the queue it waits; in the accounting this is a run that has ended while
    /// its task has not.
    Requeued,
    /// It exited with 0.
    Completed,
    /// It exited with another code, or was killed by a signal.
    Failed,
    /// Its time limit was reached.
    Timeout,
    /// It needed more memory than it had.
    OutOfMemory,
    /// Its node failed or did not start.
    NodeFailure,
    /// It was ended for a task of higher priority.
    Preempted,
    /// A person or the system cancelled it.
    Cancelled,
    /// A word that this version does not know. In the queue, it is of a job that is there.
    Other(String),
}

impl TaskState {
    /// Does it wait, run, or is it in between? Then it may still do something. A state that is not known here is one of
    /// these: to take a live job for a gone one would run its cells twice.
    pub fn is_live(&self) -> bool {
        match self {
            TaskState::Pending
            | TaskState::Running
            | TaskState::Suspended
            | TaskState::Ending
            | TaskState::Requeued
            | TaskState::Other(_) => true,
            TaskState::Completed
            | TaskState::Failed
            | TaskState::Timeout
            | TaskState::OutOfMemory
            | TaskState::NodeFailure
            | TaskState::Preempted
            | TaskState::Cancelled => false,
        }
    }

    /// Has it ended for good, as far as the state alone tells? A requeue may follow within seconds of a node
    /// failure or a preemption.
    pub fn has_ended(&self) -> bool {
        !self.is_live()
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
