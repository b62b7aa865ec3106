//! One wave of a sweep's jobs, sent by `submit`, `retry`, `status`, or the small job between two waves.
//!
//! The steps: take the sweep's lock, read the scheduler's limits, look at the queue, settle what an earlier
//! planner left open, compute how many tasks fit, then send new submissions and all that waits.

use gainsweep_scheduler::{Destination, JobId, Limits, Scheduler, SubmitOptions, TaskId};
use gainsweep_store::submissions::{Sending, Submitted};
use gainsweep_store::{ReadError, SweepFolder};

use super::new_submission;
use super::room::Room;
use super::send::Sender;
pub(crate) use super::send::Sent;
use crate::cells::evidence::Evidence;
use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::sweep_lock::SweepLock;

/// The shortest pause of the small job if this one could send nothing.
const PAUSE_MINUTES: u64 = 5;

/// The exclusive right to send a sweep's jobs, with nothing left open. It ends when the wave is sent or
/// dropped.
pub(crate) struct Wave<'a> {
    scheduler: &'a dyn Scheduler,
    folder: &'a SweepFolder,
    pub(crate) limits: Limits,
    _lock: SweepLock,
}

impl<'a> Wave<'a> {
    /// Waits for the sweep's lock, and looks at the sweep.
    ///
    /// # Errors
    /// The scheduler does not show its queue, or an open announcement cannot be settled: nothing may be sent.
    pub(crate) fn begin(
        scheduler: &'a dyn Scheduler,
        folder: &'a SweepFolder,
    ) -> Result<(Wave<'a>, Evidence), Failure> {
        let wave = Wave::of(SweepLock::to_send(folder)?, scheduler, folder)?;
        let mut evidence = Evidence::look(folder, scheduler)?;
        refuse_if_blind(&evidence)?;
        refuse_if_unreadable(&evidence)?;
        settle(&wave.sender(), &mut evidence)?;
        Ok((wave, evidence))
    }

    /// The same with evidence that was read before; `None` if another process sends at this moment.
    ///
    /// # Errors
    /// As for [`Wave::begin`].
    pub(crate) fn begin_if_free(
        scheduler: &'a dyn Scheduler,
        folder: &'a SweepFolder,
        evidence: &mut Evidence,
    ) -> Result<Option<Wave<'a>>, Failure> {
        let Some(lock) = SweepLock::try_to_send(folder)? else { return Ok(None) };
        let wave = Wave::of(lock, scheduler, folder)?;
        evidence.read_again()?;
        refuse_if_unreadable(evidence)?;
        wave.sender().settle(&mut evidence.sent.submitted)?;
        Ok(Some(wave))
    }

    fn of(
        turn: SweepLock,
        scheduler: &'a dyn Scheduler,
        folder: &'a SweepFolder,
    ) -> Result<Wave<'a>, Failure> {
        let limits = scheduler.limits(&Destination::default())?;
        Ok(Wave { scheduler, folder, limits, _lock: turn })
    }

    fn sender(&self) -> Sender<'_> {
        Sender { scheduler: self.scheduler, folder: self.folder, late: self.limits.late }
    }

    /// Adds these new submissions, and sends all waiting tasks that the cluster takes now.
    ///
    /// # Errors
    /// The scheduler refused, or does not answer, or a record cannot be written. Nothing is lost: run the
    /// command again to resume.
    pub(crate) fn send(
        self,
        evidence: &mut Evidence,
        new: impl IntoIterator<Item = Result<Submitted, Failure>>,
    ) -> Result<Sent, Failure> {
        let mut room = Room::new(self.scheduler, self.limits.clone());
        for submitted in new {
            evidence.sent.add(submitted?)?;
        }
        send_all(&self.sender(), evidence, &mut room)
    }
}

/// Cancels the jobs that appeared after they had been given up: their cells were sent again, or will be. Are there any?
///
/// # Errors
/// The scheduler does not answer.
fn end_ghosts(evidence: &Evidence, scheduler: &dyn Scheduler) -> Result<bool, Failure> {
    if evidence.ghosts.is_empty() {
        return Ok(false);
    }
    scheduler.cancel(&evidence.ghosts)?;
    for TaskId { job, .. } in &evidence.ghosts {
        screen::talk(&format!("cancelled job {job}, which appeared after it had been given up"));
    }
    Ok(true)
}

/// Everything known about a sweep, with nothing left open. The caller holds the sweep's lock.
///
/// # Errors
/// The scheduler does not show its queue, or an open announcement cannot be settled.
pub(crate) fn look_and_settle(scheduler: &dyn Scheduler, folder: &SweepFolder) -> Result<Evidence, Failure> {
    let mut evidence = Evidence::look(folder, scheduler)?;
    refuse_if_blind(&evidence)?;
    let late = scheduler.limits(&Destination::default())?.late;
    settle(&Sender { scheduler, folder, late }, &mut evidence)?;
    Ok(evidence)
}

/// Settles what an earlier planner left open, ends ghosts, and looks again if there was anything.
fn settle(sender: &Sender, evidence: &mut Evidence) -> Result<(), Failure> {
    let settled = sender.settle(&mut evidence.sent.submitted)?;
    if end_ghosts(evidence, sender.scheduler)? || settled > 0 {
        *evidence = Evidence::look(sender.folder, sender.scheduler)?;
        refuse_if_blind(evidence)?;
    }
    Ok(())
}

/// Nothing may be sent or cancelled while the queue is unknown.
///
/// # Errors
/// The scheduler does not show its queue.
pub(crate) fn refuse_if_blind(evidence: &Evidence) -> Result<(), Failure> {
    if evidence.is_blind() {
        return Err(anyhow::anyhow!("nothing was sent: {}", evidence.trouble.join("; ")).into());
    }
    Ok(())
}

/// Nothing may be sent while a submission cannot be read: its cells may be in the queue.
fn refuse_if_unreadable(evidence: &Evidence) -> Result<(), Failure> {
    let unreadable = &evidence.sent.unreadable;
    if unreadable.is_empty() {
        return Ok(());
    }
    Err(anyhow::anyhow!(
        "nothing was sent: a submission cannot be read, and its cells may be in the queue: {}. Try again later; if it \
         is damaged for good, cancel its jobs and move its folder away",
        wording::one_line(&unreadable.join("; "))
    )
    .into())
}

/// Sends the waiting tasks of these submissions. If some must wait longer, also sends a small job that
/// continues when the first jobs end.
///
/// # Errors
/// As for [`Sender::send`].
fn send_all(sender: &Sender, evidence: &mut Evidence, room: &mut Room) -> Result<Sent, Failure> {
    let mut all = Sent::default();
    let mut waiting = Vec::new();
    for index in 0..evidence.sent.submitted.len() {
        let canary: Vec<_> = evidence
            .sent
            .places
            .iter()
            .filter(|(_, place)| **place == (index, 0))
            .map(|(cell, _)| *cell)
            .collect();
        let done = canary.iter().try_fold(true, |done, cell| {
            Ok::<_, ReadError>(done && evidence.folder.cell(*cell).is_done()?)
        })?;
        let one = &evidence.sent.submitted[index];
        if evidence.sent.is_cancelled(index) || !one.is_ours() || one.has_moved() {
            continue;
        }
        let waits = evidence.sent.waits(index);
        if waits && let Some((reason, count)) = evidence.same_error(index) {
            all.waiting +=
                evidence.sent.submitted[index].submission.tasks - evidence.sent.submitted[index].next_task();
            all.because = format!(
                "{count} cells failed with the same error, so sending stopped: {}; fix the cause, `gainsweep \
                 cancel` this and submit again",
                wording::one_line(&reason)
            );
            continue;
        }
        let sent = sender.send(&mut evidence.sent.submitted[index], || done, room)?;
        if sent.waiting > 0 {
            all.because.clone_from(&sent.because);
            // A finished canary that is not done needs a person: sending anything now would not help.
            if !sent.canary || !sent.jobs.is_empty() {
                waiting.push(index);
            }
        }
        all.jobs.extend(sent.jobs);
        all.waiting += sent.waiting;
    }
    follow(sender, evidence, &waiting, all.jobs.is_empty())?;
    Ok(all)
}

/// Sends the small job that sends the next wave. A sweep has at most one of them in the queue. If nothing
/// could be sent now, it waits a while.
fn follow(sender: &Sender, evidence: &Evidence, waiting: &[usize], in_vain: bool) -> Result<(), Failure> {
    let Some(submitted) = waiting.first().map(|index| &evidence.sent.submitted[*index]) else {
        return Ok(());
    };
    let name_of = |submitted: &Submitted| format!("{}-next", submitted.submission.name);
    let names: Vec<String> = evidence.sent.submitted.iter().map(name_of).collect();
    let waits = sender.scheduler.queue(&names)?;
    // This process may be that job.
    let own =
        sender.scheduler.own_task().is_some_and(|task| task.name.is_some_and(|name| names.contains(&name)));
    let others = waits.iter().filter(|row| row.state.is_live()).count();
    if others > usize::from(own) {
        return Ok(());
    }
    // The newest of the sent jobs: when it is over there is room again.
    let jobs = evidence.sent.submitted.iter().flat_map(|one| &one.jobs);
    let sent = jobs.filter_map(|job| match &job.sending {
        Sending::Sent(receipt) => Some(JobId(receipt.job)),
        Sending::Unknown | Sending::Void(_) => None,
    });
    let Some(last) = sent.max() else { return Ok(()) };
    // Earlier versions wrote it when it was first needed. Then the next `status` sends the wave.
    let script = submitted.next_script();
    if !script.exists() {
        return Ok(());
    }
    let options = SubmitOptions {
        name: name_of(submitted),
        array: None,
        logs: new_submission::logs(sender.scheduler, sender.folder)?,
        after: Some(last),
        // The job that it waits for may be long over. Without a pause it would return as fast as the
        // scheduler starts it.
        pause_minutes: in_vain.then_some(PAUSE_MINUTES),
    };
    // Without it the next `status` sends the next wave.
    if let Err(error) = sender.scheduler.submit(&script, &options) {
        screen::talk(&format!(
            "the job that sends the next wave was not accepted ({error}); `gainsweep status` sends the wave"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
