//! `gainsweep status`: the cells by state, with reasons, in one screen.

use std::collections::{BTreeMap, HashMap};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use gainsweep_contract::CellId;
use gainsweep_contract::exit::planner::{CELLS_FAILED, FINE, SYSTEM};
use gainsweep_slurm::Slurm;
use gainsweep_store::submissions::Submitted;
use gainsweep_store::{Attempts, SweepFolder};
use gainsweep_sweep::Sweep;

use crate::accounts::Accounts;
use crate::cli::StatusArgs;
use crate::cluster::advance::{Turn, room, send_all};
use crate::cluster::seal;
use crate::cluster::send::Sender;
use crate::cluster::verdict::State;
use crate::cluster::view::View;
use crate::commands::{Loaded, load};
use crate::eta::{self, Running, Speed};
use crate::failure::Failure;
use crate::{forecast, screen, standing, words};

/// Between two looks of `--watch`: what administrators of clusters find polite.
const BETWEEN: Duration = Duration::from_secs(30);

/// Reasons shown of one state.
const MOST_REASONS: usize = 2;

/// A sweep's cells by state.
pub(crate) struct Status {
    pub(crate) states: BTreeMap<State, Vec<(CellId, String)>>,
    pub(crate) view: View,
    accounts: Accounts,
    /// Of the cell that runs longest yet.
    seconds_left: Option<f64>,
    /// Until all that waits or runs is done, with as many at a time as now.
    seconds_to_go: Option<f64>,
}

pub(crate) fn execute(args: &StatusArgs, results: &Path) -> Result<u8, Failure> {
    loop {
        let loaded = load(&args.sweep, results)?;
        let folder = SweepFolder::new(results, &loaded.name);
        let slurm = Slurm::new();
        let status = Status::look(&folder, &slurm, &loaded)?;
        let clear = args.watch && std::io::stdout().is_terminal();
        screen::data(|out| {
            if clear {
                // Home, and each line cleared as it is written: no flicker.
                write!(out, "\x1b[H\x1b[J")?;
            }
            if args.json {
                status.write_json(out, &loaded.name, &slurm)
            } else {
                status.write(out, &loaded.name, &slurm)
            }
        })?;
        if !args.json {
            status.talk(&args.sweep.typed());
        }
        let exit = status.exit();
        if !args.look_only {
            send_waiting(&folder, &slurm, status.view)?;
        }
        if !args.watch || status.states.keys().all(|state| !state.is_open()) {
            return Ok(exit);
        }
        std::thread::sleep(BETWEEN);
    }
}

/// Whoever looks sends the next wave, if nobody else is at it.
fn send_waiting(folder: &SweepFolder, slurm: &Slurm, mut view: View) -> Result<(), Failure> {
    let waits = |one: &Submitted| one.next_task() < one.submission.tasks;
    let waiting =
        (0..view.submitted.len()).any(|index| waits(&view.submitted[index]) && !view.is_cancelled(index));
    if !waiting || view.is_blind() {
        return Ok(());
    }
    let Some(_turn) = Turn::take(folder, false)? else { return Ok(()) };
    let limits = slurm.limits(None, None, None)?;
    let sender = Sender { slurm, folder, limits: &limits };
    view.read_again()?;
    sender.settle(&mut view.submitted)?;
    let mut room = room(slurm, &limits)?;
    let sent = send_all(&sender, &mut view, &mut room)?;
    if !sent.jobs.is_empty() {
        let jobs: Vec<String> = sent.jobs.iter().map(u64::to_string).collect();
        screen::talk(&format!("sent the next wave: job {}", words::some(&jobs)));
    }
    Ok(())
}

impl Status {
    /// Looks: one squeue, one sacct, and the folder.
    fn look(folder: &SweepFolder, slurm: &Slurm, loaded: &Loaded) -> Result<Status, Failure> {
        let mut view = View::look(folder, slurm)?;
        let indices = loaded.indices();
        let cells = standing::ids(&loaded.sweep, &indices);
        view.look_at(&cells)?;
        let mut states: BTreeMap<State, Vec<(CellId, String)>> = BTreeMap::new();
        for cell in &cells {
            let verdict = view.verdict(*cell);
            states.entry(verdict.state).or_default().push((*cell, verdict.reason));
        }
        if view.attempts.by_cell.is_empty() {
            // Of cells that are all done the view needs none; the accounts do.
            view.attempts = Attempts::read(&folder.attempts())?;
        }
        let accounts = Accounts::of(&view.attempts, &view.submitted);
        let mut status = Status { states, view, accounts, seconds_left: None, seconds_to_go: None };
        status.look_ahead(&loaded.sweep, &indices);
        Ok(status)
    }

    /// When it will be over.
    fn look_ahead(&mut self, sweep: &Sweep, indices: &[u64]) {
        let folder = &self.view.folder;
        let of = |state: State| self.states.get(&state).into_iter().flatten().map(|(cell, _)| *cell);
        let count = of(State::Running).count();
        if count == 0 {
            return;
        }
        let ids: HashMap<CellId, u64> =
            standing::ids(sweep, indices).into_iter().zip(indices.iter().copied()).collect();
        let costs = forecast::learn(sweep, folder, indices);
        let weight = |cell: CellId| {
            ids.get(&cell).map_or(0.0, |index| forecast::weight(sweep, costs.as_ref(), &sweep.cell(*index)))
        };
        let now = jiff::Timestamp::now();
        let running: Vec<Running> = of(State::Running)
            .map(|cell| {
                let last = self.view.last(cell).filter(|last| last.ended.is_none());
                let elapsed = last.map_or(0.0, |last| now.duration_since(last.started).as_secs_f64());
                let progress = folder.cell(cell).read_progress();
                let left = progress.and_then(|progress| progress.seconds_left());
                Running { weight: weight(cell), elapsed: elapsed.max(0.0), left }
            })
            .collect();
        let waiting = of(State::Pending).chain(of(State::Unsent)).map(weight).sum();
        self.seconds_left = running.iter().filter_map(|cell| cell.left).reduce(f64::max);
        let speed = Speed { predicted: costs.is_some(), ..Speed::default() };
        self.seconds_to_go = eta::remaining(speed, &running, waiting, count);
    }

    fn exit(&self) -> u8 {
        if self.view.is_blind() {
            SYSTEM
        } else if self.states.keys().any(|state| state.is_failure()) {
            CELLS_FAILED
        } else {
            FINE
        }
    }

    fn write(&self, out: &mut dyn Write, name: &str, slurm: &Slurm) -> std::io::Result<()> {
        let cells: usize = self.states.values().map(Vec::len).sum();
        let jobs: Vec<String> = self.view.job_numbers().iter().map(u64::to_string).collect();
        let jobs =
            if jobs.is_empty() { "nothing submitted".into() } else { format!("job {}", words::some(&jobs)) };
        let now = format!("{:.0}", jiff::Timestamp::now());
        writeln!(
            out,
            "{name}   {}   {jobs}   as of {now}{}",
            words::count(cells as u64, "cell"),
            asked(slurm)
        )?;
        for (state, cells) in &self.states {
            let reasons = self.reasons(*state, cells);
            writeln!(out, "{}", format!("  {:14}{:6}   {reasons}", state.name(), cells.len()).trim_end())?;
        }
        self.write_costs(out)
    }

    /// `  12.4 core-hours spent of 40.0 asked for`, and how long it takes yet.
    fn write_costs(&self, out: &mut dyn Write) -> std::io::Result<()> {
        if self.accounts != Accounts::default() {
            writeln!(out, "  {}", self.accounts.words())?;
        }
        let running = self.states.get(&State::Running).map_or(0, Vec::len);
        self.seconds_to_go.map_or(Ok(()), |seconds| {
            let cells = words::count(running as u64, "cell");
            writeln!(out, "  about {} to go, {cells} at a time as now", words::duration(seconds))
        })
    }

    /// The reasons of a state's cells, the most frequent first.
    fn reasons(&self, state: State, cells: &[(CellId, String)]) -> String {
        let mut counts: BTreeMap<&str, (u64, CellId)> = BTreeMap::new();
        for (cell, reason) in cells.iter().filter(|(_, reason)| !reason.is_empty()) {
            counts.entry(reason).or_insert((0, *cell)).0 += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
        let mut parts: Vec<String> = counts
            .iter()
            .take(MOST_REASONS)
            .map(|(reason, (count, cell))| {
                let which = if state.is_failure() { format!(" ({})", cell.short()) } else { String::new() };
                let reason = words::one_line(reason);
                if counts.len() == 1 {
                    format!("{reason}{which}")
                } else {
                    format!("{count} x {reason}{which}")
                }
            })
            .collect();
        if counts.len() > MOST_REASONS {
            parts.push(format!("and {} more reasons", counts.len() - MOST_REASONS));
        }
        if state == State::Running {
            parts.extend(
                self.seconds_left.map(|seconds| format!("the longest has {} left", words::duration(seconds))),
            );
        }
        parts.join("; ")
    }

    /// What else a person should know, and what to type next.
    fn talk(&self, file: &str) {
        for trouble in &self.view.trouble {
            screen::talk(&format!("warning: {trouble}"));
        }
        let last = self.view.submitted.last();
        if last.is_some_and(|one| seal::has_moved_on(&one.submission.worker, &one.submission.worker_from)) {
            screen::talk(
                "note: the worker has changed since this was submitted; what waits runs the sealed one",
            );
        }
        let some = |states: &[State]| states.iter().find_map(|state| self.states.get(state)?.first());
        if let Some((cell, _)) = some(&[State::OutOfMemory, State::Failed, State::Diverged, State::Lost]) {
            screen::talk(&format!(
                "next: gainsweep retry {file}     why: gainsweep explain {file} {}",
                cell.short()
            ));
        } else if self
            .states
            .keys()
            .any(|state| state.goes_on() || matches!(state, State::Cancelled | State::New))
        {
            screen::talk(&format!("next: gainsweep submit {file}"));
        } else if self.states.keys().all(|state| *state == State::Done) {
            screen::talk(&format!("all are done. tables: gainsweep gather {file}"));
        }
    }

    fn write_json(&self, out: &mut dyn Write, name: &str, slurm: &Slurm) -> std::io::Result<()> {
        let counts: serde_json::Map<String, serde_json::Value> = self
            .states
            .iter()
            .map(|(state, cells)| (state.name().replace(' ', "_"), cells.len().into()))
            .collect();
        let cells: Vec<serde_json::Value> = self
            .states
            .iter()
            .filter(|(state, _)| **state != State::Done)
            .flat_map(|(state, cells)| {
                cells.iter().map(|(cell, reason)| {
                    let place = self.view.place(*cell);
                    serde_json::json!({
                        "cell": cell.to_string(),
                        "state": state.name().replace(' ', "_"),
                        "reason": reason,
                        "job": place.and_then(|place| self.view.target(place)),
                    })
                })
            })
            .collect();
        let status = serde_json::json!({
            "format": 1,
            "sweep": name,
            "counts": counts,
            "jobs": self.view.job_numbers(),
            "seconds_left": self.seconds_left,
            "seconds_to_go": self.seconds_to_go,
            "core_hours": self.accounts,
            "scheduler_calls": slurm.calls(),
            "trouble": self.view.trouble,
            "open_cells": cells,
        });
        writeln!(out, "{status}")
    }
}

/// `, asked squeue and sacct once`
fn asked(slurm: &Slurm) -> String {
    let calls = slurm.calls();
    if calls.is_empty() { String::new() } else { format!(", asked {} once", calls.join(" and ")) }
}
