//! `status --watch` in a pipe: polite to Slurm, and patient while it is away.

use std::io::{BufRead, BufReader};
use std::process::Child;
use std::time::Instant;

use gainsweep_testkit::fake_slurm::Fault;
use gainsweep_testkit::program::{self, end, signal};
use gainsweep_testkit::slurm_command::SlurmCommand;
use rustix::process::Signal;

use super::{PATIENCE, Site};

fn squeues(site: &Site) -> usize {
    site.cluster.calls().iter().filter(|call| call.program == "squeue").count()
}

fn start(site: &Site) -> (Child, impl Iterator<Item = String>) {
    let mut child = program::start(site.command(&["status", "s", "--watch"]));
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    (child, lines.map(|line| line.expect("text")))
}

#[test]
fn files_are_followed_without_asking_slurm_again() {
    let site = Site::new(3, "");
    site.cluster.settings(|settings| settings.hold = true);
    site.talk(0, &["submit", "s", "--yes"]);
    let (before, began) = (squeues(&site), Instant::now());
    let (mut watch, mut lines) = start(&site);
    let first = lines.next().expect("a line");
    assert!(first.ends_with("s: 3 pending"), "{first}");
    site.cluster.settings(|settings| settings.hold = false);
    assert!(site.cluster.wait_until_idle(PATIENCE));
    // Finished cells are seen in the files some seconds later, and end the watch.
    let last = lines.last().expect("a change");
    assert!(last.ends_with(": 3 done"), "{last}");
    assert_eq!(watch.wait().expect("it ends").code(), Some(0));
    let most = 1 + began.elapsed().as_secs() as usize / 30;
    assert!((1..=most).contains(&(squeues(&site) - before)), "{} times", squeues(&site) - before);
}

#[test]
fn slurm_away_is_said_and_ctrl_c_ends_with_what_is_known() {
    let site = Site::new(2, "");
    site.cluster.settings(|settings| settings.hold = true);
    site.talk(0, &["submit", "s", "--yes"]);
    site.cluster.fault(SlurmCommand::Squeue, Fault::Away);
    let (watch, mut lines) = start(&site);
    let first = lines.next().expect("a line");
    assert!(first.contains("Slurm does not answer; s: 2 unknown"), "{first}");
    signal(&watch, Signal::INT);
    // The exit code of a `status` that cannot ask.
    end(watch).expect(3, &[]);
}

#[test]
fn where_nothing_was_submitted_slurm_is_not_asked() {
    let site = Site::new(1, "");
    let (mut watch, lines) = start(&site);
    let lines: Vec<String> = lines.collect();
    assert!(lines.len() == 1 && lines[0].ends_with("s: 1 new"), "{lines:?}");
    assert_eq!(watch.wait().expect("it ends").code(), Some(0));
    assert_eq!(squeues(&site), 0);
}
