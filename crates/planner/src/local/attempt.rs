//! One attempt at one cell: write its parameters, run the worker, interpret how it ended.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use gainsweep_contract::exit::worker as exit;
use gainsweep_contract::records::{Done, RECORD_FORMAT};
use gainsweep_contract::{CellId, environment, files, params_file};
use gainsweep_language::{Cell, Worker};
use gainsweep_store::claims::{Claim, Claimed};
use gainsweep_store::work::{self, Predecessor, Stamps};
use gainsweep_store::{Attempt, CellFolder, Outcome, atomic, regular_file};
use jiff::Timestamp;

use super::last_words::{self, LastWords};
use super::output::{Output, Words};
use super::process::{self, Reaped};
use super::publishing::Concluded;
use super::slots::Slots;
use super::worker::OneCell;
use super::{Patience, Records, Settings, WorkerProgram, affinity, claiming, own_results, publishing};
use crate::screen::failure::Failure;
use crate::screen::wording;

/// What an attempt needs.
pub(super) struct Attempting<'a> {
    pub(super) settings: &'a Settings<'a>,
    pub(super) slots: &'a Slots,
    pub(super) records: &'a Mutex<Records>,
    /// Is told where the worker of a slot writes.
    pub(super) started: &'a (dyn Fn(usize, CellFolder) + Sync),
}

/// What came of a try.
enum Tried {
    /// The results are there and durable, and nobody can see them yet.
    Done(Attempt),
    /// It ended otherwise. Has it made progress?
    Ended(Ended, bool),
}

/// The outcome of a cell's turn.
pub(super) enum Turn {
    /// An attempt was made.
    Ended(Ended),
    /// It was done already (`None`), or another process has it: which one.
    Left(Option<String>),
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    /// Why the cell is not done: the worker's last line, if there is one.
    pub(crate) reason: String,
    /// How long it took.
    pub(crate) seconds: f64,
}

/// Why a finished cell is left alone.
const NOT_SEEN: &str = "it is finished, and this machine does not see its results yet";

/// The end of a worker, from the system and from its output.
struct End {
    status: ExitStatus,
    cpu_seconds: f64,
    peak_bytes: u64,
    last_words: LastWords,
    /// The last JSON object of its output, where that is its result.
    object: Option<String>,
}

impl Attempting<'_> {
    /// Makes one attempt at the cell of that index, unless another process has it.
    ///
    /// # Errors
    /// What will happen with every other cell, too: our own files cannot be written, the worker cannot be started.
    pub(super) fn turn(&self, slot: usize, index: u64) -> Result<Turn, Failure> {
        let cell = self.settings.sweep.cell(index);
        let home = self.settings.folder.cell(cell.id);
        let earlier = self.settings.earlier.of(cell.id);
        let attempts = earlier.iter().map(|attempt| attempt.number).max().unwrap_or(0);
        if self.settings.replace.contains(&cell.id) && home.is_done()? {
            work::set_aside(self.settings.folder, cell.id)?;
        }
        let claim = loop {
            match self.settings.claiming.claim(self.settings.folder, cell.id, attempts)? {
                Claimed::Ours(claim) => break claim,
                Claimed::Held(_) if home.is_done()? => return Ok(Turn::Left(None)),
                Claimed::Held(holder) => return Ok(Turn::Left(Some(claiming::who(holder.as_deref())))),
                Claimed::Finished(attempt) => {
                    match publishing::conclude(self.settings.folder, cell.id, attempt)? {
                        Concluded::Done => return Ok(Turn::Left(None)),
                        Concluded::NotSeen => return Ok(Turn::Left(Some(NOT_SEEN.into()))),
                        Concluded::Reopened => {}
                    }
                }
            }
        };
        // Earlier versions left no claim of a cell that is done.
        if home.is_done()? {
            return Ok(Turn::Left(self.publish(cell.id, &claim)?));
        }
        let predecessor = if claim.was_given_back { Predecessor::Ended } else { Predecessor::MayWrite };
        let own = work::prepare(self.settings.folder, cell.id, claim.attempt, predecessor)?;
        if publishing::is_complete(&own)? {
            // The attempt before was killed between its last file and its publication.
            return Ok(Turn::Left(self.publish(cell.id, &claim)?));
        }
        if let Some(reason) = self.is_in_vain(claim.in_vain) {
            let record = Attempt { outcome: Outcome::TimedOut, reason, ..self.record_of(&cell, &claim) };
            self.record(&record);
            claim.release(0.0, false)?;
            return Ok(Turn::Ended(Ended { outcome: record.outcome, reason: record.reason, seconds: 0.0 }));
        }
        let before: f64 = earlier.iter().filter_map(|attempt| attempt.seconds).sum();
        (self.started)(slot, own.clone());
        match self.attempt(slot, &cell, &own, &claim, before.max(claim.seconds_before)) {
            Ok(Tried::Done(record)) => {
                if let Some(who) = self.publish(cell.id, &claim)? {
                    return Ok(Turn::Left(Some(who)));
                }
                let seconds = record.seconds.unwrap_or_default();
                self.record(&record);
                Ok(Turn::Ended(Ended { outcome: Outcome::Done, reason: String::new(), seconds }))
            }
            Ok(Tried::Ended(ended, progressed)) => {
                claim.release(ended.seconds, progressed)?;
                Ok(Turn::Ended(ended))
            }
            Err(failure) => {
                // Nothing was tried; that the claim cannot be given back would be the smaller trouble.
                drop(claim.release(0.0, true));
                Err(failure)
            }
        }
    }

    /// Makes the attempt's results the cell's, unless another process took the cell over: then who has it now, in words.
    fn publish(&self, cell: CellId, claim: &Claim) -> Result<Option<String>, Failure> {
        if !claim.finish()? {
            return Ok(Some("another process took it over while we computed; its results count".into()));
        }
        Ok(match publishing::conclude(self.settings.folder, cell, claim.attempt)? {
            Concluded::Done => None,
            Concluded::NotSeen => Some(NOT_SEEN.into()),
            Concluded::Reopened => Some("its results were removed while they were published".into()),
        })
    }

    fn attempt(
        &self,
        slot: usize,
        cell: &Cell,
        folder: &CellFolder,
        claim: &Claim,
        seconds_before: f64,
    ) -> Result<Tried, Failure> {
        lay(folder, cell, self.settings.worker)?;
        let stamps = Stamps::of(folder, own_results::file(self.settings.worker.own()));
        let mut record = self.record_of(cell, claim);
        let clock = Instant::now();
        let absolute = CellFolder::at(&absolute(folder.root())?);
        let mut command = self.settings.worker.command(&OneCell { cell, folder: &absolute });
        command.envs(self.settings.devices.of_slot(slot, self.settings.jobs));
        // A batch system gave its task these processors; those of a run here are everybody's.
        if self.settings.claiming.job().is_some() {
            affinity::bind(&mut command, slot, self.settings.jobs, self.settings.worker.cpus());
        }
        if let Some(networks) = &self.settings.sweep.networks {
            command.env(environment::NETWORKS, &networks.folder);
        }
        let started = self.start(command, &cell.id.short());
        let started = started.with_context(|| {
            format!("cannot start the worker `{}`", self.settings.worker.words().join(" "))
        })?;
        let Some((mut child, output)) = started else {
            let ended = Ended { outcome: Outcome::Stopped, reason: String::new(), seconds: 0.0 };
            return Ok(Tried::Ended(ended, true));
        };
        self.record(&record);
        let end = self.wait(&mut child, output)?;
        let seconds = clock.elapsed().as_secs_f64();
        // A cell that is done was tried, whatever a power cut takes.
        self.records.lock().unwrap_or_else(PoisonError::into_inner).sync();
        let (mut outcome, mut reason) = self.understand(folder, &stamps, &end, seconds_before + seconds)?;
        let says_so = end.status.code() == Some(i32::from(exit::STOPPED));
        let progressed = says_so || claim.has_progressed(work::newest_checkpoint(folder).as_deref());
        if outcome == Outcome::Stopped
            && !progressed
            && let Some(why) = self.is_in_vain(claim.in_vain + 1)
        {
            (outcome, reason) = (Outcome::TimedOut, why);
        }
        record.ended = Some(Timestamp::now());
        record.seconds = Some(seconds);
        record.outcome = outcome;
        record.exit_code = end.status.code();
        record.signal = end.status.signal();
        record.peak_bytes = Some(end.peak_bytes);
        record.reason = wording::one_line(&reason);
        if outcome == Outcome::Done {
            return Ok(Tried::Done(record));
        }
        self.record(&record);
        Ok(Tried::Ended(Ended { outcome, reason, seconds }, progressed))
    }

    /// The record of an attempt that begins.
    fn record_of(&self, cell: &Cell, claim: &Claim) -> Attempt {
        Attempt {
            cell: cell.id,
            number: claim.attempt,
            started: Timestamp::now(),
            ended: None,
            seconds: None,
            outcome: Outcome::Started,
            exit_code: None,
            signal: None,
            host: self.settings.run.host.clone(),
            job: self.settings.claiming.job(),
            peak_bytes: None,
            reason: String::new(),
            run: self.settings.run.name().into(),
        }
    }

    /// Why one more attempt would be in vain, after so many that made no progress.
    fn is_in_vain(&self, attempts: u32) -> Option<String> {
        let Patience { attempts: most, seconds } = self.settings.patience?;
        let limit = wording::duration(seconds as f64);
        (attempts >= most).then(|| format!("no new checkpoint in {attempts} attempts of {limit}"))
    }

    fn record(&self, attempt: &Attempt) {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).append(attempt);
    }

    /// Starts the worker. Who copies its output to the log is there first: a worker that nobody hears would wait for
    /// ever. `None`: all are to stop.
    fn start(&self, mut command: Command, cell: &str) -> io::Result<Option<(Child, Output)>> {
        let (stdout, to_stdout) = Words::listen(self.settings.log, cell)?;
        let (stderr, to_stderr) = Words::listen(self.settings.log, cell)?;
        command.stdout(to_stdout).stderr(to_stderr);
        Ok(self.slots.start(&mut command)?.map(|child| (child, Output { stdout, stderr })))
    }

    /// Waits until the worker and its output end.
    fn wait(&self, child: &mut Child, output: Output) -> Result<End, Failure> {
        let Output { stdout: data, stderr: talk } = output;
        let Reaped { status, cpu_seconds, peak_bytes } =
            self.slots.reap(child).context("cannot wait for a worker")?;
        let (data, object) = data.last();
        let last_words = last_words::of(&talk.last().0, &data);
        Ok(End { status, cpu_seconds, peak_bytes, last_words, object })
    }

    /// What a worker's end means for its cell.
    fn understand(
        &self,
        folder: &CellFolder,
        stamps: &Stamps,
        end: &End,
        seconds: f64,
    ) -> Result<(Outcome, String), Failure> {
        // Whatever else the worker says: this file decides.
        if folder.is_done()? {
            if self.settings.worker.is_foreign()
                && let Err(what) = folder.check_results()
            {
                publishing::remove(&folder.done())?;
                return Ok((Outcome::Failed, format!("the worker wrote {}, but {what}", files::DONE)));
            }
            self.make_durable(folder)?;
            return Ok((Outcome::Done, String::new()));
        }
        let said = |otherwise: &str| {
            if end.last_words.text.is_empty() { otherwise.to_string() } else { end.last_words.text.clone() }
        };
        if process::was_asked_to_stop(end.status) && self.slots.stop_about_now() {
            return Ok((Outcome::Stopped, String::new()));
        }
        let Some(code) = end.status.code() else { return Ok(self.killed(end)) };
        let understood = match (u8::try_from(code).unwrap_or(u8::MAX), self.settings.worker.own()) {
            (exit::DONE, Some(worker)) => match check_results(worker, folder, stamps, end.object.as_deref())?
            {
                Ok(()) => {
                    self.complete(folder, end, seconds)?;
                    (Outcome::Done, String::new())
                }
                Err(what) => (Outcome::Failed, format!("the worker ended with exit code 0, but {what}")),
            },
            (exit::DONE, None) => {
                (Outcome::Failed, format!("the worker ended with exit code 0, but wrote no {}", files::DONE))
            }
            (exit::DIVERGED, _) => (Outcome::Diverged, said("the loss is not finite")),
            (exit::STOPPED, _) => (Outcome::Stopped, said("the worker stopped early")),
            (exit::USAGE, _) => (Outcome::Failed, said("the worker refused its parameters (exit code 2)")),
            _ => (Outcome::Failed, said(&format!("exit code {code} without a message"))),
        };
        Ok(understood)
    }

    fn killed(&self, end: &End) -> (Outcome, String) {
        let number = end.status.signal().unwrap_or(0);
        let name = signal_hook::low_level::signal_name(number).unwrap_or("unknown");
        let guess = if number == rustix::process::Signal::KILL.as_raw() && !self.slots.stopping() {
            "; the system does that when memory runs out"
        } else {
            ""
        };
        let how = format!("killed by signal {number} ({name}){guess}");
        let said = &end.last_words;
        let reason = if said.is_error { format!("{} ({how})", said.text) } else { how };
        (Outcome::Killed, reason)
    }

    /// Forces what another program wrote to disk; the built-in worker does so itself.
    fn make_durable(&self, folder: &CellFolder) -> Result<(), Failure> {
        if self.settings.worker.is_foreign() {
            work::sync(folder.root())?;
        }
        Ok(())
    }

    /// Writes `done.json` for a worker that does not know of it, when everything else is durable.
    fn complete(&self, folder: &CellFolder, end: &End, seconds: f64) -> Result<(), Failure> {
        let unknown = || "unknown".to_string();
        let done = Done {
            format: RECORD_FORMAT,
            exit: exit::DONE,
            wall_seconds: seconds,
            cpu_seconds: end.cpu_seconds,
            host: self.settings.run.host.clone(),
            version: unknown(),
            commit: unknown(),
            engine: self.settings.worker.words().join(" "),
            device: unknown(),
            threads: self.settings.worker.cpus() as usize,
            code: self.settings.worker.code().map(|code| code.hash.clone()),
        };
        self.make_durable(folder)?;
        atomic::write(&folder.done(), &serde_json::to_vec(&done)?)?;
        Ok(())
    }
}

/// Writes the parameters before the worker starts.
fn lay(folder: &CellFolder, cell: &Cell, worker: &WorkerProgram) -> Result<(), Failure> {
    // A `done.json` without results is of a damaged cell.
    publishing::remove(&folder.done())?;
    // We have claimed the cell: nobody else writes here now.
    atomic::remove_leftovers(folder.root(), Duration::ZERO);
    let json = worker.own().is_some_and(|own| own.command.wants_json());
    let json = json.then(|| (folder.parameters_json(), params_file::render_json(&cell.parameters)));
    let toml = (folder.parameters(), params_file::render(&cell.parameters));
    for (path, text) in [toml].into_iter().chain(json) {
        if !regular_file::read(&path).is_ok_and(|present| present == text.as_bytes()) {
            atomic::write(&path, text.as_bytes())?;
        }
    }
    Ok(())
}

/// Are there results of this attempt that can be read? What is wrong otherwise.
fn check_results(
    worker: &Worker,
    folder: &CellFolder,
    stamps: &Stamps,
    object: Option<&str>,
) -> Result<Result<(), String>, Failure> {
    if let Err(what) = own_results::collect(worker, folder, stamps, object)? {
        return Ok(Err(what));
    }
    if stamps.untouched().contains(&folder.metrics()) {
        return Ok(Err(format!("wrote no {}: what is there is of an earlier attempt", files::METRICS)));
    }
    publishing::remove_untouched(stamps)?;
    Ok(folder.check_results())
}

/// The worker may change its folder, so it gets absolute paths.
fn absolute(path: &Path) -> Result<std::path::PathBuf, Failure> {
    Ok(std::path::absolute(path).with_context(|| format!("cannot make {} absolute", path.display()))?)
}
