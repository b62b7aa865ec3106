//! Submissions against a stand-in for Slurm that fails as real ones do: whatever happens, each cell runs once.

#[path = "../common/mod.rs"]
mod common;
mod costs;
mod faults;
mod once;
mod scale;
mod watch;

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use common::Folder;
use gainsweep_store::SweepFolder;
use gainsweep_testkit::StandIn;

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A folder with a sweep `s` and a cluster.
pub(crate) struct Site {
    pub(crate) folder: Folder,
    pub(crate) cluster: StandIn,
    // The stand-in's folder is on `PATH`, which cannot hold every name.
    _place: tempfile::TempDir,
}

impl Site {
    /// A sweep of so many cells, with `more` at its end.
    pub(crate) fn new(cells: u32, more: &str) -> Site {
        let folder = Folder::new();
        let place = tempfile::tempdir().expect("a folder");
        let cluster = StandIn::start(&place.path().join("slurm"), &StandIn::binary());
        let site = Site { folder, cluster, _place: place };
        site.write_sweep(cells, more);
        site
    }

    pub(crate) fn write_sweep(&self, cells: u32, more: &str) {
        let worker = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workers/once.sh");
        let worker = worker.to_str().expect("text");
        let text = format!("[worker]\ncommand = [{worker:?}]\n[replicates]\nseed = {cells}\n{more}\n");
        self.folder.write("sweeps/s.toml", &text);
    }

    /// The program, with the stand-in's commands on its path.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gainsweep"));
        command.current_dir(self.folder.root()).args(arguments).envs(self.cluster.environment());
        for name in ["GAINSWEEP_RESULTS", "GAINSWEEP_WORKER", "GAINSWEEP_LOG", "NO_COLOR"] {
            command.env_remove(name);
        }
        command.env("XDG_CONFIG_HOME", self.folder.path("config"));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("gainsweep runs")
    }

    /// Runs it; its exit code must be this. What it said on stderr.
    pub(crate) fn talk(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let talk = String::from_utf8(output.stderr).expect("text");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {talk}{said}");
        talk
    }

    /// The status as JSON.
    pub(crate) fn status(&self) -> serde_json::Value {
        let output = self.run(&["status", "s", "--json"]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)))
    }

    pub(crate) fn results(&self) -> SweepFolder {
        SweepFolder::new(&self.folder.path("results"), "s")
    }

    /// Waits until nothing is queued, then each of the cells is done and was started once.
    pub(crate) fn assert_each_ran_once(&self, cells: usize) {
        assert!(self.cluster.wait_until_idle(PATIENCE), "the queue never emptied: {:?}", self.cluster.jobs());
        let folders: Vec<_> = fs_err::read_dir(self.results().cells())
            .expect("cells")
            .flatten()
            .map(|entry| entry.path())
            .collect();
        assert_eq!(folders.len(), cells, "cells on disk");
        for folder in folders {
            let starts = fs_err::read(folder.join("starts")).unwrap_or_default().len();
            assert_eq!(starts, 1, "starts of {}", folder.display());
            assert!(folder.join("done.json").exists(), "{} is not done", folder.display());
        }
    }

    /// sbatch calls that really send.
    pub(crate) fn sent(&self) -> usize {
        let calls = self.cluster.calls();
        let sends = |arguments: &[String]| !arguments.iter().any(|word| word == "--test-only");
        calls.iter().filter(|call| call.program == "sbatch" && sends(&call.arguments)).count()
    }
}
