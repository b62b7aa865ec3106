//! How often each cell was tried, and the last outcome. Nothing else: all attempts at a hundred thousand
//! cells would take a hundred megabytes.

use std::path::Path;

use gainsweep_contract::CellId;
use jiff::Timestamp;
use rayon::prelude::*;

use super::{Outcome, files, rows};
use crate::read_error::ReadError;

/// The number of attempts at each cell, and the outcome of the last.
#[derive(Clone, Debug, Default)]
pub struct AttemptCounts {
    /// In the order of the ids.
    pub(super) cells: Vec<(CellId, u32, Outcome)>,
    /// What could not be read, with file names.
    pub damage: Vec<String>,
}

/// One attempt, as small as possible.
struct Short {
    cell: CellId,
    number: u32,
    started: Timestamp,
    outcome: Outcome,
}

impl AttemptCounts {
    /// Counts the attempts at the wanted cells. A missing folder means no attempts.
    ///
    /// # Errors
    /// The folder exists but cannot be listed. Files that cannot be read are listed as damage.
    pub fn read(folder: &Path, wanted: impl Fn(CellId) -> bool + Sync) -> Result<AttemptCounts, ReadError> {
        let read = |path| {
            let mut damage = Vec::new();
            let mut own = rows(path, &wanted, &mut damage, |attempt| Short {
                cell: attempt.cell,
                number: attempt.number,
                started: attempt.started,
                outcome: attempt.outcome,
            });
            // Of the rows of one attempt the last counts: after this it comes first, and is kept.
            own.reverse();
            own.sort_by_key(|one| (one.cell, one.number));
            own.dedup_by_key(|one| (one.cell, one.number));
            (own, damage)
        };
        let mut tally = AttemptCounts::default();
        let mut all: Vec<Short> = Vec::new();
        let read: Vec<_> = files(folder)?.par_iter().map(|path| read(path)).collect();
        for (own, damage) in read {
            all.extend(own);
            tally.damage.extend(damage);
        }
        all.par_sort_by_key(|one| (one.cell, one.started, one.number));
        for cell in all.chunk_by(|one, other| one.cell == other.cell) {
            tally.cells.extend(cell.last().map(|last| (last.cell, cell.len() as u32, last.outcome)));
        }
        Ok(tally)
    }

    /// How often a cell was tried, and the outcome of the last attempt.
    pub fn of(&self, cell: CellId) -> (usize, Option<Outcome>) {
        match self.cells.binary_search_by_key(&cell, |(cell, ..)| *cell) {
            Ok(place) => (self.cells[place].1 as usize, Some(self.cells[place].2)),
            Err(_) => (0, None),
        }
    }
}
