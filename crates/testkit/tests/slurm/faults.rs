//! Faults, and that none of them is taken for an answer.

use std::time::Duration;

use gainsweep_scheduler::slurm::Slurm;
use gainsweep_scheduler::{
    Accounting, Destination, JobId, QueryError, Scheduler, SubmitError, TaskId, TaskState, Tasks,
};
use gainsweep_testkit::fake_slurm::Fault;
use gainsweep_testkit::slurm_command::SlurmCommand;
use jiff::Timestamp;

use super::FakeBench;

#[test]
fn an_answer_that_never_comes_is_uncertain_and_the_name_tells() {
    let mut bench = FakeBench::held();
    bench.bench.slurm.submit_timeout = Duration::from_millis(700);
    bench.cluster.fault_times(SlurmCommand::Sbatch, Fault::HangAfter { seconds: 60.0 }, 1);
    let error = bench.try_submit("lost", &[("array", "0-3")], "true").expect_err("no answer");
    assert!(matches!(error, SubmitError::Uncertain { .. }), "{error}");
    assert_eq!(bench.queue("lost")[0].tasks, Tasks::Ranges(vec![(0, 3)]));
    bench.cluster.fault_times(SlurmCommand::Sbatch, Fault::HangBefore { seconds: 60.0 }, 1);
    let error = bench.try_submit("never", &[], "true").expect_err("no answer");
    assert!(matches!(error, SubmitError::Uncertain { .. }), "{error}");
    assert_eq!(bench.queue("never"), []);
}

#[test]
fn a_connection_that_breaks_off_is_uncertain_whatever_was_done() {
    let bench = FakeBench::held();
    for (fault, name, count) in [
        (Fault::TimedOutAfter, "after", 1),
        (Fault::TimedOutBefore, "before", 0),
        (Fault::KilledAfter, "killed", 1),
        (Fault::Empty, "empty", 0),
    ] {
        bench.cluster.fault_times(SlurmCommand::Sbatch, fault, 1);
        let error = bench.try_submit(name, &[], "true").expect_err("no id");
        assert!(matches!(error, SubmitError::Uncertain { .. }), "{name}: {error}");
        assert_eq!(bench.queue(name).len(), count, "{name}");
    }
}

#[test]
fn ids_are_found_among_chatter_and_clusters() {
    let bench = FakeBench::held();
    bench.cluster.fault_times(SlurmCommand::Sbatch, Fault::ClusterName("alpha7".into()), 1);
    assert_eq!(bench.submit("a", &[], "true").0, 1);
    let chatter = Fault::Chatter {
        before: "sbatch: your quota: 80 %\n2024\n".into(),
        after: "Thank you for flying with us\n".into(),
    };
    bench.cluster.fault_times(SlurmCommand::Sbatch, chatter, 1);
    assert_eq!(bench.submit("b", &[], "true").0, 2);
}

#[test]
fn a_controller_that_is_away_is_no_empty_queue() {
    let bench = FakeBench::held();
    bench.submit("here", &[], "true");
    for program in SlurmCommand::ALL {
        bench.cluster.fault(program, Fault::Away);
    }
    let names = ["here".to_string()];
    let task = TaskId { job: JobId(1), task: None };
    assert!(matches!(bench.try_submit("x", &[], "true"), Err(SubmitError::Unreachable { .. })));
    assert!(matches!(bench.slurm.queue(&names), Err(QueryError::Unreachable { .. })));
    assert!(matches!(bench.slurm.accounting(&names, Timestamp::now()), Err(QueryError::Unreachable { .. })));
    assert!(matches!(bench.slurm.queued_tasks(), Err(QueryError::Unreachable { .. })));
    assert!(matches!(bench.slurm.cancel(&[task]), Err(QueryError::Unreachable { .. })));
    assert!(matches!(bench.slurm.requeue(task), Err(QueryError::Unreachable { .. })));
    assert!(matches!(bench.slurm.limits(&Destination::default()), Err(QueryError::Unreachable { .. })));
    bench.cluster.clear_faults();
    assert_eq!(bench.queue("here").len(), 1);
    bench.cluster.fault_times(SlurmCommand::Squeue, Fault::AuthenticationDown, 1);
    assert!(matches!(bench.slurm.queue(&names), Err(QueryError::Unreachable { .. })));
}

#[test]
fn an_empty_queue_counts_only_if_nobody_complains() {
    let bench = FakeBench::held();
    bench.submit("here", &[], "true");
    let names = ["here".to_string()];
    bench.cluster.fault_times(SlurmCommand::Squeue, Fault::Empty, 1);
    assert_eq!(bench.slurm.queue(&names).expect("an answer"), []);
    let complaint = "slurm_load_jobs error: Unspecified error".to_string();
    bench.cluster.fault_times(SlurmCommand::Squeue, Fault::ErrorAtExitZero(complaint), 1);
    assert!(matches!(bench.slurm.queue(&names), Err(QueryError::Unreachable { .. })));
    let nonsense = Fault::Say { stdout: "a\u{1f}b\n".into(), stderr: String::new(), code: 0 };
    bench.cluster.fault_times(SlurmCommand::Squeue, nonsense, 1);
    assert!(matches!(bench.slurm.queue(&names), Err(QueryError::Unreadable { .. })));
}

#[test]
fn a_question_that_hangs_ends_at_its_limit() {
    let mut bench = FakeBench::held();
    bench.bench.slurm.query_timeout = Duration::from_millis(300);
    bench.cluster.fault_times(SlurmCommand::Squeue, Fault::HangAfter { seconds: 60.0 }, 1);
    let error = bench.slurm.queue(&["x".to_string()]).expect_err("no answer");
    assert!(matches!(error, QueryError::TimedOut { .. }), "{error}");
}

#[test]
fn the_accounting_may_be_off_or_behind() {
    let bench = FakeBench::new();
    bench.submit("quick", &[("array", "0-1")], "exit 3");
    bench.wait_until_idle();
    bench.cluster.settings(|settings| settings.accounting_lag = 600.0);
    assert_eq!(bench.rows("quick"), []);
    bench.cluster.settings(|settings| settings.accounting_lag = 0.0);
    assert_eq!(bench.rows("quick").len(), 2);
    bench.cluster.settings(|settings| settings.accounting = false);
    let answer = bench.slurm.accounting(&["quick".to_string()], Timestamp::now()).expect("an answer");
    assert_eq!(answer, Accounting::Off);
    let limits = bench.slurm.limits(&Destination::default()).expect("limits");
    assert_eq!((limits.max_submit, limits.notes.len()), (Some(10_000), 1), "MaxJobCount alone: {limits:?}");
}

#[test]
fn rows_without_an_end_and_rows_of_earlier_runs() {
    let bench = FakeBench::new();
    bench.submit("done", &[], "true");
    bench.wait_until_idle();
    bench.cluster.fault_times(SlurmCommand::Sacct, Fault::UnfinishedRows, 1);
    let row = bench.rows("done").remove(0);
    assert_eq!((row.state, row.exit_code, row.signal, row.end), (TaskState::Failed, 0, 0, None));
    let row = bench.rows("done").remove(0);
    assert_eq!((row.state, row.end.is_some()), (TaskState::Completed, true));

    bench.submit("runs", &[("array", "5")], "sleep 60");
    bench.wait_until_running(1);
    bench.cluster.fault_times(SlurmCommand::Sacct, Fault::StaleRow("PREEMPTED".into()), 1);
    let row = bench.rows("runs").remove(0);
    assert_eq!((row.state, row.tasks, row.end.is_some()), (TaskState::Preempted, Tasks::One(5), true));
    assert_eq!(bench.rows("runs").remove(0).state, TaskState::Running);
}

#[test]
fn an_unknown_state_is_of_a_live_job_and_a_list_cut_short_decides_nothing() {
    let bench = FakeBench::held();
    let job = bench.submit("odd", &[("array", "1-5,7,9,11-20")], "true");
    let task = |index| TaskId { job, task: Some(index) };
    bench.cluster.fault(SlurmCommand::Squeue, Fault::State("FROBNICATED".into()));
    assert_eq!(bench.queue("odd")[0].state, TaskState::Other("FROBNICATED".into()));
    assert!(bench.slurm.is_live(task(3)).expect("it is in the queue"));
    bench.cluster.clear_faults();
    bench.cluster.fault(SlurmCommand::Squeue, Fault::TruncatedRanges);
    assert_eq!(bench.queue("odd")[0].tasks, Tasks::Truncated(vec![(1, 5)]));
    assert!(bench.slurm.is_live(task(3)).expect("it is in what is left of the list"));
    assert!(matches!(bench.slurm.is_live(task(12)), Err(QueryError::Unreadable { .. })));
    assert_eq!(bench.slurm.queued_tasks().expect("counted line by line"), 17);
}

#[test]
fn numbers_are_given_out_again_after_a_crash() {
    let bench = FakeBench::held();
    let first = bench.submit("first", &[], "true");
    let lost = bench.submit("lost", &[], "true");
    bench.cluster.crash(1);
    assert_eq!(bench.queue("lost"), []);
    let second = bench.submit("second", &[], "true");
    assert_eq!((second, first.0 + 1), (lost, second.0));
    assert_eq!(bench.queue("second").len(), 1);
}

#[test]
fn without_slurm_that_is_what_is_said() {
    let bench = FakeBench::held();
    let nowhere = Slurm::new().with_environment("PATH", bench.folder.path().join("nothing"));
    let script = bench.script("x", &[], "true");
    assert!(matches!(nowhere.sbatch(&script, &[]), Err(SubmitError::NotInstalled { .. })));
    let error = nowhere.queue(&["x".to_string()]).expect_err("no program");
    assert!(error.to_string().starts_with("cannot start squeue: "), "{error}");
}
