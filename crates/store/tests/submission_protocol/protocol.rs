//! The steps of planners, and what a cluster does meanwhile.

use stateright::{Model, Property};

use crate::records::{Command, Job, Look, Name, Planner, Read, Sending, State, Submission, Truth};

/// What accounting is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accounting {
    /// It knows what the controller knows.
    True,
    /// It may know nothing yet of a job, however old that is.
    Lags,
    Off,
}

/// What is assumed, and how much may happen.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "assumptions that are independent of each other")]
pub(crate) struct Protocol {
    /// Does the lock for sending exclude the other planner?
    pub(crate) locks: bool,
    /// Has every message arrived, or been lost, when `look_up` looks for the last time?
    pub(crate) patient: bool,
    /// May the queue answer as it was before a job arrived?
    pub(crate) stale_queue: bool,
    pub(crate) accounting: Accounting,
    /// Does `cancel` settle open announcements first, as `submit` does?
    pub(crate) cancel_settles: bool,
    pub(crate) crashes: u8,
    pub(crate) lost_answers: u8,
    pub(crate) submissions: usize,
}

/// Most jobs of a submission.
pub(crate) const JOBS: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Begin(usize, Command),
    /// The next step of a planner; questions are answered truly.
    Step(usize),
    /// The same; what may be stale is stale.
    Stale(usize),
    /// The scheduler does not answer the question.
    NoAnswer(usize),
    /// `sbatch` says that nothing was sent.
    Refuse(usize),
    /// The answer of `sbatch` is lost.
    Lose(usize),
    /// `kill -9`
    Crash(usize),
    Arrive(Name),
    Drop(Name),
    Start(Name),
    /// It ends; with results or without.
    End(Name, bool),
    Forget(Name),
}

/// What became of the cell, as far as it decides what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    /// It waits or runs, or nobody knows.
    Open,
    Unsent,
    /// It can be sent again.
    Gone,
}

impl Protocol {
    /// Was the job found? In the logs, the queue or accounting: each alone can prove it.
    fn finds(&self, truth: Truth, stale: bool) -> bool {
        let in_logs = matches!(truth, Truth::Running | Truth::Ended);
        let in_queue = truth.is_live() && !(stale && self.stale_queue);
        let in_accounting = match self.accounting {
            Accounting::True => truth.is_live() || truth == Truth::Ended,
            Accounting::Lags => (truth.is_live() && !stale) || truth == Truth::Ended,
            Accounting::Off => false,
        };
        in_logs || in_queue || in_accounting
    }

    /// `judge`: `live` is what the queue said.
    fn verdict(&self, state: &State, seen: &[Read], live: bool, stale: bool) -> Verdict {
        if state.done {
            return Verdict::Done;
        }
        let Some(newest) = seen.last() else { return Verdict::Gone };
        let Some(number) = newest.sent() else {
            return if newest.cancelled { Verdict::Gone } else { Verdict::Unsent };
        };
        if live {
            return Verdict::Open;
        }
        let truth = state.job(Name { submission: seen.len() - 1, number }).truth;
        let has_row = match self.accounting {
            Accounting::True => truth.is_live() || truth == Truth::Ended,
            Accounting::Lags => (truth.is_live() && !stale) || truth == Truth::Ended,
            Accounting::Off => false,
        };
        // A row without an end is no verdict.
        if has_row && truth != Truth::Ended { Verdict::Open } else { Verdict::Gone }
    }

    /// One look of `look_up`: the next one, or what is known now. `None` while its pause lasts.
    fn look(&self, state: &State, name: Name, look: Look, stale: bool) -> Option<Result<Sending, Look>> {
        let truth = state.job(name).truth;
        if look != Look::AtOnce && self.patient && truth == Truth::OnItsWay {
            return None;
        }
        Some(match look {
            _ if self.finds(truth, stale) => Ok(Sending::Sent),
            Look::AtOnce => Err(Look::Settled),
            Look::Settled => Err(Look::Last),
            Look::Last => Ok(Sending::Void),
        })
    }

    fn step(&self, state: &mut State, who: usize, stale: bool) -> Option<()> {
        let next = match state.planners[who].clone() {
            Planner::Idle => return None,
            Planner::Reading(command) => {
                Planner::Asking(command, state.submissions.iter().map(Read::of).collect())
            }
            Planner::Asking(command, seen) => {
                let name = seen.last().and_then(Read::sent);
                let truth = name.map(|number| state.job(Name { submission: seen.len() - 1, number }).truth);
                let live = truth.is_some_and(Truth::is_live) && !(stale && self.stale_queue);
                Planner::Settling { command, seen, live, look: Look::AtOnce, settled: false }
            }
            Planner::Settling { command, mut seen, live, look, settled } => {
                let open = |read: &Read| read.jobs.iter().position(|job| *job == Sending::Unknown);
                let mut all = seen.iter().enumerate();
                let unknown =
                    all.find_map(|(submission, read)| Some(Name { submission, number: open(read)? }));
                match unknown.filter(|_| command == Command::Submit || self.cancel_settles) {
                    Some(name) => match self.look(state, name, look, stale)? {
                        Err(look) => Planner::Settling { command, seen, live, look, settled },
                        Ok(sending) => {
                            record(state.job_mut(name), sending);
                            seen[name.submission].jobs[name.number] = sending;
                            Planner::Settling { command, seen, live, look: Look::AtOnce, settled: true }
                        }
                    },
                    None if settled => Planner::Reading(command),
                    None => Planner::Judging { command, seen, live },
                }
            }
            Planner::Judging { command, seen, live } => self.judge(state, who, command, &seen, live, stale),
            Planner::Creating => {
                if state.submissions.len() == self.submissions {
                    return None;
                }
                state.submissions.push(Submission::default());
                Planner::Announcing(Name { submission: state.submissions.len() - 1, number: 0 })
            }
            Planner::Announcing(name) => {
                let jobs = &mut state.submissions[name.submission].jobs;
                if jobs.len() > name.number {
                    // "another gainsweep is sending this sweep"
                    over(state, who)
                } else if jobs.len() == JOBS {
                    return None;
                } else {
                    jobs.push(Job { receipt: false, void: false, truth: Truth::Nowhere });
                    Planner::Submitting(name)
                }
            }
            Planner::Submitting(name) => {
                state.job_mut(name).truth = Truth::OnItsWay;
                Planner::Waiting(name)
            }
            Planner::Waiting(name) => match state.job(name).truth {
                Truth::OnItsWay => return None,
                Truth::Nowhere => Planner::LookingUp { name, look: Look::AtOnce },
                Truth::Pending | Truth::Running | Truth::Ended | Truth::Forgotten => {
                    Planner::Recording { name, sending: Sending::Sent }
                }
            },
            Planner::LookingUp { name, look } => match self.look(state, name, look, stale)? {
                Err(look) => Planner::LookingUp { name, look },
                Ok(sending) => Planner::Recording { name, sending },
            },
            Planner::Recording { name, sending } => {
                record(state.job_mut(name), sending);
                over(state, who)
            }
            Planner::Cancelling { submission, target } => {
                state.submissions[submission].cancelled = true;
                Planner::CancelSent(target)
            }
            Planner::CancelSent(target) => {
                let target = target.map(|name| &mut state.job_mut(name).truth);
                if let Some(truth) = target.filter(|truth| truth.is_live()) {
                    *truth = Truth::Ended;
                }
                state.cancelled_in_vain |= state.is_running();
                over(state, who)
            }
        };
        state.planners[who] = next;
        Some(())
    }

    /// What a command does, now that it knows what became of the cell.
    fn judge(
        &self,
        state: &mut State,
        who: usize,
        command: Command,
        seen: &[Read],
        live: bool,
        stale: bool,
    ) -> Planner {
        let verdict = self.verdict(state, seen, live, stale);
        // Not for the verdict `Gone` of a cell that was never sent.
        let submission = seen.len().saturating_sub(1);
        match (command, verdict) {
            (Command::Submit, Verdict::Done | Verdict::Open) => over(state, who),
            (Command::Submit, Verdict::Unsent) => {
                Planner::Announcing(Name { submission, number: seen[submission].jobs.len() })
            }
            (Command::Submit, Verdict::Gone) => Planner::Creating,
            (Command::Cancel, Verdict::Done | Verdict::Gone) => {
                state.cancelled_in_vain |= state.is_running();
                over(state, who)
            }
            (Command::Cancel, Verdict::Open | Verdict::Unsent) => {
                let number = seen[submission].jobs.iter().position(|job| *job == Sending::Sent);
                let target = number.filter(|_| live).map(|number| Name { submission, number });
                Planner::Cancelling { submission, target }
            }
        }
    }
}

/// What a cluster does with a job.
fn happens(state: &mut State, action: Action) -> Option<()> {
    let (Action::Arrive(name)
    | Action::Drop(name)
    | Action::Start(name)
    | Action::End(name, _)
    | Action::Forget(name)) = action
    else {
        return None;
    };
    let runs_nothing = state.done || state.submissions[name.submission].cancelled;
    let truth = match (action, state.job(name).truth) {
        (Action::Arrive(_), Truth::OnItsWay) => Truth::Pending,
        (Action::Drop(_), Truth::OnItsWay) => Truth::Nowhere,
        // `task` reads the record of the cancellation, and the claim, before it starts a worker.
        (Action::Start(_), Truth::Pending) if runs_nothing => Truth::Ended,
        (Action::Start(_), Truth::Pending) => Truth::Running,
        (Action::End(_, done), Truth::Running) => {
            state.done |= done;
            Truth::Ended
        }
        (Action::Forget(_), Truth::Pending) if state.forgotten == 0 => {
            state.forgotten += 1;
            Truth::Forgotten
        }
        _ => return None,
    };
    state.job_mut(name).truth = truth;
    Some(())
}

/// The command is over: its lock is free.
fn over(state: &mut State, who: usize) -> Planner {
    if state.lock == Some(who) {
        state.lock = None;
    }
    Planner::Idle
}

/// Writes a receipt or a void.
fn record(job: &mut Job, sending: Sending) {
    match sending {
        Sending::Sent => job.receipt = true,
        Sending::Void => job.void = true,
        Sending::Unknown => (),
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            submissions: Vec::new(),
            done: false,
            lock: None,
            planners: vec![Planner::Idle; 2],
            crashes: 0,
            lost_answers: 0,
            forgotten: 0,
            cancelled_in_vain: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for who in 0..state.planners.len() {
            actions.extend([Command::Submit, Command::Cancel].map(|command| Action::Begin(who, command)));
            actions.extend([Action::Step(who), Action::NoAnswer(who), Action::Refuse(who)]);
            actions.extend([Action::Lose(who), Action::Crash(who)]);
            if self.stale_queue || self.accounting == Accounting::Lags {
                actions.push(Action::Stale(who));
            }
        }
        for name in state.names() {
            actions.extend([Action::Arrive(name), Action::Drop(name), Action::Start(name)]);
            actions.extend([Action::End(name, true), Action::End(name, false), Action::Forget(name)]);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Begin(who, command) => {
                if next.planners[who] != Planner::Idle || (self.locks && next.lock.is_some()) {
                    return None;
                }
                next.lock = self.locks.then_some(who);
                next.planners[who] = Planner::Reading(command);
            }
            Action::Step(who) => self.step(&mut next, who, false)?,
            Action::Stale(who) => self.step(&mut next, who, true)?,
            Action::NoAnswer(who) => {
                let (Planner::Asking(..) | Planner::Settling { .. } | Planner::LookingUp { .. }) =
                    &next.planners[who]
                else {
                    return None;
                };
                next.planners[who] = over(&mut next, who);
            }
            Action::Refuse(who) => {
                let Planner::Submitting(name) = next.planners[who] else { return None };
                next.planners[who] = Planner::Recording { name, sending: Sending::Void };
            }
            Action::Lose(who) => {
                let Planner::Waiting(name) = next.planners[who] else { return None };
                if next.lost_answers == self.lost_answers {
                    return None;
                }
                next.lost_answers += 1;
                next.planners[who] = Planner::LookingUp { name, look: Look::AtOnce };
            }
            Action::Crash(who) => {
                if next.planners[who] == Planner::Idle || next.crashes == self.crashes {
                    return None;
                }
                next.crashes += 1;
                next.planners[who] = over(&mut next, who);
            }
            Action::Arrive(_) | Action::Drop(_) | Action::Start(_) | Action::End(..) | Action::Forget(_) => {
                happens(&mut next, action)?;
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NO_GHOST, |_, state: &State| !state.jobs().any(Job::is_ghost)),
            Property::always(ONE_LIVE_JOB, |_, state: &State| state.live() <= 1),
            Property::always(CANCELLED_IS_CANCELLED, |_, state: &State| !state.cancelled_in_vain),
            Property::sometimes("an open announcement is found to be sent", |_, state: &State| {
                state.lost_answers + state.crashes > 0 && state.jobs().any(|job| job.receipt)
            }),
            Property::sometimes("a cell whose job is gone is sent again", |_, state: &State| {
                state.submissions.len() > 1 && state.live() == 1
            }),
            Property::sometimes("a cancelled cell is sent again and done", |_, state: &State| {
                state.done && state.submissions.iter().any(|submission| submission.cancelled)
            }),
        ]
    }
}

pub(crate) const NO_GHOST: &str = "no job lives of which the records say that it was not sent";
pub(crate) const ONE_LIVE_JOB: &str = "a cell has at most one live job";
pub(crate) const CANCELLED_IS_CANCELLED: &str = "no job computes on when cancel has succeeded";
