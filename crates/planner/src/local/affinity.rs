//! Cells that run side by side in a task have processors of their own.

use std::process::Command;

/// Lets the command run on the slot's part of our processors, where the system gave us exactly those of all slots. It
/// gave us more: then a batch system does not bind its tasks, and other tasks would be told the same processors.
#[cfg(target_os = "linux")]
pub(super) fn bind(command: &mut Command, slot: usize, slots: usize, cpus: u32) {
    use std::os::unix::process::CommandExt as _;

    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let Ok(ours) = sched_getaffinity(None) else { return };
    if slots < 2 || u64::from(ours.count()) != slots as u64 * u64::from(cpus) {
        return;
    }
    let mut part = CpuSet::new();
    let ours = (0..CpuSet::MAX_CPU).filter(|cpu| ours.is_set(*cpu));
    ours.skip(slot * cpus as usize).take(cpus as usize).for_each(|cpu| part.set(cpu));
    // SAFETY: between fork and exec the closure makes one system call and neither allocates nor takes a lock.
    #[expect(unsafe_code, reason = "the only way to run something between fork and exec")]
    unsafe {
        command.pre_exec(move || Ok(sched_setaffinity(None, &part)?));
    }
}

/// Only Linux lets us choose.
#[cfg(not(target_os = "linux"))]
pub(super) fn bind(_command: &mut Command, _slot: usize, _slots: usize, _cpus: u32) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn each_slot_has_its_processors() {
        let ours = rustix::thread::sched_getaffinity(None).expect("known").count();
        let seen = |slot: usize, slots: usize, cpus: u32| {
            let mut command = Command::new("sh");
            command.args(["-c", "grep Cpus_allowed_list /proc/self/status | cut -f2"]);
            bind(&mut command, slot, slots, cpus);
            String::from_utf8(command.output().expect("it starts").stdout).expect("text")
        };
        let all = seen(0, 1, ours);
        assert_eq!(seen(1, 2, ours), all, "not ours alone");
        if ours >= 2 && ours.is_multiple_of(2) {
            assert_ne!(seen(0, 2, ours / 2), seen(1, 2, ours / 2));
        }
    }
}
