//! Sends jobs exactly once: announcement, job, receipt. A job without a receipt is looked up by its name.

use std::time::Duration;

use anyhow::anyhow;
use gainsweep_scheduler::{
    Accounting, Array, JobId, LogFolder, Refusal, Scheduler, SubmitError, SubmitOptions, logs,
};
use gainsweep_store::SweepFolder;
use gainsweep_store::submissions::{Announcement, Receipt, SUBMISSION_FORMAT, Sending, Submitted, Void};
use jiff::Timestamp;

use super::room::Room;
use super::{kill_points, new_submission, not_submitted};
use crate::screen;
use crate::screen::failure::Failure;

/// The pause before a name is looked up for the last time.
const LAST_LOOK: Duration = if cfg!(test) { Duration::ZERO } else { Duration::from_secs(2) };

/// The outcome of sending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Numbers of the jobs sent now.
    pub(crate) jobs: Vec<u64>,
    /// Tasks that wait for a later wave.
    pub(crate) waiting: u32,
    /// Why they wait.
    pub(crate) because: String,
    /// They wait for a canary.
    pub(crate) canary: bool,
}

/// Sends jobs. It holds the sweep's submit lock.
pub(super) struct Sender<'a> {
    pub(super) scheduler: &'a dyn Scheduler,
    pub(super) folder: &'a SweepFolder,
    /// So long after its answer was lost, a job may still appear.
    pub(super) late: Duration,
}

impl Sender<'_> {
    /// Finds out whether each announced job without a receipt was sent.
    ///
    /// # Errors
    /// That cannot be found out now: nothing may be sent.
    pub(super) fn settle(&self, submitted: &mut [Submitted]) -> Result<u32, Failure> {
        let mut settled = 0;
        for one in submitted {
            let unknown: Vec<(u32, Announcement)> = one
                .jobs
                .iter()
                .filter(|job| job.sending == Sending::Unknown)
                .map(|job| (job.number, job.announcement.clone()))
                .collect();
            for (number, announcement) in unknown {
                let sending = self.look_up(&announcement)?;
                let found = matches!(sending, Sending::Sent(_));
                let scheduler = self.scheduler.name();
                screen::talk(&format!(
                    "{}: an earlier planner was killed here; {scheduler} {}",
                    announcement.name,
                    if found { "has the job" } else { "does not have it" }
                ));
                kill_points::passed();
                one.settle(number, &sending)?;
                kill_points::passed();
                settled += 1;
            }
        }
        Ok(settled)
    }

    /// Sends as many of a submission's tasks as the cluster takes now. `may_follow` says whether the tasks
    /// after a canary may be sent.
    ///
    /// # Errors
    /// The scheduler refused, or does not answer, or a record cannot be written. Nothing is lost: run the
    /// command again to resume.
    pub(super) fn send(
        &self,
        submitted: &mut Submitted,
        may_follow: impl Fn() -> bool,
        room: &mut Room,
    ) -> Result<Sent, Failure> {
        let mut sent = Sent::default();
        loop {
            let next = submitted.next_task();
            let rest = submitted.submission.tasks - next;
            sent.waiting = rest;
            if rest == 0 {
                return Ok(sent);
            }
            let canary = submitted.submission.canary;
            if canary && next > 0 && !may_follow() {
                sent.because = "the canary's cells are not done yet".into();
                sent.canary = true;
                return Ok(sent);
            }
            let most = if canary && next == 0 { 1 } else { rest };
            let count = room.for_one_array(&submitted.submission, most)?;
            if count == 0 {
                sent.because = "the cluster accepts no more of your jobs now".into();
                return Ok(sent);
            }
            let logs = new_submission::logs(self.scheduler, self.folder)?;
            let now = format!("{:.0}", Timestamp::now());
            let Some(job) = submitted.announce(next, count, &now)? else {
                return Err(anyhow!("another gainsweep is sending this sweep: run this again").into());
            };
            kill_points::passed();
            let sending = self.send_one(submitted, &job.announcement, logs);
            kill_points::passed();
            match sending {
                Ok(Sending::Sent(receipt)) => {
                    sent.jobs.push(receipt.job);
                    submitted.settle(job.number, &Sending::Sent(receipt))?;
                    kill_points::passed();
                    room.take(count);
                }
                Ok(other) => {
                    submitted.settle(job.number, &other)?;
                    return Err(anyhow!(
                        "the submission did not reach the scheduler: nothing was sent, run this again"
                    )
                    .into());
                }
                Err(SubmitError::Refused { kind, message, .. }) if kind.is_for_now() => {
                    submitted.settle(job.number, &void(&message))?;
                    // A limit that nobody told us: fewer may fit.
                    if kind == Refusal::SubmitLimit && room.refused(count) {
                        continue;
                    }
                    sent.because = message;
                    return Ok(sent);
                }
                // Unknown: the announcement stays open, and the next command looks the name up.
                Err(error @ SubmitError::Uncertain { .. }) => return Err(not_submitted(error)),
                Err(error) => {
                    submitted.settle(job.number, &void(&error.to_string()))?;
                    if matches!(error, SubmitError::Refused { .. }) {
                        // A retry would be refused again: the next `submit` makes a new submission of these
                        // cells.
                        submitted.cancel((next..submitted.submission.tasks).collect(), &now)?;
                    }
                    return Err(not_submitted(error));
                }
            }
        }
    }

    /// Sends one announced job. If the answer is lost, looks the job up by its name.
    fn send_one(
        &self,
        submitted: &Submitted,
        announcement: &Announcement,
        logs: LogFolder,
    ) -> Result<Sending, SubmitError> {
        let options = SubmitOptions {
            name: announcement.name.clone(),
            array: Some(Array { tasks: announcement.count, at_most: submitted.submission.at_most }),
            logs,
            after: None,
            pause_minutes: None,
        };
        match self.scheduler.submit(&submitted.script(), &options) {
            Ok(JobId(job)) => Ok(Sending::Sent(Receipt { format: SUBMISSION_FORMAT, job, found: false })),
            Err(SubmitError::Uncertain { message }) => {
                screen::talk(&format!(
                    "{} gave no clear answer ({message}); looking for the job by its name",
                    self.scheduler.name()
                ));
                self.look_up(announcement).map_err(|error| SubmitError::Uncertain {
                    message: format!("{message}; then: {}", crate::screen::diagnostics::plain_text(&error)),
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Was the job sent? Looks in the queue, in accounting and in the logs. Each one alone can prove that it
    /// was.
    fn look_up(&self, announcement: &Announcement) -> Result<Sending, Failure> {
        let created: Timestamp = announcement.created.parse().unwrap_or(Timestamp::UNIX_EPOCH);
        let name = std::slice::from_ref(&announcement.name);
        // At once, after any submission under way has arrived, and once more in case the controller was busy. The
        // answer was lost at some time up to now.
        for pause in [Duration::ZERO, self.late, LAST_LOOK] {
            std::thread::sleep(pause);
            if let Some(JobId(job)) = self.in_logs(&announcement.name) {
                return Ok(found(job));
            }
            if let Some(row) = self.scheduler.queue(name)?.iter().find(|row| row.name == announcement.name) {
                return Ok(found(row.job));
            }
            if let Accounting::Rows(rows) = self.scheduler.accounting(name, created)?
                && let Some(row) = rows.iter().find(|row| row.name == announcement.name)
            {
                return Ok(found(row.job));
            }
        }
        let reason = format!("{} has no job of that name", self.scheduler.name());
        Ok(Sending::Void(Void { format: SUBMISSION_FORMAT, reason, uncertain: true }))
    }

    /// The number of a job of that name, from the log of any of its tasks.
    fn in_logs(&self, name: &str) -> Option<JobId> {
        let entries = fs_err::read_dir(self.folder.logs()).ok()?;
        entries.flatten().find_map(|entry| logs::job_of(entry.file_name().to_str()?, name))
    }
}

fn found(job: u64) -> Sending {
    Sending::Sent(Receipt { format: SUBMISSION_FORMAT, job, found: true })
}

fn void(reason: &str) -> Sending {
    Sending::Void(Void { format: SUBMISSION_FORMAT, reason: reason.to_string(), uncertain: false })
}
