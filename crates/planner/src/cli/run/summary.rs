//! What `run` says at its end: counts, errors, and what to type next.

use std::collections::BTreeMap;

use gainsweep_contract::CellState;

use crate::cells::next_step;
use crate::local::{Report, RunLog, SAME_ERROR_LIMIT, Unfinished};
use crate::screen::{self, same_error, wording};
use crate::sweep_file::Loaded;

/// Errors that are listed; the others are counted.
const MOST_ERRORS: usize = 10;

/// What is said.
pub(super) struct Summary<'a> {
    pub(super) loaded: &'a Loaded,
    /// The sweep as it was typed.
    pub(super) typed: &'a str,
    pub(super) report: &'a Report,
    /// Cells that were tried, that were done before, and that had diverged and were left alone.
    pub(super) tried: u64,
    pub(super) before: u64,
    pub(super) kept: u64,
    pub(super) seconds: f64,
    pub(super) log: &'a RunLog,
}

impl Summary<'_> {
    pub(super) fn say(&self) {
        for note in &self.report.notes {
            screen::talk(&format!("warning: {note}"));
        }
        if self.tried == 0 {
            screen::talk(&format!("{}: nothing to run", self.loaded.name));
        } else {
            self.counts();
        }
        self.skipped();
        self.errors();
        self.next();
    }

    fn counts(&self) {
        let mut parts = vec![format!("{} done", wording::count(self.report.done, "cell"))];
        if self.before > 0 {
            parts.push(format!("{} done before", self.before));
        }
        if !self.report.unfinished.is_empty() {
            parts.push(format!("{} not done", self.report.unfinished.len()));
        }
        let seconds = wording::duration(self.seconds);
        screen::talk(&format!("{}: {}, in {seconds}", self.loaded.name, parts.join(", ")));
    }

    fn skipped(&self) {
        let Some((first, who)) = self.report.left.first() else { return };
        let cells = wording::count(self.report.left.len() as u64, "cell");
        screen::talk(&format!("skipped   {cells} that others run: {who}"));
        let cell = self.loaded.sweep.cell(*first).id.short();
        screen::talk(&format!("          if that process is gone: gainsweep release {} {cell}", self.typed));
    }

    /// A line for each error, with a cell that has it.
    fn errors(&self) {
        let mut by_state: BTreeMap<CellState, Vec<(&Unfinished, &str)>> = BTreeMap::new();
        for cell in &self.report.unfinished {
            by_state.entry(cell.outcome.cell_state()).or_default().push((cell, &cell.reason));
        }
        let groups = by_state.into_iter().flat_map(|(state, cells)| {
            same_error::group(state, cells).into_iter().map(move |group| (state, group))
        });
        let groups: Vec<_> = groups.collect();
        for (state, group) in groups.iter().take(MOST_ERRORS) {
            let point = self.loaded.sweep.cell(group.members[0].index);
            let many = match group.members.len() {
                1 => String::new(),
                count => format!("{count} cells, such as "),
            };
            screen::talk(&format!(
                "  {state:8}  {many}{}  {}   {}",
                point.id.short(),
                wording::one_line(&self.loaded.sweep.label(&point)),
                wording::one_line(group.error)
            ));
        }
        let more: usize = groups.iter().skip(MOST_ERRORS).map(|(_, group)| group.members.len()).sum();
        if more > 0 {
            screen::talk(&format!(
                "  and {} with other errors: the column `state` of the cells table",
                wording::count(more as u64, "cell")
            ));
        }
    }

    fn next(&self) {
        let (file, report) = (self.typed, self.report);
        if let Some(path) = self.log.path().filter(|_| !report.unfinished.is_empty()) {
            screen::talk(&format!("log       {}", path.display()));
        }
        if let Some(error) = &report.same_error {
            screen::talk(&format!(
                "{SAME_ERROR_LIMIT} cells failed alike: {}; stopped. --keep-going runs all",
                wording::one_line(error)
            ));
        }
        let has_diverged = |cell: &&Unfinished| cell.outcome.cell_state() == CellState::Diverged;
        let diverged = report.unfinished.iter().filter(has_diverged).count() as u64;
        if (report.unfinished.len() as u64) > diverged {
            screen::talk(&format!("again     gainsweep run {file}      retries them"));
        }
        if diverged + self.kept > 0 {
            let [command] = next_step::run_diverged(file);
            let cells = wording::count(diverged + self.kept, "cell");
            screen::talk(&format!(
                "diverged  {cells}, which would do it again; to run them all the same: {command}"
            ));
        }
    }
}
