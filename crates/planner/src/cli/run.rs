//! `gainsweep run`: runs the open cells on this machine, then writes tables and figures.

mod summary;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use gainsweep_contract::CellId;
use gainsweep_contract::exit::planner::{CELLS_FAILED, FINE};
use gainsweep_scheduler::of_this_machine;
use gainsweep_store::{Attempt, Attempts, CellsOnDisk, OnDisk, Outcome, SweepFolder};

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
use summary::Summary;

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

    /// Run all cells, even if the first 5 fail with the same error.
    #[arg(long)]
    pub(crate) keep_going: bool,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let mut loaded = load(&options.sweep, results)?;
    let folder = loaded.folder();
    networks::refuse_missing(&loaded)?;
    let code = own_program::check(&loaded, own_program::Place::Here)?;
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
    worker.run_sealed(own_program::seal(&loaded, &folder, code)?);
    let mut run = prepare(&loaded, &folder, &worker)?;
    let again = format!("gainsweep run {}", loaded.typed());
    let log = Arc::new(RunLog::new(&folder.logs(), run.name()));
    let began = Instant::now();
    let mut report = Report::default();
    let mut tried: HashSet<u64> = HashSet::new();
    let (mut before, mut kept, mut problem) = (0, 0, None);
    // One round; with a precision in the sweep file, rounds until every wanted cell was tried.
    for round in 1.. {
        let Chosen { open: mut queue, done: finished, diverged, earlier } =
            choose(&loaded, &folder, &only, states.as_ref(), options.stale)?;
        queue.retain(|index| !tried.contains(index));
        if round == 1 {
            (before, kept) = (finished.len() as u64, diverged);
            if queue.is_empty() && before + kept == 0 {
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
            earlier: &earlier,
            run: &run,
            log: &log,
            keep_going: options.keep_going || round > 1,
            patience: None,
        };
        report.add(run_cells(&settings, &mut display)?);
        // A budget from the command line is for one round: the next round would spend it again.
        let more = loaded.replicates_wanted.is_some() && options.cells.budget.is_none();
        if !more || report.broken.is_some() || report.stopped.is_some() || report.same_error.is_some() {
            break;
        }
        // The results are there even if this fails, and are gathered.
        problem = loaded.look_again().err();
        if problem.is_some() {
            break;
        }
    }
    let tried = tried.len() as u64;
    let typed = loaded.typed();
    let seconds = began.elapsed().as_secs_f64();
    let summary =
        Summary { loaded: &loaded, typed: &typed, report: &report, tried, before, kept, seconds, log: &log };
    summary.say();
    screen::talk(&wording::results(&folder));
    finish(&loaded, &folder, &typed, report, kept, problem)
}

/// Gathers and draws what there is, and chooses the exit code.
fn finish(
    loaded: &Loaded,
    folder: &SweepFolder,
    typed: &str,
    report: Report,
    kept: u64,
    problem: Option<Failure>,
) -> Result<u8, Failure> {
    if let Some(broken) = report.broken {
        return Err(broken);
    }
    if report.stopped.is_some() {
        return Ok(CELLS_FAILED);
    }
    if let Some(rounds) = &loaded.replicates_wanted {
        screen::talk(&rounds.words());
    }
    let refused = present(loaded, folder, typed)?;
    if let Some(problem) = problem {
        return Err(problem);
    }
    let all_done = report.unfinished.is_empty() && report.left.is_empty() && refused == 0 && kept == 0;
    Ok(if all_done { FINE } else { CELLS_FAILED })
}

/// Writes tables and figures of the results so far. Returns how many done cells have files that are refused.
fn present(loaded: &Loaded, folder: &SweepFolder, typed: &str) -> Result<usize, Failure> {
    let gathered = gather::gather(loaded, folder, false)?;
    gather::show(loaded, &gathered)?;
    figures::draw(loaded, folder, &gathered.results)?;
    screen::talk(&format!("report    gainsweep report {typed}"));
    Ok(gathered.refused)
}

/// The wanted and selected cells.
#[derive(Default)]
struct Chosen {
    /// To run.
    open: Vec<u64>,
    done: Vec<u64>,
    /// How many diverged, and are not asked for by their state.
    diverged: u64,
    /// The attempts at those that are not done.
    earlier: Attempts,
}

fn choose(
    loaded: &Loaded,
    folder: &SweepFolder,
    only: &Selection,
    states: Option<&SweepCells>,
    stale: bool,
) -> Result<Chosen, Failure> {
    let on_disk = CellsOnDisk::read(folder)?;
    let in_state = |index: u64| {
        let state = states.and_then(|standing| standing.state(index));
        states.is_none() || state.is_some_and(|state| only.fits_state(state))
    };
    let mut chosen = Chosen::default();
    for index in loaded.indices() {
        if only.fits(&loaded.sweep, index) && in_state(index) {
            let id = loaded.sweep.id(index);
            let is_stale = || stale && states.is_some_and(|states| states.stale.contains(id));
            let is_done = on_disk.of(id) == Some(OnDisk::Done) && !is_stale();
            if is_done { &mut chosen.done } else { &mut chosen.open }.push(index);
        }
    }
    if !chosen.open.is_empty() {
        chosen.earlier = Attempts::read(&folder.attempts())?;
        if !only.asks_for_states() {
            chosen.leave_diverged(loaded);
        }
    }
    Ok(chosen)
}

impl Chosen {
    /// What diverged would diverge again.
    fn leave_diverged(&mut self, loaded: &Loaded) {
        let open = self.open.len();
        let has_diverged = |last: &Attempt| last.outcome == Outcome::Diverged;
        let last = |index: u64| self.earlier.of(loaded.sweep.id(index)).last();
        self.open.retain(|index| !last(*index).is_some_and(has_diverged));
        self.diverged = (open - self.open.len()) as u64;
    }
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
