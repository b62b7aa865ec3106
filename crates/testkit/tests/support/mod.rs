//! A stand-in with the Slurm that sees it, and scripts for it.

#![allow(dead_code, reason = "not every test file uses all of it")]

use std::path::PathBuf;
use std::time::Duration;

use gainsweep_scheduler::slurm::Slurm;
use gainsweep_scheduler::slurm::script::{Script, log_path};
use gainsweep_scheduler::{JobId, QueueRow, Scheduler, SubmitError, TaskState};
use gainsweep_testkit::StandIn;
use tempfile::TempDir;

/// Long enough for a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Bench {
    pub(crate) stand_in: StandIn,
    pub(crate) slurm: Slurm,
    pub(crate) folder: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        let folder = tempfile::tempdir().expect("a folder");
        let stand_in = StandIn::start(&folder.path().join("slurm"), &StandIn::binary());
        let mut slurm = Slurm::new();
        for (name, value) in stand_in.environment() {
            slurm = slurm.with_environment(name, value);
        }
        Bench { stand_in, slurm, folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A script of that name that runs `command` in bash, and logs to `log-%a`.
    pub(crate) fn script(&self, name: &str, options: &[(&str, &str)], command: &str) -> PathBuf {
        let log = format!("{}/log-%a", log_path(&self.folder.path().to_string_lossy()).expect("a path"));
        let mut all = vec![
            ("job-name".to_string(), Some(name.to_string())),
            ("output".to_string(), Some(log)),
            ("chdir".to_string(), Some(self.folder.path().to_string_lossy().into_owned())),
        ];
        let value = |value: &str| Some(value.to_string()).filter(|value| !value.is_empty());
        all.extend(options.iter().map(|(name, text)| ((*name).to_string(), value(text))));
        let command = vec!["bash".into(), "-c".into(), command.into()];
        let script = Script { options: all, command, ..Script::default() };
        let path = self.path(&format!("{name}.sh"));
        std::fs::write(&path, script.render().expect("a script")).expect("written");
        path
    }

    pub(crate) fn try_submit(
        &self,
        name: &str,
        options: &[(&str, &str)],
        command: &str,
    ) -> Result<JobId, SubmitError> {
        self.slurm.sbatch(&self.script(name, options, command), &[])
    }

    pub(crate) fn submit(&self, name: &str, options: &[(&str, &str)], command: &str) -> JobId {
        self.try_submit(name, options, command).expect("submitted")
    }

    pub(crate) fn queue(&self, name: &str) -> Vec<QueueRow> {
        self.slurm.queue(&[name.to_string()]).expect("an answer")
    }

    pub(crate) fn rows(&self, name: &str) -> Vec<gainsweep_scheduler::AccountingRow> {
        let since = jiff::Timestamp::now();
        match self.slurm.accounting(&[name.to_string()], since).expect("an answer") {
            gainsweep_scheduler::Accounting::Rows(rows) => rows,
            gainsweep_scheduler::Accounting::Off => panic!("it is off"),
        }
    }

    pub(crate) fn idle(&self) {
        assert!(self.stand_in.wait_until_idle(PATIENCE), "{:?}", self.stand_in.jobs());
    }

    /// Waits until so many tasks run and their shells have begun.
    pub(crate) fn running(&self, count: usize) {
        let runs = |jobs: &[gainsweep_testkit::JobView]| {
            jobs.iter().flat_map(|job| &job.tasks).filter(|task| task.state == "RUNNING").count() == count
        };
        assert!(self.stand_in.wait_until(PATIENCE, runs), "{:?}", self.stand_in.jobs());
    }

    /// Waits until a file is there.
    pub(crate) fn file(&self, name: &str) -> String {
        let path = self.path(name);
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            match std::fs::read_to_string(&path) {
                Ok(text) if !text.is_empty() => return text,
                _ if std::time::Instant::now() > deadline => panic!("{} never came", path.display()),
                _ => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }
}

pub(crate) fn states(rows: &[QueueRow]) -> Vec<TaskState> {
    rows.iter().map(|row| row.state.clone()).collect()
}
