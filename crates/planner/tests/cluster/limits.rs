//! A cluster with short arrays and without accounting.

use gainsweep_testkit::real_slurm::{ClusterSweep, RealSlurm};

pub(crate) fn three_arrays(cluster: &RealSlurm) {
    let numbers: Vec<String> = (1..=120).map(|number| number.to_string()).collect();
    let sweep = ClusterSweep::new(cluster, "arrays", "", "", &format!("x = [{}]", numbers.join(", ")));
    let words = sweep.submit();
    assert!(words.contains("120 cells in 3 arrays (120 tasks, "), "{words}");
    assert_eq!(sweep.jobs().len(), 3);
    sweep.wait_for(&[("done", 120)]);
    sweep.assert_each_ran_once();
    sweep.gainsweep(0, "gather", &[]);
}

pub(crate) fn the_whole_way_without_accounting(cluster: &RealSlurm) {
    let sweep = ClusterSweep::new(cluster, "all", "", "", "behave = [\"good\", \"fail\", \"crash\"]");
    let memory = ClusterSweep::new(cluster, "memory", "", "memory = 130", "x = [1]");
    let held = ClusterSweep::new(cluster, "held", "directives = [\"--hold\"]", "", "x = [1, 2, 3]");
    sweep.submit();
    memory.submit();
    held.submit();
    sweep.wait_for(&[("done", 1), ("failed", 2)]);
    let status = sweep.gainsweep(1, "status", &[]);
    assert!(!status.stdout.contains("lost"), "{}", status.stdout);
    let words = sweep.gainsweep(0, "retry", &["--mem-factor", "2"]).stderr;
    assert!(words.contains("2 cells"), "{words}");
    sweep.wait_until("tried twice", || {
        let (starts, states) = (sweep.starts(), sweep.states());
        let over = starts == [1, 2, 2] && states.get("failed") == Some(&2);
        if over { Ok(()) } else { Err(format!("{starts:?} {states:?}")) }
    });

    memory.wait_for(&[("out_of_memory", 1)]);
    memory.gainsweep(0, "retry", &[]);
    memory.wait_for(&[("done", 1)]);
    assert_eq!(memory.starts(), [2]);

    held.wait_for(&[("pending", 3)]);
    let status = held.gainsweep(1, "status", &[]);
    assert!(status.stdout.contains("held"), "{}", status.stdout);
    assert!(status.stderr.contains("scontrol release"), "{}", status.stderr);
    let job = held.jobs()[0];
    cluster.slurm("scancel", &[&format!("{job}_1")]);
    held.wait_for(&[("pending", 2), ("lost", 1)]);
    held.gainsweep(0, "cancel", &[]);
    held.wait_for(&[("cancelled", 2), ("lost", 1)]);
    held.write_slurm("", "", "x = [1, 2, 3]");
    held.submit();
    held.wait_for(&[("done", 3)]);
    held.assert_each_ran_once();
}
