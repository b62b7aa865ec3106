//! Where a sweep stands: its cells against what is on disk.

use gainsweep_contract::CellId;
use gainsweep_language::{Sweep, parse};
use gainsweep_store::{Attempts, Outcome, Survey, SweepFolder};
use rayon::prelude::*;

use crate::cells::stale::Stale;
use crate::screen::failure::Failure;

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

/// One cell of a sweep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    /// Its place in the sweep.
    pub(crate) index: u64,
    pub(crate) id: CellId,
    pub(crate) state: State,
}

/// The cells of a sweep and what is on disk of them.
#[derive(Debug)]
pub(crate) struct Standing {
    /// Each cell, in the order of the sweep.
    pub(crate) cells: Vec<Placed>,
    /// Cells on disk that the sweep has no more.
    pub(crate) orphaned: Vec<CellId>,
    /// Done cells that other code made. Of another program than the built-in worker nobody knows its version.
    pub(crate) stale: Stale,
    /// What was tried at the cells that are not done.
    pub(crate) attempts: Attempts,
    /// The version of the sweep file that was last run, if any.
    pub(crate) earlier: Option<Sweep>,
}

impl Standing {
    /// Looks. Nothing is written.
    ///
    /// # Errors
    /// Folders that are there and cannot be read.
    pub(crate) fn read(sweep: &Sweep, indices: &[u64], folder: &SweepFolder) -> Result<Standing, Failure> {
        // What waits for the disk and what computes, side by side.
        let (survey, ids) = rayon::join(|| Survey::read(folder), || ids(sweep, indices));
        let survey = survey?;
        let not_done = |cell| survey.of(cell) != Some(true);
        let (attempts, orphaned) = rayon::join(
            || Attempts::read_of(&folder.attempts(), not_done),
            || if survey.is_empty() { Vec::new() } else { orphaned(&survey, &ids) },
        );
        let attempts = attempts?;
        let cells: Vec<Placed> = ids
            .into_par_iter()
            .zip(indices)
            .map(|(id, index)| {
                let last = attempts.of(id).last().map(|attempt| attempt.outcome);
                Placed { index: *index, id, state: state(survey.of(id), last) }
            })
            .collect();
        let earlier = fs_err::read_to_string(folder.sweep_file()).ok().and_then(|text| parse(&text).ok());
        let mut standing = Standing { cells, orphaned, stale: Stale::default(), attempts, earlier };
        if sweep.worker.is_none() {
            standing.stale = Stale::read(folder, &standing.done());
        }
        Ok(standing)
    }

    /// The cells that are done.
    fn done(&self) -> Vec<CellId> {
        self.cells.iter().filter(|cell| cell.state == State::Done).map(|cell| cell.id).collect()
    }

    /// Leaves out the cells that are not selected, and what belongs to no cell of the sweep.
    pub(crate) fn select(&mut self, is_selected: impl Fn(&Placed) -> bool) {
        self.cells.retain(is_selected);
        self.orphaned.clear();
        self.stale.select(&self.done());
    }

    /// The state of the cell at that place in the sweep, if it is one of them.
    pub(crate) fn state(&self, index: u64) -> Option<State> {
        let place = self.cells.binary_search_by_key(&index, |cell| cell.index).ok()?;
        Some(self.cells[place].state)
    }

    /// How many of them are not done.
    pub(crate) fn to_run(&self) -> u64 {
        self.cells.len() as u64 - self.count(State::Done)
    }

    /// How many cells are in that state.
    pub(crate) fn count(&self, state: State) -> u64 {
        self.cells.iter().filter(|cell| cell.state == state).count() as u64
    }

    /// The cells that are done, or those that are not: their places in the sweep.
    pub(crate) fn places(&self, done: bool) -> Vec<u64> {
        let wanted = self.cells.iter().filter(|cell| (cell.state == State::Done) == done);
        wanted.map(|cell| cell.index).collect()
    }
}

/// The ids of these cells of a sweep, in their order. Resolving and hashing parameters is what takes time in large sweeps.
pub(crate) fn ids(sweep: &Sweep, indices: &[u64]) -> Vec<CellId> {
    indices.par_iter().map(|index| sweep.id(*index)).collect()
}

/// The cells on disk that are none of these, in the order of their ids.
fn orphaned(survey: &Survey, ids: &[CellId]) -> Vec<CellId> {
    let mut own = ids.to_vec();
    own.par_sort_unstable();
    survey.cells().filter(|cell| own.binary_search(cell).is_err()).collect()
}

/// What a cell's folder (is it done?) and its last attempt say together.
fn state(on_disk: Option<bool>, last: Option<Outcome>) -> State {
    match (on_disk, last) {
        (Some(true), _) => State::Done,
        (_, Some(Outcome::Failed | Outcome::Diverged | Outcome::Killed)) => State::Failed,
        (Some(false), _) => State::Started,
        (None, _) => State::New,
    }
}
