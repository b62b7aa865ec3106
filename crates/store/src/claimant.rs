//! Who holds a cell, and whether it still lives.

use serde::{Deserialize, Serialize};

use crate::this_machine;

/// The version of [`Claimant`].
pub const CLAIM_FORMAT: u32 = 2;

/// Who has a cell. What format 1 did not record is empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "facts that are independent of each other")]
pub struct Claimant {
    /// [`CLAIM_FORMAT`].
    pub format: u32,
    /// Name of the machine.
    pub host: String,
    /// What tells this machine from others of that name.
    #[serde(default)]
    pub machine: String,
    /// What tells this start of the machine from its others.
    pub boot: String,
    /// What tells process ids of one container from those of another.
    #[serde(default)]
    pub pid_namespace: String,
    /// Process id.
    pub pid: u32,
    /// When that process started, in clock ticks since the machine did: a later process may have the same id.
    #[serde(default)]
    pub process_start: Option<u64>,
    /// The batch system's name of its cluster, if it runs in a job.
    #[serde(default)]
    pub cluster: Option<String>,
    /// The batch system's job, if it runs in one.
    pub job: Option<u64>,
    /// The task of that job.
    pub task: Option<u32>,
    /// How often that task was started again.
    pub restart: u32,
    /// Since when, ISO 8601 in UTC. For people: no decision compares clocks.
    pub since: String,
    /// Which attempt at the cell: 1 for the first. Format 1 left it out.
    #[serde(default)]
    pub attempt: u32,
    /// It has ended and the cell is free for the next one.
    pub released: bool,
    /// A person released it, who could not see whether it still runs.
    #[serde(default)]
    pub forced: bool,
    /// It has ended and the folder of its attempt is the cell's. Such an entry stays for ever.
    #[serde(default)]
    pub finished: bool,
    /// Seconds that all attempts took that have ended.
    pub seconds: f64,
    /// The newest checkpoint when it began: see [`crate::work::newest_checkpoint`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    /// It ended and says that it can resume, although its checkpoint is not known here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub progressed: bool,
    /// How many attempts of the same task before this one made no progress, in a row.
    #[serde(default)]
    pub in_vain: u32,
}

impl Claimant {
    /// This process, outside of any batch system.
    pub fn this_process(since: String) -> Claimant {
        let pid = std::process::id();
        Claimant {
            format: CLAIM_FORMAT,
            host: this_machine::host(),
            machine: this_machine::machine(),
            boot: this_machine::boot(),
            pid_namespace: this_machine::pid_namespace(),
            pid,
            process_start: this_machine::process_start(pid),
            cluster: None,
            job: None,
            task: None,
            restart: 0,
            since,
            attempt: 0,
            released: false,
            forced: false,
            finished: false,
            seconds: 0.0,
            checkpoint: None,
            progressed: false,
            in_vain: 0,
        }
    }

    /// How many attempts in a row made no progress, if `next` is the same task, started again.
    pub(crate) fn in_vain_before(&self, next: &Claimant) -> u32 {
        let same_task = self.job.is_some() && (self.job, self.task) == (next.job, next.task);
        let progressed = self.progressed || self.checkpoint != next.checkpoint;
        if same_task && !progressed { self.in_vain + 1 } else { 0 }
    }

    /// Has it given the cell back?
    pub fn has_ended(&self) -> bool {
        self.released || self.finished
    }

    /// Does it live? `None` where that cannot be told from this process.
    pub fn lives(&self) -> Option<bool> {
        if self.has_ended() {
            return Some(false);
        }
        if self.is_of_this_boot() {
            // A container has process ids of its own, which mean nothing here.
            return self.sees_our_processes().then(|| self.is_running());
        }
        // The machine was started again. Another machine may have the same name.
        (self.is_of_this_machine() && !self.machine.is_empty()).then_some(false)
    }

    /// Does it run under the kernel that runs us?
    pub fn is_of_this_boot(&self) -> bool {
        !self.boot.is_empty() && self.boot == this_machine::boot()
    }

    /// Is its machine called like ours, and the same as far as is known?
    pub fn is_of_this_machine(&self) -> bool {
        self.host == this_machine::host()
            && (self.machine.is_empty() || self.machine == this_machine::machine())
    }

    fn sees_our_processes(&self) -> bool {
        if self.pid_namespace.is_empty() {
            self.is_of_this_machine()
        } else {
            self.pid_namespace == this_machine::pid_namespace()
        }
    }

    fn is_running(&self) -> bool {
        let same = |start| this_machine::process_start(self.pid).is_none_or(|now| now == start);
        this_machine::is_alive(self.pid) && self.process_start.is_none_or(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Claimant {
        Claimant::this_process("2026-01-01T00:00:00Z".into())
    }

    #[test]
    fn who_lives_and_who_is_gone() {
        assert_eq!(own().lives(), Some(true));
        assert_eq!(Claimant { released: true, ..own() }.lives(), Some(false));
        let recycled = Claimant { process_start: own().process_start.map(|start| start - 1), ..own() };
        assert_eq!(recycled.lives(), Some(false), "another process has that id now");
        let container = Claimant { pid_namespace: "1".into(), host: "a1b2".into(), pid: 1, ..own() };
        assert_eq!(container.lives(), None, "ids of another container");
        let restarted = Claimant { boot: "earlier".into(), machine: "m".into(), ..own() };
        assert_eq!(restarted.lives(), None, "another machine of the same name");
    }

    #[test]
    fn a_machine_that_was_started_again_has_no_old_process() {
        let machine = this_machine::machine();
        let restarted = Claimant { boot: "earlier".into(), ..own() };
        assert_eq!(restarted.lives(), if machine.is_empty() { None } else { Some(false) });
    }
}
