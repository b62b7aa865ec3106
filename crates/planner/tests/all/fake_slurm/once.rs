//! Exactly once: kills at every step, lost answers, two planners.

use std::time::Duration;

use gainsweep_testkit::fake_slurm::Fault;
use gainsweep_testkit::folder::names;
use gainsweep_testkit::program::{command, run};
use gainsweep_testkit::slurm_command::SlurmCommand;

use super::{PATIENCE, Site};

#[test]
fn a_planner_killed_at_any_step_sends_no_cell_twice() {
    for step in 0..40 {
        let site = Site::new(7, "[slurm]\ncells_per_task = 2\n");
        let status =
            site.command(&["submit", "s", "--yes"]).env("GAINSWEEP_KILL_AT_STEP", step.to_string()).status();
        if status.expect("it runs").success() {
            assert!(step >= 5, "only {step} steps");
            site.assert_each_ran_once(7);
            return;
        }
        site.talk(0, &["submit", "s", "--yes"]);
        site.assert_each_ran_once(7);
        assert_eq!(site.cluster.jobs().len(), 1, "killed at step {step}");
        site.talk(0, &["submit", "s", "--yes"]);
        assert_eq!(site.cluster.jobs().len(), 1, "there is nothing more to send");
    }
    panic!("it never came to its end");
}

#[test]
fn a_lost_answer_sends_nothing_twice() {
    let faults = [
        Fault::TimedOutAfter,
        Fault::KilledAfter,
        Fault::ClusterName("cluster2".into()),
        Fault::Chatter { before: "Welcome to site 7\n".into(), after: "Have a nice day\n".into() },
    ];
    for fault in faults {
        let site = Site::new(3, "");
        // The first call is the test submission.
        site.cluster.fault_times(SlurmCommand::Sbatch, fault.clone(), 2);
        site.talk(0, &["submit", "s", "--yes"]);
        site.assert_each_ran_once(3);
        assert_eq!(site.cluster.jobs().len(), 1, "{fault:?}");
    }
}

#[test]
fn while_nobody_knows_nothing_is_sent_again() {
    let site = Site::new(3, "");
    site.cluster.fault_times(SlurmCommand::Sbatch, Fault::TimedOutAfter, 2);
    // The answer is lost, and then the look-up by name fails, too.
    site.cluster.fault_times(SlurmCommand::Squeue, Fault::Empty, 1);
    site.cluster.settings(|settings| settings.hold = true);
    let first = site.command(&["submit", "s", "--yes"]).env("GAINSWEEP_KILL_AT_STEP", "5").status();
    assert!(!first.expect("it runs").success());
    site.cluster.fault(SlurmCommand::Squeue, Fault::Away);
    let talk = site.talk(3, &["submit", "s", "--yes"]);
    assert!(talk.contains("nothing was sent"), "{talk}");
    site.cluster.clear_faults();
    site.cluster.settings(|settings| settings.hold = false);
    site.talk(0, &["submit", "s", "--yes"]);
    site.assert_each_ran_once(3);
    assert_eq!(site.cluster.jobs().len(), 1);
}

#[test]
fn a_job_without_a_receipt_is_cancelled_too() {
    let site = Site::new(2, "[slurm]\npreamble = [\"sleep 60\"]\n");
    let killed = site.command(&["submit", "s", "--yes"]).env("GAINSWEEP_KILL_AT_STEP", "4").status();
    assert!(!killed.expect("it runs").success());
    assert!(site.cluster.wait_until_running(2, PATIENCE), "{:?}", site.cluster.jobs());
    let talk = site.talk(0, &["cancel", "s"]);
    assert!(talk.contains("Slurm has the job") && talk.contains("cancelled 2 cells"), "{talk}");
    assert!(site.cluster.wait_until_idle(Duration::from_secs(20)), "{:?}", site.cluster.jobs());
}

#[test]
fn two_planners_at_once_send_each_cell_once() {
    let site = Site::new(300, "[slurm]\ncells_per_task = 10\n");
    let planners: Vec<_> =
        (0..2).map(|_| site.command(&["submit", "s", "--yes"]).spawn().expect("it runs")).collect();
    for mut planner in planners {
        assert!(planner.wait().expect("ended").success());
    }
    site.assert_each_ran_once(300);
    assert_eq!(site.sent(), 1);
}

#[test]
fn a_double_submission_gives_no_double_result() {
    let site = Site::new(20, "[slurm]\ncells_per_task = 2\n");
    site.cluster.settings(|settings| settings.hold = true);
    site.talk(0, &["submit", "s", "--yes"]);
    // The same script is sent a second time, under the same name.
    let job = &site.cluster.jobs()[0];
    let submissions = site.results().submissions();
    let mut again = command("sbatch", &[format!("--job-name={}", job.name), "--array=0-9".into()]);
    again.arg(submissions.join(&names(&submissions)[0]).join("task.sh"));
    run(again.envs(site.cluster.environment()).current_dir(site.folder.root())).expect(0, &[]);
    site.cluster.settings(|settings| settings.hold = false);
    site.assert_each_ran_once(20);
}

#[test]
fn the_number_of_calls_does_not_depend_on_the_number_of_cells() {
    for cells in [4, 120] {
        let site = Site::new(cells, "");
        site.cluster.settings(|settings| {
            settings.max_array_size = 50;
            settings.hold = true;
        });
        site.talk(0, &["submit", "s", "--yes"]);
        assert_eq!(site.sent(), cells.div_ceil(50) as usize, "arrays of at most 50");
        let before = site.cluster.calls().len();
        let status = site.status(&[]);
        assert_eq!(status["counts"]["pending"], cells);
        assert_eq!(site.cluster.calls().len() - before, 2, "one squeue and one sacct");
    }
}
