//! Which cells are sent, in which tasks.

use std::collections::{BTreeMap, HashMap};

use gainsweep_contract::{CellId, CellState, NextStep};

use super::Options;
use crate::cells::evidence::Evidence;
use crate::cells::next_step::{self, Venue};
use crate::cells::sweep_cells;
use crate::cli::retry;
use crate::cluster::grouping::{Group, Wanted, group};
use crate::cluster::needs::Needs;
use crate::cluster::retry_policy::{self, Factors, Next};
use crate::local::benchmark::learn_or_measure;
use crate::prediction::budget::Budget;
use crate::prediction::costs::Outlook;
use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::Loaded;
use crate::sweep_file::selectors::{Selection, none};

/// Cells that are not sent, by state.
#[derive(Default)]
pub(super) struct Kept(BTreeMap<CellState, u64>);

impl Kept {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn text(&self) -> String {
        let parts: Vec<String> =
            self.0.iter().map(|(state, count)| format!("{count} {}", state.name())).collect();
        if parts.is_empty() { "no cells".into() } else { parts.join(", ") }
    }
}

impl Kept {
    /// What to type for the cells that `submit` leaves alone.
    pub(super) fn next_steps(&self, file: &str) -> Vec<String> {
        let mut commands: Vec<String> =
            self.0.keys().flat_map(|state| next_step::commands(*state, file, Venue::Cluster)).collect();
        commands.dedup();
        commands
    }
}

/// The cells to send.
pub(super) struct ToSend {
    pub(super) groups: Vec<Group>,
    pub(super) kept: Kept,
    /// The predicted cost, if anything is known.
    pub(super) outlook: Option<Outlook>,
}

impl ToSend {
    /// Without the cells that somebody else sent or finished while a person was asked.
    pub(super) fn still_open(mut self, evidence: &mut Evidence) -> Result<ToSend, Failure> {
        let cells: Vec<CellId> = self
            .groups
            .iter()
            .flat_map(|group| group.tasks.iter().flatten())
            .map(|(_, cell)| *cell)
            .collect();
        evidence.look_at(&cells)?;
        for group in &mut self.groups {
            for task in &mut group.tasks {
                task.retain(|(_, cell)| evidence.verdict(*cell).state.next_step() == NextStep::Continue);
            }
            group.tasks.retain(|task| !task.is_empty());
        }
        self.groups.retain(|group| !group.tasks.is_empty());
        let left: u64 = self.groups.iter().map(Group::cells).sum();
        let taken = cells.len() as u64 - left;
        if taken > 0 {
            screen::talk(&format!(
                "another gainsweep has meanwhile sent or finished {}",
                wording::count(taken, "cell")
            ));
        }
        Ok(self)
    }
}

/// The cells to send, in tasks, and the other cells, counted by state.
pub(super) fn to_send(
    loaded: &Loaded,
    options: &Options,
    needs: &Needs,
    evidence: &mut Evidence,
) -> Result<ToSend, Failure> {
    let sweep = &loaded.sweep;
    let indices = loaded.indices();
    let cells = sweep_cells::ids(sweep, &indices);
    evidence.look_at(&cells)?;
    let mut kept = Kept::default();
    let (mut wanted, mut under_way) = (Vec::new(), Vec::new());
    let mut interrupted: HashMap<u64, CellState> = HashMap::new();
    let selectors = options.cells.selectors();
    let selection = Selection::read(sweep, &selectors)?;
    let mut selected = false;
    for (index, id) in indices.into_iter().zip(cells) {
        let verdict = evidence.verdict(id);
        if verdict.state.is_open() {
            under_way.push(index);
        }
        if !selection.fits(sweep, index) || !selection.fits_state(verdict.state) {
            continue;
        }
        selected = true;
        let send = verdict.state.next_step() == NextStep::Continue;
        if send {
            wanted.push(index);
            if verdict.state.is_interrupted() {
                interrupted.insert(index, verdict.state);
            }
        } else {
            *kept.0.entry(verdict.state).or_default() += 1;
        }
    }
    if !selected {
        return Err(none(&selectors));
    }
    let all: Vec<u64> = (0..sweep.count()).collect();
    let costs = learn_or_measure(sweep, &evidence.folder, &all, &wanted, options.cells.bench)?;
    let budget = Budget::read(options.cells.budget, sweep, &evidence.folder, costs.as_ref(), &under_way)?;
    if let Some(budget) = budget.filter(|_| !wanted.is_empty()) {
        let (fit, words) = budget.of(sweep, costs.as_ref(), &wanted)?;
        screen::talk(&words);
        wanted.truncate(fit);
    }
    if costs.is_none() && needs.ask_for_predictions() && !wanted.is_empty() {
        screen::talk(
            "note: no cell is finished, so \"auto\" requests 1 h and 1 GiB a cell; --bench measures first",
        );
    }
    let outlook =
        costs.as_ref().and_then(|costs| costs.outlook(&wanted, |index| sweep.cell(index).parameters));
    // What ended early is sent as `retry` would: with more time, if it made no progress in the time that it had.
    let mut left: BTreeMap<String, u64> = BTreeMap::new();
    let needs = wanted.iter().filter_map(|index| {
        let wanted = needs.of(&sweep.cell(*index), costs.as_ref());
        let Some(state) = interrupted.get(index) else { return Some(wanted) };
        let before = retry::before(evidence, wanted.cell, *state);
        match retry_policy::next(before, &wanted.resources, Factors::default()) {
            Next::Send { resources, .. } => {
                let time = wanted.time.max(resources.time);
                Some(Wanted { resources: *resources, time, ..wanted })
            }
            Next::Leave(because) => {
                *left.entry(because).or_default() += 1;
                None
            }
        }
    });
    let groups = group(needs.collect::<Vec<_>>());
    for (because, count) in &left {
        screen::talk(&format!("{} skipped: {because}", wording::count(*count, "cell")));
    }
    Ok(ToSend { groups, kept, outlook })
}
