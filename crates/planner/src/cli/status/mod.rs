//! `gainsweep status`: the cells by state, with reasons, on one screen.

mod overview;
mod watch;

use std::io::Write;

use clap::Args;
use gainsweep_contract::{CellId, CellState};
use gainsweep_scheduler::{Scheduler, of_this_machine};
use gainsweep_store::SweepFolder;
use gainsweep_store::submissions::Submitted;
use jiff::Timestamp;

use crate::cells::evidence::Evidence;
use crate::cells::stale::note_on_waiting_cells;
use crate::cluster::send_wave::Wave;
use crate::prediction::spending::Spending;
use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::{Loaded, ResultsChoice, SweepArgs, load};
use overview::{Cells, Overview};

/// Show the cells by state, with reasons and the next step.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// Follow the sweep live; `q` or Ctrl-C quits, the cells keep running.
    ///
    /// It ends when nothing changes any more. It reads files every few seconds. It asks Slurm every 30
    /// seconds, and less often while Slurm does not answer. In a pipe, it prints one line a change.
    #[arg(long, conflicts_with = "json")]
    pub(crate) watch: bool,

    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,

    /// Do not send what waits for the next wave.
    #[arg(long)]
    pub(crate) look_only: bool,

    /// Send what waits for the next wave, even if the results folder belongs to another user.
    ///
    /// Only your own submissions are ever sent.
    #[arg(long, conflicts_with = "look_only")]
    pub(crate) send: bool,
}

impl Options {
    /// May this look send the next wave? Whoever looks at another user's results sends nothing unasked.
    fn may_send(&self, folder: &SweepFolder) -> bool {
        !self.look_only && (self.send || folder.is_ours())
    }
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    if options.watch {
        return watch::watch(options, results);
    }
    let loaded = load(&options.sweep, results)?;
    let folder = loaded.folder();
    let scheduler = of_this_machine();
    let mut evidence = Evidence::look(&folder, &*scheduler)?;
    let cells = Cells::of(&loaded.sweep, loaded.indices());
    let overview = Overview::look(&mut evidence, &loaded.sweep, &cells)?;
    if options.json {
        screen::data(|out| write_json(out, &overview, &evidence, &loaded.name, &*scheduler))?;
    } else {
        screen::data(|out| write(out, &overview, &evidence, &loaded.name, &asked(&*scheduler)))?;
        talk(&overview, &evidence, &loaded);
    }
    let exit = overview.exit(&evidence);
    if options.may_send(&folder) {
        let sent = send_waiting(&folder, &*scheduler, &mut evidence)?;
        if !sent.is_empty() {
            screen::talk(&sent_words(&sent));
        }
    }
    Ok(exit)
}

/// Sends the next wave, unless another process does so at this moment. Returns the numbers of the jobs.
///
/// # Errors
/// The wave cannot be sent.
pub(crate) fn send_waiting(
    folder: &SweepFolder,
    scheduler: &dyn Scheduler,
    evidence: &mut Evidence,
) -> Result<Vec<u64>, Failure> {
    let waiting = (0..evidence.sent.submitted.len()).any(|index| evidence.sent.waits(index));
    if !waiting || evidence.is_blind() || !evidence.sent.unreadable.is_empty() {
        return Ok(Vec::new());
    }
    let Some(wave) = Wave::begin_if_free(scheduler, folder, evidence)? else { return Ok(Vec::new()) };
    Ok(wave.send(evidence, [])?.jobs)
}

pub(crate) fn sent_words(jobs: &[u64]) -> String {
    let jobs: Vec<String> = jobs.iter().map(u64::to_string).collect();
    format!("sent the next wave: job {}", wording::some(&jobs))
}

/// `job 48213`
pub(crate) fn jobs(evidence: &Evidence) -> String {
    let jobs: Vec<String> = evidence.sent.job_numbers().iter().map(u64::to_string).collect();
    if jobs.is_empty() { "nothing submitted".into() } else { format!("job {}", wording::some(&jobs)) }
}

/// The screen; `asked` is the text about which commands were run.
pub(crate) fn write(
    out: &mut dyn Write,
    overview: &Overview,
    evidence: &Evidence,
    name: &str,
    asked: &str,
) -> std::io::Result<()> {
    let cells = wording::count(overview.total() as u64, "cell");
    writeln!(out, "{name}   {cells}   {}   as of {:.0}{asked}", jobs(evidence), Timestamp::now())?;
    for (state, cells) in &overview.states {
        let reasons = overview.reasons(*state);
        writeln!(out, "{}", format!("  {:14}{:6}   {reasons}", state.name(), cells.len()).trim_end())?;
    }
    if overview.accounts != Spending::default() {
        writeln!(out, "  {}", overview.accounts.words())?;
    }
    overview.seconds_to_go.map_or(Ok(()), |seconds| {
        let cells = wording::count(overview.count(CellState::Running) as u64, "cell");
        writeln!(out, "  about {} to go, {cells} at a time as now", wording::duration(seconds))
    })
}

/// Prints notes, and what to type next.
pub(crate) fn talk(overview: &Overview, evidence: &Evidence, loaded: &Loaded) {
    let file = &loaded.typed();
    for trouble in &evidence.trouble {
        screen::talk(&format!("warning: {trouble}"));
    }
    for (what, count) in &overview.stuck {
        screen::talk(&format!("{} will not go on without you: {what}", wording::count(*count, "cell")));
    }
    let moved = waiting_elsewhere(overview, evidence);
    if moved > 0 {
        screen::talk(&format!(
            "note: {} wait in jobs that look for the folder where it was, and will fail: `gainsweep cancel {file}`, \
             then `gainsweep submit {file}`",
            wording::count(moved as u64, "cell")
        ));
    }
    let others = evidence.sent.tasks_of_others();
    if others > 0 {
        screen::talk(&format!(
            "note: {} of another user's submission wait; only that user can send them",
            wording::count(others, "task")
        ));
    }
    screen::talk(&wording::results(&evidence.folder));
    let waits =
        [CellState::Pending, CellState::Unsent, CellState::Running].map(|state| overview.count(state));
    if let Some(last) = evidence.sent.submitted.last()
        && waits.iter().sum::<usize>() > 0
        && let Some(note) = note_on_waiting_cells(&last.submission, loaded)
    {
        screen::talk(&note);
    }
    if let Some(next) = overview.next(file) {
        screen::talk(&next);
    }
}

/// How many cells wait in jobs that were submitted before the sweep's folder was moved.
fn waiting_elsewhere(overview: &Overview, evidence: &Evidence) -> usize {
    let moved: Vec<bool> = evidence.sent.submitted.iter().map(Submitted::has_moved).collect();
    let is_elsewhere = |cell: CellId| evidence.sent.place(cell).is_some_and(|place| moved[place.submission]);
    let waiting = overview.states.get(&CellState::Pending).into_iter().flatten();
    waiting.filter(|(cell, _)| is_elsewhere(*cell)).count()
}

fn write_json(
    out: &mut dyn Write,
    overview: &Overview,
    evidence: &Evidence,
    name: &str,
    scheduler: &dyn Scheduler,
) -> std::io::Result<()> {
    let counts: serde_json::Map<String, serde_json::Value> =
        overview.states.iter().map(|(state, cells)| (state.key(), cells.len().into())).collect();
    let cells: Vec<serde_json::Value> = overview
        .states
        .iter()
        .filter(|(state, _)| **state != CellState::Done)
        .flat_map(|(state, cells)| {
            cells.iter().map(|(cell, reason)| {
                let place = evidence.sent.place(*cell);
                serde_json::json!({
                    "cell": cell.to_string(),
                    "state": state.key(),
                    "reason": reason,
                    "job": place.and_then(|place| evidence.sent.target(place)).map(|task| task.to_string()),
                })
            })
        })
        .collect();
    let status = serde_json::json!({
        "format": 1,
        "sweep": name,
        "results": evidence.folder.root().to_string_lossy(),
        "counts": counts,
        "jobs": evidence.sent.job_numbers(),
        "seconds_left": overview.seconds_left(),
        "seconds_to_go": overview.seconds_to_go,
        "core_hours": overview.accounts,
        "scheduler_calls": scheduler.calls(),
        "trouble": evidence.trouble,
        "open_cells": cells,
    });
    writeln!(out, "{status}")
}

/// `, asked THIS and THAT once`
fn asked(scheduler: &dyn Scheduler) -> String {
    let calls = scheduler.calls();
    if calls.is_empty() { String::new() } else { format!(", asked {} once", calls.join(" and ")) }
}
