//! What was sent: the submissions of a sweep, and where each cell is in them.

use std::collections::{BTreeMap, BTreeSet};

use gainsweep_contract::CellId;
use gainsweep_scheduler::{JobId, TaskId};
use gainsweep_store::SweepFolder;
use gainsweep_store::submissions::{self, Sending, Submitted};

use crate::screen::failure::Failure;

/// Where a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The number of the submission; the oldest is 0.
    pub(crate) submission: usize,
    /// The submission's task.
    pub(crate) task: u32,
}

/// All submissions of a sweep.
#[derive(Debug, Default)]
pub(crate) struct Submissions {
    /// The oldest first.
    pub(crate) submitted: Vec<Submitted>,
    /// The newest place of each cell: a submission and a task of it.
    pub(crate) places: BTreeMap<CellId, (usize, u32)>,
    /// The submissions that cannot be read, in words. Their cells may be in the queue, so nothing may be sent.
    pub(crate) unreadable: Vec<String>,
    cancelled: Vec<BTreeSet<u32>>,
}

impl Submissions {
    /// Reads them. One that cannot be read stops no command that only looks.
    ///
    /// # Errors
    /// Their folder cannot be listed.
    pub(crate) fn read(folder: &SweepFolder) -> Result<Submissions, Failure> {
        let (submitted, unreadable) = submissions::read_all(&folder.submissions())?;
        let mut all = Submissions { unreadable, ..Submissions::default() };
        for one in submitted {
            let read = one.tasks().and_then(|tasks| Ok((tasks, one.cancelled()?)));
            match read {
                Ok((tasks, cancelled)) => all.take(one, tasks, cancelled),
                Err(error) => all.unreadable.push(error.to_string()),
            }
        }
        Ok(all)
    }

    fn take(&mut self, mut one: Submitted, mut tasks: submissions::TaskCells, cancelled: BTreeSet<u32>) {
        if one.has_moved() {
            // What was not sent never will be: its scripts name a folder that is gone. Its cells are free.
            one.submission.tasks = one.next_task();
            tasks.truncate(one.submission.tasks as usize);
        }
        let index = self.submitted.len();
        for (task, cells) in tasks.into_iter().enumerate() {
            self.places.extend(cells.into_iter().map(|(_, cell)| (cell, (index, task as u32))));
        }
        self.submitted.push(one);
        self.cancelled.push(cancelled);
    }

    /// Was the task of a cell cancelled by us?
    pub(crate) fn is_cancelled_task(&self, place: Place) -> bool {
        self.cancelled[place.submission].contains(&place.task)
    }

    /// Adds a new submission.
    ///
    /// # Errors
    /// Its cells cannot be read.
    pub(crate) fn add(&mut self, submitted: Submitted) -> Result<(), Failure> {
        let tasks = submitted.tasks()?;
        self.take(submitted, tasks, BTreeSet::new());
        Ok(())
    }

    /// The names of all jobs that were sent or may have been, and when they were announced.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        let jobs = self.submitted.iter().flat_map(|one| &one.jobs);
        let sent = jobs.filter(|job| !matches!(job.sending, Sending::Void(_)));
        sent.map(|job| (job.announcement.name.as_str(), job.announcement.created.as_str()))
    }

    /// The names of jobs whose answer was lost, and which were given up when nobody knew them. They may still appear.
    pub(super) fn given_up(&self) -> impl Iterator<Item = &str> {
        let jobs = self.submitted.iter().flat_map(|one| &one.jobs);
        let lost = jobs.filter(|job| matches!(&job.sending, Sending::Void(void) if void.uncertain));
        lost.map(|job| job.announcement.name.as_str())
    }

    /// Slurm's numbers of all jobs that were sent.
    pub(crate) fn job_numbers(&self) -> Vec<u64> {
        let jobs = self.submitted.iter().flat_map(|one| &one.jobs);
        jobs.filter_map(|job| Some(job.sending.receipt()?.job)).collect()
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

    /// Does a submission of ours hold tasks that are neither sent nor cancelled?
    pub(crate) fn waits(&self, submission: usize) -> bool {
        let one = &self.submitted[submission];
        one.is_ours() && one.next_task() < one.submission.tasks && !self.is_cancelled(submission)
    }

    /// How many tasks wait in submissions of other users.
    pub(crate) fn tasks_of_others(&self) -> u64 {
        let others = (0..self.submitted.len()).filter(|index| !self.is_cancelled(*index));
        let others = others.map(|index| &self.submitted[index]).filter(|one| !one.is_ours());
        others.map(|one| u64::from(one.submission.tasks.saturating_sub(one.next_task()))).sum()
    }

    /// Were all tasks of a submission that are not sent yet cancelled?
    pub(crate) fn is_cancelled(&self, submission: usize) -> bool {
        let one = &self.submitted[submission];
        let next = one.next_task();
        next < one.submission.tasks
            && (next..one.submission.tasks).all(|task| self.cancelled[submission].contains(&task))
    }
}
