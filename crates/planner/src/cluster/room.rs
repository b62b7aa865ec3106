//! How many more tasks the cluster takes: the limits of each destination, and what is in the queue already.

use gainsweep_scheduler::{Destination, Limits, QueryError, Scheduler};
use gainsweep_store::submissions::Submission;

/// The limits of each destination: asked once.
pub(crate) struct KnownLimits<'a> {
    scheduler: &'a dyn Scheduler,
    known: Vec<(Destination, Limits)>,
}

impl<'a> KnownLimits<'a> {
    /// Those of the usual destination are known.
    pub(crate) fn new(scheduler: &'a dyn Scheduler, usual: Limits) -> KnownLimits<'a> {
        KnownLimits { scheduler, known: vec![(Destination::default(), usual)] }
    }

    /// # Errors
    /// The scheduler does not answer.
    pub(crate) fn of(&mut self, destination: &Destination) -> Result<&Limits, QueryError> {
        let known = self.known.iter().position(|(known, _)| known == destination);
        let place = if let Some(place) = known {
            place
        } else {
            self.known.push((destination.clone(), self.scheduler.limits(destination)?));
            self.known.len() - 1
        };
        Ok(&self.known[place].1)
    }
}

/// What is known about it while a wave is sent.
pub(super) struct Room<'a> {
    scheduler: &'a dyn Scheduler,
    limits: KnownLimits<'a>,
    /// Tasks of this user in the queue, if that had to be asked.
    queued: Option<u64>,
    /// So many tasks at once were not refused: the cluster told us no limit, but has one.
    learnt: Option<u64>,
}

impl<'a> Room<'a> {
    /// Nothing is asked yet, except the limits of the usual destination.
    pub(super) fn new(scheduler: &'a dyn Scheduler, usual: Limits) -> Room<'a> {
        Room { scheduler, limits: KnownLimits::new(scheduler, usual), queued: None, learnt: None }
    }

    /// How many of the tasks that wait one array may have now. 0: none.
    ///
    /// # Errors
    /// The scheduler does not answer.
    pub(super) fn for_one_array(&mut self, submission: &Submission, waiting: u32) -> Result<u32, QueryError> {
        let Limits { max_array_size, max_submit, .. } = *self.limits.of(&destination(submission))?;
        let most = u64::from(waiting.min(max_array_size.max(1))).min(self.learnt.unwrap_or(u64::MAX));
        let most = match max_submit {
            // One place is for the small job that sends the next wave.
            Some(limit) => most.min(limit.saturating_sub(self.queued()? + 1)),
            None => most,
        };
        Ok(u32::try_from(most).unwrap_or(u32::MAX))
    }

    /// So many tasks were sent.
    pub(super) fn take(&mut self, tasks: u32) {
        self.queued = self.queued.map(|queued| queued + u64::from(tasks));
    }

    /// So many tasks at once were refused. Is it worth to try fewer?
    pub(super) fn refused(&mut self, tasks: u32) -> bool {
        self.learnt = Some(u64::from(tasks / 2).max(1));
        tasks > 1
    }

    fn queued(&mut self) -> Result<u64, QueryError> {
        let queued = self.queued.map_or_else(|| self.scheduler.queued_tasks(), Ok)?;
        self.queued = Some(queued);
        Ok(queued)
    }
}

/// Where a submission goes.
fn destination(submission: &Submission) -> Destination {
    let said = |name: &str| {
        let option = submission.site.iter().find(|(known, _)| known == name);
        option.map(|(_, value)| value.clone())
    };
    Destination { account: said("account"), partition: said("partition"), quality: said("qos") }
}
