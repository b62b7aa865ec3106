//! Submissions to a fake Slurm with the faults of real ones: whatever happens, each cell runs once.

mod costs;
mod faults;
mod moved;
mod odd_answers;
mod once;
mod scale;
mod states;
mod watch;

use std::ops::Deref;
use std::time::Duration;

use gainsweep_testkit::fake_slurm::FakeSlurm;
use gainsweep_testkit::sweep::{Sweep, starts};
use gainsweep_testkit::workers;

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A sweep `s` and its cluster.
struct Site {
    sweep: Sweep,
    cluster: FakeSlurm,
    // The cluster's folder is on `PATH`, which cannot contain every name.
    _place: tempfile::TempDir,
}

impl Deref for Site {
    type Target = Sweep;

    fn deref(&self) -> &Sweep {
        &self.sweep
    }
}

impl Site {
    /// A sweep with this many cells; its file ends with `more`.
    fn new(cells: u32, more: &str) -> Site {
        let place = tempfile::tempdir().expect("a folder");
        let cluster = FakeSlurm::start(&place.path().join("slurm"));
        let sweep = Sweep::new("s").with_environment(&cluster.environment());
        let site = Site { sweep, cluster, _place: place };
        site.write_sweep(cells, more);
        site
    }

    fn write_sweep(&self, cells: u32, more: &str) {
        let worker = workers::table(&[&workers::quick()]);
        self.write(&format!("{worker}[replicates]\nseed = {cells}\n{more}\n"));
    }

    /// Waits until nothing is queued; then each cell is done and was started once.
    #[track_caller]
    fn assert_each_ran_once(&self, cells: usize) {
        assert!(self.cluster.wait_until_idle(PATIENCE), "the queue never emptied: {:?}", self.cluster.jobs());
        let found = self.cells();
        assert_eq!(found.len(), cells, "cells on disk");
        for cell in found {
            assert_eq!(starts(&cell), 1, "starts of {}", cell.root().display());
            assert!(cell.done().exists(), "{} is not done", cell.root().display());
        }
    }

    /// sbatch calls that really submit.
    fn sent(&self) -> usize {
        let calls = self.cluster.calls();
        let sends = |arguments: &[String]| !arguments.iter().any(|word| word == "--test-only");
        calls.iter().filter(|call| call.program == "sbatch" && sends(&call.arguments)).count()
    }
}
