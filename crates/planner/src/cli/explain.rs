//! `gainsweep explain`: a page with everything known about a cell.

use std::io::Write;

use clap::Args;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_contract::{CellId, CellState};
use gainsweep_language::Cell;
use gainsweep_scheduler::of_this_machine;
use gainsweep_store::{claims, work};

use crate::cells::evidence::Evidence;
use crate::cells::logs;
use crate::cells::next_step::{Venue, commands};
use crate::cells::reasons::describe;
use crate::cells::selected::select;
use crate::cells::verdict::Verdict;
use crate::cli::show::training;
use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::{Loaded, ResultsChoice, SweepArgs, load};

/// Lines of the log on the page.
const LAST_LINES: usize = 8;

/// Show everything known about some cells.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// Which cells: tau=100, noise=0,0.1, state=failed, the beginning of an id.
    #[arg(value_name = "SELECTOR", required = true)]
    pub(crate) cells: Vec<String>,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let mut evidence = Evidence::look(&loaded.folder(), &*of_this_machine())?;
    let cells = select(&loaded.sweep, &options.cells, &mut evidence)?;
    let ids: Vec<CellId> = cells.iter().map(|cell| cell.id).collect();
    let mut lines = logs::last_lines(&evidence, &ids, LAST_LINES);
    screen::data(|out| {
        for (number, cell) in cells.iter().enumerate() {
            if number > 0 {
                writeln!(out)?;
            }
            page(out, &loaded, cell, &evidence, &lines.remove(&cell.id).unwrap_or_default())?;
        }
        Ok(())
    })?;
    for trouble in &evidence.trouble {
        screen::talk(&format!("warning: {trouble}"));
    }
    Ok(FINE)
}

/// `lines`: the last ones that its worker wrote.
fn page(
    out: &mut dyn Write,
    loaded: &Loaded,
    cell: &Cell,
    evidence: &Evidence,
    lines: &[String],
) -> std::io::Result<()> {
    let verdict = evidence.verdict(cell.id);
    let place = evidence.sent.place(cell.id);
    let attempts = evidence.attempts.of(cell.id);
    let home = evidence.home(cell.id);
    writeln!(out, "cell {}   {}   {}", cell.id, loaded.name, wording::one_line(&loaded.sweep.label(cell)))?;
    let why = if verdict.reason.is_empty() {
        String::new()
    } else {
        format!(": {}", wording::one_line(&verdict.reason))
    };
    writeln!(out, "state     {}{why}", verdict.state.name())?;
    if let Some(place) = place {
        let one = &evidence.sent.submitted[place.submission].submission;
        let job =
            evidence.sent.target(place).map_or_else(|| "not sent yet".into(), |job| format!("job {job}"));
        let nodes = evidence.queue_row(place).map(|row| row.nodes.clone()).filter(|nodes| !nodes.is_empty());
        let nodes = nodes.or_else(|| Some(evidence.accounting_row(place)?.nodes.clone()));
        let on =
            nodes.filter(|nodes| !nodes.is_empty()).map_or_else(String::new, |nodes| format!(" on {nodes}"));
        writeln!(out, "where     {job}{on}, submission {}, task {}", one.name, place.task)?;
        writeln!(
            out,
            "requested {}, {} MiB, {} for a task",
            wording::duration(one.seconds as f64),
            one.memory,
            wording::count(u64::from(one.cpus), "core")
        )?;
    }
    for attempt in attempts {
        writeln!(out, "attempt   {}", describe(attempt))?;
    }
    if let Some(peak) = attempts.iter().filter_map(|attempt| attempt.peak_bytes).max() {
        writeln!(out, "peak      {:.0} MiB", peak as f64 / f64::from(1 << 20))?;
    }
    if let Some(holder) =
        claims::holder(&evidence.folder.claims(), cell.id).filter(|holder| !holder.has_ended())
    {
        writeln!(out, "held by   process {} on {} since {}", holder.pid, holder.host, holder.since)?;
        if holder.lives().is_none() {
            let command = format!("gainsweep release {} {}", loaded.typed(), cell.id.short());
            writeln!(out, "          if that process is gone: {command}")?;
        }
    }
    if let Some(progress) = home.read_progress() {
        let loss = progress.loss.map_or_else(String::new, |loss| format!(", loss {loss:.3}"));
        writeln!(out, "progress  batch {} of {}{loss}", progress.batch, progress.batches)?;
    }
    for line in lines {
        writeln!(out, "log       {line}")?;
    }
    writeln!(out, "next      {}", next(&verdict, &loaded.typed(), cell, evidence))?;
    writeln!(out, "again     {}", training(loaded, cell, &home, None, "\"$(mktemp -d)\""))
}

/// What happens by itself, or what a person can do.
fn next(verdict: &Verdict, typed: &str, cell: &Cell, evidence: &Evidence) -> String {
    if verdict.state.is_open() {
        return "nothing to do: it waits or runs".into();
    }
    if verdict.state == CellState::Done {
        return "nothing to do: it is done".into();
    }
    let venue = Venue::of(evidence, cell.id);
    let commands = commands(verdict.state, typed, venue);
    let resumes =
        verdict.state.is_interrupted() && work::newest_checkpoint(&evidence.home(cell.id)).is_some();
    let goes_on = if resumes { "; it resumes from its checkpoint" } else { "" };
    format!("{}{goes_on}", commands.join(" or "))
}
