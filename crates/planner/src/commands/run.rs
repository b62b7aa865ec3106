//! `gainsweep run`: the cells that are not done, on this machine; then tables and figures.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use gainsweep_contract::exit::planner::{CELLS_FAILED, FINE};
use gainsweep_store::{Attempts, SweepFolder};

use crate::cli::RunArgs;
use crate::commands::select::{self, Selection};
use crate::commands::{Loaded, gather, load, networks, plot};
use crate::executor::{
    Claiming, Display, Report, RunLog, Settings, Subject, WorkerProgram, execute as execute_cells, prepare,
};
use crate::failure::Failure;
use crate::forecast::{Budget, learn_or_measure};
use crate::standing::Standing;
use crate::{screen, words};

/// Failures that are listed; the rest is counted.
const MOST_FAILURES: usize = 10;

pub(crate) fn execute(args: &RunArgs, results: &Path) -> Result<u8, Failure> {
    let loaded = load(&args.sweep, results)?;
    let folder = SweepFolder::new(results, &loaded.name);
    networks::refuse_missing(&loaded)?;
    let worker = WorkerProgram::find(loaded.sweep.worker.as_deref())?;
    let only = Selection::read(&loaded.sweep, &args.cells.only)?;
    // Before we write anything: the states are those that `plan` shows.
    let states = if only.asks_for_states() { Some(Standing::read(&loaded.sweep, &folder)?) } else { None };
    let in_state = |index: u64| {
        let state = states.as_ref().map(|standing| standing.cells[index as usize].state);
        state.is_none_or(|state| only.fits_state(state.name()))
    };
    let run = prepare(&loaded, &folder, &worker)?;
    let again = format!("gainsweep run {}", args.sweep.typed());

    let (mut queue, mut finished) = (Vec::new(), Vec::new());
    for cell in loaded.sweep.cells().filter(|cell| only.fits(&loaded.sweep, cell) && in_state(cell.index)) {
        if folder.cell(cell.id).is_done() {
            finished.push(cell.index);
        } else {
            queue.push(cell.index);
        }
    }
    let done = finished.len() as u64;
    if queue.is_empty() && done == 0 {
        return Err(select::none(&args.cells.only));
    }
    let costs = learn_or_measure(&loaded.sweep, &folder, &finished, &queue, args.cells.bench)?;
    let budget = Budget::read(args.cells.budget, &loaded.sweep, &folder, costs.as_ref(), &[])?;
    if let Some(budget) = budget.filter(|_| !queue.is_empty()) {
        let (fit, words) = budget.of(&loaded.sweep, costs.as_ref(), &queue)?;
        screen::talk(&words);
        queue.truncate(fit);
    }
    let earlier = Attempts::read(&folder.attempts())?;
    let log = Arc::new(RunLog::new(&folder.logs(), run.name()));
    let jobs = jobs(args);
    let tried = queue.len() as u64;
    let began = Instant::now();
    let mut report = Report::default();
    if tried > 0 {
        let subject = Subject {
            name: &loaded.name,
            again: &again,
            sweep: &loaded.sweep,
            folder: &folder,
            costs: costs.as_ref(),
        };
        let mut display = Display::new(subject, jobs, &queue, loaded.sweep.count());
        let claiming = Claiming::new(None);
        let settings = Settings {
            sweep: &loaded.sweep,
            folder: &folder,
            worker: &worker,
            queue,
            jobs,
            claiming: &claiming,
            earlier: &earlier,
            run: &run,
            log: &log,
        };
        report = execute_cells(&settings, &mut display)?;
    }
    summarise(&loaded, &report, tried, done, began.elapsed().as_secs_f64(), &log, &again);
    if let Some(broken) = report.broken {
        return Err(broken);
    }
    if report.stopped.is_some() {
        return Ok(CELLS_FAILED);
    }
    let gathered = gather::gather(&loaded, &folder)?;
    gather::show(&loaded, &gathered)?;
    plot::draw(&loaded, &folder, &gathered.results)?;
    Ok(if report.unfinished.is_empty() && report.left.is_empty() { FINE } else { CELLS_FAILED })
}

fn jobs(args: &RunArgs) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    args.jobs.map_or_else(cores, std::num::NonZero::get)
}

/// Says what came of it: counts, each failure with its reason, what to type next.
fn summarise(
    loaded: &Loaded,
    report: &Report,
    tried: u64,
    before: u64,
    seconds: f64,
    log: &RunLog,
    again: &str,
) {
    for note in &report.notes {
        screen::talk(&format!("warning: {note}"));
    }
    if tried == 0 {
        screen::talk(&format!("{}: nothing to run", loaded.name));
        return;
    }
    let mut parts = vec![format!("{} done", words::count(report.done, "cell"))];
    if before > 0 {
        parts.push(format!("{before} done before"));
    }
    if !report.unfinished.is_empty() {
        parts.push(format!("{} not done", report.unfinished.len()));
    }
    screen::talk(&format!("{}: {}, in {}", loaded.name, parts.join(", "), words::duration(seconds)));
    if let Some((_, who)) = report.left.first() {
        let cells = words::count(report.left.len() as u64, "cell");
        screen::talk(&format!("left      {cells} that others run: {who}"));
    }
    if report.unfinished.is_empty() {
        return;
    }
    for cell in report.unfinished.iter().take(MOST_FAILURES) {
        let point = loaded.sweep.cell(cell.index);
        screen::talk(&format!(
            "  {:8}  {}  {}   {}",
            cell.outcome,
            point.id.short(),
            words::one_line(&loaded.sweep.label(&point)),
            words::one_line(&cell.reason)
        ));
    }
    if report.unfinished.len() > MOST_FAILURES {
        let more = report.unfinished.len() - MOST_FAILURES;
        screen::talk(&format!("  and {more} more: the column `state` of the cells table"));
    }
    if let Some(path) = log.path() {
        screen::talk(&format!("log       {}", path.display()));
    }
    screen::talk(&format!("again     {again}      tries them once more"));
}
