//! Machines that see a shared folder late: what one made, the other does not find; locks reach no other machine.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use gainsweep_store::{Outcome, SweepFolder};
use gainsweep_testkit::folder::read;
use gainsweep_testkit::program::{end, start};
use gainsweep_testkit::sound::{PLAIN, assert_gathered, assert_no_lie, assert_sound};
use gainsweep_testkit::sweep::{Sweep, id, starts};
use gainsweep_testkit::waiting::{NAP, wait_for_path, wait_until, within};
use gainsweep_testkit::{skip, workers};

use super::{most, traced};

/// No lock excludes anybody.
const NO_LOCKS: &str = "inject=flock:retval=0";

/// A sweep of so many cells that take a moment each.
fn moments(cells: usize) -> Sweep {
    let sweep = Sweep::new("s");
    write(&sweep, cells);
    sweep
}

fn write(sweep: &Sweep, cells: usize) {
    let worker = workers::table(&[&workers::plain()]);
    sweep.write(&format!("{worker}[params]\npause = 0.2\n[replicates]\nseed = {cells}\n"));
}

/// Of each cell one attempt is the one that counts, and its results are there.
fn assert_published_once(sweep: &Sweep, cells: usize, what: &str) {
    assert_no_lie(sweep, PLAIN, what);
    let attempts = sweep.attempts();
    for (cell, all) in &attempts.by_cell {
        let done = all.iter().filter(|attempt| attempt.outcome == Outcome::Done).count();
        assert_eq!(done, 1, "{what}: {cell} {all:?}");
    }
    assert_eq!(attempts.by_cell.len(), cells, "{what}");
}

/// Two runs without a lock between them. One does not see entries of the claims that the other made: at its first
/// looks, or at its second ones, and so on.
#[test]
fn two_runs_with_stale_lookups_never_both_publish() {
    if !skip::has_program("strace") {
        return;
    }
    for from in 1..=most(2).min(12) {
        let sweep = moments(3);
        // `strace` compares the paths as they are given.
        let entry = |number| move |cell| format!("results/s/claims/{}.{number}.json", id(cell));
        let cells = sweep.cells_of_the_file();
        let mut paths: Vec<String> = (1..=3).flat_map(|number| cells.iter().map(entry(number))).collect();
        paths.push("results/s/run.lock".into());
        // The first is that of the lock.
        let stale = format!("inject=openat:error=ENOENT:when={}+2", from + 1);
        let mut options = vec!["-e", "trace=flock,openat", "-e", NO_LOCKS, "-e", &stale];
        options.extend(paths.iter().flat_map(|path| ["-P", path]));
        let first = start(sweep.command(&["run", "s", "--jobs", "1"]));
        wait_for_path(&sweep.results().claims());
        let trace = sweep.folder.path("trace");
        let second = start(traced(&sweep.command(&["run", "s", "--jobs", "1"]), &options, &trace));
        let said = [end(first), end(second)];
        let what = format!("stale from {from}: {said:?}");
        assert!(read(&trace).contains("openat") && read(&trace).contains("(INJECTED)"), "{what}");
        // Each may have left cells to the other.
        sweep.run(&["run", "s"]).expect(0, &[]);
        assert_published_once(&sweep, 3, &what);
        assert_sound(&sweep, PLAIN, 3, &what);
    }
}

/// Two mounts of one folder, each with a cache of its own.
struct Mounts {
    at: [PathBuf; 2],
    servers: Vec<Child>,
}

impl Mounts {
    /// `mergerfs` serves a folder with caches; `None` where it is missing.
    fn new(folder: &Path, at: [PathBuf; 2]) -> Option<Mounts> {
        let mut mounts = Mounts { at, servers: Vec::new() };
        let caches = "cache.negative_entry=60,cache.entry=60,cache.attr=60,use_ino";
        for at in &mounts.at {
            fs_err::create_dir_all(at).expect("a folder");
            let mut server = Command::new("mergerfs");
            let server = server.args(["-f", "-o", caches]).arg(folder).arg(at).spawn();
            mounts.servers.extend(server.ok());
        }
        let is_mounted = |at: &PathBuf| at.join("shared").exists();
        let all = || mounts.at.iter().all(is_mounted);
        let has = mounts.servers.len() == 2 && within(Duration::from_secs(3), NAP, all);
        skip::has_by_chance(has, "mergerfs, or the right to mount it").then_some(mounts)
    }
}

impl Drop for Mounts {
    fn drop(&mut self) {
        for at in &self.at {
            let _ = Command::new("umount").arg("-l").arg(at).status();
        }
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// A sweep of three cells on two mounts. The second has looked for these files of each cell when they were not there,
/// and goes on believing that.
fn on_two_mounts(looked_for: impl Fn(&SweepFolder, &str) -> Vec<PathBuf>) -> Option<(Sweep, Mounts)> {
    let sweep = moments(3);
    sweep.folder.write("disk/shared", "");
    let [one, two] = ["one", "two"].map(|name| sweep.folder.path(name));
    let mounts = Mounts::new(&sweep.folder.path("disk"), [one, two])?;
    let folder = SweepFolder::new(&mounts.at[1], "s");
    fs_err::create_dir_all(mounts.at[0].join("s/claims")).expect("a folder");
    fs_err::create_dir_all(mounts.at[0].join("s/cells")).expect("a folder");
    for cell in sweep.cells_of_the_file() {
        assert!(looked_for(&folder, &id(&cell)).iter().all(|path| !path.exists()), "new");
    }
    let late = mounts.at[1].join("late");
    assert!(!late.exists());
    fs_err::write(mounts.at[0].join("late"), "").expect("written");
    assert!(!late.exists(), "this mount caches nothing");
    Some((sweep, mounts))
}

impl Mounts {
    /// Starts a run that sees the results through one of the mounts.
    fn run(&self, sweep: &Sweep, mount: usize) -> Child {
        let mut command = sweep.command(&["run", "s", "--jobs", "1", "--results"]);
        command.arg(&self.at[mount]);
        start(command)
    }

    /// What was run through the mounts, as it is on the disk.
    fn end(self, sweep: &Sweep) {
        drop(self);
        fs_err::rename(sweep.folder.path("disk"), sweep.folder.path("results")).expect("renamed");
    }
}

fn names_of_claims(folder: &SweepFolder, cell: &str) -> Vec<PathBuf> {
    (1..=4).map(|number| folder.claims().join(format!("{cell}.{number}.json"))).collect()
}

#[test]
fn two_mounts_with_caches_publish_each_cell_once() {
    let looked_for = |folder: &SweepFolder, cell: &str| {
        let folders = [folder.cells().join(cell), folder.works().join(format!("{cell}.1"))];
        [names_of_claims(folder, cell), folders.to_vec()].concat()
    };
    let Some((sweep, mounts)) = on_two_mounts(looked_for) else { return };
    let first = mounts.run(&sweep, 0);
    wait_until("the first has a claim", || {
        let claims = fs_err::read_dir(sweep.folder.path("disk/s/claims"));
        claims.is_ok_and(|entries| entries.count() > 0)
    });
    let said = [end(mounts.run(&sweep, 1)), end(first)];
    let what = format!("{said:?}");
    assert!(!said[0].stderr.contains("another"), "a lock reached the other mount: {what}");
    mounts.end(&sweep);
    sweep.run(&["run", "s"]).expect(0, &[]);
    assert_published_once(&sweep, 3, &what);
    assert_sound(&sweep, PLAIN, 3, &what);
}

/// The second mount sees that the cells are finished, and does not find their results.
#[test]
fn a_mount_that_does_not_find_the_results_runs_nothing_again() {
    let looked_for = |folder: &SweepFolder, cell: &str| vec![folder.cells().join(cell)];
    let Some((sweep, mounts)) = on_two_mounts(looked_for) else { return };
    end(mounts.run(&sweep, 0)).expect(0, &[]);
    let what = format!("{:?}", end(mounts.run(&sweep, 1)));
    mounts.end(&sweep);
    sweep.run(&["run", "s"]).expect(0, &[]);
    assert!(sweep.cells().iter().all(|cell| starts(cell) == 1), "{what}");
    assert_published_once(&sweep, 3, &what);
    assert_sound(&sweep, PLAIN, 3, &what);
}

/// Two gatherings at once, each of which believes that it is alone. Their writes are slow at different places.
#[test]
fn two_gatherings_without_locks_leave_right_tables() {
    if !skip::has_program("strace") {
        return;
    }
    let slow = ["write", "rename,renameat,renameat2", "fsync", "openat", "copy_file_range,pwrite64"];
    for (one, two) in slow.iter().flat_map(|one| slow.iter().map(move |two| (one, two))) {
        if most(1) == 1 && one != two {
            continue;
        }
        let sweep = moments(2);
        sweep.talk(0, &["run", "s"]);
        sweep.talk(0, &["gather", "s"]);
        // Both copy what is gathered, and add cells.
        write(&sweep, 5);
        sweep.talk(0, &["run", "s"]);
        let gather = |calls: &str, number: u32| {
            let delay = format!("inject={calls}:delay_enter={}ms", 3 * number);
            let trace = format!("trace=flock,{calls}");
            let options = ["-e", &trace, "-e", NO_LOCKS, "-e", &delay];
            start(traced(&sweep.command(&["gather", "s"]), &options, Path::new("/dev/null")))
        };
        let said = [gather(one, 1), gather(two, 2)].map(end);
        let what = format!("{one} and {two}: {said:?}");
        if said.iter().all(|said| said.code == Some(0)) {
            let tables =
                || [sweep.results().cells_table(), sweep.results().summary_table()].map(|path| read(&path));
            let together = tables();
            assert_gathered(&sweep, &what);
            assert_eq!(together, tables(), "{what}: wrong, and nobody said so");
        }
        assert_gathered(&sweep, &what);
        assert_sound(&sweep, PLAIN, 5, &what);
    }
}
