//! A project that is renamed while its jobs wait or run: the truth about each cell, and none is done twice.

use std::path::Path;
use std::time::Duration;

use gainsweep_store::Outcome;
use gainsweep_testkit::program::run;
use gainsweep_testkit::waiting::within;
use gainsweep_testkit::workers;

use super::{PATIENCE, Site};

/// Why jobs of the old place fail.
const WHY: &str = "its folder was moved or renamed after this was submitted";

impl Site {
    /// Waits until nothing is queued; then each cell is done, and was done once.
    #[track_caller]
    fn assert_each_was_done_once(&self, cells: usize, before: &Path) {
        assert!(self.cluster.wait_until_idle(PATIENCE), "the queue never emptied: {:?}", self.cluster.jobs());
        let status = self.status(&[]);
        assert_eq!(status["counts"]["done"], cells, "{status}");
        let attempts = self.attempts();
        for (cell, all) in &attempts.by_cell {
            let done = all.iter().filter(|attempt| attempt.outcome == Outcome::Done).count();
            assert_eq!(done, 1, "{cell} was done {done} times");
        }
        assert_eq!(attempts.by_cell.len(), cells);
        assert!(!before.exists(), "something was written to the old place");
    }
}

#[test]
fn jobs_that_wait_in_the_old_place_fail_and_are_sent_again() {
    let mut site = Site::new(3, "");
    site.cluster.settings(|settings| settings.hold = true);
    site.talk(0, &["submit", "s", "--yes"]);
    let before = site.sweep.folder.rename("new name");
    let said = site.run(&["status", "s"]).expect(
        0,
        &[
            "note: 3 cells wait in jobs that look for the folder where it was",
            "`gainsweep cancel s`, then `gainsweep submit s`",
        ],
    );
    assert!(said.stdout.contains("pending            3"), "{}", said.stdout);
    assert!(site.talk(0, &["submit", "s", "--yes"]).contains("nothing to submit; 3 pending"));
    site.cluster.settings(|settings| settings.hold = false);
    assert!(site.cluster.wait_until_idle(PATIENCE), "{:?}", site.cluster.jobs());
    let said = site.run(&["status", "s"]).expect(1, &["gainsweep retry s"]);
    assert!(said.stdout.contains("failed             3") && said.stdout.contains(WHY), "{}", said.stdout);
    site.talk(0, &["retry", "s", "--force"]);
    site.assert_each_was_done_once(3, &before);
}

#[test]
fn jobs_that_wait_in_the_old_place_can_be_cancelled_and_submitted() {
    let mut site = Site::new(3, "");
    site.cluster.settings(|settings| settings.hold = true);
    site.talk(0, &["submit", "s", "--yes"]);
    let before = site.sweep.folder.rename("new name");
    site.talk(0, &["cancel", "s"]);
    site.cluster.settings(|settings| settings.hold = false);
    site.talk(0, &["submit", "s", "--yes"]);
    site.assert_each_was_done_once(3, &before);
}

#[test]
fn what_was_not_sent_yet_is_submitted_from_the_new_place() {
    let mut site = Site::new(6, "");
    site.cluster.settings(|settings| {
        settings.max_submit = Some(3);
        settings.hold = true;
    });
    site.talk(0, &["submit", "s", "--yes"]);
    assert_eq!(site.status(&["--look-only"])["counts"], serde_json::json!({ "pending": 2, "unsent": 4 }));
    let before = site.sweep.folder.rename("new name");
    site.cluster.settings(|settings| settings.max_submit = None);
    assert_eq!(site.status(&[])["counts"], serde_json::json!({ "pending": 2, "new": 4 }));
    site.talk(0, &["submit", "s", "--yes"]);
    assert_eq!(site.status(&[])["counts"]["pending"], 6);
    site.cluster.settings(|settings| settings.hold = false);
    assert!(site.cluster.wait_until_idle(PATIENCE), "{:?}", site.cluster.jobs());
    assert_eq!(site.status(&[])["counts"], serde_json::json!({ "done": 4, "failed": 2 }));
    site.talk(0, &["retry", "s"]);
    site.assert_each_was_done_once(6, &before);
}

#[test]
fn cells_that_run_during_the_move_are_run_again_from_the_new_place() {
    let mut site = Site::new(2, "");
    site.write(&format!("{}[params]\npause = 2\n[grid]\nx = [1, 2]\n", workers::table(&[&workers::plain()])));
    site.talk(0, &["submit", "s", "--yes"]);
    let running = || site.status(&["--look-only"])["counts"]["running"] == 2;
    assert!(within(PATIENCE, Duration::from_millis(100), running), "{}", site.status(&[]));
    let before = site.sweep.folder.rename("new name");
    assert!(site.cluster.wait_until_idle(PATIENCE), "{:?}", site.cluster.jobs());
    let said = site.run(&["status", "s"]).expect(1, &["gainsweep retry s"]);
    assert!(said.stdout.contains("failed             2"), "{}", said.stdout);
    site.talk(0, &["retry", "s"]);
    site.assert_each_was_done_once(2, &before);
}

#[test]
fn the_jobs_of_a_copied_project_are_those_of_the_first() {
    let site = Site::new(6, "");
    site.cluster.settings(|settings| {
        settings.max_submit = Some(3);
        settings.hold = true;
    });
    site.talk(0, &["submit", "s", "--yes"]);
    let copy = site.folder.root().with_file_name("copy");
    let copied = std::process::Command::new("cp").arg("-a").args([site.folder.root(), &copy]).status();
    assert!(copied.expect("it runs").success());
    site.cluster.settings(|settings| settings.max_submit = None);
    let in_copy = |arguments: &[&str]| run(site.command(arguments).current_dir(&copy)).expect(0, &[]);
    assert!(in_copy(&["status", "s"]).stdout.contains("new                4"));
    assert_eq!(site.cluster.jobs().len(), 2, "the first job, and the one that sends the next wave");
    // The first project is not disturbed.
    site.talk(0, &["status", "s"]);
    site.cluster.settings(|settings| settings.hold = false);
    site.assert_each_ran_once(6);
}
