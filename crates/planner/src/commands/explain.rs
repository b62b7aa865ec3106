//! `gainsweep explain`: one page of all that is known of a cell. `gainsweep logs`: what its worker said.

use std::io::Write;
use std::path::Path;

use gainsweep_contract::exit::planner::FINE;
use gainsweep_language::Cell;
use gainsweep_scheduler::Slurm;
use gainsweep_store::{Attempt, SweepFolder, claims};

use crate::cli::{ExplainArgs, LogsArgs};
use crate::cluster::verdict::{State, Verdict};
use crate::cluster::view::View;
use crate::commands::show::training;
use crate::commands::{Loaded, load, select};
use crate::failure::Failure;
use crate::overview::commands;
use crate::{logs, screen, words};

/// Lines of the log on the page.
const LAST_LINES: usize = 8;

pub(crate) fn execute(args: &ExplainArgs, results: &Path) -> Result<u8, Failure> {
    let loaded = load(&args.sweep, results)?;
    let cell = select::one(&loaded.sweep, &args.cell)?;
    let folder = SweepFolder::new(results, &loaded.name);
    let mut view = View::look(&folder, &Slurm::new())?;
    view.look_at(&[cell.id])?;
    screen::data(|out| page(out, &loaded, &cell, &view))?;
    for trouble in &view.trouble {
        screen::talk(&format!("warning: {trouble}"));
    }
    Ok(FINE)
}

fn page(out: &mut dyn Write, loaded: &Loaded, cell: &Cell, view: &View) -> std::io::Result<()> {
    let verdict = view.verdict(cell.id);
    let place = view.place(cell.id);
    let attempts = view.attempts.of(cell.id);
    let home = view.folder.cell(cell.id);
    writeln!(out, "cell {}   {}   {}", cell.id, loaded.name, words::one_line(&loaded.sweep.label(cell)))?;
    let why = if verdict.reason.is_empty() {
        String::new()
    } else {
        format!(": {}", words::one_line(&verdict.reason))
    };
    writeln!(out, "state     {}{why}", verdict.state.name())?;
    if let Some(place) = place {
        let one = &view.submitted[place.submission].submission;
        let job = view.target(place).map_or_else(|| "not sent yet".into(), |job| format!("job {job}"));
        let nodes = view.queue_row(place).map(|row| row.nodes.clone()).filter(|nodes| !nodes.is_empty());
        let nodes = nodes.or_else(|| Some(view.accounting_row(place)?.nodes.clone()));
        let on =
            nodes.filter(|nodes| !nodes.is_empty()).map_or_else(String::new, |nodes| format!(" on {nodes}"));
        writeln!(out, "where     {job}{on}, submission {}, task {}", one.name, place.task)?;
        writeln!(
            out,
            "asked     {}, {} MiB, {} for a task",
            words::duration(one.seconds as f64),
            one.memory,
            words::count(u64::from(one.cpus), "core")
        )?;
    }
    for attempt in attempts {
        writeln!(out, "attempt   {}", describe(attempt))?;
    }
    if let Some(peak) = attempts.iter().filter_map(|attempt| attempt.peak_bytes).max() {
        writeln!(out, "peak      {:.0} MiB", peak as f64 / f64::from(1 << 20))?;
    }
    if let Some(holder) = claims::holder(&view.folder.claims(), cell.id).filter(|holder| !holder.released) {
        writeln!(out, "held by   process {} on {} since {}", holder.pid, holder.host, holder.since)?;
    }
    if let Some(progress) = home.read_progress() {
        let loss = progress.loss.map_or_else(String::new, |loss| format!(", loss {loss:.3}"));
        writeln!(out, "progress  batch {} of {}{loss}", progress.batch, progress.batches)?;
    }
    let lines = logs::last_lines(view, &[cell.id], LAST_LINES).remove(&cell.id).unwrap_or_default();
    for line in lines {
        writeln!(out, "log       {line}")?;
    }
    writeln!(out, "next      {}", next(&verdict, loaded, view))?;
    writeln!(out, "again     {}", training(loaded, &home, "\"$(mktemp -d)\""))
}

pub(crate) fn describe(attempt: &Attempt) -> String {
    let after =
        attempt.seconds.map_or_else(String::new, |seconds| format!(" after {}", words::duration(seconds)));
    let why = if attempt.reason.is_empty() {
        String::new()
    } else {
        format!(" ({})", words::one_line(&attempt.reason))
    };
    format!("{} on {}, {:.0}: {}{after}{why}", attempt.number, attempt.host, attempt.started, attempt.outcome)
}

/// What happens without anybody's doing, or what a person can do.
fn next(verdict: &Verdict, loaded: &Loaded, view: &View) -> String {
    if verdict.state.is_open() {
        return "nothing to do: it is on its way".into();
    }
    if verdict.state == State::Done {
        return "it is done".into();
    }
    let commands = commands(verdict.state, &words::quoted(&loaded.path), !view.submitted.is_empty());
    let goes_on = if verdict.state.goes_on() { "; it goes on from its checkpoint" } else { "" };
    format!("{}{goes_on}", commands.join(" or "))
}

/// `gainsweep logs`.
pub(crate) fn logs(args: &LogsArgs, results: &Path) -> Result<u8, Failure> {
    let loaded = load(&args.sweep, results)?;
    let folder = SweepFolder::new(results, &loaded.name);
    let Some(cell) = &args.cell else {
        let paths = logs::files(&folder);
        screen::data(|out| paths.iter().try_for_each(|path| writeln!(out, "{}", path.display())))?;
        return Ok(FINE);
    };
    let cell = select::one(&loaded.sweep, cell)?;
    let view = View::on_disk(&folder)?;
    let lines = logs::last_lines(&view, &[cell.id], usize::MAX).remove(&cell.id).unwrap_or_default();
    if lines.is_empty() {
        screen::talk(&format!("the worker of {} said nothing", cell.id.short()));
    }
    screen::data(|out| lines.iter().try_for_each(|line| writeln!(out, "{line}")))?;
    Ok(FINE)
}
