//! `gainsweep retry`: sends failed cells again, with the resources of the retry policy.

use std::collections::BTreeMap;

use clap::Args;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_contract::{CellId, CellState};
use gainsweep_language::Cell;
use gainsweep_scheduler::of_this_machine;
use gainsweep_store::Outcome;

use crate::cells::bad_nodes;
use crate::cells::evidence::Evidence;
use crate::cells::selected::select;
use crate::cli::shared::SelectorArgs;
use crate::cli::submit;
use crate::cluster::grouping::{Wanted, group};
use crate::cluster::needs::{Needs, profile};
use crate::cluster::new_submission::{self, Order};
use crate::cluster::retry_policy::{Before, Factors, Next, next};
use crate::cluster::send_wave::Wave;
use crate::local::WorkerProgram;
use crate::prediction::forecast::learn;
use crate::screen::failure::Failure;
use crate::screen::{self, same_error, wording};
use crate::sweep_file::{ResultsChoice, SweepArgs, load, own_program, selectors};

/// Retry failed cells, with more memory or time where that was the cause.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    #[command(flatten)]
    pub(crate) cells: SelectorArgs,

    /// Only cells in these states (default: all that ended badly, except diverged ones).
    #[arg(long, value_delimiter = ',', value_name = "STATES")]
    pub(crate) state: Vec<String>,

    /// Multiply the memory by this.
    #[arg(long, value_name = "F")]
    pub(crate) mem_factor: Option<f64>,

    /// Multiply the time limit by this.
    #[arg(long, value_name = "F")]
    pub(crate) time_factor: Option<f64>,

    /// Retry even if many cells failed with the same error.
    #[arg(long)]
    pub(crate) force: bool,

    /// Settings of the site: ~/.config/gainsweep/NAME.toml (default: profile.toml, if it is there).
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let folder = loaded.folder();
    let profile = profile(options.profile.as_deref())?;
    let place = own_program::Place::on_a_cluster(&loaded, Some(&profile));
    let code = own_program::check(&loaded, place)?;
    let mut worker = WorkerProgram::find(&loaded.sweep, &loaded.project.root)?;
    let needs = Needs::new(&loaded.sweep, profile);
    let states = states(&options.state)?;
    let scheduler = of_this_machine();
    let (wave, mut evidence) = Wave::begin(&*scheduler, &folder)?;
    let cells = select(&loaded.sweep, &options.cells.selectors, &mut evidence)?;

    let factors = Factors { memory: options.mem_factor, time: options.time_factor };
    let all: Vec<u64> = (0..loaded.sweep.count()).collect();
    let costs = learn(&loaded.sweep, &folder, &all);
    let mut send: Vec<Wanted> = Vec::new();
    let (mut said, mut left): (BTreeMap<String, u64>, BTreeMap<String, u64>) = Default::default();
    let mut errors: Vec<String> = Vec::new();
    let mut limit = u32::MAX;
    let bad_nodes = bad_nodes::find(&evidence);
    for (node, tasks) in &bad_nodes {
        let tasks = wording::count(*tasks, "task");
        screen::talk(&format!(
            "{node} ended {tasks} before their cells began, other nodes did not: excluded"
        ));
    }
    for cell in &cells {
        let verdict = evidence.verdict(cell.id);
        if !states.contains(&verdict.state) {
            continue;
        }
        let wanted = needs.of(cell, costs.as_ref());
        let mut resources = wanted.resources.clone();
        limit = limit.min(resources.retry.same_error_limit);
        resources.exclude.extend(bad_nodes.keys().cloned());
        if verdict.state == CellState::Failed && !bad_nodes::explain(&bad_nodes, &evidence, cell.id) {
            errors.push(verdict.reason.clone());
        }
        if resources.retry.exclude_failed_nodes && verdict.state == CellState::NodeFailure {
            resources.exclude.extend(nodes(&evidence, cell.id));
        }
        match next(before(&evidence, cell.id, verdict.state), &resources, factors) {
            Next::Send { resources, because } => {
                *said.entry(because).or_default() += 1;
                let time = resources.time;
                send.push(Wanted { resources: *resources, time, ..wanted });
            }
            Next::Leave(because) => *left.entry(because).or_default() += 1,
        }
    }
    let groups = same_error::group(CellState::Failed, errors.iter().map(|error| ((), error.as_str())));
    let same = groups.first().filter(|group| group.members.len() as u64 >= u64::from(limit));
    if let Some(group) = same.filter(|_| !options.force) {
        let (count, error) = (group.members.len(), wording::one_line(group.error));
        return Err(Failure::user_hint(
            format!("{count} cells failed with the same error: {error}"),
            "fix the cause first, or retry anyway with --force",
        ));
    }
    for (because, count) in said.iter().map(|(because, count)| (because.clone(), count)) {
        screen::talk(&format!("{}: {because}", wording::count(*count, "cell")));
    }
    for (because, count) in &left {
        screen::talk(&format!("{} skipped: {because}", wording::count(*count, "cell")));
    }
    // What an earlier command made and could not send.
    let is_unsent = |cell: &Cell| evidence.verdict(cell.id).state == CellState::Unsent;
    let waiting = options.state.is_empty() && cells.iter().any(is_unsent);
    if send.is_empty() && !waiting {
        screen::talk(&format!("{}: nothing to retry", loaded.name));
        return Ok(FINE);
    }
    if send.is_empty() {
        screen::talk("sending tasks of earlier submissions");
    }
    worker.run_sealed(own_program::seal(&loaded, &folder, code)?);
    let order = Order {
        scheduler: &*scheduler,
        sweep: &loaded.name,
        text: &loaded.text,
        folder: &folder,
        worker: &worker,
        canary: false,
    };
    let groups = group(send);
    let sent = wave.send(&mut evidence, groups.iter().map(|group| new_submission::create(&order, group)))?;
    submit::say(&loaded, &sent);
    Ok(FINE)
}

/// What the cell's last task requested, and how often the cell failed.
pub(super) fn before(evidence: &Evidence, cell: CellId, state: CellState) -> Before {
    let attempts = evidence.attempts.of(cell);
    let bad = |outcome| {
        matches!(
            outcome,
            Outcome::Failed | Outcome::Killed | Outcome::Diverged | Outcome::Started | Outcome::TimedOut
        )
    };
    let submission =
        evidence.sent.place(cell).map(|place| &evidence.sent.submitted[place.submission].submission);
    let at_once = submission.map_or(1, |one| u64::from(one.cells_at_once.max(1)));
    Before {
        state,
        attempts: attempts.iter().filter(|attempt| bad(attempt.outcome)).count() as u32,
        progressed: evidence.home(cell).checkpoint().exists()
            && attempts.last().is_none_or(|last| last.outcome != Outcome::TimedOut),
        memory: submission.map_or(0, |one| one.memory / at_once),
        seconds: submission.map_or(0, |one| one.seconds),
    }
}

/// The nodes of the cell's last task.
fn nodes(evidence: &Evidence, cell: CellId) -> Vec<String> {
    let row = evidence.sent.place(cell).and_then(|place| evidence.accounting_row(place));
    row.map(|row| row.nodes.clone()).filter(|nodes| !nodes.is_empty()).into_iter().collect()
}

/// The named states; by default, all that a person would retry.
fn states(named: &[String]) -> Result<Vec<CellState>, Failure> {
    if named.is_empty() {
        let again = |state: &CellState| {
            (state.is_failure() && *state != CellState::Diverged) || state.is_interrupted()
        };
        return Ok(CellState::ALL.into_iter().filter(again).collect());
    }
    named.iter().map(|name| selectors::state_named(name)).collect()
}
