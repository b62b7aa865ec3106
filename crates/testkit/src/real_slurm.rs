//! A real Slurm on this machine, started by `scripts/local-slurm`, and sweeps on it. Which release of Slurm,
//! [`environment::SLURM_RELEASE`] says.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use gainsweep_contract::environment;

use crate::program::{Said, run};
use crate::skip;
use crate::slurm_command::SlurmCommand;
use crate::sweep::{Sweep, id, starts};
use crate::waiting::within;
use crate::workers;

/// The longest time for anything on a cluster.
const PATIENCE: Duration = Duration::from_secs(170);
/// Pause between two questions; each one is a process, and a busy machine makes nodes look dead.
const NAP: Duration = Duration::from_millis(700);

/// The name of a sweep's program.
const WORKER: &str = "the worker's $(touch hacked).py";

/// A cluster. Dropping it deletes it with all its jobs.
#[derive(Debug)]
pub struct RealSlurm {
    folder: tempfile::TempDir,
}

impl RealSlurm {
    /// Starts a cluster with options of `scripts/local-slurm start`; `None`, with a message, if Slurm is not
    /// installed, or if only root may start that release.
    pub fn start(options: &[&str]) -> Option<RealSlurm> {
        // Unix sockets have short paths, so do not use a long TMPDIR.
        let folder = tempfile::Builder::new().prefix("gs").tempdir_in("/tmp").expect("a folder");
        let cluster = RealSlurm { folder };
        let release = release_options();
        let check = cluster.local_slurm(&words(&release, &["check"])).output().expect("it starts");
        let why = String::from_utf8_lossy(&check.stderr);
        let there = match check.status.code() {
            Some(3) => skip::has_by_chance(false, &why),
            code => skip::has(code == Some(0), "Slurm", &why),
        };
        if !there {
            return None;
        }
        let began = Instant::now();
        cluster.script(&words(&release, &[&["start", "--fast-failure"], options].concat()));
        let seconds = began.elapsed().as_secs_f64();
        tell(&format!("cluster {} {options:?}: up after {seconds:.1} s", release.join(" ")));
        Some(cluster)
    }

    /// Does the environment ask for the Slurm of another release of Debian, in a chroot?
    pub fn is_in_a_chroot() -> bool {
        !release_options().is_empty()
    }

    /// The environment variables with which a process finds it and its commands.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let home = self.folder.path().join("c");
        let mut variables = vec![("SLURM_CONF", home.join("etc/slurm.conf").into_os_string())];
        let commands = home.join("bin");
        if commands.is_dir() {
            let others = std::env::var_os("PATH").unwrap_or_default();
            let all = std::iter::once(commands).chain(std::env::split_paths(&others));
            variables.push(("PATH", std::env::join_paths(all).expect("paths")));
        }
        variables
    }

    /// The path at which sockets of a node's steps begin, while they run.
    pub fn spool(&self, node: &str) -> PathBuf {
        self.folder.path().join("c/spool").join(node)
    }

    /// Runs `scripts/local-slurm`, which must succeed.
    #[track_caller]
    pub fn script(&self, arguments: &[&str]) -> String {
        run(self.local_slurm(arguments)).expect(0, &[]).stdout
    }

    fn local_slurm(&self, arguments: &[&str]) -> Command {
        let mut command =
            Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/local-slurm"));
        command.args(arguments).env("LOCAL_SLURM_DIR", self.folder.path().join("c")).stdin(Stdio::null());
        command
    }

    /// Runs one of Slurm's commands, which must succeed.
    #[track_caller]
    pub fn slurm(&self, program: &str, arguments: &[&str]) -> String {
        run(Command::new(program).args(arguments).envs(self.environment())).expect(0, &[]).stdout
    }

    /// Submits a script as a job. Returns its number.
    #[track_caller]
    pub fn job(&self, options: &[&str], command: &str) -> String {
        let wrap = format!("--wrap={command}");
        let all = [&["--parsable", "--output=/dev/null"], options, &[&wrap]].concat();
        self.slurm(&SlurmCommand::Sbatch.name(), &all).trim().to_string()
    }
}

impl Drop for RealSlurm {
    fn drop(&mut self) {
        // Also after a panic: nothing may be left behind.
        let _ = self.local_slurm(&["wipe"]).output();
    }
}

/// The options of `scripts/local-slurm` for the release that the environment names.
fn release_options() -> Vec<String> {
    let named = std::env::var(environment::SLURM_RELEASE).unwrap_or_default();
    if named.is_empty() { Vec::new() } else { vec!["--release".into(), named] }
}

fn words<'a>(first: &'a [String], then: &[&'a str]) -> Vec<&'a str> {
    first.iter().map(String::as_str).chain(then.iter().copied()).collect()
}

/// Prints the progress, which is shown if a test fails.
#[expect(clippy::print_stderr, reason = "it is for whoever reads why a test failed")]
fn tell(text: &str) {
    eprintln!("{text}");
}

/// A sweep on a cluster.
#[derive(Debug)]
pub struct ClusterSweep<'a> {
    cluster: &'a RealSlurm,
    sweep: Sweep,
    began: Instant,
}

impl Deref for ClusterSweep<'_> {
    type Target = Sweep;

    fn deref(&self) -> &Sweep {
        &self.sweep
    }
}

impl<'a> ClusterSweep<'a> {
    /// A sweep with a unique name and these lines below `[slurm]`, `[params]` and `[grid]`.
    pub fn new(
        cluster: &'a RealSlurm,
        name: &str,
        slurm: &str,
        params: &str,
        grid: &str,
    ) -> ClusterSweep<'a> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("{name}{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let sweep = Sweep::new(&name).with_environment(&cluster.environment());
        // A copy, because a test may replace it while cells wait.
        let sweep = ClusterSweep { cluster, sweep, began: Instant::now() };
        fs_err::copy(workers::behaving(), sweep.worker()).expect("copied");
        sweep.write_slurm(slurm, params, grid);
        sweep.step("begins");
        sweep
    }

    /// The worker's script.
    pub fn worker(&self) -> PathBuf {
        self.folder.path(WORKER)
    }

    /// Writes the sweep's file.
    pub fn write_slurm(&self, slurm: &str, params: &str, grid: &str) {
        let worker = format!("[worker]\ncommand = [\"python3\", {WORKER:?}]\ncode = [{WORKER:?}]\n");
        self.write(&format!(
            "{worker}[params]\n{params}\n[grid]\n{grid}\n\
             [slurm]\ntime = \"10 min\"\nmemory = \"100 MiB\"\n{slurm}\n"
        ));
    }

    fn step(&self, what: &str) {
        tell(&format!("{:7.1} s  {:12} {what}", self.began.elapsed().as_secs_f64(), self.name()));
    }

    /// Runs `gainsweep COMMAND SWEEP MORE...` and checks the exit code.
    #[track_caller]
    pub fn gainsweep(&self, code: i32, command: &str, more: &[&str]) -> Said {
        self.try_gainsweep(command, more).expect(code, &[])
    }

    /// The same, with any exit code.
    #[track_caller]
    pub fn try_gainsweep(&self, command: &str, more: &[&str]) -> Said {
        let said = self.run(&[&[command, self.name()], more].concat());
        self.step(&format!("{command} {more:?} -> {:?}", said.code));
        for line in said.stdout.lines().chain(said.stderr.lines()) {
            tell(&format!("           | {line}"));
        }
        said
    }

    /// Submits it. Returns the messages.
    #[track_caller]
    pub fn submit(&self) -> String {
        self.gainsweep(0, "submit", &["--yes"]).stderr
    }

    /// Number of cells by state, with any exit code.
    pub fn states(&self) -> BTreeMap<String, u64> {
        let status = self.status(&["--look-only"]);
        let counts = status["counts"].as_object().expect("counts");
        counts.iter().map(|(state, count)| (state.clone(), count.as_u64().expect("a number"))).collect()
    }

    /// Waits until the cells are in these states, and no others.
    #[track_caller]
    pub fn wait_for(&self, wanted: &[(&str, u64)]) {
        let wanted: BTreeMap<String, u64> =
            wanted.iter().map(|(state, count)| ((*state).to_string(), *count)).collect();
        self.wait_for_states(&format!("{wanted:?}"), |states| *states == wanted);
    }

    /// Waits until the states of the cells match.
    #[track_caller]
    pub fn wait_for_states(&self, what: &str, are_so: impl Fn(&BTreeMap<String, u64>) -> bool) {
        self.wait_until(what, || {
            let states = self.states();
            if are_so(&states) { Ok(()) } else { Err(format!("{states:?}")) }
        });
    }

    /// Waits until a condition holds.
    #[track_caller]
    pub fn wait_until(&self, what: &str, mut is_so: impl FnMut() -> Result<(), String>) {
        let mut last = String::new();
        let mut looks_so = || is_so().inspect_err(|how| last.clone_from(how)).is_ok();
        if !within(PATIENCE, NAP, &mut looks_so) {
            let status = self.try_gainsweep("status", &["--look-only"]).stdout;
            let queue = self.cluster.slurm(&SlurmCommand::Squeue.name(), &["-r"]);
            panic!("{}: never {what}, but {last}\n{status}{queue}", self.name());
        }
        self.step(&format!("it is so: {what}"));
    }

    /// Waits until the worker of that cell is in the middle of its training.
    #[track_caller]
    pub fn wait_for_step(&self, cell: usize) {
        let cell = self.cells_of_the_file().swap_remove(cell);
        self.wait_until("in its training", || {
            let batch = cell.read_progress().map_or(0, |progress| progress.batch);
            if batch >= 3 { Ok(()) } else { Err(format!("batch {batch}")) }
        });
    }

    /// How often the worker was started, for each cell of the file.
    pub fn starts(&self) -> Vec<usize> {
        self.cells_of_the_file().iter().map(starts).collect()
    }

    /// Asserts that the worker was started once in every cell of the file.
    #[track_caller]
    pub fn assert_each_ran_once(&self) {
        let starts = self.starts();
        assert!(starts.iter().all(|count| *count == 1), "{}: {starts:?}", self.name());
    }

    /// Ids of the cells of the file.
    pub fn ids(&self) -> Vec<String> {
        self.cells_of_the_file().iter().map(id).collect()
    }

    /// Slurm's numbers of its jobs.
    pub fn jobs(&self) -> Vec<u64> {
        let status = self.status(&["--look-only"]);
        status["jobs"].as_array().expect("jobs").iter().map(|job| job.as_u64().expect("a number")).collect()
    }

    /// Asserts that no command hidden in names and texts was run.
    #[track_caller]
    pub fn assert_nothing_was_hacked(&self) {
        let mut waiting = vec![self.folder.root().parent().expect("a parent").to_path_buf()];
        while let Some(folder) = waiting.pop() {
            for entry in fs_err::read_dir(folder).expect("list").flatten() {
                assert_ne!(entry.file_name(), "hacked", "{}", entry.path().display());
                if entry.path().is_dir() {
                    waiting.push(entry.path());
                }
            }
        }
    }
}
