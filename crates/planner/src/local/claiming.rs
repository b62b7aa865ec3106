//! Which cells this process holds, and whether another claimant is gone.

use std::sync::Arc;

use gainsweep_contract::CellId;
use gainsweep_scheduler::{JobId, OwnTask, Scheduler, TaskId};
use gainsweep_store::claims::{self, Claimant, Claimed};
use gainsweep_store::{SweepFolder, WriteError, work};
use jiff::Timestamp;

use super::Run;

/// The claims of this process.
pub(crate) struct Claiming {
    claimant: Claimant,
    scheduler: Arc<dyn Scheduler>,
    holds_run_lock: bool,
}

impl Claiming {
    /// Claims for this process, and for its task of the scheduler, if any.
    pub(crate) fn new(scheduler: Arc<dyn Scheduler>, task: Option<&OwnTask>) -> Claiming {
        let process = Claimant::this_process(format!("{:.0}", Timestamp::now()));
        let claimant = Claimant {
            cluster: task.and_then(|task| task.cluster.clone()),
            job: task.map(|task| task.id.job.0),
            task: task.and_then(|task| task.id.task),
            restart: task.map_or(0, |task| task.restart),
            ..process
        };
        Claiming { claimant, scheduler, holds_run_lock: false }
    }

    /// The same for a process that holds the sweep's lock: an earlier `run` here, and its workers, are dead.
    pub(crate) fn holding(self, run: &Run) -> Claiming {
        Claiming { holds_run_lock: run.is_locked(), ..self }
    }

    /// The scheduler's name of our task: `48213_2`.
    pub(crate) fn job(&self) -> Option<String> {
        task_of(&self.claimant).map(|task| task.to_string())
    }

    /// Claims a cell at which so many attempts are recorded.
    pub(super) fn claim(
        &self,
        folder: &SweepFolder,
        cell: CellId,
        attempts: u32,
    ) -> Result<Claimed, WriteError> {
        let claimant = Claimant { checkpoint: self.checkpoint(folder, cell), ..self.claimant.clone() };
        claims::claim(&folder.claims(), cell, &claimant, attempts, |holder| self.is_gone(holder))
    }

    /// The newest checkpoint of the cell. A `run` does not ask: a person starts it again.
    fn checkpoint(&self, folder: &SweepFolder, cell: CellId) -> Option<String> {
        self.claimant.job?;
        let before = claims::holder(&folder.claims(), cell)?;
        work::newest_checkpoint(&folder.work(cell, before.attempt))
    }

    /// Has this claimant ended without giving its cell back? Only what is sure counts.
    fn is_gone(&self, holder: &Claimant) -> bool {
        if let Some(lives) = holder.lives() {
            return !lives;
        }
        let Some(task) = task_of(holder) else {
            // A `run`: it held the lock that we hold now, wherever locks of this file system reach.
            return self.holds_run_lock && (holder.is_of_this_boot() || holder.is_of_this_machine());
        };
        if !self.knows_cluster(holder) {
            return false;
        }
        if task_of(&self.claimant) == Some(task) {
            // We are that task, started again; the scheduler has ended it there before.
            return self.claimant.restart > holder.restart;
        }
        matches!(self.scheduler.is_live(task), Ok(false))
    }

    /// Is our scheduler the one that gave the holder its job? Another cluster has jobs of the same numbers.
    fn knows_cluster(&self, holder: &Claimant) -> bool {
        // Earlier versions did not record it.
        let Some(cluster) = &holder.cluster else { return true };
        match &self.claimant.cluster {
            Some(own) => own == cluster,
            None => self.scheduler.cluster().is_ok_and(|own| own.as_ref() == Some(cluster)),
        }
    }
}

fn task_of(claimant: &Claimant) -> Option<TaskId> {
    claimant.job.map(|job| TaskId { job: JobId(job), task: claimant.task })
}

/// Who has a cell, as text.
pub(super) fn who(holder: Option<&Claimant>) -> String {
    let Some(holder) = holder else { return "another process has it".into() };
    let job = holder.job.map(|job| format!(" (job {job})")).unwrap_or_default();
    format!("process {} on {}{job} has it since {}", holder.pid, holder.host, holder.since)
}

#[cfg(test)]
mod tests {
    use gainsweep_testkit::fake_scheduler::FakeScheduler;

    use super::*;

    fn here(claimant: &Claimant) -> Claiming {
        Claiming {
            claimant: claimant.clone(),
            scheduler: Arc::new(FakeScheduler::new()),
            holds_run_lock: false,
        }
    }

    #[test]
    fn a_process_of_this_machine_is_gone_when_it_has_ended() {
        let own = Claiming::new(Arc::new(FakeScheduler::new()), None).claimant;
        let dead = {
            let mut child = std::process::Command::new("true").spawn().expect("a process");
            let pid = child.id();
            child.wait().expect("ended");
            pid
        };
        assert!(!here(&own).is_gone(&own), "we live");
        assert!(here(&own).is_gone(&Claimant { pid: dead, ..own.clone() }));
        let before = own.process_start.map(|start| start - 1);
        assert!(here(&own).is_gone(&Claimant { process_start: before, ..own }), "its id was given out again");
    }

    #[test]
    fn a_process_of_a_container_is_gone_when_we_have_its_lock() {
        let own = Claiming::new(Arc::new(FakeScheduler::new()), None).claimant;
        let container = Claimant { host: "a1b2".into(), pid_namespace: "1".into(), pid: 1, ..own.clone() };
        assert!(!here(&own).is_gone(&container), "its process ids are others");
        let locked = Claiming { holds_run_lock: true, ..here(&own) };
        assert!(locked.is_gone(&container), "it held the lock that we hold");
        let elsewhere = Claimant { boot: "another".into(), ..container };
        assert!(!locked.is_gone(&elsewhere), "locks may not reach that far");
    }

    #[test]
    fn a_task_is_gone_when_its_own_scheduler_says_so() {
        let fake = Arc::new(FakeScheduler::new());
        let own = Claiming::new(fake.clone(), None);
        let elsewhere = Claimant { host: "elsewhere".into(), boot: "b".into(), ..own.claimant.clone() };
        assert!(!own.is_gone(&elsewhere), "nobody can tell");
        let cluster = fake.cluster().expect("answered");
        let task = |restart| Claimant {
            job: Some(7),
            task: Some(2),
            restart,
            cluster: cluster.clone(),
            ..elsewhere.clone()
        };
        let again = Claimant { host: "here".into(), ..task(1) };
        assert!(here(&again).is_gone(&task(0)), "we are its next run");
        assert!(!here(&Claimant { restart: 0, ..again }).is_gone(&task(0)));
        assert!(own.is_gone(&task(0)), "the scheduler knows no such task");
        let other = Claimant { cluster: Some("other".into()), ..task(0) };
        assert!(!own.is_gone(&other), "another cluster has a task of that number");
        fake.be_away(true);
        assert!(!own.is_gone(&task(0)), "the scheduler did not say so");
    }
}
