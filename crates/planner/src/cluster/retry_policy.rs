//! The retry policy: which cells are retried, and with which resources. Pure.

use gainsweep_contract::CellState;
use gainsweep_language::slurm::{MemoryRequest, Resolved, Retry};

/// What was requested for a cell before, and how its last attempt ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    pub(crate) state: CellState,
    /// Attempts that failed.
    pub(crate) attempts: u32,
    /// Did the last attempt make progress, so that one more with the same resources may finish?
    pub(crate) progressed: bool,
    /// Memory of its last task for each of its cells, in MiB, and time, in seconds.
    pub(crate) memory: u64,
    pub(crate) seconds: u64,
}

/// What happens to a cell next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Next {
    /// It is sent with these resources, for this reason.
    Send { resources: Box<Resolved>, because: String },
    /// It is not sent, for this reason.
    Leave(String),
}

/// Factors from the command line that replace the policy's.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Factors {
    pub(crate) memory: Option<f64>,
    pub(crate) time: Option<f64>,
}

/// The resources that the policy gives a cell in that state.
pub(crate) fn next(before: Before, resources: &Resolved, factors: Factors) -> Next {
    let Retry { attempts, memory_factor, memory_limit, time_factor, time_limit, .. } =
        resources.retry.clone();
    let mut asked = resources.clone();
    if !before.state.is_interrupted() && before.attempts >= attempts {
        return Next::Leave(format!("it was tried {} times, and {attempts} is the limit", before.attempts));
    }
    let because = match before.state {
        CellState::OutOfMemory if resources.memory_request == MemoryRequest::Nothing => {
            return Next::Leave("it ran out of memory, and the sweep requests none: change `memory`".into());
        }
        CellState::OutOfMemory => {
            let factor = factors.memory.unwrap_or(memory_factor);
            let more =
                ((before.memory.max(resources.memory) as f64 * factor).ceil() as u64).min(memory_limit);
            if more <= before.memory {
                return Next::Leave(format!(
                    "it had {} MiB, and {memory_limit} MiB is the limit",
                    before.memory
                ));
            }
            asked.memory = more;
            format!("out of memory: {more} MiB instead of {}", before.memory)
        }
        CellState::Timeout if !before.progressed => {
            let factor = factors.time.unwrap_or(time_factor);
            let had = before.seconds.max(resources.time.as_secs());
            let more = ((had as f64 * factor).ceil() as u64).min(time_limit.as_secs());
            if more <= before.seconds {
                return Next::Leave(format!("it had {} min, and that is the limit", before.seconds / 60));
            }
            asked.time = std::time::Duration::from_secs(more);
            format!(
                "time limit reached: {} min instead of {}",
                more.div_ceil(60),
                before.seconds.div_ceil(60)
            )
        }
        CellState::Stopped | CellState::Timeout | CellState::Preempted => {
            "it resumes from its checkpoint".into()
        }
        CellState::NodeFailure => "its node failed".into(),
        CellState::Failed => "it failed".into(),
        CellState::Diverged => "it diverged".into(),
        state @ (CellState::Done
        | CellState::Running
        | CellState::Pending
        | CellState::Unsent
        | CellState::Cancelled
        | CellState::Damaged
        | CellState::Lost
        | CellState::Unknown
        | CellState::New) => format!("it was {}", state.name()),
    };
    if let Some(factor) = factors.memory.filter(|_| before.state != CellState::OutOfMemory) {
        asked.memory = (asked.memory as f64 * factor).ceil() as u64;
    }
    if let Some(factor) = factors.time.filter(|_| before.state != CellState::Timeout) {
        asked.time = asked.time.mul_f64(factor);
    }
    Next::Send { resources: Box::new(asked), because }
}
