//! A sweep, its cluster, and what runs at the moment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use gainsweep_testkit::disk::{self, Mounted};
use gainsweep_testkit::fake_slurm::FakeSlurm;
use gainsweep_testkit::program::{end, start};
use gainsweep_testkit::sound::{PLAIN, assert_no_lie, assert_no_unknown_job, assert_sound};
use gainsweep_testkit::sweep::Sweep;
use gainsweep_testkit::waiting::within;
use gainsweep_testkit::workers;

/// Longer than anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// Enough room for everything, in KiB.
const ROOM: u64 = 2 << 20;

/// A command that was started.
struct Started {
    what: String,
    child: Child,
    /// Did we kill it?
    killed: bool,
}

pub(super) struct World {
    // Unmounted before the sweep's folder is removed.
    pub(super) disk: Option<Mounted>,
    pub(super) sweep: Sweep,
    pub(super) cluster: FakeSlurm,
    _place: tempfile::TempDir,
    started: Vec<Started>,
    /// How many cells the sweep file has.
    pub(super) cells: usize,
    /// Is the clock wrong for the next commands, and by how much?
    pub(super) clock: Option<String>,
    pub(super) log: Vec<String>,
    pub(super) counts: BTreeMap<&'static str, u64>,
    since: Instant,
}

impl World {
    pub(super) fn new() -> World {
        let place = tempfile::tempdir().expect("a folder");
        let cluster = FakeSlurm::start(&place.path().join("slurm"));
        let sweep = Sweep::new("s").with_environment(&cluster.environment());
        let disk = disk::memory(ROOM, &sweep.folder.path("results"));
        let mut world = World {
            disk,
            sweep,
            cluster,
            _place: place,
            started: Vec::new(),
            cells: 0,
            clock: None,
            log: Vec::new(),
            counts: BTreeMap::new(),
            since: Instant::now(),
        };
        world.grow(8);
        world
    }

    /// The sweep gets more cells, half of them quick ones.
    pub(super) fn grow(&mut self, cells: usize) {
        self.cells += cells;
        self.log.push(format!("           the sweep has {} cells", self.cells));
        let worker = workers::table(&[&workers::plain()]);
        let seeds = self.cells / 2;
        let grid = format!("[grid]\npause = [0.05, 1.1]\n[replicates]\nseed = {seeds}\n");
        self.sweep.write(&format!("{worker}{grid}[slurm]\ncells_per_task = 2\n"));
    }

    pub(super) fn note(&mut self, operation: &'static str, more: &str) {
        *self.counts.entry(operation).or_default() += 1;
        self.log.push(format!("{:7.2} s  {operation} {more}", self.since.elapsed().as_secs_f64()));
    }

    /// Starts `gainsweep`.
    pub(super) fn start(&mut self, arguments: &[&str]) {
        let mut command = self.sweep.command(arguments);
        if let Some(offset) = &self.clock {
            set_clock(&mut command, offset);
        }
        let what = format!("{arguments:?}");
        self.started.push(Started { what, child: start(command), killed: false });
    }

    /// Waits for the newest command.
    pub(super) fn wait_for_last(&mut self) {
        if let Some(last) = self.started.pop() {
            self.wait_for(last);
        }
    }

    pub(super) fn kill_last(&mut self) {
        if let Some(last) = self.started.last_mut() {
            last.killed = true;
            let _ = last.child.kill();
        }
    }

    fn wait_for(&mut self, mut one: Started) {
        let over = within(PATIENCE, Duration::from_millis(10), || !matches!(one.child.try_wait(), Ok(None)));
        if !over {
            let _ = one.child.kill();
        }
        assert!(over, "{} hangs", one.what);
        let said = end(one.child);
        let last = said.stderr.trim().lines().last().unwrap_or_default().to_string();
        self.log.push(format!("           {} ended with {:?}: {last}", one.what, said.code));
        assert!(one.killed || said.code.is_some(), "{} was ended by a signal: {said:?}", one.what);
    }

    /// All faults end; what was begun finishes, and everything is made. Then everything must hold.
    pub(super) fn come_to_rest(&mut self) {
        self.cluster.clear_faults();
        self.cluster.settings(|settings| {
            (settings.hold, settings.accounting_lag, settings.max_submit) = (false, 0.0, None);
        });
        self.clock = None;
        let _ = fs_err::remove_file(self.sweep.folder.path("broken"));
        if let Some(disk) = &self.disk {
            disk.resize(ROOM);
        }
        while let Some(one) = self.started.pop() {
            self.wait_for(one);
        }
        self.rest("when everything ended");
        // A wave that was not sent, for example.
        for arguments in [&["submit", "s", "--yes"][..], &["retry", "s", "--force"], &["run", "s"]] {
            self.start(arguments);
            self.wait_for_last();
            self.rest(&format!("after {arguments:?}"));
        }
        let (cells, what) = (self.cells, "at the end");
        self.sweep.run(&["run", "s"]).expect(0, &[]);
        assert_sound(&self.sweep, PLAIN, cells, what);
        let counts = &self.sweep.status(&[])["counts"];
        assert_eq!(counts["done"], cells, "{counts}");
    }

    fn rest(&self, what: &str) {
        assert!(self.cluster.wait_until_idle(PATIENCE), "{what}: {:?}", self.cluster.jobs());
        assert_no_lie(&self.sweep, PLAIN, what);
        assert_no_unknown_job(&self.sweep, &self.cluster, what);
    }

    /// The processes of this world whose command line has this word.
    pub(super) fn processes(&self, word: &str) -> Vec<u32> {
        let root = self.sweep.folder.root().to_str().expect("text").to_string();
        let entries = fs_err::read_dir("/proc").expect("processes").flatten();
        let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let is_ours = |id: &u32| {
            let line = fs_err::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            line.contains(&root) && line.contains(word)
        };
        let mut ids: Vec<u32> = ids.filter(is_ours).collect();
        ids.sort_unstable();
        ids
    }

    /// Copies what a violation left.
    pub(super) fn keep(&self, seed: u64) {
        let Some(folder) = std::env::var_os("GAINSWEEP_SOAK_KEEP").map(PathBuf::from) else { return };
        let to = folder.join(format!("round-{seed}"));
        fs_err::create_dir_all(&to).expect("a folder");
        fs_err::write(to.join("log"), self.log.join("\n")).expect("written");
        let _ = Command::new("cp").arg("-a").arg(self.sweep.folder.root()).arg(to.join("sweep")).status();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for one in &mut self.started {
            let _ = one.child.kill();
            let _ = one.child.wait();
        }
    }
}

/// Where Debian has it.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// The command sees another time, if there is `libfaketime`.
fn set_clock(command: &mut Command, offset: &str) {
    if Path::new(FAKETIME).exists() {
        command.env("LD_PRELOAD", FAKETIME).env("FAKETIME", offset).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
}
