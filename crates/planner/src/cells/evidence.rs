//! Everything known about a sweep's cells: our own records, one answer of the queue, one of accounting.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use gainsweep_contract::{CellId, CellState};
use gainsweep_scheduler::{
    Accounting as Answer, AccountingRow, JobId, QueryError, QueueRow, Scheduler, TaskId, logs,
};
use gainsweep_store::submissions::{Job, Sending};
use gainsweep_store::{Attempt, Attempts, CellFolder, CellsOnDisk, OnDisk, Outcome, SweepFolder, claims};
use jiff::Timestamp;

use super::by_task::ByTask;
use super::logs::LogWords;
use super::submissions::{Place, Submissions};
use super::verdict::{Accounting, CellEvidence, Queue, Verdict, judge};
use crate::local::task_run;
use crate::screen::failure::Failure;
use crate::screen::same_error;

/// After this many seconds accounting should know about an end.
const ACCOUNTING_LAG: i64 = 60;

/// Why a task could not begin.
const MOVED: &str = "its folder was moved or renamed after this was submitted";

/// A worker elsewhere that wrote its progress within this many seconds still runs.
const FRESH: u64 = 120;

/// All submissions of a sweep, and what Slurm says about them.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) folder: SweepFolder,
    pub(crate) sent: Submissions,
    pub(crate) attempts: Attempts,
    /// The questions that Slurm did not answer, as messages.
    pub(crate) trouble: Vec<String>,
    /// Jobs that appeared after they had been given up, and their cells perhaps sent again.
    pub(crate) ghosts: Vec<TaskId>,
    on_disk: CellsOnDisk,
    log_words: Mutex<HashMap<PathBuf, LogWords>>,
    queue: Option<ByTask<QueueRow>>,
    accounting: AccountingKnown,
    /// The number of each cell's last attempt when the queue was asked.
    known_then: Option<BTreeMap<CellId, u32>>,
    /// When the queue was asked.
    now: Timestamp,
    /// Was a question not answered?
    unanswered: bool,
    /// Is the queue's state from an earlier question?
    outdated: bool,
}

#[derive(Debug)]
enum AccountingKnown {
    Unasked,
    Off,
    Rows(ByTask<AccountingRow>),
}

impl Evidence {
    /// Reads the submissions, and asks Slurm once each. A missing answer is not an error.
    ///
    /// # Errors
    /// Records exist but cannot be read.
    pub(crate) fn look(folder: &SweepFolder, scheduler: &dyn Scheduler) -> Result<Evidence, Failure> {
        let mut evidence = Evidence::on_disk(folder)?;
        evidence.ask(scheduler);
        Ok(evidence)
    }

    /// Reads the submissions, and does not ask Slurm.
    ///
    /// # Errors
    /// Records exist but cannot be read.
    pub(crate) fn on_disk(folder: &SweepFolder) -> Result<Evidence, Failure> {
        let mut evidence = Evidence {
            folder: folder.clone(),
            sent: Submissions::default(),
            attempts: Attempts::default(),
            trouble: Vec::new(),
            ghosts: Vec::new(),
            on_disk: CellsOnDisk::default(),
            log_words: Mutex::default(),
            queue: None,
            accounting: AccountingKnown::Unasked,
            now: Timestamp::now(),
            unanswered: false,
            outdated: false,
            known_then: None,
        };
        evidence.read_again()?;
        Ok(evidence)
    }

    /// Reads the submissions again: another planner may have sent some meanwhile.
    ///
    /// # Errors
    /// The folder of submissions cannot be listed.
    pub(crate) fn read_again(&mut self) -> Result<(), Failure> {
        self.sent = Submissions::read(&self.folder)?;
        self.trouble.extend(self.sent.unreadable.iter().cloned());
        Ok(())
    }

    /// May there be jobs in the queue that could not be queried?
    pub(crate) fn is_blind(&self) -> bool {
        (self.queue.is_none() || self.outdated) && self.has_sent()
    }

    /// Is there anything to ask Slurm about?
    pub(crate) fn has_sent(&self) -> bool {
        self.sent.names().next().is_some()
    }

    /// Did Slurm leave a question without an answer?
    pub(crate) fn is_unanswered(&self) -> bool {
        self.unanswered
    }

    /// When Slurm last described its queue.
    pub(crate) fn asked(&self) -> Option<Timestamp> {
        self.queue.as_ref().map(|_| self.now)
    }

    /// Keeps earlier answers where Slurm did not answer this time.
    pub(crate) fn remember(&mut self, earlier: &mut Evidence) {
        if self.queue.is_none() && self.has_sent() && earlier.queue.is_some() {
            self.queue = earlier.queue.take();
            self.now = earlier.now;
            self.outdated = true;
            self.known_then = earlier.known_then.take();
        }
        if matches!(self.accounting, AccountingKnown::Unasked) {
            self.accounting = std::mem::replace(&mut earlier.accounting, AccountingKnown::Unasked);
        }
    }

    /// One question to the queue and one to accounting, for the jobs whose cells are not all done.
    pub(super) fn ask(&mut self, scheduler: &dyn Scheduler) {
        let given_up: HashSet<String> = self.sent.given_up().map(String::from).collect();
        let mut names: Vec<String> = self.sent.names().map(|(name, _)| name.to_string()).collect();
        names.extend(given_up.iter().cloned());
        let since = self.sent.names().map(|(_, created)| created.parse().unwrap_or(self.now)).min();
        let Some(since) = since else { return };
        match scheduler.queue(&names) {
            Ok(rows) => {
                let live = rows.into_iter().filter(|row| row.state.is_live());
                let (ghosts, live): (Vec<_>, Vec<_>) = live.partition(|row| given_up.contains(&row.name));
                self.ghosts = ghosts.iter().map(|row| TaskId { job: JobId(row.job), task: None }).collect();
                self.ghosts.dedup();
                for TaskId { job, .. } in &self.ghosts {
                    self.trouble.push(format!(
                        "job {job} appeared after it had been given up; the next `submit` or `cancel` ends it"
                    ));
                }
                let rows = live.into_iter().map(|row| (row.name.clone(), row.tasks.clone(), row));
                self.queue = Some(ByTask::new(rows));
            }
            Err(error) => self.complain("queue", &error),
        }
        match scheduler.accounting(&names, since) {
            Ok(Answer::Off) => self.accounting = AccountingKnown::Off,
            Ok(Answer::Rows(rows)) => {
                let rows = rows.into_iter().map(|row| (row.name.clone(), row.tasks.clone(), row));
                self.accounting = AccountingKnown::Rows(ByTask::new(rows));
            }
            Err(error) => self.complain("accounting", &error),
        }
    }

    fn complain(&mut self, whom: &str, error: &QueryError) {
        self.unanswered = true;
        self.trouble.push(format!("cannot query the {whom}: {error}"));
    }

    /// Looks at these cells on disk: which are done, and the attempts at the others.
    ///
    /// # Errors
    /// Records exist but cannot be read.
    pub(crate) fn look_at(&mut self, cells: &[CellId]) -> Result<(), Failure> {
        self.take_cells_on_disk(CellsOnDisk::of_cells(&self.folder, cells)?);
        let open = |cell: &CellId| !self.is_done(*cell);
        if cells.iter().any(open) {
            self.read_attempts(|_| true)?;
        }
        Ok(())
    }

    /// Takes the state of the cells on disk.
    pub(super) fn take_cells_on_disk(&mut self, on_disk: CellsOnDisk) {
        self.on_disk = on_disk;
    }

    /// Reads the attempts at the wanted cells.
    ///
    /// # Errors
    /// The folder of attempts exists but cannot be listed.
    pub(crate) fn read_attempts(&mut self, wanted: impl Fn(CellId) -> bool + Sync) -> Result<(), Failure> {
        // What a log said earlier is old by now.
        self.log_words = Mutex::default();
        self.attempts = Attempts::read_of(&self.folder.attempts(), wanted)?;
        self.trouble.extend(self.attempts.damage.iter().cloned());
        if self.queue.is_some() && self.known_then.is_none() {
            let numbers = self.attempts.by_cell.iter();
            let last = numbers.filter_map(|(cell, all)| Some((*cell, all.last()?.number)));
            self.known_then = Some(last.collect());
        }
        Ok(())
    }

    /// Is the cell done?
    pub(crate) fn is_done(&self, cell: CellId) -> bool {
        self.on_disk.of(cell) == Some(OnDisk::Done)
    }

    /// Where the cell's files are, as far as it was looked at.
    pub(crate) fn home(&self, cell: CellId) -> CellFolder {
        self.on_disk.home(&self.folder, cell)
    }

    /// The cells on disk, as far as they were read.
    pub(super) fn cells_on_disk(&self) -> &CellsOnDisk {
        &self.on_disk
    }

    /// Is one of these cells open, and in a job that was sent?
    pub(super) fn is_any_sent(&self, cells: &[CellId]) -> bool {
        let sent = |cell: &CellId| {
            let place = self.sent.place(*cell);
            place.is_some_and(|place| self.sent.job(place).is_some()) && !self.is_done(*cell)
        };
        !self.sent.places.is_empty() && cells.iter().any(sent)
    }

    /// The row of the queue for a cell's task.
    pub(crate) fn queue_row(&self, place: Place) -> Option<&QueueRow> {
        let (job, task) = self.sent.job(place)?;
        self.queue.as_ref()?.of(&job.announcement.name, task)
    }

    /// Accounting's last row for a cell's task.
    pub(crate) fn accounting_row(&self, place: Place) -> Option<&AccountingRow> {
        let (job, task) = self.sent.job(place)?;
        match &self.accounting {
            AccountingKnown::Rows(known) => known.of(&job.announcement.name, task),
            AccountingKnown::Unasked | AccountingKnown::Off => None,
        }
    }

    /// The last attempt at a cell.
    pub(crate) fn last(&self, cell: CellId) -> Option<&Attempt> {
        self.attempts.of(cell).last()
    }

    /// The last attempt at a cell, if the cell's last job made it. The job's name tells: numbers are given out again.
    pub(super) fn last_of_this_job(&self, cell: CellId) -> Option<&Attempt> {
        let (job, task) = self.sent.job(self.sent.place(cell)?)?;
        let name = task_run(&job.announcement.name, task);
        self.last(cell).filter(|last| last.run.rsplit_once('.').is_some_and(|(run, _)| run == name))
    }

    /// The cell's task in the queue, by the number that the queue gives the job of that name.
    pub(crate) fn queued_task(&self, place: Place) -> Option<TaskId> {
        let (_, task) = self.sent.job(place)?;
        Some(TaskId { job: JobId(self.queue_row(place)?.job), task: Some(task) })
    }

    /// The log of a cell's task.
    pub(crate) fn log(&self, place: Place) -> Option<PathBuf> {
        let (job, _) = self.sent.job(place)?;
        Some(self.folder.logs().join(logs::file_name(&job.announcement.name, self.sent.target(place)?)))
    }

    /// What became of a cell.
    pub(crate) fn verdict(&self, cell: CellId) -> Verdict {
        let place = self.sent.place(cell);
        let job = place.and_then(|place| self.sent.job(place));
        let last = self.last(cell);
        let run = last.and_then(|last| self.run_lives(last));
        let created = |job: &Job| job.announcement.created.parse().unwrap_or(self.now);
        // The queue's answer is older than this job.
        let unknown = self.outdated && job.is_some_and(|(job, _)| created(job) > self.now);
        let queue = match (&self.queue, place.and_then(|place| self.queue_row(place))) {
            (None, _) => Queue::Unasked,
            (Some(_), None) if unknown => Queue::Unasked,
            (Some(_), None) => Queue::Absent,
            (Some(_), Some(row)) => {
                Queue::Live { state: &row.state, reason: &row.reason, stuck: row.stuck.as_deref() }
            }
        };
        let evidence = CellEvidence {
            done: self.is_done(cell),
            damaged: self.on_disk.of(cell) == Some(OnDisk::Damaged),
            submitted: place.is_some(),
            sent: job.is_some(),
            announced: job.is_some_and(|(job, _)| job.sending == Sending::Unknown),
            cancelled: place.is_some_and(|place| self.sent.is_cancelled_task(place)),
            queue,
            accounting: self.accounting_of(place, job.map(|(job, _)| job)),
            last,
            last_is_of_this_job: self.last_of_this_job(cell).is_some(),
            last_is_newer: last.is_some_and(|last| self.is_newer_than_the_queue(last)),
            is_run: run == Some(true),
            run_is_gone: run == Some(false),
            has_checkpoint: self.has_checkpoint(cell, last),
            log_says_memory: false,
            not_begun: None,
        };
        let verdict = judge(&evidence);
        // Read the log only for bad or unknown ends.
        let is_unclear = matches!(verdict.state, CellState::Failed | CellState::Lost | CellState::Unknown);
        let has_ended = matches!(evidence.queue, Queue::Absent) && evidence.sent;
        let log = place.filter(|_| is_unclear && has_ended).and_then(|place| self.log(place));
        let Some((log_says_memory, why)) = log.map(|log| self.log_words(log, cell, last)) else {
            return verdict;
        };
        let has_moved = place.is_some_and(|place| self.sent.submitted[place.submission].has_moved());
        let why = if has_moved { Some(MOVED.to_string()) } else { why };
        judge(&CellEvidence { log_says_memory, not_begun: why.as_deref(), ..evidence })
    }

    /// Does its log say that its memory was too small, and why no cell began? Each log is read once for all its cells.
    fn log_words(&self, log: PathBuf, cell: CellId, last: Option<&Attempt>) -> (bool, Option<String>) {
        let mut known = self.log_words.lock().unwrap_or_else(PoisonError::into_inner);
        let words = known.entry(log).or_insert_with_key(|log| LogWords::read(log));
        let was_killed = last.is_none_or(|last| matches!(last.outcome, Outcome::Started | Outcome::Killed));
        (words.say_memory(cell, was_killed), words.not_begun.clone())
    }

    /// Is the run (without a batch system) of this unfinished attempt alive? `None` if unknown.
    fn run_lives(&self, last: &Attempt) -> Option<bool> {
        if last.outcome != Outcome::Started || last.job.is_some() {
            return None;
        }
        let holder = claims::holder(&self.folder.claims(), last.cell)?;
        holder.lives().or_else(|| {
            let written = fs_err::metadata(self.home(last.cell).progress());
            // A time in the future says that clocks disagree, not that it is fresh.
            let age = written.ok()?.modified().ok()?.elapsed().ok()?;
            (age.as_secs() < FRESH).then_some(true)
        })
    }

    /// Is there a checkpoint? Looked up only for cells that were begun and are not done.
    fn has_checkpoint(&self, cell: CellId, last: Option<&Attempt>) -> bool {
        let begun = self.on_disk.of(cell) == Some(OnDisk::Begun);
        let may = |last: &Attempt| {
            matches!(last.outcome, Outcome::Started | Outcome::Stopped | Outcome::Killed | Outcome::TimedOut)
        };
        let matters = last.is_none_or(may);
        begun && matters && self.home(cell).checkpoint().exists()
    }

    /// Was it not there yet when the queue was asked? Judged by their order: clocks of two machines disagree.
    fn is_newer_than_the_queue(&self, last: &Attempt) -> bool {
        let then = |known: &BTreeMap<CellId, u32>| known.get(&last.cell).copied().unwrap_or(0);
        self.known_then.as_ref().is_some_and(|known| last.number > then(known))
    }

    fn accounting_of(&self, place: Option<Place>, job: Option<&Job>) -> Accounting<'_> {
        let (Some(place), Some(job)) = (place, job) else { return Accounting::Nothing };
        match &self.accounting {
            AccountingKnown::Unasked => Accounting::Unasked,
            AccountingKnown::Off => Accounting::Off,
            AccountingKnown::Rows(_) => {
                if let Some(row) = self.accounting_row(place) {
                    return Accounting::Row(row);
                }
                let created = job.announcement.created.parse().unwrap_or(self.now);
                let age = self.now.duration_since(created).as_secs();
                if age < ACCOUNTING_LAG { Accounting::Unasked } else { Accounting::Nothing }
            }
        }
    }

    /// The error that made a submission stop, because many of its cells failed with it. What earlier submissions met is
    /// not counted: its cause may be mended.
    pub(crate) fn same_error(&self, submission: usize) -> Option<(String, u32)> {
        let own = self.sent.places.iter().filter(|(_, (index, _))| *index == submission);
        let failed = |(cell, _): (&CellId, _)| {
            let last = self.last_of_this_job(*cell).filter(|last| last.outcome == Outcome::Failed);
            last.filter(|_| !self.is_done(*cell)).map(|last| ((), last.reason.as_str()))
        };
        let groups = same_error::group(CellState::Failed, own.filter_map(failed));
        let most = groups.first()?;
        let limit = self.sent.submitted[submission].submission.same_error_limit;
        let count = most.members.len() as u32;
        (count >= limit).then(|| (most.error.to_string(), count))
    }
}
