//! A table of cases that other tools get wrong.

use gainsweep_scheduler::Tasks;
use jiff::Timestamp;

use super::*;

fn row(state: TaskState, ended: bool) -> AccountingRow {
    AccountingRow {
        remark: "",
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
        run: "x".into(),
    }
}

/// A cell that was sent and is no longer in the queue; accounting is off.
fn gone<'a>() -> CellEvidence<'a> {
    CellEvidence {
        done: false,
        damaged: false,
        submitted: true,
        sent: true,
        cancelled: false,
        queue: Queue::Absent,
        accounting: Accounting::Off,
        last: None,
        last_is_of_this_job: true,
        last_is_newer: false,
        is_run: false,
        run_is_gone: false,
        has_checkpoint: false,
        log_says_memory: false,
        not_begun: None,
        announced: false,
    }
}

fn state(evidence: &CellEvidence) -> CellState {
    judge(evidence).state
}

#[test]
fn accounting_counts_when_it_knows_the_end() {
    use TaskState as J;
    let table = [
        (J::OutOfMemory, CellState::OutOfMemory),
        (J::Timeout, CellState::Timeout),
        (J::NodeFailure, CellState::NodeFailure),
        (J::Preempted, CellState::Preempted),
        (J::Cancelled, CellState::Cancelled),
        (J::Failed, CellState::Failed),
        // It exits 0 without a result.
        (J::Completed, CellState::Lost),
        (J::Other("FROBNICATED".into()), CellState::Unknown),
    ];
    for (job_state, expected) in table {
        let (ended, open) = (row(job_state.clone(), true), row(job_state.clone(), false));
        let with = |row| CellEvidence { accounting: Accounting::Row(row), ..gone() };
        assert_eq!(state(&with(&ended)), expected, "{job_state:?}");
        assert_eq!(state(&with(&open)), CellState::Unknown, "{job_state:?} without an end is no verdict");
    }
}

#[test]
fn what_is_done_is_done_whatever_slurm_says() {
    let failed = row(TaskState::Failed, true);
    let evidence = CellEvidence { done: true, accounting: Accounting::Row(&failed), ..gone() };
    assert_eq!(state(&evidence), CellState::Done);
}

#[test]
fn silence_is_no_verdict() {
    assert_eq!(state(&CellEvidence { queue: Queue::Unasked, ..gone() }), CellState::Unknown);
    assert_eq!(state(&CellEvidence { accounting: Accounting::Unasked, ..gone() }), CellState::Unknown);
    assert_eq!(state(&gone()), CellState::Lost, "both answered, and neither knows it");
    assert_eq!(state(&CellEvidence { accounting: Accounting::Nothing, ..gone() }), CellState::Lost);
    let cancelled = CellEvidence { accounting: Accounting::Nothing, cancelled: true, ..gone() };
    assert_eq!(state(&cancelled), CellState::Cancelled, "Slurm keeps no record, but we do");
}

#[test]
fn our_own_records_say_more_than_slurm() {
    let completed = row(TaskState::Failed, true);
    let table = [
        (Outcome::Failed, CellState::Failed),
        (Outcome::Diverged, CellState::Diverged),
        (Outcome::Killed, CellState::Failed),
        (Outcome::Stopped, CellState::Stopped),
        (Outcome::Done, CellState::Damaged),
    ];
    for (outcome, expected) in table {
        let last = attempt(outcome);
        let evidence = CellEvidence { last: Some(&last), accounting: Accounting::Row(&completed), ..gone() };
        assert_eq!(state(&evidence), expected, "{outcome}");
    }
    let last = attempt(Outcome::Killed);
    let memory = CellEvidence { last: Some(&last), log_says_memory: true, ..gone() };
    assert_eq!(state(&memory), CellState::OutOfMemory);
    let stopped = attempt(Outcome::Stopped);
    for (job_state, expected) in
        [(TaskState::Preempted, CellState::Preempted), (TaskState::Timeout, CellState::Timeout)]
    {
        let row = row(job_state, true);
        let evidence = CellEvidence { last: Some(&stopped), accounting: Accounting::Row(&row), ..gone() };
        assert_eq!(state(&evidence), expected);
        assert!(state(&evidence).is_interrupted());
    }
}

#[test]
fn a_run_that_was_killed_is_no_riddle() {
    let here = CellEvidence { submitted: false, sent: false, last_is_of_this_job: false, ..gone() };
    let started = attempt(Outcome::Started);
    let begun = CellEvidence { last: Some(&started), ..here };
    assert_eq!(state(&begun), CellState::Unknown, "nobody can tell whether it lives");
    let killed = CellEvidence { run_is_gone: true, ..begun };
    assert_eq!(state(&killed), CellState::Lost);
    assert_eq!(state(&CellEvidence { has_checkpoint: true, ..killed }), CellState::Stopped);
    assert_eq!(state(&CellEvidence { is_run: true, ..begun }), CellState::Running);
    assert_eq!(
        state(&CellEvidence { has_checkpoint: true, ..here }),
        CellState::Stopped,
        "no record, yet begun"
    );
}

#[test]
fn a_task_that_lives_says_where_its_cells_are() {
    let live = |state, last: Option<&Attempt>| {
        let queue = Queue::Live { state, reason: "Priority", stuck: None };
        judge(&CellEvidence { queue, last: None, ..gone() }.with(last)).state
    };
    let (started, failed) = (attempt(Outcome::Started), attempt(Outcome::Failed));
    assert_eq!(live(&TaskState::Pending, None), CellState::Pending);
    assert_eq!(live(&TaskState::Running, None), CellState::Pending, "another cell's turn");
    assert_eq!(live(&TaskState::Running, Some(&started)), CellState::Running);
    assert_eq!(live(&TaskState::Running, Some(&failed)), CellState::Failed);
    // Preempted and queued again: a stale row of accounting does not count.
    let stale = row(TaskState::Preempted, true);
    let stopped = attempt(Outcome::Stopped);
    let queue = Queue::Live { state: &TaskState::Pending, reason: "BeginTime", stuck: None };
    let evidence =
        CellEvidence { queue, accounting: Accounting::Row(&stale), last: Some(&stopped), ..gone() };
    assert_eq!(state(&evidence), CellState::Pending);
}

impl<'a> CellEvidence<'a> {
    fn with(self, last: Option<&'a Attempt>) -> CellEvidence<'a> {
        CellEvidence { last, ..self }
    }
}

#[test]
fn an_attempt_of_an_earlier_job_is_history() {
    let failed = attempt(Outcome::Failed);
    let queue = Queue::Live { state: &TaskState::Pending, reason: "Resources", stuck: None };
    let again = CellEvidence { queue, last: Some(&failed), last_is_of_this_job: false, ..gone() };
    assert_eq!(state(&again), CellState::Pending);
    let never = CellEvidence { submitted: false, sent: false, ..gone() };
    assert_eq!(state(&never), CellState::New);
    assert_eq!(state(&CellEvidence { submitted: true, sent: false, ..gone() }), CellState::Unsent);
}
