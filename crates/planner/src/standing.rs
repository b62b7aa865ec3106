//! Where a sweep stands: its cells against what is on disk.

use std::collections::HashSet;
use std::path::Path;

use gainsweep_contract::CellId;
use gainsweep_contract::records::Done;
use gainsweep_store::{Attempts, Outcome, SweepFolder};
use gainsweep_sweep::{Sweep, parse};
use rayon::prelude::*;

use crate::failure::Failure;

/// Finished cells that are asked how long they took; more say nothing new.
const ASKED: usize = 200;

/// What is on disk of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// `done.json` is there.
    Done,
    /// The last attempt failed, diverged or was killed.
    Failed,
    /// It was begun; it goes on from its checkpoint, if it got so far.
    Started,
    /// Nothing is there.
    New,
}

impl State {
    /// The name in JSON and on screens.
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Done => "done",
            State::Failed => "failed",
            State::Started => "started",
            State::New => "new",
        }
    }
}

/// The cells of a sweep and what is on disk of them.
#[derive(Debug)]
pub(crate) struct Standing {
    /// Each cell, in the order of the sweep.
    pub(crate) cells: Vec<(CellId, State)>,
    /// Cells on disk that the sweep has no more.
    pub(crate) orphaned: Vec<CellId>,
    /// The version of the sweep file that was last run, if any.
    pub(crate) earlier: Option<Sweep>,
}

impl Standing {
    /// Looks. Nothing is written.
    ///
    /// # Errors
    /// Folders that are there and cannot be read.
    pub(crate) fn read(sweep: &Sweep, folder: &SweepFolder) -> Result<Standing, Failure> {
        let on_disk = cells_on_disk(&folder.cells())?;
        let attempts = Attempts::read(&folder.attempts())?;
        let mut left: HashSet<CellId> = on_disk.clone();
        let cells = ids(sweep)
            .into_iter()
            .map(|cell| {
                left.remove(&cell);
                let last = attempts.of(cell).last().map(|attempt| attempt.outcome);
                let state = if on_disk.contains(&cell) && folder.cell(cell).is_done() {
                    State::Done
                } else if matches!(last, Some(Outcome::Failed | Outcome::Diverged | Outcome::Killed)) {
                    State::Failed
                } else if on_disk.contains(&cell) {
                    State::Started
                } else {
                    State::New
                };
                (cell, state)
            })
            .collect();
        let mut orphaned: Vec<CellId> = left.into_iter().collect();
        orphaned.sort();
        let earlier = fs_err::read_to_string(folder.sweep_file()).ok().and_then(|text| parse(&text).ok());
        Ok(Standing { cells, orphaned, earlier })
    }

    /// How many cells are in that state.
    pub(crate) fn count(&self, state: State) -> u64 {
        self.cells.iter().filter(|(_, known)| *known == state).count() as u64
    }

    /// The records of some finished cells, spread evenly over the sweep.
    pub(crate) fn records(&self, folder: &SweepFolder) -> Vec<Done> {
        let done: Vec<CellId> =
            self.cells.iter().filter(|(_, state)| *state == State::Done).map(|(id, _)| *id).collect();
        let stride = done.len().div_ceil(ASKED).max(1);
        done.iter().step_by(stride).filter_map(|id| folder.cell(*id).read().record).collect()
    }
}

/// The ids of a sweep's cells, in its order. Resolving and hashing parameters is what takes time in large sweeps.
pub(crate) fn ids(sweep: &Sweep) -> Vec<CellId> {
    (0..sweep.count()).into_par_iter().map(|index| sweep.id(index)).collect()
}

/// The folders that are named like cells.
fn cells_on_disk(folder: &Path) -> Result<HashSet<CellId>, Failure> {
    let entries = match fs_err::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashSet::new()),
        Err(error) => return Err(error.into()),
    };
    let mut cells = HashSet::new();
    for entry in entries {
        if let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) {
            cells.insert(id);
        }
    }
    Ok(cells)
}
