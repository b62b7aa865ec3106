//! Tasks that end before their cells do.

use gainsweep_testkit::real_slurm::{ClusterSweep, RealSlurm};

/// On node1, because no scenario removes that node.
const SAFE: &str = "exclude = [\"node2\"]\n";
/// On node2 alone.
const RISKY: &str = "exclude = [\"node1\"]\n";

/// The steps at which its attempts began, as the worker recorded them.
fn begun(sweep: &ClusterSweep) -> Vec<Vec<u64>> {
    let read = |cell: gainsweep_store::CellFolder| {
        let text = std::fs::read_to_string(cell.root().join("begun")).unwrap_or_default();
        text.lines().map(|line| line.parse().expect("a number")).collect()
    };
    sweep.cells_of_the_file().into_iter().map(read).collect()
}

/// Checks that it resumed where it was, and that the result equals that of an uninterrupted training.
fn went_on(sweep: &ClusterSweep, steps: u64) {
    for (cell, begun) in sweep.cells_of_the_file().iter().zip(begun(sweep)) {
        assert_eq!(begun[0], 0);
        assert!(begun[1..].iter().all(|step| *step > 0), "{}: {begun:?}", sweep.name());
        let metrics = fs_err::read_to_string(cell.metrics()).expect("metrics");
        let trace = (0..steps)
            .fold(1_u64, |trace, step| trace.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step));
        assert!(metrics.ends_with(&format!(",{trace:016x}")), "{metrics}");
    }
}

pub(crate) fn a_time_limit_shorter_than_the_training(cluster: &RealSlurm) {
    let slurm = format!("{SAFE}time = \"1 min\"\nsignal_seconds = 30");
    let sweep = ClusterSweep::new(cluster, "time", "", "", "x = [1]");
    sweep.write_slurm(&slurm.replace("time = \"1 min\"\n", ""), "steps = 80\npause = 0.5", "x = [1, 2]");
    shorter(&sweep, &slurm);
    sweep.submit();
    sweep.wait_for(&[("running", 2)]);
    sweep.wait_for_states("queued again", |states| states.get("pending") == Some(&2));
    // While it writes its checkpoint it is said to be ending.
    sweep.wait_until("said to resume", || {
        let status = sweep.gainsweep(0, "status", &[]).stdout;
        if status.contains("resumes") { Ok(()) } else { Err(status) }
    });
    sweep.wait_for(&[("done", 2)]);
    // The warning comes within about 30 s of the start: Slurm checks twice a minute.
    assert!(sweep.starts().iter().all(|starts| (2..=8).contains(starts)), "{:?}", sweep.starts());
    went_on(&sweep, 80);
}

pub(crate) fn a_time_limit_without_requeue(cluster: &RealSlurm) {
    let slurm = format!("{SAFE}requeue = false\nsignal_seconds = 30");
    let sweep = ClusterSweep::new(cluster, "norequeue", "", "", "x = [1]");
    sweep.write_slurm(&slurm, "steps = 80\npause = 0.5", "x = [1]");
    shorter(&sweep, &slurm);
    sweep.submit();
    sweep.wait_for(&[("stopped", 1)]);
    let status = sweep.gainsweep(0, "status", &[]);
    assert!(status.stdout.contains("its worker says that it can resume"), "{}", status.stdout);
    assert!(status.stderr.contains(&format!("gainsweep submit {}", sweep.name())), "{}", status.stderr);
    // The warning comes within about 30 s of the start, so two submissions may not be enough.
    let mut submissions = 1;
    while !sweep.cells_of_the_file()[0].is_done().expect("read") {
        assert!(submissions < 8, "it does not get on");
        sweep.submit();
        submissions += 1;
        sweep.wait_for_states("over", |states| states.contains_key("done") || states.contains_key("stopped"));
    }
    assert_eq!(sweep.starts(), [submissions]);
    went_on(&sweep, 80);
}

/// The shortest time limit that Slurm knows.
fn shorter(sweep: &ClusterSweep, slurm: &str) {
    let path = sweep.folder.path(format!("sweeps/{}.toml", sweep.name()));
    let text = fs_err::read_to_string(&path).expect("read").replace("10 min", "1 min");
    assert!(text.contains(slurm.lines().next().expect("a line")));
    fs_err::write(&path, text).expect("written");
}

pub(crate) fn too_little_memory(cluster: &RealSlurm) {
    let sweep = ClusterSweep::new(cluster, "memory", SAFE, "memory = 130", "x = [1]");
    sweep.submit();
    sweep.wait_for(&[("out_of_memory", 1)]);
    let status = sweep.gainsweep(1, "status", &[]);
    assert!(status.stderr.contains("gainsweep retry"), "{}", status.stderr);
    let words = sweep.submit();
    assert!(words.contains("nothing to submit; 1 out of memory"), "{words}");
    let words = sweep.gainsweep(0, "retry", &["--state", "oom"]).stderr;
    assert!(words.contains("out of memory: 200 MiB instead of 100"), "{words}");
    sweep.wait_for(&[("done", 1)]);
    assert_eq!(sweep.starts(), [2]);
}

pub(crate) fn what_we_cancel(cluster: &RealSlurm) {
    let slurm = format!("{SAFE}at_most = 1");
    let params = "steps = 50\npause = 0.2";
    let sweep = ClusterSweep::new(cluster, "cancel", &slurm, params, "x = [1, 2, 3, 4]");
    sweep.submit();
    sweep.wait_for(&[("running", 1), ("pending", 3)]);
    sweep.wait_for_step(0);
    let names = sweep.ids();
    sweep.gainsweep(0, "cancel", &[&names[0], &names[1]]);
    sweep.wait_for_states("two are cancelled", |states| states.get("cancelled") == Some(&2));
    let page = sweep.gainsweep(0, "explain", &[&names[0]]).stdout;
    assert!(page.contains("cancelled by gainsweep; its worker says that it can resume"), "{page}");
    sweep.gainsweep(0, "cancel", &[]);
    sweep.wait_for(&[("cancelled", 4)]);
    let status = sweep.gainsweep(0, "status", &[]);
    assert!(status.stderr.contains("gainsweep submit"), "{}", status.stderr);
    let words = sweep.gainsweep(0, "cancel", &[]).stderr;
    assert!(words.contains("nothing waits or runs"), "{words}");
    let before = sweep.starts();
    assert_eq!((before[0], before[1], before[3]), (1, 0, 0));
    sweep.write_slurm(SAFE, params, "x = [1, 2, 3, 4]");
    sweep.submit();
    sweep.wait_for(&[("done", 4)]);
    assert_eq!(sweep.starts(), before.iter().map(|starts| starts + 1).collect::<Vec<_>>());
    went_on(&sweep, 50);
}

/// Someone else's `scancel` of waiting tasks: Slurm keeps no record of those.
pub(crate) fn what_others_cancel(cluster: &RealSlurm) {
    let sweep = ClusterSweep::new(cluster, "scancel", "directives = [\"--hold\"]", "", "x = [1, 2, 3]");
    sweep.submit();
    sweep.wait_for(&[("pending", 3)]);
    let job = sweep.jobs()[0];
    cluster.slurm("scancel", &[&format!("{job}_[1-2]")]);
    let states = sweep.states();
    assert_eq!(states.get("pending"), Some(&1), "{states:?}");
    assert_eq!(states.get("done"), None, "{states:?}");
    // Accounting may lag by a minute.
    sweep.wait_for(&[("pending", 1), ("lost", 2)]);
    let status = sweep.gainsweep(1, "status", &[]);
    assert!(status.stdout.contains("cancelled while it waited"), "{}", status.stdout);
    sweep.write_slurm("", "", "x = [1, 2, 3]");
    sweep.submit();
    sweep.wait_for(&[("pending", 1), ("done", 2)]);
    cluster.slurm("scontrol", &["release", &job.to_string()]);
    sweep.wait_for(&[("done", 3)]);
    sweep.assert_each_ran_once();
}

pub(crate) fn a_preempted_task(cluster: &RealSlurm) {
    let slurm = format!("{RISKY}partition = \"low\"\ncpus = 8");
    let sweep = ClusterSweep::new(cluster, "preempted", &slurm, "steps = 100\npause = 0.1", "x = [1]");
    sweep.submit();
    sweep.wait_for(&[("running", 1)]);
    sweep.wait_for_step(0);
    let other = cluster.job(&["--nodelist=node2", "--cpus-per-task=8"], "sleep 2");
    // While it writes its checkpoint, its task is reported as ending.
    sweep.wait_until("said to go on", || {
        let status = sweep.gainsweep(0, "status", &[]).stdout;
        if status.contains("resumes") { Ok(()) } else { Err(status) }
    });
    sweep.wait_for(&[("done", 1)]);
    assert_eq!(sweep.starts(), [2], "after job {other}");
    went_on(&sweep, 100);
}

pub(crate) fn a_node_that_fails(cluster: &RealSlurm) {
    let sweep = ClusterSweep::new(cluster, "node", RISKY, "steps = 80\npause = 0.1", "x = [1, 2]");
    let once = ClusterSweep::new(
        cluster,
        "nodeonce",
        &format!("{RISKY}requeue = false"),
        "steps = 80\npause = 0.1",
        "x = [1]",
    );
    sweep.submit();
    once.submit();
    sweep.wait_for(&[("running", 2)]);
    once.wait_for(&[("running", 1)]);
    sweep.wait_for_step(1);
    once.wait_for_step(0);
    cluster.slurm("scontrol", &["update", "nodename=node2", "state=down", "reason=test"]);
    once.wait_for(&[("node_failure", 1)]);
    let status = once.gainsweep(0, "status", &[]);
    assert!(status.stderr.contains("gainsweep submit"), "{}", status.stderr);
    sweep.wait_for(&[("done", 2)]);
    assert_eq!(sweep.starts(), [2, 2]);
    once.submit();
    once.wait_for(&[("done", 1)]);
    assert_eq!(once.starts(), [2]);
}
