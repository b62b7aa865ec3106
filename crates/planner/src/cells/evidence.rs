//! Everything known about a sweep's cells: our own records, one answer of the queue, one of accounting.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gainsweep_contract::{CellId, CellState};
use gainsweep_scheduler::{
    Accounting as Answer, AccountingRow, JobId, QueryError, QueueRow, Scheduler, TaskId, logs,
};
use gainsweep_store::submissions::{self, Sending, Submitted};
use gainsweep_store::{Attempt, Attempts, CellFolder, CellsOnDisk, OnDisk, Outcome, SweepFolder, claims};
use jiff::Timestamp;

use super::by_task::ByTask;
use super::logs::log_says_memory;
use super::verdict::{Accounting, CellEvidence, Queue, Verdict, judge};
use crate::screen::failure::Failure;

/// After this many seconds accounting should know about an end.
const ACCOUNTING_LAG: i64 = 60;

/// A worker elsewhere that wrote its progress within this many seconds still runs.
const FRESH: u64 = 120;

/// Where a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The number of the submission; the oldest is 0.
    pub(crate) submission: usize,
    /// The submission's task.
    pub(crate) task: u32,
}

/// All submissions of a sweep, and what Slurm says about them.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) folder: SweepFolder,
    pub(crate) submitted: Vec<Submitted>,
    pub(crate) places: BTreeMap<CellId, (usize, u32)>,
    pub(crate) attempts: Attempts,
    /// The questions that Slurm did not answer, as messages.
    pub(crate) trouble: Vec<String>,
    cancelled: Vec<std::collections::BTreeSet<u32>>,
    on_disk: CellsOnDisk,
    queue: Option<ByTask<QueueRow>>,
    accounting: AccountingKnown,
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
            submitted: Vec::new(),
            places: BTreeMap::new(),
            attempts: Attempts::default(),
            trouble: Vec::new(),
            cancelled: Vec::new(),
            on_disk: CellsOnDisk::default(),
            queue: None,
            accounting: AccountingKnown::Unasked,
            now: Timestamp::now(),
            unanswered: false,
            outdated: false,
        };
        evidence.read_again()?;
        Ok(evidence)
    }

    /// Reads the submissions again: another planner may have sent some meanwhile.
    ///
    /// # Errors
    /// Records exist but cannot be read.
    pub(crate) fn read_again(&mut self) -> Result<(), Failure> {
        let (submitted, damage) = submissions::read_all(&self.folder.submissions())?;
        self.places = submissions::places(&submitted)?;
        self.cancelled = submitted.iter().map(Submitted::cancelled).collect::<Result<_, _>>()?;
        self.submitted = submitted;
        self.trouble.extend(damage);
        Ok(())
    }

    /// Adds a new submission.
    ///
    /// # Errors
    /// Its cells cannot be read.
    pub(crate) fn add(&mut self, submitted: Submitted) -> Result<(), Failure> {
        let index = self.submitted.len();
        for (task, cells) in submitted.tasks()?.into_iter().enumerate() {
            self.places.extend(cells.into_iter().map(|(_, cell)| (cell, (index, task as u32))));
        }
        self.submitted.push(submitted);
        self.cancelled.push(std::collections::BTreeSet::new());
        Ok(())
    }

    /// May there be jobs in the queue that could not be queried?
    pub(crate) fn is_blind(&self) -> bool {
        (self.queue.is_none() || self.outdated) && self.has_sent()
    }

    /// Is there anything to ask Slurm about?
    pub(crate) fn has_sent(&self) -> bool {
        self.names().next().is_some()
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
        }
        if matches!(self.accounting, AccountingKnown::Unasked) {
            self.accounting = std::mem::replace(&mut earlier.accounting, AccountingKnown::Unasked);
        }
    }

    /// The names of all jobs that were sent or may have been, and when they were announced.
    fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        let jobs = self.submitted.iter().flat_map(|one| &one.jobs);
        let sent = jobs.filter(|job| !matches!(job.sending, Sending::Void(_)));
        sent.map(|job| (job.announcement.name.as_str(), job.announcement.created.as_str()))
    }

    /// Slurm's numbers of all jobs that were sent.
    pub(crate) fn job_numbers(&self) -> Vec<u64> {
        let jobs = self.submitted.iter().flat_map(|one| &one.jobs);
        jobs.filter_map(|job| Some(job.sending.receipt()?.job)).collect()
    }

    /// One question to the queue and one to accounting, for the jobs whose cells are not all done.
    pub(super) fn ask(&mut self, scheduler: &dyn Scheduler) {
        let names: Vec<String> = self.names().map(|(name, _)| name.to_string()).collect();
        let since = self.names().map(|(_, created)| created.parse().unwrap_or(self.now)).min();
        let Some(since) = since else { return };
        match scheduler.queue(&names) {
            Ok(rows) => {
                let live = rows.into_iter().filter(|row| row.state.is_live());
                self.queue = Some(ByTask::new(live.map(|row| (row.name.clone(), row.tasks.clone(), row))));
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
        self.attempts = Attempts::read_of(&self.folder.attempts(), wanted)?;
        self.trouble.extend(self.attempts.damage.iter().cloned());
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
            let place = self.place(*cell);
            place.is_some_and(|place| self.job(place).is_some()) && !self.is_done(*cell)
        };
        !self.places.is_empty() && cells.iter().any(sent)
    }

    /// Where a cell was last sent.
    pub(crate) fn place(&self, cell: CellId) -> Option<Place> {
        self.places.get(&cell).map(|(submission, task)| Place { submission: *submission, task: *task })
    }

    /// The job of a place, and the task in it; `None` while it is not sent.
    pub(crate) fn job(&self, place: Place) -> Option<(&submissions::Job, u32)> {
        let jobs = self.submitted[place.submission].jobs.iter();
        let mut sent = jobs.filter(|job| !matches!(job.sending, Sending::Void(_)));
        let holds = |job: &&submissions::Job| {
            let first = job.announcement.first;
            (first..first + job.announcement.count).contains(&place.task)
        };
        sent.find(holds).map(|job| (job, place.task - job.announcement.first))
    }

    /// The scheduler's name of a cell's task: `48213_2`.
    pub(crate) fn target(&self, place: Place) -> Option<TaskId> {
        let (job, task) = self.job(place)?;
        Some(TaskId { job: JobId(job.sending.receipt()?.job), task: Some(task) })
    }

    /// Were all tasks of a submission that are not sent yet cancelled?
    pub(crate) fn is_cancelled(&self, submission: usize) -> bool {
        let one = &self.submitted[submission];
        let next = one.next_task();
        next < one.submission.tasks
            && (next..one.submission.tasks).all(|task| self.cancelled[submission].contains(&task))
    }

    /// The row of the queue for a cell's task.
    pub(crate) fn queue_row(&self, place: Place) -> Option<&QueueRow> {
        let (job, task) = self.job(place)?;
        self.queue.as_ref()?.of(&job.announcement.name, task)
    }

    /// Accounting's last row for a cell's task.
    pub(crate) fn accounting_row(&self, place: Place) -> Option<&AccountingRow> {
        let (job, task) = self.job(place)?;
        match &self.accounting {
            AccountingKnown::Rows(known) => known.of(&job.announcement.name, task),
            AccountingKnown::Unasked | AccountingKnown::Off => None,
        }
    }

    /// The last attempt at a cell.
    pub(crate) fn last(&self, cell: CellId) -> Option<&Attempt> {
        self.attempts.of(cell).last()
    }

    /// The log of a cell's task.
    pub(crate) fn log(&self, place: Place) -> Option<PathBuf> {
        let (job, _) = self.job(place)?;
        Some(self.folder.logs().join(logs::file_name(&job.announcement.name, self.target(place)?)))
    }

    /// What became of a cell.
    pub(crate) fn verdict(&self, cell: CellId) -> Verdict {
        let place = self.place(cell);
        let job = place.and_then(|place| self.job(place));
        let last = self.last(cell);
        let target = place.and_then(|place| self.target(place)).map(|task| task.to_string());
        let run = last.and_then(|last| self.run_lives(last));
        let created = |job: &submissions::Job| job.announcement.created.parse().unwrap_or(self.now);
        // The queue's answer is older than this job.
        let unknown = self.outdated && job.is_some_and(|(job, _)| created(job) > self.now);
        let queue = match (&self.queue, place.and_then(|place| self.queue_row(place))) {
            (None, _) => Queue::Unasked,
            (Some(_), None) if unknown => Queue::Unasked,
            (Some(_), None) => Queue::Absent,
            (Some(_), Some(row)) => Queue::Live { state: &row.state, reason: &row.reason },
        };
        let evidence = CellEvidence {
            done: self.is_done(cell),
            damaged: self.on_disk.of(cell) == Some(OnDisk::Damaged),
            submitted: place.is_some(),
            sent: job.is_some(),
            cancelled: place.is_some_and(|place| self.cancelled[place.submission].contains(&place.task)),
            queue,
            accounting: self.accounting_of(place, job.map(|(job, _)| job)),
            last,
            last_is_of_this_job: last.is_some_and(|last| last.job.is_some() && last.job == target),
            last_is_newer: last.is_some_and(|last| last.started > self.now),
            is_run: run == Some(true),
            run_is_gone: run == Some(false),
            has_checkpoint: self.has_checkpoint(cell, last),
            log_says_memory: false,
        };
        let verdict = judge(&evidence);
        // Read the log only for bad or unknown ends.
        let is_unclear = matches!(verdict.state, CellState::Failed | CellState::Lost | CellState::Unknown);
        let has_ended = matches!(evidence.queue, Queue::Absent) && evidence.sent;
        if is_unclear
            && has_ended
            && place.and_then(|place| self.log(place)).is_some_and(|log| log_says_memory(&log))
        {
            return judge(&CellEvidence { log_says_memory: true, ..evidence });
        }
        verdict
    }

    /// Is the run (without a batch system) of this unfinished attempt alive? `None` if unknown.
    fn run_lives(&self, last: &Attempt) -> Option<bool> {
        if last.outcome != Outcome::Started || last.job.is_some() {
            return None;
        }
        let holder = claims::holder(&self.folder.claims(), last.cell)?;
        holder.lives().or_else(|| {
            let written = fs_err::metadata(self.home(last.cell).progress());
            let age =
                written.and_then(|written| written.modified()).map(|time| time.elapsed().unwrap_or_default());
            age.is_ok_and(|age| age.as_secs() < FRESH).then_some(true)
        })
    }

    /// Is there a checkpoint? Looked up only for cells that were begun and are not done.
    fn has_checkpoint(&self, cell: CellId, last: Option<&Attempt>) -> bool {
        let begun = self.on_disk.of(cell) == Some(OnDisk::Begun);
        let matters = last.is_none_or(|last| matches!(last.outcome, Outcome::Started | Outcome::Stopped));
        begun && matters && self.home(cell).checkpoint().exists()
    }

    fn accounting_of(&self, place: Option<Place>, job: Option<&submissions::Job>) -> Accounting<'_> {
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

    /// The error that made a submission stop, because many of its cells failed with it.
    pub(crate) fn same_error(&self, submission: usize) -> Option<(String, u32)> {
        let own = self.places.iter().filter(|(_, (index, _))| *index == submission);
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for (cell, _) in own {
            let failed =
                self.last(*cell).filter(|last| last.outcome == Outcome::Failed && !self.is_done(*cell));
            if let Some(last) = failed {
                *counts.entry(&last.reason).or_default() += 1;
            }
        }
        let (reason, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
        let limit = self.submitted[submission].submission.same_error_limit;
        (count >= limit).then(|| (reason.to_string(), count))
    }
}
