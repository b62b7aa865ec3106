//! One attempt at one cell: write its parameters, run the worker, interpret how it ended.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context;
use gainsweep_contract::exit::worker as exit;
use gainsweep_contract::records::{Done, RECORD_FORMAT};
use gainsweep_contract::{environment, files, params_file};
use gainsweep_language::Cell;
use gainsweep_store::claims::Claimed;
use gainsweep_store::{Attempt, CellFolder, Outcome, UsualNames, atomic};
use jiff::Timestamp;

use super::process::Reaped;
use super::slots::Slots;
use super::{Records, RunLog, Settings, claiming};
use crate::screen::failure::Failure;
use crate::screen::wording;

/// How long to wait for the last output of an ended worker: a process that it started may keep its outputs
/// open.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What an attempt needs.
pub(super) struct Attempting<'a> {
    pub(super) settings: &'a Settings<'a>,
    pub(super) slots: &'a Slots,
    pub(super) records: &'a Mutex<Records>,
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

/// The end of a worker, from the system and from its output.
struct End {
    status: ExitStatus,
    cpu_seconds: f64,
    peak_bytes: u64,
    last_words: String,
}

impl Attempting<'_> {
    /// Makes one attempt at the cell of that index, unless another process has it.
    ///
    /// # Errors
    /// A failure that would happen with every cell: our own files cannot be written, or the worker cannot be
    /// started.
    pub(super) fn turn(&self, index: u64) -> Result<Turn, Failure> {
        let cell = self.settings.sweep.cell(index);
        let folder = self.settings.folder.cell(cell.id);
        let claim = match self.settings.claiming.claim(self.settings.folder, cell.id)? {
            Claimed::Ours(claim) => claim,
            Claimed::Held(_) if folder.is_done() => return Ok(Turn::Left(None)),
            Claimed::Held(holder) => return Ok(Turn::Left(Some(claiming::who(holder.as_deref())))),
        };
        // The previous holder may have just finished it.
        if folder.is_done() {
            claim.finish();
            return Ok(Turn::Left(None));
        }
        let earlier = self.settings.earlier.of(cell.id);
        let number = earlier.iter().map(|attempt| attempt.number).max().unwrap_or(0) + 1;
        let before: f64 = earlier.iter().filter_map(|attempt| attempt.seconds).sum();
        let ended = self.attempt(&cell, &folder, number.max(claim.number), before.max(claim.seconds_before));
        match &ended {
            Ok(Ended { outcome: Outcome::Done, .. }) => claim.finish(),
            Ok(Ended { seconds, .. }) => claim.release(*seconds)?,
            // Nothing was tried. A claim that cannot be released is the smaller problem.
            Err(_) => drop(claim.release(0.0)),
        }
        ended.map(Turn::Ended)
    }

    fn attempt(
        &self,
        cell: &Cell,
        folder: &CellFolder,
        number: u32,
        seconds_before: f64,
    ) -> Result<Ended, Failure> {
        lay(folder, cell)?;
        let mut record = Attempt {
            cell: cell.id,
            number,
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
        };
        let clock = Instant::now();
        let parameters = absolute(&folder.parameters())?;
        let mut command = self.settings.worker.command(&parameters, &absolute(folder.root())?);
        if let Some(networks) = &self.settings.sweep.networks {
            command.env(environment::NETWORKS, &networks.folder);
        }
        let started = self.slots.start(&mut command);
        let started = started.with_context(|| {
            format!("cannot start the worker `{}`", self.settings.worker.words().join(" "))
        })?;
        let Some(mut child) = started else {
            return Ok(Ended { outcome: Outcome::Stopped, reason: String::new(), seconds: 0.0 });
        };
        self.record(&record);
        let end = self.wait(&mut child, &cell.id.short())?;
        let seconds = clock.elapsed().as_secs_f64();
        let (outcome, reason) = self.understand(folder, &end, seconds_before + seconds)?;
        record.ended = Some(Timestamp::now());
        record.seconds = Some(seconds);
        record.outcome = outcome;
        record.exit_code = end.status.code();
        record.signal = end.status.signal();
        record.peak_bytes = Some(end.peak_bytes);
        record.reason = wording::one_line(&reason);
        self.record(&record);
        Ok(Ended { outcome, reason, seconds })
    }

    fn record(&self, attempt: &Attempt) {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).append(attempt);
    }

    /// Copies the worker's output to the log until it ends.
    fn wait(&self, child: &mut Child, cell: &str) -> Result<End, Failure> {
        let talk = Words::listen(self.settings.log, cell, child.stderr.take());
        let data = Words::listen(self.settings.log, cell, child.stdout.take());
        let Reaped { status, cpu_seconds, peak_bytes } =
            self.slots.reap(child).context("cannot wait for a worker")?;
        let talk = talk.last();
        let last_words = if talk.is_empty() { data.last() } else { talk };
        Ok(End { status, cpu_seconds, peak_bytes, last_words })
    }

    /// What a worker's end means for its cell.
    fn understand(&self, folder: &CellFolder, end: &End, seconds: f64) -> Result<(Outcome, String), Failure> {
        // This file alone decides, whatever the exit code is.
        if folder.is_done() {
            return Ok((Outcome::Done, String::new()));
        }
        let said = |otherwise: &str| {
            if end.last_words.is_empty() { otherwise.to_string() } else { end.last_words.clone() }
        };
        let Some(code) = end.status.code() else { return Ok(self.killed(end)) };
        let understood = match u8::try_from(code).unwrap_or(u8::MAX) {
            exit::DONE if self.settings.worker.foreign => match row_of_metrics(folder) {
                Ok(()) => {
                    self.complete(folder, end, seconds)?;
                    (Outcome::Done, String::new())
                }
                Err(what) => (Outcome::Failed, format!("the worker ended with exit code 0, but {what}")),
            },
            exit::DONE => {
                (Outcome::Failed, format!("the worker ended with exit code 0, but wrote no {}", files::DONE))
            }
            exit::DIVERGED => (Outcome::Diverged, said("the loss is not finite")),
            exit::STOPPED => (Outcome::Stopped, said("the worker stopped early")),
            exit::USAGE => (Outcome::Failed, said("the worker refused its parameters (exit code 2)")),
            _ => (Outcome::Failed, said(&format!("exit code {code} without a message"))),
        };
        Ok(understood)
    }

    fn killed(&self, end: &End) -> (Outcome, String) {
        let number = end.status.signal().unwrap_or(0);
        let name = signal_hook::low_level::signal_name(number).unwrap_or("unknown");
        let stopped = [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT].contains(&number);
        if stopped && self.slots.stopping() {
            return (Outcome::Stopped, String::new());
        }
        let guess = if number == rustix::process::Signal::KILL.as_raw() && !self.slots.stopping() {
            "; the system does that when memory runs out"
        } else {
            ""
        };
        (Outcome::Killed, format!("killed by signal {number} ({name}){guess}"))
    }

    /// Writes `done.json` for a worker that does not write it.
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
            threads: 1,
        };
        atomic::write(&folder.done(), &serde_json::to_vec(&done)?)?;
        Ok(())
    }
}

/// Writes `params.toml` before the worker starts.
fn lay(folder: &CellFolder, cell: &Cell) -> Result<(), Failure> {
    fs_err::create_dir_all(folder.root())?;
    // We hold the claim: no other process writes here now.
    atomic::remove_leftovers(folder.root(), Duration::ZERO);
    let text = params_file::render(&cell.parameters);
    let path = folder.parameters();
    if fs_err::read(&path).is_ok_and(|present| present == text.as_bytes()) {
        return Ok(());
    }
    atomic::write(&path, text.as_bytes())?;
    Ok(())
}

/// Does the worker's table of metrics have a row? The error says what is wrong.
fn row_of_metrics(folder: &CellFolder) -> Result<(), String> {
    match folder.read_metrics(&UsualNames::default()) {
        Ok(None) => Err(format!("wrote no {}", files::METRICS)),
        Ok(Some(metrics)) if !metrics.has_row() => Err(format!("its {} has no row", files::METRICS)),
        Ok(Some(_)) => Ok(()),
        Err(error) => Err(format!("its {} cannot be read: {error}", files::METRICS)),
    }
}

/// The worker may change its folder, so it gets absolute paths.
fn absolute(path: &Path) -> Result<std::path::PathBuf, Failure> {
    Ok(std::path::absolute(path).with_context(|| format!("cannot make {} absolute", path.display()))?)
}

/// One output of a worker, copied to the log.
struct Words {
    last: Arc<Mutex<String>>,
    copier: Option<JoinHandle<()>>,
}

impl Words {
    fn listen(log: &Arc<RunLog>, cell: &str, output: Option<impl Read + Send + 'static>) -> Words {
        let last = Arc::<Mutex<String>>::default();
        let (log, cell, shared) = (Arc::clone(log), cell.to_string(), Arc::clone(&last));
        let copy = output.map(|output| move || log.copy(&cell, output, &shared));
        let copier = copy.and_then(|copy| thread::Builder::new().name("log".into()).spawn(copy).ok());
        Words { last, copier }
    }

    /// The last line that is not empty.
    fn last(self) -> String {
        let since = Instant::now();
        while self.copier.as_ref().is_some_and(|copier| !copier.is_finished()) && since.elapsed() < LAST_WORDS
        {
            thread::sleep(Duration::from_millis(2));
        }
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
