//! A sweep's cells by state, with reasons, costs and the predicted end.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use gainsweep_contract::exit::planner::{CELLS_FAILED, FINE, SYSTEM};
use gainsweep_contract::records::Progress;
use gainsweep_contract::{CellId, CellState, NextStep};
use gainsweep_language::Sweep;
use gainsweep_store::{Attempts, SweepFolder};
use rayon::prelude::*;

use crate::cells::evidence::Evidence;
use crate::cells::next_step::{Venue, commands};
use crate::cells::sweep_cells;
use crate::prediction::costs::Costs;
use crate::prediction::forecast;
use crate::prediction::spending::Spending;
use crate::prediction::time_left::{self, Running, Speed};
use crate::screen::failure::Failure;
use crate::screen::{same_error, wording};

/// Reasons shown of one state.
const MOST_REASONS: usize = 2;

/// The wanted cells of a sweep, and what is known about their time.
pub(crate) struct Cells {
    indices: Vec<u64>,
    pub(crate) ids: Vec<CellId>,
    /// Read when first asked for.
    costs: OnceCell<Option<Costs>>,
}

impl Cells {
    pub(crate) fn of(sweep: &Sweep, indices: Vec<u64>) -> Cells {
        Cells { ids: sweep_cells::ids(sweep, &indices), indices, costs: OnceCell::new() }
    }

    fn costs(&self, sweep: &Sweep, folder: &SweepFolder) -> Option<&Costs> {
        self.costs.get_or_init(|| forecast::learn(sweep, folder, &self.indices)).as_ref()
    }
}

/// A cell that runs.
#[derive(Debug)]
pub(crate) struct RunningNow {
    /// Its place in the sweep.
    pub(crate) index: u64,
    /// Seconds since its attempt started.
    pub(crate) elapsed: f64,
    pub(crate) progress: Option<Progress>,
}

impl RunningNow {
    fn left(&self) -> Option<f64> {
        self.progress.as_ref()?.seconds_left()
    }
}

/// A sweep's cells by state.
#[derive(Debug)]
pub(crate) struct Overview {
    pub(crate) states: BTreeMap<CellState, Vec<(CellId, String)>>,
    /// What a person must do about cells that wait and for which nothing happens by itself, and how many they are.
    pub(crate) stuck: BTreeMap<String, u64>,
    pub(crate) accounts: Spending,
    /// In the order of the sweep.
    pub(crate) running: Vec<RunningNow>,
    /// Was anything submitted to Slurm? If not, running cells belong to a `run`, here or elsewhere, and new
    /// cells wait for it.
    submitted: bool,
    /// Where the first cell of each state was tried.
    venues: BTreeMap<CellState, Venue>,
    /// Seconds until all open cells are done, with as many at a time as now.
    pub(crate) seconds_to_go: Option<f64>,
}

impl Overview {
    /// Looks at the cells on disk. It does not ask Slurm.
    ///
    /// # Errors
    /// Records exist but cannot be read.
    pub(crate) fn look(evidence: &mut Evidence, sweep: &Sweep, cells: &Cells) -> Result<Overview, Failure> {
        evidence.look_at(&cells.ids)?;
        if evidence.attempts.by_cell.is_empty() {
            // Verdicts on cells that are all done need no attempts, but the costs do.
            evidence.attempts = Attempts::read(&evidence.folder.attempts())?;
        }
        let mut states: BTreeMap<CellState, Vec<(CellId, String)>> = BTreeMap::new();
        let mut stuck = BTreeMap::new();
        for cell in &cells.ids {
            let verdict = evidence.verdict(*cell);
            if let Some(what) = verdict.stuck {
                *stuck.entry(what).or_default() += 1;
            }
            states.entry(verdict.state).or_default().push((*cell, verdict.reason));
        }
        let accounts = Spending::of(&evidence.attempts, &evidence.sent.submitted);
        let submitted = evidence.has_sent();
        let venue = |(state, cells): (&CellState, &Vec<(CellId, String)>)| {
            Some((*state, Venue::of(evidence, cells.first()?.0)))
        };
        let venues = states.iter().filter_map(venue).collect();
        let running = Vec::new();
        let mut overview =
            Overview { states, stuck, accounts, running, submitted, venues, seconds_to_go: None };
        if overview.count(CellState::Running) > 0 {
            overview.look_ahead(evidence, sweep, cells);
        }
        Ok(overview)
    }

    /// Finds the running cells, and predicts the end.
    fn look_ahead(&mut self, evidence: &Evidence, sweep: &Sweep, cells: &Cells) {
        let places: HashMap<CellId, u64> =
            cells.ids.iter().copied().zip(cells.indices.iter().copied()).collect();
        let of = |state: CellState| self.states.get(&state).into_iter().flatten();
        let costs = cells.costs(sweep, &evidence.folder);
        let weight = |index: u64| forecast::weight(sweep, costs, &sweep.cell(index));
        let place = |cell: &(CellId, String)| places.get(&cell.0).copied();
        let now = jiff::Timestamp::now();
        let running = of(CellState::Running).collect::<Vec<_>>().into_par_iter().filter_map(|(cell, _)| {
            let last = evidence.last(*cell).filter(|last| last.ended.is_none());
            let elapsed = last.map_or(0.0, |last| now.duration_since(last.started).as_secs_f64());
            let progress = evidence.home(*cell).read_progress();
            let index = places.get(cell).copied()?;
            Some(RunningNow { index, elapsed: elapsed.max(0.0), progress })
        });
        let running: Vec<RunningNow> = running.collect();
        let known = |cell: &RunningNow| Running {
            weight: weight(cell.index),
            elapsed: cell.elapsed,
            left: cell.left(),
        };
        let expected: Vec<Running> = running.iter().map(known).collect();
        let new = of(CellState::New).take(if self.submitted { 0 } else { usize::MAX });
        let waiting = of(CellState::Pending).chain(of(CellState::Unsent)).chain(new);
        let waiting = waiting.filter_map(place).map(weight).sum();
        let speed = Speed { predicted: costs.is_some(), ..Speed::default() };
        self.seconds_to_go = time_left::remaining(speed, &expected, waiting, expected.len());
        self.running = running;
    }

    /// The number of cells in that state.
    pub(crate) fn count(&self, state: CellState) -> usize {
        self.states.get(&state).map_or(0, Vec::len)
    }

    /// The number of all cells.
    pub(crate) fn total(&self) -> usize {
        self.states.values().map(Vec::len).sum()
    }

    /// Seconds until the longest of the running cells is done.
    pub(crate) fn seconds_left(&self) -> Option<f64> {
        self.running.iter().filter_map(RunningNow::left).reduce(f64::max)
    }

    /// The exit code of `status`.
    pub(crate) fn exit(&self, evidence: &Evidence) -> u8 {
        if evidence.is_blind() {
            SYSTEM
        } else if self.states.keys().any(|state| state.is_failure()) || !self.stuck.is_empty() {
            CELLS_FAILED
        } else {
            FINE
        }
    }

    /// The reasons of a state's cells, the most frequent first.
    pub(crate) fn reasons(&self, state: CellState) -> String {
        let cells = self.states.get(&state).into_iter().flatten();
        let cells = cells.filter(|(_, reason)| !reason.is_empty());
        let groups = same_error::group(state, cells.map(|(cell, reason)| (*cell, reason.as_str())));
        let words = |group: &same_error::Alike<CellId>| {
            let which =
                if state.is_failure() { format!(" ({})", group.members[0].short()) } else { String::new() };
            let reason = wording::one_line(group.error);
            match group.members.len() {
                _ if groups.len() == 1 => format!("{reason}{which}"),
                count => format!("{count} x {reason}{which}"),
            }
        };
        let mut parts: Vec<String> = groups.iter().take(MOST_REASONS).map(words).collect();
        if groups.len() > MOST_REASONS {
            parts.push(format!("and {} more reasons", groups.len() - MOST_REASONS));
        }
        if state == CellState::Running {
            let left = self.seconds_left();
            parts.extend(left.map(|seconds| format!("the longest has {} left", wording::duration(seconds))));
        }
        parts.join("; ")
    }

    fn commands(&self, state: CellState, file: &str) -> String {
        let venue = self.venues.get(&state).copied().unwrap_or(Venue::Nowhere);
        commands(state, file, venue).join(" or ")
    }

    /// What to type next, if anything; `file` is the sweep as it was typed.
    pub(crate) fn next(&self, file: &str) -> Option<String> {
        let first_failure = self.states.iter().find(|(state, _)| state.is_failure());
        let continues = |state: &CellState| state.next_step() == NextStep::Continue;
        if let Some((state, [(cell, _), ..])) = first_failure.map(|(state, cells)| (*state, cells.as_slice()))
        {
            let (cell, again) = (cell.short(), self.commands(state, file));
            Some(format!("next: {again}     why: gainsweep explain {file} {cell}"))
        } else if !self.submitted && self.count(CellState::Running) > 0 {
            None
        } else if let Some(state) = self.states.keys().copied().find(continues) {
            Some(format!("next: {}", self.commands(state, file)))
        } else if self.states.keys().all(|state| *state == CellState::Done) {
            Some(format!("all are done. tables: gainsweep gather {file}"))
        } else {
            None
        }
    }
}
