//! Jobs under the stand-in, seen through the crate that speaks to Slurm.

mod support;

use std::time::{Duration, Instant};

use gainsweep_scheduler::{Destination, JobId, Refusal, Scheduler, SubmitError, TaskId, TaskState, Tasks};
use gainsweep_testkit::Bulk;
use jiff::Timestamp;
use support::{Bench, PATIENCE, states};

fn whole(job: JobId) -> TaskId {
    TaskId { job, task: None }
}

fn task(job: JobId, index: u32) -> TaskId {
    TaskId { job, task: Some(index) }
}

#[test]
fn an_array_runs_task_by_task_with_its_environment_and_logs() {
    let bench = Bench::new();
    let command = "echo $SLURM_ARRAY_JOB_ID $SLURM_ARRAY_TASK_ID $SLURM_ARRAY_TASK_COUNT \
        ${SLURM_RESTART_COUNT:-none} $SLURMD_NODENAME $SLURM_CLUSTER_NAME $SLURM_JOB_NAME";
    let id = bench.submit("first", &[("array", "0-3,7%2")], command);
    bench.idle();
    for task in [0, 1, 2, 3, 7] {
        let log = bench.file(&format!("log-{task}"));
        let words: Vec<&str> = log.split_whitespace().collect();
        assert_eq!(words[..4], [id.to_string(), task.to_string(), "5".into(), "none".into()], "{log}");
        assert!(words[4].starts_with("node"), "{log}");
        assert_eq!(words[5..], ["standin", "first"], "{log}");
    }
    let queue = bench.queue("first");
    assert_eq!(states(&queue), vec![TaskState::Completed; 5], "{queue:?}");
    let rows = bench.rows("first");
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().all(|row| row.end.is_some() && row.state == TaskState::Completed && row.job == id.0));
    assert!(!bench.slurm.is_live(task(id, 7)).expect("an answer"));
    assert_eq!(bench.slurm.calls()[0], "sbatch");
}

#[test]
fn what_waits_is_one_row_and_counted_task_by_task() {
    let bench = Bench::new();
    bench.stand_in.settings(|settings| settings.hold = true);
    let id = bench.submit("waiting", &[("array", "0-99%3")], "true");
    bench.submit("other", &[], "true");
    let rows = bench.queue("waiting");
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].job, rows[0].tasks.clone()), (id.0, Tasks::Ranges(vec![(0, 99)])));
    assert_eq!(bench.slurm.queued_tasks().expect("an answer"), 101);
    assert!(bench.slurm.is_live(task(id, 99)).expect("an answer"));
    assert!(!bench.slurm.is_live(task(id, 100)).expect("an answer"));
    assert!(!bench.slurm.is_live(whole(JobId(999))).expect("an answer"));
    // A part of what waits leaves no trace, the whole leaves one row.
    bench.slurm.cancel(&(10..20).map(|index| task(id, index)).collect::<Vec<_>>()).expect("cancelled");
    assert_eq!(bench.queue("waiting")[0].tasks, Tasks::Ranges(vec![(0, 9), (20, 99)]));
    assert_eq!(bench.rows("waiting").iter().filter(|row| row.end.is_some()).count(), 0);
    bench.slurm.cancel(&[whole(id)]).expect("cancelled");
    let rows = bench.rows("waiting");
    assert_eq!((rows.len(), rows[0].state.clone()), (1, TaskState::Cancelled), "{rows:?}");
    assert_eq!(rows[0].tasks, Tasks::Ranges(vec![(0, 9), (20, 99)]));
    assert!(!bench.slurm.is_live(whole(id)).expect("an answer"));
}

#[test]
fn the_throttle_and_the_processors_bound_what_runs() {
    let bench = Bench::new();
    bench.submit("throttled", &[("array", "0-9%2")], "sleep 60");
    bench.running(2);
    assert_eq!(
        bench.queue("throttled")[0].reason,
        "waits for other tasks of its array, as its throttle says"
    );
    bench.submit("large", &[("array", "0-9"), ("cpus-per-task", "4")], "sleep 60");
    bench.running(3);
    let large = bench.queue("large");
    assert_eq!(
        (large[0].state.clone(), large[0].reason.as_str()),
        (TaskState::Pending, "waits for free nodes")
    );
}

#[test]
fn ends_are_told_apart() {
    let bench = Bench::new();
    let id = bench.submit(
        "ends",
        &[("array", "0-2")],
        "[ $SLURM_ARRAY_TASK_ID = 0 ] && exit 7; kill -SEGV $$; sleep 9",
    );
    let job = bench.submit("nolog", &[("output", "/no/such/folder/log")], "true");
    bench.idle();
    let rows = bench.rows("ends");
    let find = |task| rows.iter().find(|row| row.tasks == Tasks::One(task)).expect("a row");
    assert_eq!((find(0).state.clone(), find(0).exit_code, find(0).signal), (TaskState::Failed, 7, 0));
    assert_eq!((find(1).state.clone(), find(1).exit_code, find(1).signal), (TaskState::Failed, 0, 11));
    let reasons: Vec<String> = bench.queue("ends").into_iter().map(|row| row.reason).collect();
    assert_eq!(
        reasons,
        [
            "its program failed",
            "could not be started or was killed: look at its log",
            "could not be started or was killed: look at its log"
        ]
    );
    let rows = bench.rows("nolog");
    assert_eq!((rows[0].job, rows[0].exit_code, rows[0].signal), (job.0, 0, 53));
    assert_ne!(id, job);
}

#[test]
fn cancelling_asks_first_and_kills_then() {
    let bench = Bench::new();
    bench.stand_in.settings(|settings| settings.kill_wait = 0.5);
    let id = bench.submit(
        "stubborn",
        &[("array", "0-1")],
        "trap 'echo asked' TERM; echo up; while :; do sleep 0.05; done",
    );
    bench.running(2);
    bench.file("log-0");
    bench.file("log-1");
    bench.slurm.cancel(&[task(id, 1)]).expect("cancelled");
    assert!(
        bench
            .stand_in
            .wait_until(PATIENCE, |jobs| jobs[0].tasks.iter().any(|task| task.state == "CANCELLED"))
    );
    assert!(bench.file("log-1").contains("asked"));
    assert!(bench.slurm.is_live(task(id, 0)).expect("an answer"));
    assert!(!bench.slurm.is_live(task(id, 1)).expect("an answer"));
    bench.slurm.cancel(&[whole(id)]).expect("cancelled");
    bench.idle();
    assert!(bench.rows("stubborn").iter().all(|row| row.state == TaskState::Cancelled && row.exit_code == 0));
}

#[test]
fn the_time_limit_warns_and_ends_and_a_task_may_requeue_itself() {
    let bench = Bench::new();
    // A minute takes a second here.
    bench.stand_in.settings(|settings| settings.minute = 1.0);
    let command = "[ -n \"$SLURM_RESTART_COUNT\" ] && { echo again $SLURM_RESTART_COUNT; exit 0; }; \
        trap 'echo warned; scontrol requeue ${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID; sleep 9' USR1; \
        echo first; while :; do sleep 0.05; done";
    let options =
        [("array", "4"), ("time", "2"), ("signal", "B:USR1@60"), ("open-mode", "append"), ("requeue", "")];
    bench.submit("warned", &options, command);
    bench.submit("late", &[("time", "1")], "sleep 30");
    bench.idle();
    assert_eq!(bench.file("log-4"), "first\nwarned\nagain 1\n");
    let rows = bench.rows("warned");
    let ends: Vec<TaskState> = rows.iter().map(|row| row.state.clone()).collect();
    assert_eq!(ends, [TaskState::Requeued, TaskState::Completed], "{rows:?}");
    assert_eq!(bench.queue("warned")[0].restarts, Some(1));
    let late = bench.rows("late");
    assert_eq!((late[0].state.clone(), late[0].exit_code, late[0].signal), (TaskState::Timeout, 0, 0));
}

#[test]
fn nodes_fail_and_others_take_precedence() {
    let bench = Bench::new();
    let id = bench.submit("lost", &[("array", "0")], "echo run ${SLURM_RESTART_COUNT:-0}; sleep 60");
    bench.submit("final", &[("no-requeue", "")], "sleep 60");
    bench.running(2);
    bench.stand_in.end_node("node1");
    assert!(bench.stand_in.wait_until(PATIENCE, |jobs| {
        jobs[0].tasks[0].state == "RUNNING"
            && jobs[0].tasks[0].restarts == 1
            && jobs[1].tasks[0].state == "NODE_FAIL"
    }));
    bench.stand_in.preempt(&format!("{id}_0"));
    assert!(
        bench.stand_in.wait_until(PATIENCE, |jobs| jobs[0].tasks[0].restarts == 2
            && jobs[0].tasks[0].state == "RUNNING")
    );
    let rows = bench.rows("lost");
    let ends: Vec<TaskState> = rows.iter().map(|row| row.state.clone()).collect();
    assert_eq!(ends, [TaskState::NodeFailure, TaskState::Preempted, TaskState::Running]);
    let error = bench.slurm.requeue(whole(JobId(2))).expect_err("no requeue");
    assert!(error.to_string().contains("Requested operation is presently disabled"), "{error}");
    bench.slurm.requeue(task(id, 0)).expect("requeued");
    assert!(bench.stand_in.wait_until(PATIENCE, |jobs| jobs[0].tasks[0].restarts == 3));
}

#[test]
fn dependencies_are_waited_for() {
    let bench = Bench::new();
    let first = bench.submit("first", &[], "sleep 0.3; touch first-done; exit 1");
    let after = format!("afterany:{first}");
    bench.submit("second", &[("dependency", &after)], "[ -e first-done ]");
    let never = format!("afterok:{first}");
    let third = bench.submit("third", &[("dependency", &never)], "true");
    assert!(bench.stand_in.wait_until(PATIENCE, |jobs| jobs[1].tasks[0].state == "COMPLETED"));
    assert_eq!(bench.queue("third")[0].reason, "waits for a job that ended otherwise; it will never run");
    bench.slurm.cancel(&[whole(third)]).expect("cancelled");
    bench.idle();
}

#[test]
fn limits_are_told_and_kept() {
    let bench = Bench::new();
    bench.stand_in.settings(|settings| {
        settings.max_array_size = 10;
        settings.max_submit = Some(12);
        settings.hold = true;
        settings.max_time = Some(90);
    });
    let limits = bench.slurm.limits(&Destination::default()).expect("limits");
    assert_eq!(
        (limits.max_array_size, limits.max_submit, limits.notes.len()),
        (10, Some(12), 0),
        "{limits:?}"
    );
    let refusal = |options: &[(&str, &str)]| match bench.try_submit("x", options, "true") {
        Err(SubmitError::Refused { kind, .. }) => kind,
        other => panic!("{options:?}: {other:?}"),
    };
    assert_eq!(refusal(&[("array", "0-10")]), Refusal::ArraySpecification);
    assert_eq!(refusal(&[("partition", "nosuch")]), Refusal::Partition);
    assert_eq!(refusal(&[("account", "nosuch")]), Refusal::Account);
    assert_eq!(refusal(&[("qos", "nosuch")]), Refusal::Account);
    assert_eq!(refusal(&[("cpus-per-task", "99")]), Refusal::Resources);
    assert_eq!(refusal(&[("gres", "gpu:1")]), Refusal::Resources);
    assert_eq!(refusal(&[("time", "abc")]), Refusal::Other);
    assert_eq!(refusal(&[("nosuchopt", "1")]), Refusal::Other);
    bench.submit("x", &[("array", "0-9")], "true");
    assert_eq!(refusal(&[("array", "0-2")]), Refusal::SubmitLimit);
    bench.submit("x", &[("array", "0-1")], "true");
    assert_eq!(bench.slurm.queued_tasks().expect("an answer"), 12);
    bench.stand_in.settings(|settings| (settings.accounting, settings.max_submit) = (false, None));
    let limits = bench.slurm.limits(&Destination::default()).expect("limits");
    assert_eq!((limits.max_submit, limits.notes.len()), (None, 1), "{limits:?}");
    let said = bench.slurm.test_only(&bench.script("x", &[], "true"), &[]).expect("it could run");
    assert!(said.contains("to start at"), "{said}");
    assert!(bench.slurm.test_only(&bench.script("x", &[("array", "0-99")], "true"), &[]).is_err());
}

#[test]
fn a_submission_takes_only_where_to_go_from_the_environment() {
    let bench = Bench::new();
    bench.stand_in.settings(|settings| settings.hold = true);
    let script = bench.script("x", &[("comment", "it's \"odd\" # \\ hetjob")], "true");
    bench.slurm.sbatch(&script, &["--array=1-4:3".into()]).expect("submitted");
    assert_eq!(bench.queue("x")[0].tasks, Tasks::Ranges(vec![(1, 1), (4, 4)]));
    let state = std::fs::read_to_string(bench.path("slurm/state.json")).expect("a state");
    assert!(state.contains(r#""comment":"it's \"odd\" # \\ hetjob""#), "{state}");
}

#[test]
fn a_hundred_thousand_tasks_are_answered_at_once() {
    let bench = Bench::new();
    let state = |word: &str| word.to_string();
    let tasks = vec![
        (0, 49_999, state("COMPLETED")),
        (50_000, 50_999, state("RUNNING")),
        (51_000, 51_009, state("FAILED")),
        (51_010, 99_999, state("PENDING")),
    ];
    let id = bench.stand_in.declare(&Bulk { name: "bulk".into(), tasks });
    let began = Instant::now();
    let rows = bench.queue("bulk");
    let queue_took = began.elapsed();
    assert_eq!(rows.len(), 1001);
    assert_eq!(rows[0].tasks, Tasks::Ranges(vec![(51_010, 99_999)]));
    let since = Timestamp::now() - Duration::from_hours(1);
    let began = Instant::now();
    let accounting = bench.slurm.accounting(&["bulk".to_string()], since).expect("an answer");
    let accounting_took = began.elapsed();
    let gainsweep_scheduler::Accounting::Rows(rows) = accounting else { panic!("off") };
    assert_eq!(rows.len(), 50_000 + 1000 + 10 + 1);
    assert!(rows.iter().all(|row| row.job == u64::from(id)));
    println!("squeue {queue_took:?}, sacct {accounting_took:?}");
    assert!(queue_took < Duration::from_secs(2) && accounting_took < Duration::from_secs(10));
    assert_eq!(bench.slurm.queued_tasks().expect("an answer"), 1000 + 48_990);
    assert_eq!(bench.slurm.calls(), ["squeue", "sacct", "squeue"]);
}

#[test]
fn more_names_than_an_argument_holds_are_still_one_call() {
    let bench = Bench::new();
    bench.stand_in.settings(|settings| settings.hold = true);
    bench.submit("name-00007", &[], "true");
    bench.submit("stranger", &[], "true");
    let names: Vec<String> = (0..20_000).map(|number| format!("name-{number:05}")).collect();
    let rows = bench.slurm.queue(&names).expect("an answer");
    assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["name-00007"]);
    let since = Timestamp::now();
    let gainsweep_scheduler::Accounting::Rows(rows) =
        bench.slurm.accounting(&names, since).expect("an answer")
    else {
        panic!("off")
    };
    assert_eq!(rows.len(), 1);
    assert_eq!(bench.slurm.calls(), ["sbatch", "sbatch", "squeue", "sacct"]);
    let targets: Vec<TaskId> = (1000..40_000).map(|job| task(JobId(job), 1)).collect();
    bench.slurm.cancel(&targets).expect("all unknown, which is no error");
    assert!(bench.stand_in.calls().iter().filter(|call| call.program == "scancel").count() > 3);
}

#[test]
fn nothing_is_left_behind() {
    let bench = Bench::new();
    bench.submit("long", &[], "sleep 600");
    bench.running(1);
    let pid = bench.stand_in.jobs()[0].tasks[0].pid.expect("it runs");
    drop(bench);
    let deadline = Instant::now() + PATIENCE;
    while std::path::Path::new(&format!("/proc/{pid}/stat")).exists() {
        assert!(Instant::now() < deadline, "{pid} still runs");
        std::thread::sleep(Duration::from_millis(10));
    }
}
