//! Faults in the commands that need Slurm.

use std::process::Command;
use std::time::Duration;

use gainsweep_store::submissions;
use gainsweep_testkit::fake_slurm::FakeSlurm;
use gainsweep_testkit::sound::assert_no_unknown_job;
use gainsweep_testkit::sweep::{Sweep, starts};

use super::{most, try_all, two_cells};

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A sweep of two cells and its cluster.
struct Site {
    sweep: Sweep,
    cluster: FakeSlurm,
    // The cluster's folder is on `PATH`, which cannot contain every name.
    _place: tempfile::TempDir,
}

impl AsRef<Sweep> for Site {
    fn as_ref(&self) -> &Sweep {
        &self.sweep
    }
}

impl Site {
    /// Its sweep file ends with these lines of `[slurm]`.
    fn new(slurm: &str) -> Site {
        let place = tempfile::tempdir().expect("a folder");
        let cluster = FakeSlurm::start(&place.path().join("slurm"));
        let sweep = Sweep::new("s").with_environment(&cluster.environment());
        sweep.write(&format!("{}[slurm]\n{slurm}\n", two_cells()));
        Site { sweep, cluster, _place: place }
    }

    /// The same after `gainsweep submit`.
    fn submitted(slurm: &str, hold: bool) -> Site {
        let site = Site::new(slurm);
        site.hold(hold);
        site.sweep.talk(0, &["submit", "s", "--yes"]);
        site
    }

    fn hold(&self, hold: bool) {
        self.cluster.settings(|settings| settings.hold = hold);
    }

    #[track_caller]
    fn wait_until_idle(&self, what: &str) {
        let jobs = || self.cluster.jobs();
        assert!(self.cluster.wait_until_idle(PATIENCE), "{what}: the queue never emptied: {:?}", jobs());
    }

    /// Runs a command that must succeed, and waits for what it sent.
    #[track_caller]
    fn then(&self, arguments: &[&str], what: &str) {
        let said = self.sweep.run(arguments);
        assert_eq!(said.code, Some(0), "{what}: {said:?}");
        self.wait_until_idle(what);
        assert_no_unknown_job(&self.sweep, &self.cluster, what);
    }

    /// How often the workers of both cells were started.
    fn starts(&self) -> Vec<usize> {
        self.sweep.cells().iter().map(starts).collect()
    }
}

#[test]
fn submit_survives_every_fault() {
    let submit = |site: &Site| site.sweep.command(&["submit", "s", "--yes"]);
    try_all(
        "submit",
        most(1),
        || Site::new(""),
        submit,
        |site, what| {
            site.wait_until_idle(what);
            site.then(&["submit", "s", "--yes"], what);
            assert_eq!(site.starts(), [1, 1], "{what}: a cell ran twice");
        },
    );
}

/// Both cells failed, and what made them fail is mended.
#[test]
fn retry_survives_every_fault() {
    let failed = || {
        let site = Site::submitted("preamble = [\"[ -e mended ] || export FAIL_WITH='no weights'\"]", false);
        site.wait_until_idle("before");
        site.sweep.folder.write("mended", "");
        site
    };
    let retry = |site: &Site| site.sweep.command(&["retry", "s"]);
    try_all("retry", most(1), failed, retry, |site, what| {
        site.wait_until_idle(what);
        site.then(&["retry", "s"], what);
        assert_eq!(site.starts(), [2, 2], "{what}: a cell ran twice");
    });
}

/// One cell runs and one waits. What is cancelled does not compute, and can be sent again.
#[test]
fn cancel_survives_every_fault() {
    let one_runs = || {
        let site = Site::new("preamble = [\"[ -e go ] || sleep 60\"]");
        site.cluster.settings(|settings| settings.slots = 1);
        site.sweep.talk(0, &["submit", "s", "--yes"]);
        assert!(site.cluster.wait_until_running(1, PATIENCE), "one runs");
        site
    };
    let cancel = |site: &Site| site.sweep.command(&["cancel", "s"]);
    try_all("cancel", most(1), one_runs, cancel, |site, what| {
        site.then(&["cancel", "s"], what);
        assert!(site.starts().is_empty(), "{what}: what was cancelled ran");
        site.sweep.folder.write("go", "");
        site.then(&["submit", "s", "--yes"], what);
        assert_eq!(site.starts(), [1, 1], "{what}: a cell ran twice");
    });
}

/// The command of a task, as its script starts it. Then the task itself is started.
#[test]
fn task_survives_every_fault() {
    let waits = || Site::submitted("cells_per_task = 2", true);
    try_all("task", most(1), waits, task, |site, what| {
        site.hold(false);
        site.wait_until_idle(what);
        site.then(&["submit", "s", "--yes"], what);
        assert!(site.starts().iter().all(|starts| *starts <= 2), "{what}: {:?}", site.starts());
    });
}

/// `gainsweep task` with the variables of the waiting job.
fn task(site: &Site) -> Command {
    let (submitted, _) = submissions::read_all(&site.sweep.results().submissions()).expect("read");
    let submission = &submitted[0];
    let mut command = site.sweep.command(&["task", submission.folder().to_str().expect("text")]);
    let job = &site.cluster.jobs()[0];
    command.env("SLURM_JOB_ID", job.id.to_string()).env("SLURM_ARRAY_JOB_ID", job.id.to_string());
    command.env("SLURM_ARRAY_TASK_ID", "0").env("SLURM_JOB_NAME", &job.name);
    command.env("SLURMD_NODENAME", "node1").env("SLURM_CLUSTER_NAME", "fake");
    command
}
