//! `gainsweep run`: runs the open cells on this machine, then writes tables and figures.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use gainsweep_contract::CellId;
use gainsweep_contract::exit::planner::{CELLS_FAILED, FINE};
use gainsweep_scheduler::of_this_machine;
use gainsweep_store::{Attempts, CellsOnDisk, OnDisk, SweepFolder};

use super::shared::CellOptions;
use crate::cells::sweep_cells::SweepCells;
use crate::local::benchmark::learn_or_measure;
use crate::local::devices::Devices;
use crate::local::{
    Claiming, Display, Report, RunLog, Settings, Subject, WorkerProgram, prepare, run_cells, write_asked,
};
use crate::prediction::budget::Budget;
use crate::prediction::replicates_wanted::ReplicatesWanted;
use crate::results::{figures, gather};
use crate::screen::failure::Failure;
use crate::screen::{self, diagnostics, wording};
use crate::sweep_file::selectors::{Selection, none};
use crate::sweep_file::{Loaded, ResultsChoice, SweepArgs, load, networks, own_program};

/// Failures that are listed; the others are counted.
const MOST_FAILURES: usize = 10;

/// Run the open cells on this machine, then gather and plot.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    #[command(flatten)]
    pub(crate) cells: CellOptions,

    /// Cells that run at a time (default: the cores of this machine).
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<std::num::NonZeroUsize>,

    /// Also run done cells again that other code made (see `plan`).
    #[arg(long)]
    pub(crate) stale: bool,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let mut loaded = load(&options.sweep, results)?;
    let folder = loaded.folder();
    networks::refuse_missing(&loaded)?;
    own_program::check(&loaded, own_program::Place::Here)?;
    let devices = Devices::of_this_machine(loaded.sweep.gpus)?;
    let jobs = jobs(options).min(devices.slots().unwrap_or(usize::MAX));
    let mut worker = WorkerProgram::find(&loaded.sweep, &loaded.project.root)?.with_cpus(share(jobs));
    let selectors = options.cells.selectors();
    let only = Selection::read(&loaded.sweep, &selectors)?;
    // Read the states before we write anything: they are those that `plan` shows.
    let states = if only.asks_for_states() || options.stale {
        Some(SweepCells::read(&*of_this_machine(), &loaded, &loaded.indices(), &folder)?)
    } else {
        None
    };
    worker.run_sealed(own_program::seal(&loaded, &folder, own_program::Place::Here)?);
    let mut run = prepare(&loaded, &folder, &worker)?;
    let again = format!("gainsweep run {}", loaded.typed());
    let log = Arc::new(RunLog::new(&folder.logs(), run.name()));
    let began = Instant::now();
    let mut report = Report::default();
    let mut tried: HashSet<u64> = HashSet::new();
    let (mut before, mut problem) = (0, None);
    // One round; with a precision in the sweep file, rounds until every wanted cell was tried.
    for round in 1.. {
        let (mut queue, finished) = open_and_done(&loaded, &folder, &only, states.as_ref(), options.stale)?;
        queue.retain(|index| !tried.contains(index));
        if round == 1 {
            before = finished.len() as u64;
            if queue.is_empty() && before == 0 {
                return Err(none(&selectors));
            }
        }
        let costs =
            learn_or_measure(&loaded.sweep, &folder, &finished, &queue, options.cells.bench && round == 1)?;
        let budget = Budget::read(options.cells.budget, &loaded.sweep, &folder, costs.as_ref(), &[])?;
        if let Some(budget) = budget.filter(|_| !queue.is_empty()) {
            match budget.of(&loaded.sweep, costs.as_ref(), &queue) {
                Ok((fit, words)) => {
                    screen::talk(&words);
                    queue.truncate(fit);
                }
                Err(error) if round == 1 => return Err(error),
                Err(error) => {
                    screen::talk(&diagnostics::plain_text(&error));
                    break;
                }
            }
        }
        if queue.is_empty() {
            break;
        }
        if round > 1 {
            screen::talk(&loaded.replicates_wanted.as_ref().map(ReplicatesWanted::words).unwrap_or_default());
            run.next_round(round);
            write_asked(&loaded, &folder, &worker, &run)?;
        }
        tried.extend(&queue);
        let subject =
            Subject { name: &loaded.name, again: &again, sweep: &loaded.sweep, costs: costs.as_ref() };
        // Cells that are not selected count neither as done nor as to do.
        let chosen = (finished.len() + queue.len()) as u64;
        let mut display = Display::new(subject, jobs, &queue, chosen);
        let settings = Settings {
            sweep: &loaded.sweep,
            folder: &folder,
            worker: &worker,
            replace: replaced(&loaded, &queue, options, states.as_ref()),
            queue,
            jobs,
            devices: devices.clone(),
            claiming: &Claiming::new(of_this_machine(), None).holding(&run),
            earlier: &Attempts::read(&folder.attempts())?,
            run: &run,
            log: &log,
            patience: None,
        };
        report.add(run_cells(&settings, &mut display)?);
        // A budget from the command line is for one round: the next round would spend it again.
        let more = loaded.replicates_wanted.is_some() && options.cells.budget.is_none();
        if !more || report.broken.is_some() || report.stopped.is_some() {
            break;
        }
        // The results are there even if this fails, and are gathered.
        problem = loaded.look_again().err();
        if problem.is_some() {
            break;
        }
    }
    let tried = tried.len() as u64;
    summarise(&loaded, &report, tried, before, began.elapsed().as_secs_f64(), &log, &again);
    screen::talk(&wording::results(&folder));
    if let Some(broken) = report.broken {
        return Err(broken);
    }
    if report.stopped.is_some() {
        return Ok(CELLS_FAILED);
    }
    if let Some(rounds) = &loaded.replicates_wanted {
        screen::talk(&rounds.words());
    }
    let refused = present(&loaded, &folder, &loaded.typed())?;
    if let Some(problem) = problem {
        return Err(problem);
    }
    Ok(if report.unfinished.is_empty() && report.left.is_empty() && refused == 0 {
        FINE
    } else {
        CELLS_FAILED
    })
}

/// Writes tables and figures of the results so far. Returns how many done cells have files that are refused.
fn present(loaded: &Loaded, folder: &SweepFolder, typed: &str) -> Result<usize, Failure> {
    let gathered = gather::gather(loaded, folder, false)?;
    gather::show(loaded, &gathered)?;
    figures::draw(loaded, folder, &gathered.results)?;
    screen::talk(&format!("report    gainsweep report {typed}"));
    Ok(gathered.refused)
}

/// The wanted and selected cells: those that are not done, and those that are.
fn open_and_done(
    loaded: &Loaded,
    folder: &SweepFolder,
    only: &Selection,
    states: Option<&SweepCells>,
    stale: bool,
) -> Result<(Vec<u64>, Vec<u64>), Failure> {
    let on_disk = CellsOnDisk::read(folder)?;
    let in_state = |index: u64| {
        let state = states.and_then(|standing| standing.state(index));
        states.is_none() || state.is_some_and(|state| only.fits_state(state))
    };
    let (mut open, mut done) = (Vec::new(), Vec::new());
    for index in loaded.indices() {
        if only.fits(&loaded.sweep, index) && in_state(index) {
            let id = loaded.sweep.id(index);
            let is_stale = || stale && states.is_some_and(|states| states.stale.contains(id));
            let is_done = on_disk.of(id) == Some(OnDisk::Done) && !is_stale();
            if is_done { &mut done } else { &mut open }.push(index);
        }
    }
    Ok((open, done))
}

/// The done cells of the queue that are to be computed anew.
fn replaced(
    loaded: &Loaded,
    queue: &[u64],
    options: &Options,
    states: Option<&SweepCells>,
) -> HashSet<CellId> {
    let Some(states) = states.filter(|_| options.stale) else { return HashSet::new() };
    queue.iter().map(|index| loaded.sweep.id(*index)).filter(|cell| states.stale.contains(*cell)).collect()
}

fn jobs(options: &Options) -> usize {
    options.jobs.map_or_else(cores, std::num::NonZero::get)
}

/// A cell's share of the processors, when so many run at a time.
fn share(jobs: usize) -> u32 {
    u32::try_from(cores() / jobs.max(1)).unwrap_or(u32::MAX).max(1)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Prints counts, each failure with its reason, and what to type next.
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
    let mut parts = vec![format!("{} done", wording::count(report.done, "cell"))];
    if before > 0 {
        parts.push(format!("{before} done before"));
    }
    if !report.unfinished.is_empty() {
        parts.push(format!("{} not done", report.unfinished.len()));
    }
    screen::talk(&format!("{}: {}, in {}", loaded.name, parts.join(", "), wording::duration(seconds)));
    if let Some((_, who)) = report.left.first() {
        let cells = wording::count(report.left.len() as u64, "cell");
        screen::talk(&format!("skipped   {cells} that others run: {who}"));
        let cell = loaded.sweep.cell(report.left[0].0).id.short();
        screen::talk(&format!(
            "          if that process is gone: gainsweep release {} {cell}",
            loaded.typed()
        ));
    }
    if report.unfinished.is_empty() {
        return;
    }
    for cell in report.unfinished.iter().take(MOST_FAILURES) {
        let point = loaded.sweep.cell(cell.index);
        screen::talk(&format!(
            "  {:8}  {}  {}   {}",
            cell.outcome.cell_state(),
            point.id.short(),
            wording::one_line(&loaded.sweep.label(&point)),
            wording::one_line(&cell.reason)
        ));
    }
    if report.unfinished.len() > MOST_FAILURES {
        let more = report.unfinished.len() - MOST_FAILURES;
        screen::talk(&format!("  and {more} more: the column `state` of the cells table"));
    }
    if let Some(path) = log.path() {
        screen::talk(&format!("log       {}", path.display()));
    }
    screen::talk(&format!("again     {again}      retries them"));
}
