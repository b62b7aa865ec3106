//! Wrong or missing answers of Slurm are never taken for a verdict.

use std::time::Duration;

use gainsweep_testkit::fake_slurm::Fault;
use gainsweep_testkit::slurm_command::SlurmCommand;
use gainsweep_testkit::waiting::wait_for;

use super::{PATIENCE, Site};

#[test]
fn a_controller_that_is_away_loses_nothing() {
    let site = Site::new(4, "");
    site.cluster.fault(SlurmCommand::Sbatch, Fault::Away);
    site.cluster.fault(SlurmCommand::Squeue, Fault::Away);
    site.cluster.fault(SlurmCommand::Scontrol, Fault::Away);
    let talk = site.talk(3, &["submit", "s", "--yes"]);
    assert!(talk.contains("Slurm does not answer"), "{talk}");
    site.cluster.clear_faults();
    site.talk(0, &["submit", "s", "--yes"]);
    site.assert_each_ran_once(4);
    site.cluster.fault(SlurmCommand::Squeue, Fault::Away);
    let text = site.run(&["status", "s"]).expect(3, &[]).stdout;
    assert!(text.contains("done") && text.contains(" 4"), "what is known is shown: {text}");
}

#[test]
fn an_empty_queue_with_accounting_lagging_forgets_nothing() {
    let site = Site::new(3, "");
    site.cluster.settings(|settings| settings.hold = true);
    site.talk(0, &["submit", "s", "--yes"]);
    site.cluster.fault(SlurmCommand::Squeue, Fault::Empty);
    site.cluster.settings(|settings| settings.accounting_lag = 1000.0);
    let status = site.status(&[]);
    assert_eq!(status["counts"]["unknown"], 3, "{status}");
    // Nothing is sent again because of such an answer.
    site.talk(0, &["submit", "s", "--yes"]);
    assert_eq!(site.sent(), 1);
    site.cluster.clear_faults();
    site.cluster.settings(|settings| settings.hold = false);
    site.assert_each_ran_once(3);
}

#[test]
fn a_task_that_ended_without_accounting_says_so() {
    let site = Site::new(2, "");
    site.cluster.settings(|settings| {
        settings.accounting = false;
        settings.min_job_age = 0.0;
    });
    site.talk(0, &["submit", "s", "--yes"]);
    site.assert_each_ran_once(2);
    assert_eq!(site.status(&[])["counts"]["done"], 2);
}

#[test]
fn a_refusal_is_the_users_mistake_and_leaves_nothing() {
    let site = Site::new(2, "[slurm]\npartition = \"nosuch\"\n");
    let talk = site.talk(2, &["submit", "s", "--yes"]);
    assert!(talk.contains("partition") && talk.contains("[slurm]"), "{talk}");
    site.write_sweep(2, "");
    site.talk(0, &["submit", "s", "--yes"]);
    site.assert_each_ran_once(2);
}

#[test]
fn waves_go_on_by_themselves() {
    let site = Site::new(40, "");
    site.cluster.settings(|settings| settings.max_submit = Some(12));
    let talk = site.talk(0, &["submit", "s", "--yes"]);
    assert!(talk.contains("wait for the next wave"), "{talk}");
    wait_for("40 done", PATIENCE, Duration::from_millis(500), || {
        let status = site.status(&[]);
        if status["counts"]["done"] == 40 { Ok(()) } else { Err(status.to_string()) }
    });
    site.assert_each_ran_once(40);
}

#[test]
fn a_failing_cell_is_named_and_retried_alone() {
    let site = Site::new(3, "[slurm]\npreamble = [\"[ -e mended ] || export FAIL_WITH='no weights'\"]\n");
    site.talk(0, &["submit", "s", "--yes"]);
    assert!(site.cluster.wait_until_idle(PATIENCE));
    let status = site.status(&[]);
    assert_eq!(status["counts"]["failed"], 3, "{status}");
    assert_eq!(status["open_cells"][0]["reason"], "no weights");
    let talk = site.talk(0, &["submit", "s", "--yes"]);
    assert!(talk.contains("nothing to submit; 3 failed"), "{talk}");
    let cell = status["open_cells"][0]["cell"].as_str().expect("text").to_string();
    let page = site.shown(&["explain", "s", &cell[..6]]);
    assert!(page.contains("state     failed: no weights") && page.contains("attempt   1 on"), "{page}");
    site.folder.write("mended", "");
    site.talk(0, &["retry", "s", &cell]);
    assert!(site.cluster.wait_until_idle(PATIENCE));
    let status = site.status(&[]);
    assert_eq!((&status["counts"]["done"], &status["counts"]["failed"]), (&1.into(), &2.into()), "{status}");
}

#[test]
fn what_is_cancelled_is_called_so_and_can_be_sent_again() {
    let site = Site::new(3, "");
    site.cluster.settings(|settings| settings.hold = true);
    site.talk(0, &["submit", "s", "--yes"]);
    let talk = site.talk(0, &["cancel", "s"]);
    assert!(talk.contains("cancelled 3 cells"), "{talk}");
    let status = site.status(&[]);
    assert_eq!(status["counts"]["cancelled"], 3, "{status}");
    site.cluster.settings(|settings| settings.hold = false);
    site.talk(0, &["submit", "s", "--yes"]);
    site.assert_each_ran_once(3);
}

#[test]
fn a_crash_that_gives_numbers_out_again_loses_no_cell() {
    let site = Site::new(3, "");
    site.cluster.settings(|settings| settings.hold = true);
    site.talk(0, &["submit", "s", "--yes"]);
    site.cluster.crash(1);
    // A stranger's job gets the number.
    site.cluster.declare("stranger", &[(0, 2, "RUNNING")]);
    let status = site.status(&[]);
    assert!(status["counts"].get("running").is_none(), "{status}");
    site.cluster.settings(|settings| settings.hold = false);
}
