//! Wrong or missing answers of Slurm are never taken for a verdict.

use std::path::Path;
use std::time::Duration;

use gainsweep_testkit::fake_slurm::Fault;
use gainsweep_testkit::skip;
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

/// Its cells may be in the queue: nobody can say.
#[test]
fn a_submission_that_cannot_be_read_is_not_forgotten() {
    let newer = |folder: &Path| {
        let path = folder.join("submission.json");
        let text = fs_err::read_to_string(&path).expect("read");
        fs_err::write(&path, text.replacen("\"format\": ", "\"format\": 9", 1)).expect("written");
    };
    let empty = |folder: &Path| fs_err::write(folder.join("cells.csv"), "").expect("written");
    let huge = |folder: &Path| {
        let path = folder.join("submission.json");
        let text = fs_err::read_to_string(&path).expect("read");
        fs_err::write(&path, text.replacen("\"tasks\": 3", "\"tasks\": 4000000000", 1)).expect("written");
    };
    let damages: [&dyn Fn(&Path); 3] = [&newer, &empty, &huge];
    for (damage, why) in damages.into_iter().zip(["newer format", "cells.csv", "cells.csv"]) {
        let site = Site::new(3, "");
        site.cluster.settings(|settings| settings.hold = true);
        site.talk(0, &["submit", "s", "--yes"]);
        let entry = fs_err::read_dir(site.results().submissions()).expect("list").next().expect("one");
        damage(&entry.expect("read").path());
        let sent = site.sent();
        let talk = site.talk(3, &["submit", "s", "--yes"]);
        assert!(talk.contains("nothing was sent") && talk.contains(why), "{talk}");
        assert_eq!(site.sent(), sent);
        let said = site.run(&["status", "s"]);
        assert!(said.stderr.contains(why) && said.stdout.contains("3 cells"), "{said:?}");
        // What can be read is cancelled all the same.
        assert!(site.run(&["cancel", "s"]).stderr.contains("nothing waits or runs"));
    }
}

/// Whoever looks at a shared folder sends nothing under an account of his own.
#[test]
fn nobody_sends_the_waves_of_others() {
    if !skip::has_by_chance(rustix::process::geteuid().is_root(), "the right to be another user") {
        return;
    }
    let site = Site::new(4, "");
    let limits = |most| {
        site.cluster.settings(move |settings| (settings.hold, settings.max_submit) = (true, Some(most)));
    };
    limits(2);
    site.talk(0, &["submit", "s", "--yes"]);
    limits(100);
    let sent = site.sent();
    let own = |owner: Option<u32>| {
        let entry = fs_err::read_dir(site.results().submissions()).expect("list").next().expect("one");
        let folders = [site.results().root().to_path_buf(), entry.expect("read").path()];
        for folder in folders {
            std::os::unix::fs::chown(folder, owner, None).expect("given away");
        }
    };
    own(Some(65534));
    let said = site.run(&["status", "s"]);
    assert!(said.stderr.contains("only that user can send them"), "{said:?}");
    site.run(&["status", "s", "--send"]);
    assert_eq!(site.sent(), sent, "nothing of another user was sent");
    own(Some(0));
    site.talk(0, &["status", "s"]);
    assert!(site.sent() > sent);
}

#[test]
fn a_results_folder_that_is_named_like_an_option_is_none() {
    let site = Site::new(2, "");
    site.talk(0, &["submit", "s", "--yes", "--results=-x"]);
    assert!(site.cluster.wait_until_idle(PATIENCE), "the queue never emptied");
    let status = site.run(&["status", "s", "--json", "--results=-x"]).json();
    assert_eq!(status["counts"]["done"], 2, "{status}");
}
