//! Which cells this process holds, and whether another claimant is gone.

use std::sync::Arc;

use gainsweep_contract::CellId;
use gainsweep_scheduler::{JobId, OwnTask, Scheduler, TaskId};
use gainsweep_store::claims::{self, CLAIM_FORMAT, Claimant, Claimed};
use gainsweep_store::{SweepFolder, WriteError, this_machine};
use jiff::Timestamp;

/// The claims of this process.
pub(crate) struct Claiming {
    claimant: Claimant,
    scheduler: Arc<dyn Scheduler>,
}

impl Claiming {
    /// Claims for this process, and for its task of the scheduler, if any.
    pub(crate) fn new(scheduler: Arc<dyn Scheduler>, task: Option<&OwnTask>) -> Claiming {
        Claiming {
            scheduler,
            claimant: Claimant {
                format: CLAIM_FORMAT,
                host: this_machine::host(),
                boot: this_machine::boot(),
                pid: std::process::id(),
                job: task.map(|task| task.id.job.0),
                task: task.and_then(|task| task.id.task),
                restart: task.map_or(0, |task| task.restart),
                since: format!("{:.0}", Timestamp::now()),
                released: false,
                seconds: 0.0,
            },
        }
    }

    /// The scheduler's name of our task: `48213_2`.
    pub(crate) fn job(&self) -> Option<String> {
        task_of(&self.claimant).map(|task| task.to_string())
    }

    pub(super) fn claim(&self, folder: &SweepFolder, cell: CellId) -> Result<Claimed, WriteError> {
        let is_gone = |holder: &Claimant| is_gone(&self.claimant, holder, &*self.scheduler);
        claims::claim(&folder.claims(), cell, &self.claimant, is_gone)
    }
}

/// Has this claimant ended without releasing its cell? `true` only if that is certain.
fn is_gone(own: &Claimant, holder: &Claimant, scheduler: &dyn Scheduler) -> bool {
    if holder.host == own.host {
        return holder.boot != own.boot || !this_machine::is_alive(holder.pid);
    }
    let Some(task) = task_of(holder) else { return false };
    if task_of(own) == Some(task) {
        // This process is the same task, started again: the scheduler ended the earlier run.
        return own.restart > holder.restart;
    }
    matches!(scheduler.is_live(task), Ok(false))
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

    #[test]
    fn who_is_gone() {
        let fake = Arc::new(FakeScheduler::new());
        let is_gone = |own: &Claimant, holder: &Claimant| is_gone(own, holder, &*fake);
        let own = Claiming::new(fake.clone(), None).claimant;
        let dead = {
            let mut child = std::process::Command::new("true").spawn().expect("a process");
            let pid = child.id();
            child.wait().expect("ended");
            pid
        };
        assert!(!is_gone(&own, &own), "we live");
        assert!(is_gone(&own, &Claimant { pid: dead, ..own.clone() }));
        assert!(is_gone(&own, &Claimant { boot: "earlier".into(), ..own.clone() }));
        let elsewhere = Claimant { host: "elsewhere".into(), ..own.clone() };
        assert!(!is_gone(&own, &elsewhere), "nobody can tell");
        let task = |restart| Claimant { job: Some(7), task: Some(2), restart, ..elsewhere.clone() };
        let again = Claimant { host: "here".into(), ..task(1) };
        assert!(is_gone(&again, &task(0)), "we are its next run");
        assert!(!is_gone(&Claimant { restart: 0, ..again }, &task(0)));
        assert!(is_gone(&own, &task(0)), "the scheduler knows no such task");
        fake.be_away(true);
        assert!(!is_gone(&own, &task(0)), "the scheduler did not say so");
    }
}
