//! Why a cell is in its state, in words.

use gainsweep_contract::{CellId, CellState, Value};
use gainsweep_language::{Sweep, SweepChanges};
use gainsweep_store::Attempt;

use super::sweep_cells::SweepCells;
use crate::screen::{same_error, wording};

/// The reasons for the cells of one plan.
pub(crate) struct Reasons<'p> {
    sweep: &'p Sweep,
    cells: &'p SweepCells,
    /// Changes since the version that was last run, if any.
    changes: Option<SweepChanges>,
}

impl<'p> Reasons<'p> {
    pub(crate) fn new(sweep: &'p Sweep, cells: &'p SweepCells) -> Reasons<'p> {
        let changes = cells.earlier.as_ref().map(|earlier| sweep.changes_since(earlier));
        Reasons { sweep, cells, changes }
    }

    /// Why the cell with these values on the axes is in that state; `None` for a done cell that this program's code made.
    pub(crate) fn of(&self, cell: CellId, axes: &[Option<Value>], state: CellState) -> Option<String> {
        if state == CellState::Done {
            return self.cells.stale.code(cell).map(|code| format!("made by {code}"));
        }
        if state == CellState::New {
            return Some(self.new_cell(axes));
        }
        Some(wording::one_line(&self.cells.evidence.verdict(cell).reason))
    }

    /// Why there are new cells; empty before the first run.
    pub(crate) fn new_cells(&self) -> String {
        let Some(changes) = &self.changes else { return String::new() };
        let reasons = [added(&changes.added), now(&changes.changed)];
        reasons.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    /// Why cells are in that state, the most frequent reason first.
    pub(crate) fn most_frequent(&self, state: CellState) -> String {
        let cells = self.cells.cells.iter().filter(|cell| cell.state == state);
        let reasons: Vec<String> = cells.map(|cell| self.cells.evidence.verdict(cell.id).reason).collect();
        let said = reasons.iter().filter(|reason| !reason.is_empty()).map(|reason| ((), reason.as_str()));
        let groups = same_error::group(state, said);
        let words = |group: &same_error::Alike<()>| {
            let reason = wording::one_line(group.error);
            if groups.len() == 1 { reason } else { format!("{reason} ({})", group.members.len()) }
        };
        wording::some(&groups.iter().map(words).collect::<Vec<_>>())
    }

    /// Why there are cells on disk that the sweep no longer has.
    pub(crate) fn orphaned(&self) -> String {
        match self.changes.as_ref().map(|changes| &changes.removed) {
            Some(removed) if !removed.is_empty() => {
                let are = if removed.len() == 1 { "is" } else { "are" };
                format!("{} {are} no longer in the file", wording::some(removed))
            }
            _ => "not in the file".into(),
        }
    }

    fn new_cell(&self, axes: &[Option<Value>]) -> String {
        let Some(changes) = &self.changes else { return "not run yet".into() };
        let has = |change: &&String| {
            self.sweep.axes().iter().zip(axes).any(|(axis, value)| {
                value.as_ref().is_some_and(|value| **change == format!("{} = {value}", axis.name))
                    || **change == format!("the axis {}", axis.name)
            })
        };
        let own: Vec<String> = changes.added.iter().filter(has).cloned().collect();
        let reasons: Vec<String> = [added(&own), now(&changes.changed)].into_iter().flatten().collect();
        if reasons.is_empty() { "not run yet".into() } else { reasons.join("; ") }
    }
}

fn added(added: &[String]) -> Option<String> {
    let were = if added.len() == 1 { "was" } else { "were" };
    (!added.is_empty()).then(|| format!("{} {were} added", wording::some(added)))
}

fn now(changed: &[String]) -> Option<String> {
    (!changed.is_empty()).then(|| format!("now {}", wording::some(changed)))
}

/// One line of an attempt: number, machine, start, end.
pub(crate) fn describe(attempt: &Attempt) -> String {
    let after =
        attempt.seconds.map_or_else(String::new, |seconds| format!(" after {}", wording::duration(seconds)));
    let why = if attempt.reason.is_empty() {
        String::new()
    } else {
        format!(" ({})", wording::one_line(&attempt.reason))
    };
    format!("{} on {}, {:.0}: {}{after}{why}", attempt.number, attempt.host, attempt.started, attempt.outcome)
}
