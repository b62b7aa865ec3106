//! What is on disk and in the cluster: the state of the model.

/// What the records say about an announced job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sending {
    Unknown,
    Sent,
    Void,
}

/// Where a job is in truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Truth {
    /// No message was sent, or it got lost.
    Nowhere,
    /// The message was sent, and may arrive long after its sender died.
    OnItsWay,
    Pending,
    Running,
    /// Accounting knows its end.
    Ended,
    /// The controller crashed and lost it; nobody knows it any more.
    Forgotten,
}

impl Truth {
    pub(crate) fn is_live(self) -> bool {
        matches!(self, Truth::Pending | Truth::Running)
    }
}

/// An announced job: its two possible records, and the truth.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Job {
    pub(crate) receipt: bool,
    pub(crate) void: bool,
    pub(crate) truth: Truth,
}

impl Job {
    /// As `Submitted::read_jobs` reads it: a receipt counts, whatever else is there.
    pub(crate) fn sending(&self) -> Sending {
        match (self.receipt, self.void) {
            (true, _) => Sending::Sent,
            (false, true) => Sending::Void,
            (false, false) => Sending::Unknown,
        }
    }

    /// It lives, and the records say that it was never sent.
    pub(crate) fn is_ghost(&self) -> bool {
        self.truth.is_live() && self.sending() == Sending::Void
    }
}

/// A submission of the one cell, as its only task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Submission {
    pub(crate) jobs: Vec<Job>,
    pub(crate) cancelled: bool,
}

/// What a planner has read of a submission.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Read {
    pub(crate) jobs: Vec<Sending>,
    pub(crate) cancelled: bool,
}

impl Read {
    pub(crate) fn of(submission: &Submission) -> Read {
        Read { jobs: submission.jobs.iter().map(Job::sending).collect(), cancelled: submission.cancelled }
    }

    /// The job that holds the cell, if it was or may have been sent.
    pub(crate) fn sent(&self) -> Option<usize> {
        self.jobs.iter().position(|job| *job != Sending::Void)
    }
}

/// A job: of which submission, and which of its jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) submission: usize,
    pub(crate) number: usize,
}

/// Which command a planner runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Command {
    Submit,
    Cancel,
}

/// The three looks of `Sender::look_up`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Look {
    AtOnce,
    /// After `SETTLED`.
    Settled,
    /// After `LAST_LOOK`.
    Last,
}

/// Where a planner is. It holds the lock in all but the first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Planner {
    Idle,
    /// `Evidence::look`: it reads the records.
    Reading(Command),
    /// It asks the queue.
    Asking(Command, Vec<Read>),
    /// `Sender::settle`: it looks up what was announced and has no receipt. `live`: the queue's answer for the cell.
    Settling {
        command: Command,
        seen: Vec<Read>,
        live: bool,
        look: Look,
        settled: bool,
    },
    /// `judge`, with the answer of accounting.
    Judging {
        command: Command,
        seen: Vec<Read>,
        live: bool,
    },
    /// `new_submission::create`
    Creating,
    /// `Submitted::announce`
    Announcing(Name),
    /// It starts `Scheduler::submit`.
    Submitting(Name),
    /// It waits for the answer.
    Waiting(Name),
    /// `Sender::send_one`: the answer was lost, and it looks the job up.
    LookingUp {
        name: Name,
        look: Look,
    },
    /// `Submitted::settle`: it writes what it knows now.
    Recording {
        name: Name,
        sending: Sending,
    },
    /// It writes the record of a cancellation, before it cancels `target`.
    Cancelling {
        submission: usize,
        target: Option<Name>,
    },
    /// `Scheduler::cancel`
    CancelSent(Option<Name>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) submissions: Vec<Submission>,
    pub(crate) done: bool,
    pub(crate) lock: Option<usize>,
    pub(crate) planners: Vec<Planner>,
    pub(crate) crashes: u8,
    pub(crate) lost_answers: u8,
    pub(crate) forgotten: u8,
    /// Did `cancel` succeed while a job of the cell computed on?
    pub(crate) cancelled_in_vain: bool,
}

impl State {
    pub(crate) fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.submissions.iter().flat_map(|submission| &submission.jobs)
    }

    pub(crate) fn job(&self, name: Name) -> &Job {
        &self.submissions[name.submission].jobs[name.number]
    }

    pub(crate) fn job_mut(&mut self, name: Name) -> &mut Job {
        &mut self.submissions[name.submission].jobs[name.number]
    }

    pub(crate) fn is_running(&self) -> bool {
        self.jobs().any(|job| job.truth == Truth::Running)
    }

    pub(crate) fn live(&self) -> usize {
        self.jobs().filter(|job| job.truth.is_live()).count()
    }

    pub(crate) fn names(&self) -> Vec<Name> {
        let jobs = |(submission, of): (usize, &Submission)| {
            (0..of.jobs.len()).map(move |number| Name { submission, number }).collect::<Vec<_>>()
        };
        self.submissions.iter().enumerate().flat_map(jobs).collect()
    }
}
