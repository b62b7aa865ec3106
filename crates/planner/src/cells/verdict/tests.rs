//! What the survey of other tools found them to get wrong, as a table.

use gainsweep_scheduler::Tasks;
use jiff::Timestamp;

use super::*;

fn row(state: TaskState, ended: bool) -> AccountingRow {
    AccountingRow {
        job: 7,
        tasks: Tasks::One(2),
        name: "gs-s-x-1".into(),
        state,
        exit_code: 0,
        signal: 0,
        end: ended.then(|| Timestamp::from_second(1_700_000_000).expect("a time")),
        nodes: "node03".into(),
    }
}

fn attempt(outcome: Outcome) -> Attempt {
    Attempt {
        cell: "14c4641a39128249".parse().expect("an id"),
        number: 1,
        started: Timestamp::from_second(1_700_000_000).expect("a time"),
        ended: None,
        seconds: None,
        outcome,
        exit_code: None,
        signal: None,
        host: "node03".into(),
        job: Some("7_2".into()),
        peak_bytes: None,
        reason: "its last words".into(),
    }
}

/// A cell that was sent and is in no queue any more; accounting is off.
fn gone<'a>() -> Evidence<'a> {
    Evidence {
        done: false,
        submitted: true,
        sent: true,
        cancelled: false,
        queue: Queue::Absent,
        accounting: Accounting::Off,
        last: None,
        last_is_of_this_job: true,
        last_is_newer: false,
        is_run: false,
        log_says_memory: false,
    }
}

fn state(evidence: &Evidence) -> State {
    judge(evidence).state
}

#[test]
fn accounting_counts_when_it_knows_the_end() {
    use TaskState as J;
    let table = [
        (J::OutOfMemory, State::OutOfMemory),
        (J::Timeout, State::Timeout),
        (J::NodeFailure, State::NodeFailure),
        (J::Preempted, State::Preempted),
        (J::Cancelled, State::Cancelled),
        (J::Failed, State::Failed),
        // It exits 0 without a result.
        (J::Completed, State::Lost),
        (J::Other("FROBNICATED".into()), State::Unknown),
    ];
    for (job_state, expected) in table {
        let (ended, open) = (row(job_state.clone(), true), row(job_state.clone(), false));
        let with = |row| Evidence { accounting: Accounting::Row(row), ..gone() };
        assert_eq!(state(&with(&ended)), expected, "{job_state:?}");
        assert_eq!(state(&with(&open)), State::Unknown, "{job_state:?} without an end is no verdict");
    }
}

#[test]
fn what_is_done_is_done_whatever_slurm_says() {
    let failed = row(TaskState::Failed, true);
    let evidence = Evidence { done: true, accounting: Accounting::Row(&failed), ..gone() };
    assert_eq!(state(&evidence), State::Done);
}

#[test]
fn silence_is_no_verdict() {
    assert_eq!(state(&Evidence { queue: Queue::Unasked, ..gone() }), State::Unknown);
    assert_eq!(state(&Evidence { accounting: Accounting::Unasked, ..gone() }), State::Unknown);
    assert_eq!(state(&gone()), State::Lost, "both have answered, and neither knows it");
    assert_eq!(state(&Evidence { accounting: Accounting::Nothing, ..gone() }), State::Lost);
    let cancelled = Evidence { accounting: Accounting::Nothing, cancelled: true, ..gone() };
    assert_eq!(state(&cancelled), State::Cancelled, "Slurm keeps no record, but we do");
}

#[test]
fn our_own_records_say_more_than_slurm() {
    let completed = row(TaskState::Failed, true);
    let table = [
        (Outcome::Failed, State::Failed),
        (Outcome::Diverged, State::Diverged),
        (Outcome::Killed, State::Failed),
        (Outcome::Stopped, State::Stopped),
        (Outcome::Done, State::Lost),
    ];
    for (outcome, expected) in table {
        let last = attempt(outcome);
        let evidence = Evidence { last: Some(&last), accounting: Accounting::Row(&completed), ..gone() };
        assert_eq!(state(&evidence), expected, "{outcome}");
    }
    let last = attempt(Outcome::Killed);
    let memory = Evidence { last: Some(&last), log_says_memory: true, ..gone() };
    assert_eq!(state(&memory), State::OutOfMemory);
    let stopped = attempt(Outcome::Stopped);
    for (job_state, expected) in
        [(TaskState::Preempted, State::Preempted), (TaskState::Timeout, State::Timeout)]
    {
        let row = row(job_state, true);
        let evidence = Evidence { last: Some(&stopped), accounting: Accounting::Row(&row), ..gone() };
        assert_eq!(state(&evidence), expected);
        assert!(state(&evidence).goes_on());
    }
}

#[test]
fn a_task_that_lives_says_where_its_cells_are() {
    let live = |state, last: Option<&Attempt>| {
        let queue = Queue::Live { state, reason: "Priority" };
        judge(&Evidence { queue, last: None, ..gone() }.with(last)).state
    };
    let (started, failed) = (attempt(Outcome::Started), attempt(Outcome::Failed));
    assert_eq!(live(&TaskState::Pending, None), State::Pending);
    assert_eq!(live(&TaskState::Running, None), State::Pending, "another cell's turn");
    assert_eq!(live(&TaskState::Running, Some(&started)), State::Running);
    assert_eq!(live(&TaskState::Running, Some(&failed)), State::Failed);
    // Preempted and queued again: a stale row of accounting says nothing.
    let stale = row(TaskState::Preempted, true);
    let stopped = attempt(Outcome::Stopped);
    let queue = Queue::Live { state: &TaskState::Pending, reason: "BeginTime" };
    let evidence = Evidence { queue, accounting: Accounting::Row(&stale), last: Some(&stopped), ..gone() };
    assert_eq!(state(&evidence), State::Pending);
}

impl<'a> Evidence<'a> {
    fn with(self, last: Option<&'a Attempt>) -> Evidence<'a> {
        Evidence { last, ..self }
    }
}

#[test]
fn an_attempt_of_an_earlier_job_is_history() {
    let failed = attempt(Outcome::Failed);
    let queue = Queue::Live { state: &TaskState::Pending, reason: "Resources" };
    let again = Evidence { queue, last: Some(&failed), last_is_of_this_job: false, ..gone() };
    assert_eq!(state(&again), State::Pending);
    let never = Evidence { submitted: false, sent: false, ..gone() };
    assert_eq!(state(&never), State::New);
    assert_eq!(state(&Evidence { submitted: true, sent: false, ..gone() }), State::Unsent);
}
