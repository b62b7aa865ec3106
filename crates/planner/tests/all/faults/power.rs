//! Power cuts: copies of the disk at several instants of a `run`, each mounted and looked at.
//!
//! The processes are stopped while the disk is copied, so a copy is the state between two of their system calls.

use std::process::{Child, Command};

use gainsweep_testkit::disk::{self, Mounted};
use gainsweep_testkit::folder::read;
use gainsweep_testkit::program;
use gainsweep_testkit::sound::{PLAIN, assert_attempts, assert_no_lie, assert_sound};
use gainsweep_testkit::sweep::{Sweep, id, table};
use gainsweep_testkit::waiting::wait_until;
use gainsweep_testkit::{skip, workers};
use rustix::process::Signal;

use super::traced;

const CELLS: usize = 8;

/// A sweep whose results are on a disk of their own.
struct OnDisk {
    // Unmounted before the sweep's folder is removed.
    disk: Mounted,
    sweep: Sweep,
}

fn new_sweep() -> Sweep {
    let sweep = Sweep::new("s");
    let worker = workers::table(&[&workers::plain()]);
    sweep.write(&format!("{worker}[params]\npause = 0.1\n[replicates]\nseed = {CELLS}\n"));
    sweep
}

impl OnDisk {
    fn new() -> Option<OnDisk> {
        let sweep = new_sweep();
        let disk = disk::ext4(&sweep.folder.path("image"), 24, &sweep.folder.path("results"))?;
        Some(OnDisk { disk, sweep })
    }

    /// What is there after a power cut now: the disk is mounted again, elsewhere. `None` if it never rested.
    fn cut_power(&self, run: &Child) -> Option<OnDisk> {
        let sweep = new_sweep();
        let copy = sweep.folder.path("image");
        program::signal(run, Signal::STOP);
        let copied = self.disk.cut_power(&self.sweep.folder.path("image"), &copy);
        program::signal(run, Signal::CONT);
        let disk = copied.then(|| disk::mount(&copy, &sweep.folder.path("results")))?;
        Some(OnDisk { disk: disk.expect("mounted"), sweep })
    }

    /// How many cells are done.
    fn done(&self) -> usize {
        let cells = fs_err::read_dir(self.sweep.results().cells()).into_iter().flatten().flatten();
        cells.filter(|entry| entry.path().join("done.json").exists()).count()
    }
}

/// Cuts the power while this command runs: at its beginning, and each time that two more cells are done.
fn cut_while(place: &OnDisk, command: Command) -> Vec<OnDisk> {
    let run = program::start(command);
    let mut found = Vec::new();
    for done in (0..CELLS).step_by(2) {
        wait_until("so many cells are done", || place.done() >= done);
        found.extend(place.cut_power(&run));
    }
    program::end(run).expect(0, &[]);
    found
}

#[test]
fn a_power_cut_loses_no_result_of_a_done_cell() {
    let Some(place) = OnDisk::new() else { return };
    let cuts = cut_while(&place, place.sweep.command(&["run", "s", "--jobs", "2"]));
    assert_sound(&place.sweep, PLAIN, CELLS, "without a power cut");
    assert!(cuts.len() > 2, "the disk never rested");
    let done: Vec<usize> = cuts.iter().map(OnDisk::done).collect();
    assert!(done.iter().any(|done| (1..CELLS).contains(done)), "no cut in the middle: {done:?}");
    for (cut, done) in cuts.iter().zip(done) {
        let (sweep, what) = (&cut.sweep, format!("{done} cells done"));
        assert_no_lie(sweep, PLAIN, &what);
        assert_attempts(sweep, &what);
        assert_eq!(sweep.status(&[])["counts"]["done"].as_u64().unwrap_or(0), done as u64, "{what}");
        // The very first cut may come before anything is on the disk.
        if sweep.results().root().exists() {
            let said = sweep.run(&["gather", "s"]);
            assert!(said.code.is_some_and(|code| code < 2), "{what}: {said:?}");
            let rows = table(&sweep.results().cells_table());
            assert_eq!(rows.iter().filter(|row| row["state"] == "done").count(), done, "{what}");
        }
        sweep.talk(0, &["run", "s"]);
        assert_sound(sweep, PLAIN, CELLS, &what);
    }
}

/// The test above can fail: where the results themselves are not forced to disk, done cells lose them.
#[test]
fn a_power_cut_takes_results_that_were_not_forced_to_disk() {
    let Some(place) = OnDisk::new().filter(|_| skip::has_program("strace")) else { return };
    let works = place.sweep.results().works();
    let cells = place.sweep.cells_of_the_file();
    let results = cells.iter().flat_map(|cell| {
        ["metrics.csv", "contexts.csv"].map(|name| works.join(format!("{}.1", id(cell))).join(name))
    });
    let results: Vec<String> = results.map(|path| path.to_str().expect("text").into()).collect();
    let mut options = vec!["-e", "trace=fsync", "-e", "inject=fsync:retval=0"];
    options.extend(results.iter().flat_map(|path| ["-P", path]));
    let run = place.sweep.command(&["run", "s", "--jobs", "2"]);
    let cuts = cut_while(&place, traced(&run, &options, &place.sweep.folder.path("trace")));
    let lies = |cut: &&OnDisk| {
        let cells = cut.sweep.cells().into_iter().filter(|cell| cell.done().exists());
        cells.filter(|cell| read(&cell.metrics()) != PLAIN.metrics).count() > 0
    };
    assert!(cuts.iter().filter(lies).count() > 0, "every done cell kept its results");
}
