//! `gainsweep-scheduler` against a fake Slurm and against a real one.
//!
//! The tests are in this crate, because cargo builds the program `fake-slurm` only for them.

mod both;
mod faults;
mod scale;

use std::ffi::OsString;
use std::ops::Deref;
use std::path::PathBuf;

use gainsweep_scheduler::slurm::Slurm;
use gainsweep_scheduler::slurm::script::{Script, log_path};
use gainsweep_scheduler::{Accounting, AccountingRow, JobId, QueueRow, Scheduler, SubmitError, TaskId};
use gainsweep_testkit::fake_slurm::FakeSlurm;
use gainsweep_testkit::waiting::PATIENCE;
use jiff::Timestamp;
use tempfile::TempDir;

/// A whole job.
fn whole(job: JobId) -> TaskId {
    TaskId { job, task: None }
}

/// One task of an array.
fn task(job: JobId, index: u32) -> TaskId {
    TaskId { job, task: Some(index) }
}

/// A cluster from the scheduler's view, and a folder for scripts.
struct Bench {
    slurm: Slurm,
    folder: TempDir,
    since: Timestamp,
}

impl Bench {
    fn new(environment: &[(&str, OsString)]) -> Bench {
        let mut slurm = Slurm::new();
        for (name, value) in environment {
            slurm = slurm.with_environment(name, value);
        }
        Bench { slurm, folder: tempfile::tempdir().expect("a folder"), since: Timestamp::now() }
    }

    /// A script with that name that runs `command` in bash, in the folder of the bench.
    fn script(&self, name: &str, options: &[(&str, &str)], command: &str) -> PathBuf {
        let folder = self.folder.path().to_string_lossy();
        let log = format!("{}/100%% it's %A#%a.log", log_path(&folder).expect("a path"));
        let mut all = vec![("job-name", name), ("output", &log), ("chdir", &folder)];
        all.extend(options);
        let options = all.into_iter().map(|(name, value)| {
            (name.to_string(), Some(value.to_string()).filter(|value| !value.is_empty()))
        });
        let command = vec!["bash".into(), "-c".into(), command.into()];
        let script = Script { options: options.collect(), command, ..Script::default() };
        let path = self.folder.path().join(format!("{name}.sh"));
        std::fs::write(&path, script.render().expect("a script")).expect("written");
        path
    }

    fn try_submit(&self, name: &str, options: &[(&str, &str)], command: &str) -> Result<JobId, SubmitError> {
        self.slurm.sbatch(&self.script(name, options, command), &[])
    }

    #[track_caller]
    fn submit(&self, name: &str, options: &[(&str, &str)], command: &str) -> JobId {
        self.try_submit(name, options, command).expect("submitted")
    }

    #[track_caller]
    fn queue(&self, name: &str) -> Vec<QueueRow> {
        self.slurm.queue(&[name.to_string()]).expect("an answer")
    }

    #[track_caller]
    fn rows(&self, name: &str) -> Vec<AccountingRow> {
        match self.slurm.accounting(&[name.to_string()], self.since).expect("an answer") {
            Accounting::Rows(rows) => rows,
            Accounting::Off => panic!("it is off"),
        }
    }
}

/// The same on its own fake cluster.
struct FakeBench {
    bench: Bench,
    cluster: FakeSlurm,
    // Fields drop in order: first the cluster, then its folder.
    _place: TempDir,
}

impl Deref for FakeBench {
    type Target = Bench;

    fn deref(&self) -> &Bench {
        &self.bench
    }
}

impl FakeBench {
    fn new() -> FakeBench {
        let place = tempfile::tempdir().expect("a folder");
        let cluster = FakeSlurm::start(&place.path().join("slurm"));
        FakeBench { bench: Bench::new(&cluster.environment()), cluster, _place: place }
    }

    /// A cluster on which nothing starts.
    fn held() -> FakeBench {
        let bench = FakeBench::new();
        bench.cluster.settings(|settings| settings.hold = true);
        bench
    }

    #[track_caller]
    fn wait_until_idle(&self) {
        assert!(self.cluster.wait_until_idle(PATIENCE), "{:?}", self.cluster.jobs());
    }

    #[track_caller]
    fn wait_until_running(&self, count: usize) {
        assert!(self.cluster.wait_until_running(count, PATIENCE), "{:?}", self.cluster.jobs());
    }
}
