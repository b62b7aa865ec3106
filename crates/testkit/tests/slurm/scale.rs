//! More than any cluster on this machine could run.

use std::path::Path;
use std::time::{Duration, Instant};

use gainsweep_scheduler::{Accounting, JobId, Scheduler, Tasks};
use gainsweep_testkit::waiting::wait_until;
use jiff::Timestamp;

use super::{FakeBench, task};

#[test]
fn a_hundred_thousand_tasks_are_answered_at_once() {
    let bench = FakeBench::new();
    let tasks = [
        (0, 49_999, "COMPLETED"),
        (50_000, 50_999, "RUNNING"),
        (51_000, 51_009, "FAILED"),
        (51_010, 99_999, "PENDING"),
    ];
    let id = bench.cluster.declare("bulk", &tasks);
    let began = Instant::now();
    let rows = bench.queue("bulk");
    let queue_took = began.elapsed();
    assert_eq!(rows.len(), 1001);
    assert_eq!(rows[0].tasks, Tasks::Ranges(vec![(51_010, 99_999)]));
    let began = Instant::now();
    let rows = bench.rows("bulk");
    let accounting_took = began.elapsed();
    assert_eq!(rows.len(), 50_000 + 1000 + 10 + 1);
    assert!(rows.iter().all(|row| row.job == u64::from(id)));
    assert!(
        queue_took < Duration::from_secs(2) && accounting_took < Duration::from_secs(10),
        "squeue {queue_took:?}, sacct {accounting_took:?}"
    );
    assert_eq!(bench.slurm.queued_tasks().expect("an answer"), 1000 + 48_990);
    assert_eq!(bench.slurm.calls(), ["squeue", "sacct", "squeue"]);
}

#[test]
fn more_names_than_an_argument_holds_are_still_one_call() {
    let bench = FakeBench::held();
    bench.submit("name-00007", &[], "true");
    bench.submit("stranger", &[], "true");
    let names: Vec<String> = (0..20_000).map(|number| format!("name-{number:05}")).collect();
    let rows = bench.slurm.queue(&names).expect("an answer");
    assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["name-00007"]);
    let answer = bench.slurm.accounting(&names, Timestamp::now()).expect("an answer");
    assert!(matches!(answer, Accounting::Rows(rows) if rows.len() == 1));
    assert_eq!(bench.slurm.calls(), ["sbatch", "sbatch", "squeue", "sacct"]);
    let targets: Vec<_> = (1000..40_000).map(|job| task(JobId(job), 1)).collect();
    bench.slurm.cancel(&targets).expect("all unknown, which is no error");
    assert!(bench.cluster.calls().iter().filter(|call| call.program == "scancel").count() > 3);
}

#[test]
fn the_throttle_and_the_slots_bound_what_runs() {
    let bench = FakeBench::new();
    bench.submit("throttled", &[("array", "0-9%2")], "sleep 60");
    bench.wait_until_running(2);
    bench.submit("wide", &[("array", "0-19")], "sleep 60");
    bench.wait_until_running(8);
    assert_eq!(bench.queue("wide").iter().map(|row| row.tasks.count()).sum::<u64>(), 20);
}

#[test]
fn nothing_is_left_behind() {
    let bench = FakeBench::new();
    bench.submit("long", &[], "sleep 600");
    bench.wait_until_running(1);
    let pid = bench.cluster.jobs()[0].tasks[0].pid.expect("it runs");
    drop(bench);
    wait_until("it ended", || !Path::new(&format!("/proc/{pid}/stat")).exists());
}
