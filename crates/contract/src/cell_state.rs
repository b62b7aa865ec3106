//! The state of a cell: one vocabulary for plans, screens, tables, JSON, pages and selectors.

use std::fmt;

/// The state of a cell. It follows from evidence; nothing is guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CellState {
    /// Its results exist.
    Done,
    /// A worker computes it.
    Running,
    /// It waits in the queue of a cluster.
    Pending,
    /// It belongs to a submission and waits for the next wave.
    Unsent,
    /// It ended early and has a checkpoint.
    Stopped,
    /// Its time limit was reached.
    Timeout,
    /// It needed more memory than it had.
    OutOfMemory,
    /// Its node failed.
    NodeFailure,
    /// A job of higher priority took its place.
    Preempted,
    /// Its worker reported an error or was killed.
    Failed,
    /// Its loss is not finite.
    Diverged,
    /// A person cancelled it.
    Cancelled,
    /// Its files contradict each other.
    Damaged,
    /// Its job or its run is gone, and nothing tells how it ended.
    Lost,
    /// The evidence does not suffice; ask again later.
    Unknown,
    /// It was never tried.
    New,
}

/// The meaning of a state for its reader: the colour on a screen, in a figure, on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As wanted.
    Good,
    /// It waits or runs, or will continue without a decision.
    Open,
    /// A person should look at it.
    Bad,
    /// There is nothing yet.
    Absent,
}

/// What advances a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// It is done.
    Nothing,
    /// It changes by itself.
    Wait,
    /// The next `run` or `submit` takes it.
    Continue,
    /// A person decides, then `retry` takes it (or the next `run`).
    Decide,
}

impl Tone {
    /// Its name, for style sheets.
    pub fn name(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Open => "open",
            Tone::Bad => "bad",
            Tone::Absent => "absent",
        }
    }

    /// Its one-character mark.
    pub fn symbol(self) -> &'static str {
        match self {
            Tone::Good => "✓",
            Tone::Open => "…",
            Tone::Bad => "✗",
            Tone::Absent => "○",
        }
    }
}

impl CellState {
    /// All states, in the order of screens.
    pub const ALL: [CellState; 16] = [
        CellState::Done,
        CellState::Running,
        CellState::Pending,
        CellState::Unsent,
        CellState::Stopped,
        CellState::Timeout,
        CellState::OutOfMemory,
        CellState::NodeFailure,
        CellState::Preempted,
        CellState::Failed,
        CellState::Diverged,
        CellState::Cancelled,
        CellState::Damaged,
        CellState::Lost,
        CellState::Unknown,
        CellState::New,
    ];

    /// Its name on screens, in tables and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            CellState::Done => "done",
            CellState::Running => "running",
            CellState::Pending => "pending",
            CellState::Unsent => "unsent",
            CellState::Stopped => "stopped",
            CellState::Timeout => "timeout",
            CellState::OutOfMemory => "out of memory",
            CellState::NodeFailure => "node failure",
            CellState::Preempted => "preempted",
            CellState::Failed => "failed",
            CellState::Diverged => "diverged",
            CellState::Cancelled => "cancelled",
            CellState::Damaged => "damaged",
            CellState::Lost => "lost",
            CellState::Unknown => "unknown",
            CellState::New => "new",
        }
    }

    /// Its name as one word, in JSON and for selectors: `out_of_memory`.
    pub fn key(self) -> String {
        self.name().replace(' ', "_")
    }

    /// The state of that name, as people type it: `oom`, `out_of_memory` and `out of memory` are the same.
    pub fn named(typed: &str) -> Option<CellState> {
        let name = match typed {
            "oom" => "out of memory".into(),
            "node_fail" => "node failure".into(),
            other => other.replace('_', " "),
        };
        CellState::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Its meaning for a reader.
    pub fn tone(self) -> Tone {
        match self {
            CellState::Done => Tone::Good,
            CellState::Running
            | CellState::Pending
            | CellState::Unsent
            | CellState::Stopped
            | CellState::Timeout
            | CellState::NodeFailure
            | CellState::Preempted
            | CellState::Unknown => Tone::Open,
            CellState::OutOfMemory
            | CellState::Failed
            | CellState::Diverged
            | CellState::Damaged
            | CellState::Lost => Tone::Bad,
            CellState::Cancelled | CellState::New => Tone::Absent,
        }
    }

    /// What advances a cell in this state.
    pub fn next_step(self) -> NextStep {
        match self {
            CellState::Done => NextStep::Nothing,
            CellState::Running | CellState::Pending | CellState::Unsent | CellState::Unknown => {
                NextStep::Wait
            }
            CellState::Stopped
            | CellState::Timeout
            | CellState::NodeFailure
            | CellState::Preempted
            | CellState::Cancelled
            | CellState::Damaged
            | CellState::Lost
            | CellState::New => NextStep::Continue,
            CellState::OutOfMemory | CellState::Failed | CellState::Diverged => NextStep::Decide,
        }
    }

    /// Did it end early, not by its own fault, with all that it needs to resume?
    pub fn is_interrupted(self) -> bool {
        matches!(
            self,
            CellState::Stopped | CellState::Timeout | CellState::NodeFailure | CellState::Preempted
        )
    }

    /// Was it begun, and has it not ended by itself?
    pub fn is_begun(self) -> bool {
        self.is_interrupted() || matches!(self, CellState::Running | CellState::Unknown)
    }

    /// May it change by itself?
    pub fn is_open(self) -> bool {
        self.next_step() == NextStep::Wait
    }

    /// Did it end in a way that a person should look at?
    pub fn is_failure(self) -> bool {
        self.tone() == Tone::Bad
    }
}

impl fmt::Display for CellState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_listed_once_and_found_by_its_name() {
        for (place, state) in CellState::ALL.into_iter().enumerate() {
            assert_eq!(state as usize, place, "{state}: ALL has the order of the variants");
            assert_eq!(CellState::named(state.name()), Some(state));
            assert_eq!(CellState::named(&state.key()), Some(state));
        }
        assert_eq!(CellState::ALL.last().map(|state| *state as usize), Some(CellState::New as usize));
        assert_eq!(CellState::named("oom"), Some(CellState::OutOfMemory));
        assert_eq!(CellState::named("fialed"), None);
    }
}
