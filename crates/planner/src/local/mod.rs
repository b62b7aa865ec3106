//! The embedded executor: a pool of worker processes on this machine.
//!
//! [`run_cells`] starts one thread a slot. Each takes the next cell, makes one attempt at it and reports. The
//! caller's thread listens to the slots, to signals and to the clock; it tells the [`Display`] what happens
//! and decides when to stop. Only [`claiming`] asks a batch system, to find out whether another claimant is
//! alive.

mod affinity;
mod attempt;
pub(crate) mod benchmark;
mod claiming;
pub(crate) mod devices;
mod display;
mod first_ends;
mod group;
pub(crate) mod guard;
mod last_object;
mod last_words;
mod log;
mod output;
mod own_results;
mod panel;
mod prepare;
mod process;
mod publishing;
mod signals;
mod slots;
mod worker;

use std::collections::HashSet;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gainsweep_contract::CellId;
use gainsweep_language::Sweep;
use gainsweep_store::attempts::AttemptsWriter;
use gainsweep_store::{Attempts, CellFolder, Outcome, SweepFolder, WriteError};

use crate::screen::failure::Failure;
use crate::screen::wording;
use attempt::{Attempting, Ended, Turn};
use devices::Devices;
use first_ends::FirstEnds;
use slots::Slots;

pub(crate) use claiming::Claiming;
pub(crate) use display::{Display, Subject};
pub(crate) use first_ends::LIMIT as SAME_ERROR_LIMIT;
pub(crate) use log::RunLog;
pub(crate) use prepare::{Run, prepare, task_run, write as write_asked};
pub(crate) use signals::WARNING;
pub(crate) use worker::{WorkerProgram, program_of};

/// How often the screen is checked when nothing happens.
const TICK: Duration = Duration::from_millis(200);

/// Settings of the executor.
pub(crate) struct Settings<'a> {
    /// The sweep.
    pub(crate) sweep: &'a Sweep,
    /// Its folder.
    pub(crate) folder: &'a SweepFolder,
    /// The program that runs cells.
    pub(crate) worker: &'a WorkerProgram,
    /// Indices of the cells to run, in order.
    pub(crate) queue: Vec<u64>,
    /// Done cells among them that are to be computed anew.
    pub(crate) replace: HashSet<CellId>,
    /// Cells at a time.
    pub(crate) jobs: usize,
    /// The GPUs of each slot.
    pub(crate) devices: Devices,
    /// The claims on cells while they run.
    pub(crate) claiming: &'a Claiming,
    /// Earlier attempts.
    pub(crate) earlier: &'a Attempts,
    /// This run, for file names and records.
    pub(crate) run: &'a Run,
    /// Where the workers' output goes.
    pub(crate) log: &'a Arc<RunLog>,
    /// Is every cell started, even if the first ones all fail with the same error?
    pub(crate) keep_going: bool,
    /// Where a batch system starts us again and again: how often.
    pub(crate) patience: Option<Patience>,
}

/// How often a task tries a cell that makes no progress.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// So many attempts in a row.
    pub(crate) attempts: u32,
    /// The time limit of each, in seconds.
    pub(crate) seconds: u64,
}

/// What happens in a slot.
pub(crate) enum Event {
    /// It starts a cell.
    Started { slot: usize, index: u64 },
    /// The worker of the cell writes there.
    Working { slot: usize, folder: CellFolder },
    /// The cell's attempt is over.
    Ended { slot: usize, index: u64, ended: Ended },
    /// The cell was done already (`None`), or another process has it: which one.
    Left { slot: usize, index: u64, who: Option<String> },
    /// A file of ours cannot be written, or the worker cannot be started: no cell can run.
    Broken(Failure),
    /// The system asks us to stop, with this signal.
    Signal(i32),
    /// A slot has no more to do.
    Idle,
}

/// A cell that is not done after its attempt.
#[derive(Debug)]
pub(crate) struct Unfinished {
    pub(crate) index: u64,
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
}

/// The outcome of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Cells that are done now and were not before.
    pub(crate) done: u64,
    /// Cells that were tried and are not done. Cells that stopped together with the run are not counted.
    pub(crate) unfinished: Vec<Unfinished>,
    /// Cells that another process has, and which one.
    pub(crate) left: Vec<(u64, String)>,
    /// The signal that stopped it, if one did.
    pub(crate) stopped: Option<i32>,
    /// The error with which all of the first cells failed, if others were not started for that.
    pub(crate) same_error: Option<String>,
    /// Why no more cells can run.
    pub(crate) broken: Option<Failure>,
    /// Other notes for the user.
    pub(crate) notes: Vec<String>,
}

impl Report {
    /// Adds the outcome of a later queue.
    pub(crate) fn add(&mut self, later: Report) {
        let Report { done, unfinished, left, stopped, same_error, broken, notes } = later;
        self.done += done;
        self.unfinished.extend(unfinished);
        self.left.extend(left);
        self.stopped = self.stopped.or(stopped);
        self.same_error = self.same_error.take().or(same_error);
        self.broken = self.broken.take().or(broken);
        self.notes.extend(notes);
    }
}

/// Runs the cells of the queue.
///
/// # Errors
/// The signal handlers cannot be installed. All other errors are in the [`Report`].
pub(crate) fn run_cells(settings: &Settings, display: &mut Display) -> Result<Report, Failure> {
    let (sender, receiver) = mpsc::channel();
    signals::listen({
        let sender = sender.clone();
        move |signal| sender.send(Event::Signal(signal)).is_ok()
    })?;
    let slots = Slots::default();
    let queue = Mutex::new(settings.queue.iter().copied());
    let records = Mutex::new(Records::new(settings));
    let first = Mutex::new(FirstEnds::new(!settings.keep_going));
    let wanted = settings.jobs.min(settings.queue.len());
    let mut report = Report::default();
    std::thread::scope(|scope| {
        let mut count = 0;
        for slot in 0..wanted {
            let (sender, queue, slots, records, first) = (sender.clone(), &queue, &slots, &records, &first);
            let work = move || {
                // The receiver outlives all slots.
                let started = |slot, folder| drop(sender.send(Event::Working { slot, folder }));
                let attempting = Attempting { settings, slots, records, started: &started };
                serve(slot, &attempting, queue, first, &sender);
            };
            match std::thread::Builder::new().name("slot".into()).spawn_scoped(scope, work) {
                Ok(_) => count += 1,
                Err(error) if count == 0 => report.broken = Some(Failure::no_thread(error)),
                Err(error) => report
                    .notes
                    .push(format!("only {} ran at once: {error}", wording::count(count as u64, "cell"))),
            }
            if count <= slot {
                break;
            }
        }
        drop(sender);
        dispatch(count, &receiver, &slots, &mut report, display);
    });
    // Did it keep any cell from its start?
    let waits = queue.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).next().is_some();
    let first = first.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    report.same_error = first.same_error.filter(|_| waits);
    report.unfinished.sort_by_key(|cell| cell.index);
    report.left.sort();
    let records = records.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    report.notes.extend(records.trouble.map(|trouble| format!("attempts are not recorded: {trouble}")));
    report.notes.extend(settings.log.trouble().map(|trouble| format!("the log is incomplete: {trouble}")));
    Ok(report)
}

/// One slot: cell after cell until there are no more or all stop.
fn serve(
    slot: usize,
    attempting: &Attempting,
    queue: &Mutex<impl Iterator<Item = u64>>,
    first: &Mutex<FirstEnds>,
    sender: &mpsc::Sender<Event>,
) {
    while attempting.slots.are_open() {
        let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
        let Some(index) = next else { break };
        // The receiver outlives all slots.
        let _ = sender.send(Event::Started { slot, index });
        let event = match attempting.turn(slot, index) {
            Ok(Turn::Ended(ended)) => {
                if first.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(&ended) {
                    attempting.slots.close();
                }
                Event::Ended { slot, index, ended }
            }
            Ok(Turn::Left(who)) => Event::Left { slot, index, who },
            Err(failure) => Event::Broken(failure),
        };
        let _ = sender.send(event);
    }
    let _ = sender.send(Event::Idle);
}

/// Listens until all slots are idle.
fn dispatch(
    mut busy: usize,
    receiver: &mpsc::Receiver<Event>,
    slots: &Slots,
    report: &mut Report,
    display: &mut Display,
) {
    let mut ticked = Instant::now();
    while busy > 0 {
        match receiver.recv_timeout(TICK) {
            Ok(Event::Started { slot, index }) => display.started(slot, index),
            Ok(Event::Working { slot, folder }) => display.working(slot, folder),
            Ok(Event::Ended { slot, index, ended }) => {
                display.ended(slot, index, &ended);
                // A cell that stopped together with all others is not reported.
                let was_stopped =
                    slots.stopping() && matches!(ended.outcome, Outcome::Stopped | Outcome::Killed);
                if ended.outcome == Outcome::Done {
                    report.done += 1;
                } else if !was_stopped {
                    let Ended { outcome, reason, .. } = ended;
                    report.unfinished.push(Unfinished { index, outcome, reason });
                }
            }
            Ok(Event::Left { slot, index, who }) => {
                display.left(slot, who.is_none());
                match who {
                    None => report.done += 1,
                    Some(who) => report.left.push((index, who)),
                }
            }
            Ok(Event::Broken(failure)) => {
                report.broken.get_or_insert(failure);
                slots.ask_to_stop();
            }
            // After the warning before a time limit, the batch system also sends its own request, which adds
            // nothing.
            Ok(Event::Signal(signal)) if report.stopped.is_some() => {
                let warned = report.stopped == Some(signals::WARNING) || signal == signals::WARNING;
                if !warned {
                    slots.kill();
                }
            }
            Ok(Event::Signal(signal)) => {
                report.stopped = Some(signal);
                let running = slots.ask_to_stop();
                display.stopping(running);
            }
            Ok(Event::Idle) => busy -= 1,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        if ticked.elapsed() >= TICK {
            ticked = Instant::now();
            display.tick();
        }
    }
    display.finish(report.stopped.is_some());
}

/// The attempts file of this process, and its first error. A missing record stops no cell.
struct Records {
    writer: AttemptsWriter,
    trouble: Option<WriteError>,
}

impl Records {
    fn new(settings: &Settings) -> Records {
        let writer = AttemptsWriter::new(&settings.folder.attempts(), settings.run.name());
        Records { writer, trouble: None }
    }

    fn append(&mut self, attempt: &gainsweep_store::Attempt) {
        if let Err(error) = self.writer.append(attempt) {
            self.trouble.get_or_insert(error);
        }
    }

    fn sync(&mut self) {
        if let Err(error) = self.writer.sync() {
            self.trouble.get_or_insert(error);
        }
    }
}
