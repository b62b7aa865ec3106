//! What holds on a real cluster also holds on the fake one.

use std::thread;
use std::time::Duration;

use gainsweep_scheduler::{
    Accounting, AccountingRow, Destination, JobId, Refusal, Scheduler, SubmitError, TaskState, Tasks,
};
use gainsweep_testkit::real_slurm::RealSlurm;
use gainsweep_testkit::waiting::within;

use super::{Bench, FakeBench, task, whole};

#[track_caller]
fn until(what: &str, is_so: impl FnMut() -> bool) {
    let (patience, nap) = (Duration::from_mins(2), Duration::from_millis(200));
    assert!(within(patience, nap, is_so), "{what} never happened");
}

fn an_array_from_its_submission_to_its_accounts(bench: &Bench) {
    let (slurm, names) = (&bench.slurm, ["array".to_string()]);
    let command = "echo task $SLURM_ARRAY_TASK_ID of $SLURM_ARRAY_JOB_ID ${SLURM_RESTART_COUNT:-0} $SLURM_JOB_NAME; \
        [ -n \"$SLURMD_NODENAME$SLURM_CLUSTER_NAME\" ] || exit 9; [ $SLURM_ARRAY_TASK_ID != 1 ] || exit 7";
    let options = [("array", "0-4%2"), ("comment", "odd \"one\" # \\ hetjob")];
    let id = bench.submit("array", &options, command);
    assert!(bench.queue("array").iter().all(|row| row.job == id.0 && row.name == "array"));
    until("the end of the array", || !slurm.is_live(whole(id)).expect("an answer"));
    assert!(!slurm.is_live(task(id, 3)).expect("an answer"));
    let log = bench.folder.path().join(format!("100% it's {id}#3.log"));
    assert_eq!(std::fs::read_to_string(log).expect("a log"), format!("task 3 of {id} 0 array\n"));
    until("all accounts", || match slurm.accounting(&names, bench.since).expect("an answer") {
        Accounting::Off => true,
        Accounting::Rows(rows) => {
            let ended: Vec<_> = rows.iter().filter(|row| row.end.is_some()).collect();
            ended.len() == 5
                && ended
                    .iter()
                    .all(|row| (row.exit_code == 7) == (row.tasks == Tasks::One(1)) && !row.nodes.is_empty())
        }
    });
    let limits = slurm.limits(&Destination::default()).expect("limits");
    assert!(limits.max_array_size > 0, "{limits:?}");
}

fn what_waits_is_counted_and_cancelled(bench: &Bench) {
    let slurm = &bench.slurm;
    let script = bench.script("held", &[("array", "0-599:2")], "true");
    assert!(slurm.test_only(&script, &[]).expect("it could run").contains("to start at"));
    let before = slurm.queued_tasks().expect("an answer");
    let id = slurm.sbatch(&script, &["--hold".into()]).expect("submitted");
    assert!(slurm.queued_tasks().expect("an answer") >= before.saturating_sub(20) + 300);
    let rows = bench.queue("held");
    assert_eq!((rows.len(), rows[0].tasks.count(), rows[0].restarts), (1, 300, Some(0)), "{rows:?}");
    assert_eq!((rows[0].state.clone(), rows[0].reason.as_str()), (TaskState::Pending, "held by you"));
    let stuck = rows[0].stuck.as_deref().unwrap_or_default();
    assert_eq!(stuck, format!("`scontrol release {id}` lets it go"));
    assert!(slurm.requeue(whole(id)).is_err());
    // A cancelled part of waiting tasks leaves no record.
    let some = (0..100).step_by(2).chain([598]).map(|index| task(id, index));
    slurm.cancel(&some.chain([whole(JobId(999_999))]).collect::<Vec<_>>()).expect("cancelled");
    until("the cancellation", || bench.queue("held")[0].tasks.count() == 249);
    assert!(slurm.is_live(task(id, 200)).expect("an answer"));
    assert!(!slurm.is_live(task(id, 201)).expect("an answer"));
    slurm.cancel(&[whole(id)]).expect("cancelled");
    until("the cancellation", || !slurm.is_live(whole(id)).expect("an answer"));
    // Accounting may know about it, or not.
    let ended: Vec<_> = bench.rows("held").into_iter().filter(|row| row.end.is_some()).collect();
    let is_whole = |row: &AccountingRow| row.state == TaskState::Cancelled && row.tasks.count() == 249;
    assert!(ended.len() <= 1 && ended.iter().all(is_whole), "{ended:?}");
}

fn a_requeued_task_is_the_same_task_with_one_restart_more(bench: &Bench) {
    let (slurm, names) = (&bench.slurm, ["again".to_string()]);
    let command = "[ -n \"$SLURM_RESTART_COUNT\" ] || { touch started; sleep 100; }";
    let id = bench.submit("again", &[("array", "7")], command);
    until("its start", || bench.folder.path().join("started").exists());
    slurm.requeue(task(id, 7)).expect("requeued");
    assert!(slurm.is_live(task(id, 7)).expect("an answer"));
    until("its end", || !slurm.is_live(task(id, 7)).expect("an answer"));
    let rows = bench.queue("again");
    assert_eq!((rows[0].tasks.clone(), rows[0].restarts), (Tasks::One(7), Some(1)));
    until("both accounts", || match slurm.accounting(&names, bench.since).expect("an answer") {
        Accounting::Off => true,
        Accounting::Rows(rows) => {
            let states: Vec<_> =
                rows.iter().filter(|row| row.end.is_some()).map(|row| row.state.clone()).collect();
            states == [TaskState::Requeued, TaskState::Completed]
        }
    });
    let once = bench.submit("once", &[("no-requeue", "")], "touch once-started; sleep 100");
    until("its start", || bench.folder.path().join("once-started").exists());
    let error = slurm.requeue(whole(once)).expect_err("no requeue");
    assert!(error.to_string().contains("Requested operation is presently disabled"), "{error}");
    slurm.cancel(&[whole(once)]).expect("cancelled");
}

fn cancelling_asks_first_and_kills_then(bench: &Bench) {
    let log = |id, index: u32| {
        let path = bench.folder.path().join(format!("100% it's {id}#{index}.log"));
        std::fs::read_to_string(path).unwrap_or_default()
    };
    let command = "trap 'echo asked' TERM; echo up; while :; do sleep 0.05; done";
    let id = bench.submit("stubborn", &[("array", "0-1")], command);
    until("both are up", || [0, 1].iter().all(|task| log(id, *task).contains("up")));
    bench.slurm.cancel(&[task(id, 1)]).expect("cancelled");
    until("its end", || !bench.slurm.is_live(task(id, 1)).expect("an answer"));
    assert!(log(id, 1).contains("asked"));
    assert!(bench.slurm.is_live(task(id, 0)).expect("an answer"));
    bench.slurm.cancel(&[whole(id)]).expect("cancelled");
    until("its end", || !bench.slurm.is_live(whole(id)).expect("an answer"));
    until("its account", || {
        let rows = bench.rows("stubborn");
        rows.len() == 2 && rows.iter().all(|row| row.state == TaskState::Cancelled && row.exit_code == 0)
    });
}

const BOTH: [fn(&Bench); 4] = [
    an_array_from_its_submission_to_its_accounts,
    what_waits_is_counted_and_cancelled,
    a_requeued_task_is_the_same_task_with_one_restart_more,
    cancelling_asks_first_and_kills_then,
];

#[test]
fn on_a_fake_cluster() {
    thread::scope(|scope| {
        for scenario in BOTH {
            scope.spawn(move || scenario(&FakeBench::new()));
        }
    });
}

#[test]
fn on_a_real_cluster() {
    let Some(cluster) = RealSlurm::start(&["--nodes", "2", "--cpus-per-node", "8"]) else { return };
    thread::scope(|scope| {
        for scenario in BOTH.into_iter().chain([refusals_are_told_apart as fn(&Bench)]) {
            let environment = cluster.environment();
            scope.spawn(move || scenario(&Bench::new(&environment)));
        }
    });
    a_node_without_power_runs_nothing(&cluster);
}

/// Neither jobs nor Slurm's own steps, which the cluster would hear from.
fn a_node_without_power_runs_nothing(cluster: &RealSlurm) {
    let bench = Bench::new(&cluster.environment());
    let steps = |node: &str| {
        let sockets = std::fs::read_to_string("/proc/net/unix").expect("sockets");
        sockets.matches(&format!("{}/", cluster.spool(node).display())).count()
    };
    let on = |node: &str| {
        let started = bench.folder.path().join(node);
        bench.submit(node, &[("nodelist", node)], &format!("touch {node}; sleep 100"));
        until("its start", || started.exists());
        assert_eq!(steps(node), 1, "{node}");
    };
    on("node1");
    on("node2");
    cluster.script(&["kill-node", "node1"]);
    assert_eq!((steps("node1"), steps("node2")), (0, 1));
    cluster.script(&["stop"]);
    assert_eq!(steps("node2"), 0);
}

fn refusals_are_told_apart(bench: &Bench) {
    let script = bench.script("refused", &[("array", "0-9")], "true");
    assert!(bench.slurm.test_only(&script, &["--nodelist=nosuch".into()]).is_err());
    // Such a job is accepted anyway, and waits for a node that never comes.
    let error = bench.slurm.test_only(&script, &["--cpus-per-task=99".into()]).expect_err("no such node");
    assert!(matches!(error, SubmitError::Refused { kind: Refusal::Resources, .. }), "{error}");
    for (argument, kind) in [
        ("--array=0-99999999", Refusal::ArraySpecification),
        ("--partition=nosuch", Refusal::Partition),
        ("--account=nosuch", Refusal::Account),
        ("--qos=nosuch", Refusal::Account),
        ("--mem=999999G", Refusal::Resources),
        ("--gres=gpu:1", Refusal::Resources),
        ("--time=abc", Refusal::Other),
        ("--nosuchopt=1", Refusal::Other),
    ] {
        match bench.slurm.sbatch(&script, &[argument.into()]) {
            Err(SubmitError::Refused { kind: found, .. }) => assert_eq!(found, kind, "{argument}"),
            other => panic!("{argument}: {other:?}"),
        }
    }
}
