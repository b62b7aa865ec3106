//! Slurm's controller is away, or a planner is killed.

use gainsweep_store::submissions;

use gainsweep_testkit::real_slurm::{ClusterSweep, RealSlurm};

pub(crate) fn the_controller_is_away(cluster: &RealSlurm) {
    let sweep = ClusterSweep::new(cluster, "away", "", "steps = 40\npause = 0.1", "x = [1, 2]");
    let late = ClusterSweep::new(cluster, "late", "", "", "x = [1, 2, 3]");
    sweep.submit();
    sweep.wait_for(&[("running", 2)]);
    cluster.script(&["stop-controller"]);
    let refused = late.gainsweep(3, "submit", &["--yes"]);
    assert!(refused.stderr.contains("Unable to contact slurm controller"), "{}", refused.stderr);
    let status = sweep.gainsweep(3, "status", &[]);
    assert!(status.stderr.contains("Unable to contact slurm controller"), "{}", status.stderr);
    assert!(!status.stdout.contains("lost"), "{}", status.stdout);
    sweep.gainsweep(3, "cancel", &[]);
    // The workers keep running.
    sweep.wait_for_states("done without a controller", |states| states.get("done") == Some(&2));
    cluster.script(&["start-controller"]);
    late.submit();
    late.wait_for(&[("done", 3)]);
    late.assert_each_ran_once();
    sweep.wait_for(&[("done", 2)]);
    sweep.assert_each_ran_once();
}

/// Killed between the announcement and the receipt, with and without the job sent.
pub(crate) fn a_planner_that_was_cut_off(cluster: &RealSlurm) {
    let sent = ClusterSweep::new(cluster, "sent", "directives = [\"--hold\"]", "", "x = [1, 2]");
    sent.submit();
    let receipt = |sweep: &ClusterSweep| {
        let (all, damage) = submissions::read_all(&sweep.results().submissions()).expect("read");
        assert!(damage.is_empty(), "{damage:?}");
        all[0].folder().join("job-0001.receipt.json")
    };
    let job = sent.jobs()[0].to_string();
    fs_err::remove_file(receipt(&sent)).expect("removed");
    let words = sent.submit();
    assert!(words.contains("Slurm has the job"), "{words}");
    assert!(words.contains("nothing to submit; 2 pending"), "{words}");
    cluster.slurm("scontrol", &["release", &job]);
    sent.wait_for(&[("done", 2)]);
    sent.assert_each_ran_once();

    let never = ClusterSweep::new(cluster, "never", "directives = [\"--hold\"]", "", "x = [1, 2]");
    never.submit();
    let job = never.jobs()[0].to_string();
    fs_err::remove_file(receipt(&never)).expect("removed");
    // As if it had not been sent: no job has its name.
    cluster.slurm("scontrol", &["update", &format!("jobid={job}"), "jobname=another"]);
    never.write_slurm("", "", "x = [1, 2]");
    let words = never.submit();
    assert!(words.contains("Slurm does not have it"), "{words}");
    cluster.slurm("scancel", &[&job]);
    let words = never.try_gainsweep("submit", &["--yes"]).stderr;
    assert!(!words.contains("error"), "{words}");
}
