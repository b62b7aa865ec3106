//! A cluster of our own, sweeps on it, and what a person sees of them.
#![allow(clippy::print_stderr, reason = "how far it is, and that it was skipped")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use gainsweep_contract::CellId;
use gainsweep_store::{CellFolder, SweepFolder};

use crate::common::Folder;

/// Longer than this nothing here may take.
const PATIENCE: Duration = Duration::from_secs(170);

/// A cluster, deleted with all that runs on it when it is dropped.
pub(crate) struct Cluster {
    folder: tempfile::TempDir,
    configuration: String,
}

impl Cluster {
    /// Starts one; `None` where Slurm is not installed.
    pub(crate) fn start(options: &[&str]) -> Option<Cluster> {
        let there = |program: &str| {
            let paths = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&paths)
                .chain(["/usr/sbin".into(), "/sbin".into()])
                .any(|folder| folder.join(program).exists())
        };
        if let Some(missing) = ["sbatch", "slurmctld", "munged"].into_iter().find(|program| !there(program)) {
            let what = format!("{missing} is not installed; `scripts/local-slurm install` does that");
            assert!(std::env::var_os("CI").is_none_or(|ci| ci.is_empty()), "{what}");
            eprintln!("SKIPPED, nothing was tested on a cluster: {what}");
            return None;
        }
        // Unix sockets have short names, so not below a long TMPDIR.
        let folder = tempfile::Builder::new().prefix("gs").tempdir_in("/tmp").expect("a folder");
        let mut cluster = Cluster { folder, configuration: String::new() };
        let began = Instant::now();
        cluster.script(&[&["start", "--fast-failure"], options].concat());
        let exported = cluster.script(&["env"]);
        let path = exported.trim().strip_prefix("export SLURM_CONF=").expect("a configuration");
        cluster.configuration = path.trim_matches('\'').to_string();
        eprintln!("cluster {options:?}: up after {:.1} s", began.elapsed().as_secs_f64());
        Some(cluster)
    }

    /// `scripts/local-slurm`, which must succeed.
    pub(crate) fn script(&self, arguments: &[&str]) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/local-slurm");
        let mut command = Command::new(script);
        command.args(arguments).env("LOCAL_SLURM_DIR", self.folder.path().join("c")).stdin(Stdio::null());
        said(&mut command)
    }

    /// One of Slurm's commands, which must succeed.
    pub(crate) fn slurm(&self, program: &str, arguments: &[&str]) -> String {
        said(Command::new(program).args(arguments).env("SLURM_CONF", &self.configuration))
    }

    /// A script of our own as a job; its number.
    pub(crate) fn job(&self, options: &[&str], command: &str) -> String {
        let wrap = format!("--wrap={command}");
        let all = [&["--parsable", "--output=/dev/null"], options, &[&wrap]].concat();
        self.slurm("sbatch", &all).trim().to_string()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Also after a panic: nothing may stay behind.
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/local-slurm");
        let mut command = Command::new(script);
        let _ = command.arg("wipe").env("LOCAL_SLURM_DIR", self.folder.path().join("c")).output();
    }
}

fn said(command: &mut Command) -> String {
    let output = command.output().expect("started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// What a command said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) data: String,
    pub(crate) talk: String,
}

/// A sweep on a cluster, in a folder of its own with an odd name.
pub(crate) struct Sweep<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) folder: Folder,
    name: String,
    began: Instant,
}

impl<'a> Sweep<'a> {
    /// The scenario's sweep: these lines below `[slurm]`, `[params]` and `[grid]`.
    pub(crate) fn new(cluster: &'a Cluster, name: &str, slurm: &str, params: &str, grid: &str) -> Sweep<'a> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let began = Instant::now();
        let folder = Folder::new();
        let name = format!("{name}{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let sweep = Sweep { cluster, folder, name, began };
        // A copy: it may be replaced while cells wait.
        let worker = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workers/worker.py");
        fs_err::copy(worker, sweep.worker()).expect("copied");
        sweep.write(slurm, params, grid);
        sweep.step("begins");
        sweep
    }

    /// The worker's script.
    pub(crate) fn worker(&self) -> PathBuf {
        self.folder.path("the worker's $(touch hacked).py")
    }

    /// Writes the sweep's file.
    pub(crate) fn write(&self, slurm: &str, params: &str, grid: &str) {
        let worker = self.worker();
        let worker = worker.to_str().expect("text");
        let text = format!(
            "[worker]\ncommand = [\"python3\", {worker:?}]\n[params]\n{params}\n[grid]\n{grid}\n\
             [slurm]\ntime = \"10 min\"\nmemory = \"100 MiB\"\n{slurm}\n"
        );
        self.folder.write(format!("sweeps/{}.toml", self.name), &text);
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Says on stderr how far it is; shown when a test fails.
    pub(crate) fn step(&self, what: &str) {
        eprintln!("{:7.1} s  {:12} {what}", self.began.elapsed().as_secs_f64(), self.name);
    }

    /// `gainsweep COMMAND SWEEP MORE...`, which must exit so.
    pub(crate) fn gainsweep(&self, code: i32, command: &str, more: &[&str]) -> Said {
        let said = self.try_gainsweep(command, more);
        assert_eq!(said.code, code, "{command} {more:?}:\n{}{}", said.data, said.talk);
        said
    }

    pub(crate) fn try_gainsweep(&self, command: &str, more: &[&str]) -> Said {
        let mut program = self.folder.gainsweep(&[&[command, self.name.as_str()], more].concat());
        let output = program.env("SLURM_CONF", &self.cluster.configuration).output().expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let code = output.status.code().expect("a code");
        let said = Said { code, data: text(output.stdout), talk: text(output.stderr) };
        self.step(&format!("{command} {more:?} -> {code}"));
        eprint!("{}", indented(&said.data) + &indented(&said.talk));
        said
    }

    pub(crate) fn submit(&self) -> String {
        self.gainsweep(0, "submit", &["--yes"]).talk
    }

    /// Numbers of cells by state, without looking at the exit code.
    pub(crate) fn states(&self) -> BTreeMap<String, u64> {
        let mut program = self.folder.gainsweep(&["status", &self.name, "--json", "--look-only"]);
        let output = program.env("SLURM_CONF", &self.cluster.configuration).output().expect("it runs");
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let counts = status["counts"].as_object().expect("counts");
        counts.iter().map(|(state, count)| (state.clone(), count.as_u64().expect("a number"))).collect()
    }

    /// Waits until the cells are in these states.
    pub(crate) fn wait_for(&self, wanted: &[(&str, u64)]) {
        let wanted: BTreeMap<String, u64> =
            wanted.iter().map(|(state, count)| ((*state).to_string(), *count)).collect();
        self.wait_until(&format!("{wanted:?}"), || {
            let states = self.states();
            if states == wanted { Ok(()) } else { Err(format!("{states:?}")) }
        });
    }

    /// Waits until something is so.
    pub(crate) fn wait_until(&self, what: &str, mut is_so: impl FnMut() -> Result<(), String>) {
        let since = Instant::now();
        while let Err(how) = is_so() {
            if since.elapsed() > PATIENCE {
                let status = self.try_gainsweep("status", &["--look-only"]);
                let queue = self.cluster.slurm("squeue", &["-r"]);
                panic!("{}: never {what}, but {how}\n{}{queue}", self.name, status.data);
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        self.step(&format!("it is so: {what}"));
    }

    /// Waits until the worker of that cell is well into its training.
    pub(crate) fn wait_for_step(&self, cell: usize) {
        let cell = self.cells().swap_remove(cell);
        self.wait_until("in its training", || {
            let batch = cell.read_progress().map_or(0, |progress| progress.batch);
            if batch >= 3 { Ok(()) } else { Err(format!("batch {batch}")) }
        });
    }

    pub(crate) fn results(&self) -> SweepFolder {
        SweepFolder::new(&self.folder.path("results"), &self.name)
    }

    /// Its cells on disk, in the order of the sweep.
    pub(crate) fn cells(&self) -> Vec<CellFolder> {
        let text = fs_err::read_to_string(self.folder.path(format!("sweeps/{}.toml", self.name)));
        let sweep = gainsweep_language::parse(&text.expect("read")).expect("a sweep");
        let ids: Vec<CellId> = sweep.cells().map(|cell| cell.id).collect();
        ids.into_iter().map(|id| self.results().cell(id)).collect()
    }

    /// How often the worker was started, cell by cell.
    pub(crate) fn starts(&self) -> Vec<usize> {
        let starts =
            |cell: CellFolder| fs_err::read(cell.root().join("starts")).map_or(0, |bytes| bytes.len());
        self.cells().into_iter().map(starts).collect()
    }

    pub(crate) fn each_ran_once(&self) {
        let starts = self.starts();
        assert!(starts.iter().all(|count| *count == 1), "{}: {starts:?}", self.name);
    }

    /// Slurm's numbers of its jobs.
    pub(crate) fn jobs(&self) -> Vec<u64> {
        let status = self.gainsweep_json();
        status["jobs"].as_array().expect("jobs").iter().map(|job| job.as_u64().expect("a number")).collect()
    }

    pub(crate) fn gainsweep_json(&self) -> serde_json::Value {
        let mut program = self.folder.gainsweep(&["status", &self.name, "--json", "--look-only"]);
        let output = program.env("SLURM_CONF", &self.cluster.configuration).output().expect("it runs");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Nothing that was hidden in names and texts was run.
    pub(crate) fn nothing_was_hacked(&self) {
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

fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |mut all, line| {
        let _ = writeln!(all, "           | {line}");
        all
    })
}
