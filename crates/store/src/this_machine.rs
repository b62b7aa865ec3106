//! This machine and its processes, for records of who wrote them.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// Name of this machine.
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Identifies this boot of the machine; empty if unknown.
pub fn boot() -> String {
    fs_err::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_string()
}

/// Does a process with this number exist on this machine?
pub fn is_alive(pid: u32) -> bool {
    let Some(pid) = Pid::from_raw(pid.cast_signed()) else { return false };
    // A process that we may not signal is alive.
    test_kill_process(pid) != Err(Errno::SRCH)
}
