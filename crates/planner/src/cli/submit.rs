//! `gainsweep submit`: sends the cells that are not done to Slurm.

use std::collections::{BTreeMap, HashMap};
use std::io::IsTerminal;

use clap::Args;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_contract::{CellId, CellState, NextStep};
use gainsweep_scheduler::{Destination, Limits, Memory, Refusal, Scheduler, SubmitError, of_this_machine};
use gainsweep_store::SweepFolder;
use gainsweep_store::submissions::Submitted;

use super::retry;
use super::shared::CellOptions;
use crate::cells::evidence::Evidence;
use crate::cells::{next_step, sweep_cells};
use crate::cluster::ceilings;
use crate::cluster::grouping::{Group, Wanted, group};
use crate::cluster::needs::{Needs, profile};
use crate::cluster::new_submission::{self, Order};
use crate::cluster::not_submitted;
use crate::cluster::retry_policy::{self, Factors, Next};
use crate::cluster::send_wave::{Sent, Wave, refuse_if_blind};
use crate::local::benchmark::learn_or_measure;
use crate::local::{Run, WorkerProgram, write_asked};
use crate::prediction::budget::Budget;
use crate::prediction::costs::Outlook;
use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sealing;
use crate::sweep_file::selectors::{Selection, none};
use crate::sweep_file::{Loaded, ResultsChoice, SweepArgs, load, networks, own_program};

/// Send the open cells to Slurm.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    #[command(flatten)]
    pub(crate) cells: CellOptions,

    /// Print the scripts and commands that would be sent; send nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Submit without asking.
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Send one task first, and the rest when its cells are done.
    #[arg(long)]
    pub(crate) canary: bool,

    /// Settings of the site: ~/.config/gainsweep/NAME.toml (default: profile.toml, if it is there).
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let folder = loaded.folder();
    networks::refuse_missing(&loaded)?;
    let profile = profile(options.profile.as_deref())?;
    let place = own_program::Place::on_a_cluster(&loaded, Some(&profile));
    own_program::check(&loaded, place)?;
    let mut worker = WorkerProgram::find(&loaded.sweep, &loaded.project.root)?;
    let needs = Needs::new(&loaded.sweep, profile);
    let scheduler = of_this_machine();
    if options.dry_run {
        let evidence = Evidence::look(&folder, &*scheduler)?;
        for trouble in &evidence.trouble {
            screen::talk(&format!("warning: {trouble}"));
        }
        let order = order(&loaded, options, &*scheduler, &folder, &worker);
        return dry_run(&loaded, options, &order, &needs, evidence);
    }

    // The question is asked before the sweep is locked: nobody waits for a person.
    let agreed_on = if options.yes {
        None
    } else {
        let mut evidence = Evidence::look(&folder, &*scheduler)?;
        refuse_if_blind(&evidence)?;
        let limits = scheduler.limits(&Destination::default())?;
        let Some(to_send) = propose(&loaded, options, &needs, &mut evidence, &*scheduler, &limits)? else {
            return Ok(FINE);
        };
        if !agreed()? {
            screen::talk("nothing was submitted");
            return Ok(FINE);
        }
        Some(to_send)
    };
    let (wave, mut evidence) = Wave::begin(&*scheduler, &folder)?;
    let to_send = match agreed_on {
        Some(to_send) => to_send.still_open(&mut evidence)?,
        None => match propose(&loaded, options, &needs, &mut evidence, &*scheduler, &wave.limits)? {
            Some(to_send) => to_send,
            None => return Ok(FINE),
        },
    };
    let ToSend { groups, .. } = &to_send;
    worker.run_sealed(own_program::seal(&loaded, &folder, place)?);
    write_asked(&loaded, &folder, &worker, &Run::new())?;
    let order = order(&loaded, options, &*scheduler, &folder, &worker);
    let sent = wave.send(&mut evidence, groups.iter().map(|group| create(&order, group)))?;
    say(&loaded, &sent);
    Ok(FINE)
}

/// What all submissions of this command share.
fn order<'a>(
    loaded: &'a Loaded,
    options: &Options,
    scheduler: &'a dyn Scheduler,
    folder: &'a SweepFolder,
    worker: &'a WorkerProgram,
) -> Order<'a> {
    Order { scheduler, sweep: &loaded.name, text: &loaded.text, folder, worker, canary: options.canary }
}

/// Says what would be sent. `None`: nothing.
fn propose(
    loaded: &Loaded,
    options: &Options,
    needs: &Needs,
    evidence: &mut Evidence,
    scheduler: &dyn Scheduler,
    limits: &Limits,
) -> Result<Option<ToSend>, Failure> {
    if sealing::is_of_one_machine(&evidence.folder) {
        let place = evidence.folder.root().display();
        screen::talk(&format!("note: other machines have no {place}: --results chooses a shared folder"));
    }
    let to_send = to_send(loaded, options, needs, evidence)?;
    let waiting: u32 = evidence.sent.submitted.iter().map(|one| one.submission.tasks - one.next_task()).sum();
    if !to_send.groups.is_empty() {
        announce(&to_send, limits);
        for warning in ceilings::warnings(scheduler, limits, &to_send.groups)? {
            screen::talk(&warning);
        }
    } else if waiting > 0 {
        let tasks = wording::count(u64::from(waiting), "task");
        screen::talk(&format!("sending {tasks} of earlier submissions"));
    } else {
        screen::talk(&format!("{}: nothing to submit; {}", loaded.name, to_send.kept.text()));
        screen::talk(&wording::results(&evidence.folder));
        for command in to_send.kept.next_steps(&loaded.typed()) {
            screen::talk(&format!("next: {command}"));
        }
        return Ok(None);
    }
    Ok(Some(to_send))
}

/// A new submission, if the scheduler would accept it.
fn create(order: &Order, group: &Group) -> Result<Submitted, Failure> {
    let submitted = new_submission::create(order, group)?;
    // Only a refusal counts: a scheduler that is away now may be back for the real submission, and a full queue takes
    // the cells later. The test also refuses a job whose nodes are down for a moment; the real job would wait for them.
    if let Err(error) = order.scheduler.would_accept(&submitted.script())
        && matches!(&error, SubmitError::Refused { kind, .. } if !kind.is_for_now() && *kind != Refusal::Resources)
    {
        let _ = fs_err::remove_dir_all(submitted.folder());
        return Err(not_submitted(error));
    }
    Ok(submitted)
}

/// Cells that are not sent, by state.
#[derive(Default)]
struct Kept(BTreeMap<CellState, u64>);

impl Kept {
    fn text(&self) -> String {
        let parts: Vec<String> =
            self.0.iter().map(|(state, count)| format!("{count} {}", state.name())).collect();
        if parts.is_empty() { "no cells".into() } else { parts.join(", ") }
    }
}

impl Kept {
    /// What to type for the cells that `submit` leaves alone.
    fn next_steps(&self, file: &str) -> Vec<String> {
        let mut commands: Vec<String> =
            self.0.keys().flat_map(|state| next_step::commands(*state, file, true)).collect();
        commands.dedup();
        commands
    }
}

/// The cells to send.
struct ToSend {
    groups: Vec<Group>,
    kept: Kept,
    /// The predicted cost, if anything is known.
    outlook: Option<Outlook>,
}

impl ToSend {
    /// Without the cells that somebody else sent or finished while a person was asked.
    fn still_open(mut self, evidence: &mut Evidence) -> Result<ToSend, Failure> {
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
fn to_send(
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

/// Prints what would be sent, and what it costs.
fn announce(to_send: &ToSend, limits: &Limits) {
    for group in &to_send.groups {
        let tasks = group.tasks.len() as u64;
        let jobs = tasks.div_ceil(u64::from(limits.max_array_size.max(1)));
        let largest = group.tasks.iter().map(Vec::len).max().unwrap_or(1) as u64;
        let packed =
            if largest > 1 { format!(" of {}", wording::count(largest, "cell")) } else { String::new() };
        let most =
            group.resources.at_most.map_or_else(String::new, |most| format!("; at most {most} at once"));
        screen::talk(&format!(
            "{} in {} ({}{packed}, {} each, {}{}){}{most}",
            wording::count(group.cells(), "cell"),
            wording::count(jobs, "array"),
            wording::count(tasks, "task"),
            wording::duration(group.seconds() as f64),
            wording::count(u64::from(group.cpus()), "core"),
            match group.memory_request() {
                Memory::Unsaid => String::new(),
                Memory::Total(mib) => format!(", {mib} MiB"),
                Memory::PerCpu(mib) => format!(", {mib} MiB a core"),
            },
            group
                .resources
                .partition
                .as_ref()
                .map_or_else(String::new, |name| format!(" on partition {name}")),
        ));
    }
    if !to_send.kept.0.is_empty() {
        screen::talk(&format!("not sent: {}", to_send.kept.text()));
    }
    let hours: f64 = to_send.groups.iter().map(Group::core_hours).sum();
    screen::talk(&match &to_send.outlook {
        Some(outlook) => format!("{}; at most {hours:.1} are requested", outlook.words()),
        None => format!("at most {hours:.1} core-hours (no prediction: no cell is finished yet)"),
    });
}

/// Asks on the terminal. Without a terminal it fails.
fn agreed() -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::user_hint(
            "cannot ask for confirmation without a terminal",
            "add --yes to submit without asking",
        ));
    }
    screen::talk_on("Submit? [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

pub(crate) fn say(loaded: &Loaded, sent: &Sent) {
    let jobs: Vec<String> = sent.jobs.iter().map(u64::to_string).collect();
    if !jobs.is_empty() {
        let plural = if jobs.len() == 1 { "job" } else { "jobs" };
        screen::talk(&format!("submitted as {plural} {}", wording::some(&jobs)));
    }
    if sent.waiting > 0 {
        screen::talk(&format!(
            "{} of {} wait for the next wave: {}",
            wording::count(u64::from(sent.waiting), "task"),
            loaded.name,
            wording::one_line(&sent.because)
        ));
    }
    screen::talk(&wording::results(&loaded.folder()));
    screen::talk(&format!("watch: gainsweep status {} --watch", loaded.typed()));
}

/// Prints the exact scripts and commands that would be sent.
fn dry_run(
    loaded: &Loaded,
    options: &Options,
    order: &Order,
    needs: &Needs,
    mut evidence: Evidence,
) -> Result<u8, Failure> {
    let ToSend { groups, kept, .. } = to_send(loaded, options, needs, &mut evidence)?;
    screen::data(|out| {
        for (number, group) in groups.iter().enumerate() {
            let (script, command) = new_submission::preview(order, group)
                .map_err(|error| std::io::Error::other(crate::screen::diagnostics::plain_text(&error)))?;
            writeln!(
                out,
                "# {}: {} in {}",
                number + 1,
                wording::count(group.cells(), "cell"),
                wording::count(group.tasks.len() as u64, "task")
            )?;
            writeln!(out, "{command}\n\n{script}")?;
        }
        Ok(())
    })?;
    screen::talk(&format!("nothing was sent. Not included: {}", kept.text()));
    Ok(FINE)
}
