//! This machine and its processes: what records say of who wrote them.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// Name of this machine.
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// What tells this start of the machine from its others; empty where the system does not say.
pub fn boot() -> String {
    fs_err::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_string()
}

/// Is there a process of that number on this machine?
pub fn is_alive(pid: u32) -> bool {
    let Some(pid) = Pid::from_raw(pid.cast_signed()) else { return false };
    // Whoever may not be signalled is alive.
    test_kill_process(pid) != Err(Errno::SRCH)
}
