//! `gainsweep plan`: shows what is done, what would run, and how long that takes. It writes nothing.

mod json;

use std::io::{self, Write};

use clap::Args;
use gainsweep_contract::exit::planner::{FINE, TO_DO};
use gainsweep_contract::{CellState, NextStep};
use gainsweep_scheduler::of_this_machine;

use super::shared::CellOptions;
use crate::cells::next_step::run_diverged;
use crate::cells::reasons::Reasons;
use crate::cells::sweep_cells::SweepCells;
use crate::cli::check;
use crate::local::benchmark::learn_or_measure;
use crate::prediction::budget::Budget;
use crate::prediction::costs::Outlook;
use crate::screen::failure::Failure;
use crate::screen::{self, diagnostics, wording};
use crate::sweep_file::{Loaded, ResultsChoice, SweepArgs, load, own_program};

/// Show what is done, what would run, and how long that takes.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    #[command(flatten)]
    pub(crate) cells: CellOptions,

    /// Print one JSON object (see docs/reference/json.md).
    #[arg(long)]
    pub(crate) json: bool,

    /// Exit with 1 if there are cells to run, else with 0.
    #[arg(long)]
    pub(crate) exit_code: bool,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let folder = loaded.folder();
    let cells = SweepCells::select(&*of_this_machine(), &loaded, &folder, &options.cells.selectors())?;
    let to_run = cells.places(false);
    let costs = if to_run.is_empty() {
        None
    } else {
        learn_or_measure(&loaded.sweep, &folder, &cells.places(true), &to_run, options.cells.bench)?
    };
    let outlook =
        costs.as_ref().and_then(|costs| costs.outlook(&to_run, |index| loaded.sweep.cell(index).parameters));
    let budget = Budget::read(options.cells.budget, &loaded.sweep, &folder, costs.as_ref(), &[])?;
    let budget = match budget.filter(|_| !to_run.is_empty()) {
        // The plan is shown even if nothing fits the budget.
        Some(budget) => Some(match budget.of(&loaded.sweep, costs.as_ref(), &to_run) {
            Ok((_, words)) => words,
            Err(error) => diagnostics::plain_text(&error),
        }),
        None => None,
    };
    let reasons = Reasons::new(&loaded.sweep, &cells);
    let to_do = cells.to_run() > 0;
    let code = if options.exit_code && to_do { TO_DO } else { FINE };
    if options.json {
        screen::data(|out| json::write(out, &loaded, &folder, &cells, &reasons, outlook.as_ref()))?;
        return Ok(code);
    }
    screen::data(|out| write(out, &loaded, &cells, &reasons, outlook.as_ref()))?;
    if let Some(budget) = budget {
        screen::data(|out| writeln!(out, "{budget}"))?;
    }
    if cells.stale.count() > 0 {
        screen::talk(&format!(
            "stale results are kept; compute them again: gainsweep run {} --stale",
            loaded.typed()
        ));
    }
    // A plan is shown all the same: it may be of results that another machine computed.
    if let Err(failure) = own_program::check(&loaded, own_program::Place::on_a_cluster(&loaded, None)) {
        screen::talk(&format!("note: nothing can run here now: {}", diagnostics::plain_text(&failure)));
    }
    screen::talk(&next(&cells, &loaded.typed()));
    Ok(code)
}

/// What to type next.
fn next(cells: &SweepCells, typed: &str) -> String {
    let has_diverged = cells.count(|state| state == CellState::Diverged) > 0;
    match (cells.to_run() > 0, has_diverged) {
        (true, _) => format!("here: gainsweep run {typed}"),
        (false, true) => {
            let [command] = run_diverged(typed);
            format!("all others are done. To run the diverged ones all the same: {command}")
        }
        (false, false) => format!("all are done. tables: gainsweep gather {typed}"),
    }
}

fn write(
    out: &mut dyn Write,
    loaded: &Loaded,
    cells: &SweepCells,
    reasons: &Reasons<'_>,
    outlook: Option<&Outlook>,
) -> io::Result<()> {
    writeln!(out, "{}", check::headline(loaded))?;
    let shown = cells.cells.len() as u64;
    if shown < loaded.indices().len() as u64 {
        writeln!(out, "  {} selected", wording::count(shown, "cell"))?;
    }
    if let Some(networks) = &loaded.networks {
        writeln!(out, "  {}", networks.words())?;
    }
    if let Some(rounds) = &loaded.replicates_wanted {
        writeln!(out, "  {}", rounds.words())?;
    }
    let counts = CellState::ALL.map(|state| (state, cells.count(|known| known == state)));
    let shown = counts.iter().filter(|(_, count)| *count > 0);
    let width = shown.map(|(state, _)| state.name().len()).max().unwrap_or(0).max(8);
    let mut line = |state: &str, count: u64, words: String| match count {
        0 => Ok(()),
        _ => writeln!(out, "{}", format!("  {state:width$} {count:6}   {words}").trim_end()),
    };
    for (state, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        line(state.name(), count, why(state, cells, reasons))?;
        if state == CellState::Done {
            let codes = wording::some(&cells.stale.codes);
            let stale = format!("of these, made by {codes}; this is {}", cells.stale.current.words());
            line("stale", cells.stale.count(), stale)?;
        }
    }
    let orphaned = cells.orphaned.len() as u64;
    line("orphaned", orphaned, format!("{}; their results are kept", reasons.orphaned()))?;
    let to_run = cells.to_run();
    if to_run > 0 {
        let time = outlook.map_or_else(
            || {
                let or_before = if loaded.sweep.worker.is_none() { ", or with --bench" } else { "" };
                format!("; their time is known after the first cell{or_before}")
            },
            |outlook| format!(", {}", outlook.words()),
        );
        writeln!(out, "to run: {}{time}", wording::count(to_run, "cell"))?;
    }
    Ok(())
}

/// Why cells are in that state, and what happens to them next.
fn why(state: CellState, cells: &SweepCells, reasons: &Reasons<'_>) -> String {
    if state == CellState::Done {
        return "kept".into();
    }
    if state == CellState::New {
        return reasons.new_cells();
    }
    let reason = reasons.most_frequent(state);
    let next = match state.next_step() {
        NextStep::Decide if !cells.runs(state) => "kept",
        NextStep::Continue if state.is_interrupted() => "they resume",
        NextStep::Continue | NextStep::Decide => "they run again",
        NextStep::Wait | NextStep::Nothing => "",
    };
    [reason.as_str(), next].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}
