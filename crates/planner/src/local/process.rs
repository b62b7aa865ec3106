//! Worker processes: each has its own process group, and ends when the planner dies.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};

#[cfg(target_os = "linux")]
use rustix::process::Signal;
use rustix::process::{Pid, WaitId, WaitIdOptions};
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};

use super::guard;

/// Starts a worker as the leader of its own process group. So Ctrl-C on the terminal
/// reaches only the planner, which then asks the workers to stop.
///
/// On Linux, a worker gets SIGTERM when its planner dies for any reason: it writes a checkpoint and ends. The
/// system watches the thread that starts the worker, so that thread must wait for it. The guard, if there is one, then
/// ends what the worker leaves.
pub(super) fn start(command: &mut Command, guard: Option<RawFd>) -> io::Result<Child> {
    command.process_group(0).stdin(Stdio::null());
    let planner = rustix::process::getpid();
    let prepare = move || {
        if let Some(ear) = guard {
            guard::say_begin(ear);
        }
        die_with(planner)
    };
    // SAFETY: between fork and exec the closure makes some system calls and neither allocates nor takes a lock.
    #[expect(unsafe_code, reason = "the only way to run something between fork and exec")]
    unsafe {
        command.pre_exec(prepare);
    }
    command.spawn()
}

#[cfg(target_os = "linux")]
fn die_with(planner: Pid) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
    // The planner may have died before the line above.
    if rustix::process::getppid() == Some(planner) { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
}

#[cfg(not(target_os = "linux"))]
fn die_with(_: Pid) -> io::Result<()> {
    Ok(())
}

/// The child's process group, which has the child's number.
pub(super) fn group_of(child: &Child) -> io::Result<Pid> {
    Pid::from_raw(child.id().cast_signed()).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Waits until the child has ended, but does not reap it. Until it is reaped, its number cannot be given to
/// another process, so a signal to its group cannot hit a stranger.
pub(super) fn wait_without_reaping(pid: Pid) -> io::Result<()> {
    loop {
        match rustix::process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(()),
        }
    }
}

/// How a process ended, and the resources that it and its reaped children used.
pub(super) struct Reaped {
    pub(super) status: ExitStatus,
    /// Processor time.
    pub(super) cpu_seconds: f64,
    /// Peak memory of the process or of one of its children.
    pub(super) peak_bytes: u64,
}

/// Did one of the signals end it that ask to stop? A shell that started the program says so by its exit code.
pub(super) fn was_asked_to_stop(status: ExitStatus) -> bool {
    let asks = |number| [SIGTERM, SIGINT, SIGUSR1].contains(&number);
    status.signal().is_some_and(asks) || status.code().is_some_and(|code| asks(code - 128))
}

/// Reaps a child that has ended, after [`wait_without_reaping`]. [`Child::wait`] would not return the usage.
pub(super) fn reap(pid: Pid) -> io::Result<Reaped> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are to memory of the right size and kind, and all zeros is a valid `rusage`.
    #[expect(unsafe_code, reason = "no safe interface to wait4 gives the usage")]
    let (waited, usage) = unsafe {
        let waited = libc::wait4(pid.as_raw_nonzero().get(), &raw mut status, 0, usage.as_mut_ptr());
        (waited, usage.assume_init())
    };
    if waited < 0 {
        return Err(io::Error::last_os_error());
    }
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    // Linux counts memory in units of 1024 bytes.
    let unit = if cfg!(target_os = "linux") { 1024 } else { 1 };
    Ok(Reaped {
        status: ExitStatus::from_raw(status),
        cpu_seconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
        peak_bytes: usage.ru_maxrss.unsigned_abs() * unit,
    })
}
