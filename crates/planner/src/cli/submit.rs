//! `gainsweep submit`: sends the cells that are not done to Slurm.

mod to_send;

use std::io::IsTerminal;

use clap::Args;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_scheduler::{Destination, Limits, Memory, Refusal, Scheduler, SubmitError, of_this_machine};
use gainsweep_store::SweepFolder;
use gainsweep_store::submissions::Submitted;

use super::shared::CellOptions;
use crate::cells::evidence::Evidence;
use crate::cluster::ceilings;
use crate::cluster::grouping::Group;
use crate::cluster::needs::{Needs, profile};
use crate::cluster::new_submission::{self, Order};
use crate::cluster::not_submitted;
use crate::cluster::send_wave::{Sent, Wave, refuse_if_blind};
use crate::local::{Run, WorkerProgram, write_asked};
use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sealing;
use crate::sweep_file::{Loaded, ResultsChoice, SweepArgs, load, networks, own_program};
use to_send::{ToSend, to_send};

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
    let code = own_program::check(&loaded, place)?;
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
    worker.run_sealed(own_program::seal(&loaded, &folder, code)?);
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
    if !to_send.kept.is_empty() {
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
