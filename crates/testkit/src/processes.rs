//! Signals to tasks and what their ends mean.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use rustix::process::{Pid, Signal};

/// To everything that the task started and that stayed in its group.
pub(crate) fn signal_group(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        // It may have ended meanwhile.
        let _ = rustix::process::kill_process_group(pid, signal);
    }
}

/// To the batch shell alone.
pub(crate) fn signal_shell(pid: i32, number: i32) {
    if let (Some(pid), Some(signal)) = (Pid::from_raw(pid), Signal::from_named_raw(number)) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Is it there?
pub(crate) fn lives(pid: i32) -> bool {
    Pid::from_raw(pid).is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

/// Exit code and signal as Slurm keeps them.
pub(crate) fn ending(status: ExitStatus) -> (i32, i32) {
    (status.code().unwrap_or(0), status.signal().unwrap_or(0))
}
