//! What the watch shows of a sweep: plain data, so that drawing it is a function. Pure.

use gainsweep_contract::CellState;
use gainsweep_language::Sweep;
use jiff::Timestamp;

use super::change::Changes;
use crate::cli::status::overview::Overview;
use crate::prediction::spending::Spending;
use crate::screen::running::RunningCell;
use crate::screen::wording;

/// What is known of Slurm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheduler {
    /// Nothing was submitted: Slurm is not asked.
    Unused,
    /// The first question has no answer yet.
    Asked,
    /// The time of its last answer.
    Known(Timestamp),
    /// It does not answer.
    Away { since: Timestamp, last: Option<Timestamp>, again: Option<Timestamp> },
}

/// One state of cells.
#[derive(Clone, Debug)]
pub(super) struct StateLine {
    pub(super) name: &'static str,
    pub(super) count: usize,
    pub(super) reasons: String,
    pub(super) is_bad: bool,
}

/// What the watch shows.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) name: String,
    pub(super) total: usize,
    pub(super) done: usize,
    pub(super) states: Vec<StateLine>,
    pub(super) running: Vec<RunningCell>,
    pub(super) seconds_to_go: Option<f64>,
    pub(super) costs: Option<String>,
    pub(super) around: Around,
}

/// What the cells do not tell.
#[derive(Clone, Debug)]
pub(super) struct Around {
    /// `job 48213`
    pub(super) jobs: String,
    pub(super) scheduler: Scheduler,
    /// When the files were looked at.
    pub(super) looked: Timestamp,
    pub(super) changes: Changes,
    pub(super) trouble: Vec<String>,
    pub(super) sent: Option<String>,
    /// What to type next.
    pub(super) next: Option<String>,
    /// The watch ends as soon as it can.
    pub(super) leaving: bool,
}

impl Picture {
    pub(super) fn new(name: &str, sweep: &Sweep, overview: &Overview, around: Around) -> Picture {
        let running = overview.running.iter().map(|running| {
            let cell = sweep.cell(running.index);
            RunningCell {
                label: format!("{}  {}", cell.id.short(), wording::one_line(&sweep.label(&cell))),
                elapsed: running.elapsed,
                progress: running.progress.clone(),
            }
        });
        let states = overview.states.iter().map(|(state, cells)| StateLine {
            name: state.name(),
            count: cells.len(),
            reasons: match (state, around.scheduler) {
                (CellState::Unknown, Scheduler::Asked) => "asking Slurm ...".into(),
                _ => overview.reasons(*state),
            },
            is_bad: state.is_failure(),
        });
        Picture {
            name: name.into(),
            total: overview.total(),
            done: overview.count(CellState::Done),
            states: states.collect(),
            running: running.collect(),
            seconds_to_go: overview.seconds_to_go,
            costs: (overview.accounts != Spending::default()).then(|| overview.accounts.words()),
            around,
        }
    }
}
