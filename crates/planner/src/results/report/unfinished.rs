//! The cells that are not done, by state and reason, with the last lines of their workers.

use std::collections::{BTreeMap, HashMap};

use gainsweep_contract::{CellId, CellState};
use gainsweep_report::page::{Group, Unfinished, UnfinishedCell};

use super::ReportInput;
use crate::cells::logs;
use crate::cells::next_step::{Venue, commands};
use crate::cells::reasons::describe;
use crate::screen::{same_error, wording};

/// Groups that are shown, and cells of a group that are shown with their last lines.
const MOST_GROUPS: usize = 30;
const MOST_CELLS: usize = 20;

/// Lines of a log.
const LAST_LINES: usize = 12;

/// Cells of one state and reason, by their places.
struct Same<'a> {
    state: CellState,
    reason: &'a str,
    places: Vec<usize>,
}

/// By state, those that a person should look at first; within a state the most frequent reason first.
fn groups<'a>(input: &'a ReportInput) -> Vec<Same<'a>> {
    let mut states: BTreeMap<CellState, Vec<(usize, &str)>> = BTreeMap::new();
    for (place, verdict) in input.verdicts.iter().enumerate() {
        states.entry(verdict.state).or_default().push((place, &verdict.reason));
    }
    let mut groups: Vec<Same> = Vec::new();
    for (state, cells) in states.into_iter().filter(|(state, _)| *state != CellState::Done) {
        let alike = same_error::group(state, cells).into_iter();
        groups.extend(alike.map(|alike| Same { state, reason: alike.error, places: alike.members }));
    }
    groups.sort_by_key(|group| (!group.state.is_failure(), group.state, usize::MAX - group.places.len()));
    groups
}

/// The cells of a group that are shown one by one.
fn told<'a>(group: &'a Same) -> &'a [usize] {
    let most = if has_more(group.state) { MOST_CELLS } else { 0 };
    &group.places[..group.places.len().min(most)]
}

/// Is there more to show for a cell in this state than the state?
fn has_more(state: CellState) -> bool {
    state.is_failure() || state.is_interrupted() || state == CellState::Unknown
}

/// The cells that are shown one by one: their places on the page.
pub(super) fn places(input: &ReportInput) -> HashMap<CellId, String> {
    let groups = groups(input);
    let told = groups.iter().take(MOST_GROUPS).flat_map(|group| told(group).to_vec());
    told.map(|place| (input.cells[place], format!("cell-{}", input.cells[place]))).collect()
}

/// The section.
pub(super) fn unfinished(input: &ReportInput) -> Unfinished {
    let groups = groups(input);
    let shown = &groups[..groups.len().min(MOST_GROUPS)];
    let cells: Vec<CellId> = shown.iter().flat_map(told).map(|place| input.cells[*place]).collect();
    let mut lines = logs::last_lines(&input.sweep_cells.evidence, &cells, LAST_LINES);
    let mut cell = |place: &usize| {
        let id = input.cells[*place];
        let at = input.loaded.sweep.cell(input.sweep_cells.cells[*place].index);
        UnfinishedCell {
            id: id.to_string(),
            short: id.short(),
            label: wording::one_line(&input.loaded.sweep.label(&at)),
            attempts: input.sweep_cells.evidence.attempts.of(id).iter().map(describe).collect(),
            log: lines.remove(&id).unwrap_or_default(),
            more: format!("gainsweep explain {} {}", input.typed, id.short()),
        }
    };
    let mut group = |group: &Same| Group {
        state: group.state.name().into(),
        tone: group.state.tone(),
        count: group.places.len(),
        reason: wording::one_line(group.reason),
        next: commands(
            group.state,
            &input.typed,
            Venue::of(&input.sweep_cells.evidence, input.cells[group.places[0]]),
        ),
        cells: told(group).iter().map(&mut cell).collect(),
    };
    let left = groups[shown.len()..].iter().map(|group| group.places.len() as u64).sum();
    let note = match left {
        0 => String::new(),
        left => format!("And {} with other reasons.", wording::count(left, "cell")),
    };
    Unfinished { groups: shown.iter().map(&mut group).collect(), note }
}
