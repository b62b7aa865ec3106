//! The cells of a sweep, each with its state, and what else is in its folder of results.

use gainsweep_contract::{CellId, CellState};
use gainsweep_language::{Sweep, parse};
use gainsweep_scheduler::Scheduler;
use gainsweep_store::regular_file;
use gainsweep_store::{CellsOnDisk, OnDisk, SweepFolder};
use rayon::prelude::*;

use super::evidence::Evidence;
use super::stale::{CurrentCode, Stale};
use crate::screen::failure::Failure;
use crate::sweep_file::Loaded;
use crate::sweep_file::selectors::{Selection, none};

/// One cell of a sweep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SweepCell {
    /// Its place in the sweep.
    pub(crate) index: u64,
    pub(crate) id: CellId,
    pub(crate) state: CellState,
}

/// The cells of a sweep, and what is known about them.
#[derive(Debug)]
pub(crate) struct SweepCells {
    /// Each cell, in the order of the sweep.
    pub(crate) cells: Vec<SweepCell>,
    /// Cells on disk that the sweep no longer has.
    pub(crate) orphaned: Vec<CellId>,
    /// Done cells that other code made.
    pub(crate) stale: Stale,
    /// Why each cell is in its state.
    pub(crate) evidence: Evidence,
    /// The version of the sweep file that was last run, if any.
    pub(crate) earlier: Option<Sweep>,
    /// Do diverged cells run again? Only if they are asked for by their state.
    pub(crate) diverged_run: bool,
}

impl SweepCells {
    /// Reads everything and writes nothing. It asks the scheduler only if an open cell was sent to it.
    ///
    /// # Errors
    /// Folders exist but cannot be read.
    pub(crate) fn read(
        scheduler: &dyn Scheduler,
        loaded: &Loaded,
        indices: &[u64],
        folder: &SweepFolder,
    ) -> Result<SweepCells, Failure> {
        let sweep = &loaded.sweep;
        let mut evidence = Evidence::on_disk(folder)?;
        // Reading the disk and computing ids run in parallel.
        let (on_disk, ids) = rayon::join(|| CellsOnDisk::read(folder), || ids(sweep, indices));
        evidence.take_cells_on_disk(on_disk?);
        if evidence.is_any_sent(&ids) {
            // Queue first, then files: a cell that ends in between is done, not lost.
            evidence.ask(scheduler);
            evidence.take_cells_on_disk(CellsOnDisk::read(folder)?);
        }
        let done = evidence.cells_on_disk().clone();
        let orphaned = if done.is_empty() { Vec::new() } else { orphaned(&done, &ids) };
        evidence.read_attempts(|cell| done.of(cell) != Some(OnDisk::Done))?;
        let cells: Vec<SweepCell> = ids
            .into_par_iter()
            .zip(indices)
            .map(|(id, index)| SweepCell { index: *index, id, state: evidence.verdict(id).state })
            .collect();
        let earlier =
            regular_file::read_to_string(&folder.sweep_file()).ok().and_then(|text| parse(&text).ok());
        let done: Vec<CellId> =
            cells.iter().filter(|cell| cell.state == CellState::Done).map(|cell| cell.id).collect();
        let stale = Stale::read(folder, &done, CurrentCode::of(loaded));
        Ok(SweepCells { cells, orphaned, stale, evidence, earlier, diverged_run: false })
    }

    /// Reads the cells that these words select, of those that are wanted now; all without words.
    ///
    /// # Errors
    /// As [`SweepCells::read`]; words that make no sense or select no cell.
    pub(crate) fn select(
        scheduler: &dyn Scheduler,
        loaded: &Loaded,
        folder: &SweepFolder,
        words: &[String],
    ) -> Result<SweepCells, Failure> {
        let selection = Selection::read(&loaded.sweep, words)?;
        let places = selection.places(&loaded.sweep, loaded.indices());
        let mut selected = SweepCells::read(scheduler, loaded, &places, folder)?;
        selected.diverged_run = selection.asks_for_states();
        if !selection.is_all() {
            selected.cells.retain(|cell| selection.fits_state(cell.state));
            if selected.cells.is_empty() {
                return Err(none(words));
            }
            // Cells that are not selected are no orphans.
            selected.orphaned.clear();
            let done = selected.done();
            selected.stale.select(&done);
        }
        Ok(selected)
    }

    /// The cells that are done.
    fn done(&self) -> Vec<CellId> {
        self.cells.iter().filter(|cell| cell.state == CellState::Done).map(|cell| cell.id).collect()
    }

    /// The state of the cell at that place in the sweep, if it is one of these.
    pub(crate) fn state(&self, index: u64) -> Option<CellState> {
        let place = self.cells.binary_search_by_key(&index, |cell| cell.index).ok()?;
        Some(self.cells[place].state)
    }

    /// Does the next `run` take a cell in this state?
    pub(crate) fn runs(&self, state: CellState) -> bool {
        state != CellState::Done && (state != CellState::Diverged || self.diverged_run)
    }

    /// The number of cells that the next `run` takes.
    pub(crate) fn to_run(&self) -> u64 {
        self.count(|state| self.runs(state))
    }

    /// The number of cells in such a state.
    pub(crate) fn count(&self, is_counted: impl Fn(CellState) -> bool) -> u64 {
        self.cells.iter().filter(|cell| is_counted(cell.state)).count() as u64
    }

    /// The places in the sweep of the cells that are done, or of those that the next `run` takes.
    pub(crate) fn places(&self, done: bool) -> Vec<u64> {
        let is_wanted = |state: CellState| if done { state == CellState::Done } else { self.runs(state) };
        let wanted = |cell: &&SweepCell| is_wanted(cell.state);
        self.cells.iter().filter(wanted).map(|cell| cell.index).collect()
    }
}

/// The ids of these cells, in order. In large sweeps, resolving and hashing parameters takes most of the
/// time.
pub(crate) fn ids(sweep: &Sweep, indices: &[u64]) -> Vec<CellId> {
    indices.par_iter().map(|index| sweep.id(*index)).collect()
}

/// The cells on disk that are none of these, in the order of their ids.
fn orphaned(on_disk: &CellsOnDisk, ids: &[CellId]) -> Vec<CellId> {
    let mut own = ids.to_vec();
    own.par_sort_unstable();
    on_disk.cells().filter(|cell| own.binary_search(cell).is_err()).collect()
}
