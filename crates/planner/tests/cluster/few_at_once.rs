//! A cluster that takes 30 jobs of a user.

use crate::harness::{Cluster, Sweep};

/// The next wave is sent by a small job.
pub(crate) fn in_waves_with_nobody_there(cluster: &Cluster) {
    let numbers: Vec<String> = (1..=100).map(|number| number.to_string()).collect();
    let sweep = Sweep::new(cluster, "waves", "", "", &format!("x = [{}]", numbers.join(", ")));
    let words = sweep.submit();
    assert!(words.contains("71 tasks of ") && words.contains("wait for the next wave"), "{words}");
    let status = sweep.gainsweep(0, "status", &["--look-only"]);
    assert!(status.data.contains("unsent"), "{}", status.data);
    let cells = sweep.cells();
    // Only looking at the files: nothing that we type may help.
    sweep.wait_until("100 done", || {
        let done = cells.iter().filter(|cell| cell.is_done()).count();
        if done == 100 { Ok(()) } else { Err(format!("{done} done")) }
    });
    sweep.each_ran_once();
    sweep.wait_for(&[("done", 100)]);
}

/// Somebody's jobs fill the queue, so the small job is not taken either.
pub(crate) fn whoever_looks_sends_the_next_wave(cluster: &Cluster) {
    let others: Vec<String> = (0..25).map(|_| cluster.job(&["--hold"], "true")).collect();
    let numbers: Vec<String> = (1..=12).map(|number| number.to_string()).collect();
    let sweep = Sweep::new(cluster, "look", "", "", &format!("x = [{}]", numbers.join(", ")));
    let words = sweep.submit();
    assert!(words.contains("8 tasks of "), "{words}");
    let waiting: Vec<String> =
        cluster.slurm("squeue", &["-h", "-o", "%j"]).lines().map(String::from).collect();
    assert!(waiting.iter().any(|name| name.ends_with("-next")), "{waiting:?}");
    cluster.slurm("scancel", &["--name", waiting.iter().find(|name| name.ends_with("-next")).expect("one")]);
    for other in &others {
        cluster.slurm("scancel", &[other]);
    }
    sweep.wait_until("the first wave is done", || {
        let states = sweep.states();
        if states.get("done") == Some(&4) { Ok(()) } else { Err(format!("{states:?}")) }
    });
    let status = sweep.gainsweep(0, "status", &[]);
    assert!(status.talk.contains("sent the next wave: job "), "{}", status.talk);
    sweep.wait_for(&[("done", 12)]);
    sweep.each_ran_once();
}
