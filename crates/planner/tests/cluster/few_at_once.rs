//! A cluster that accepts 30 jobs of a user.

use gainsweep_testkit::real_slurm::{ClusterSweep, RealSlurm};

/// A small job sends the next wave.
pub(crate) fn in_waves_with_nobody_there(cluster: &RealSlurm) {
    let numbers: Vec<String> = (1..=100).map(|number| number.to_string()).collect();
    let sweep = ClusterSweep::new(cluster, "waves", "", "", &format!("x = [{}]", numbers.join(", ")));
    let words = sweep.submit();
    assert!(words.contains("71 tasks of ") && words.contains("wait for the next wave"), "{words}");
    let status = sweep.gainsweep(0, "status", &["--look-only"]);
    assert!(status.stdout.contains("unsent"), "{}", status.stdout);
    // Look only at the files: no command of ours may help.
    sweep.wait_until("100 done", || {
        let cells = sweep.cells_of_the_file();
        let done = cells.iter().filter(|cell| cell.is_done().expect("read")).count();
        if done == 100 { Ok(()) } else { Err(format!("{done} done")) }
    });
    sweep.assert_each_ran_once();
    sweep.wait_for(&[("done", 100)]);
}

/// Other jobs fill the queue, so the small job is not accepted either.
pub(crate) fn whoever_looks_sends_the_next_wave(cluster: &RealSlurm) {
    let others: Vec<String> = (0..25).map(|_| cluster.job(&["--hold"], "true")).collect();
    let numbers: Vec<String> = (1..=12).map(|number| number.to_string()).collect();
    let sweep = ClusterSweep::new(cluster, "look", "", "", &format!("x = [{}]", numbers.join(", ")));
    let words = sweep.submit();
    assert!(words.contains("8 tasks of "), "{words}");
    let waiting: Vec<String> =
        cluster.slurm("squeue", &["-h", "-o", "%j"]).lines().map(String::from).collect();
    assert!(waiting.iter().any(|name| name.ends_with("-next")), "{waiting:?}");
    cluster.slurm("scancel", &["--name", waiting.iter().find(|name| name.ends_with("-next")).expect("one")]);
    for other in &others {
        cluster.slurm("scancel", &[other]);
    }
    sweep.wait_for_states("the first wave is done", |states| states.get("done") == Some(&4));
    let status = sweep.gainsweep(0, "status", &[]);
    assert!(status.stderr.contains("sent the next wave: job "), "{}", status.stderr);
    sweep.wait_for(&[("done", 12)]);
    sweep.assert_each_ran_once();
}

/// Requests above the limits of a partition and of a quality of service: they are sent, with a warning.
pub(crate) fn requests_that_no_limit_allows(cluster: &RealSlurm) {
    cluster.slurm("sacctmgr", &["-i", "add", "qos", "tiny", "MaxTRES=cpu=2", "MaxWall=5"]);
    cluster.slurm("sacctmgr", &["-i", "modify", "user", "root", "set", "qos+=tiny"]);
    let partition = cluster.slurm("sinfo", &["--noheader", "--format=%R"]);
    let partition = partition.lines().next().expect("a partition");
    cluster
        .slurm("scontrol", &["update", &format!("PartitionName={partition}"), "MaxTime=8", "DefaultTime=8"]);
    let sweep = ClusterSweep::new(cluster, "tiny", "qos = \"tiny\"\ncpus = 4", "", "x = [1, 2]");
    let words = sweep.submit();
    for warning in [
        "warning: 2 cells request 10 min a task, and MaxWall of quality of service tiny is 5 min",
        "warning: 2 cells request 4 processors a task, and MaxTRES of quality of service tiny is 2 processors",
    ] {
        assert!(words.contains(warning), "{words}");
    }
    sweep.gainsweep(0, "cancel", &[]);
    let sweep = ClusterSweep::new(cluster, "long", "", "", "x = [1]");
    let words = sweep.submit();
    let warning =
        format!("warning: 1 cell requests 10 min a task, and MaxTime of partition {partition} is 8 min");
    assert!(words.contains(&warning), "{words}");
    sweep.gainsweep(0, "cancel", &[]);
}
