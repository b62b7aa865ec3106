//! Worker processes: their own process group, no life without the planner, and a careful end.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

/// Starts a worker with its outputs piped, as the leader of a process group of its own: Ctrl-C on the terminal reaches
/// the planner alone, which then asks the workers to stop in its own words.
///
/// On Linux a worker whose planner dies, however it dies, gets SIGTERM: it writes a checkpoint and ends. (The system
/// watches the thread that starts the worker, so that thread must wait for it.)
pub(super) fn start(command: &mut Command) -> io::Result<Child> {
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(target_os = "linux")]
    die_with_parent(command);
    command.spawn()
}

#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command) {
    let planner = rustix::process::getpid();
    let prepare = move || {
        rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
        // The planner may have died before the line above.
        if rustix::process::getppid() == Some(planner) {
            Ok(())
        } else {
            Err(io::ErrorKind::Interrupted.into())
        }
    };
    // SAFETY: between fork and exec the closure makes two system calls and neither allocates nor takes a lock.
    #[expect(unsafe_code, reason = "the only way to run something between fork and exec")]
    unsafe {
        command.pre_exec(prepare);
    }
}

/// The child's process group, which has the child's number.
pub(super) fn group_of(child: &Child) -> Option<Pid> {
    Pid::from_raw(child.id().cast_signed())
}

/// Waits until the child has ended, but leaves it in the table of processes: until it is reaped its number cannot be
/// given to another process, so a signal to its group cannot hit a stranger.
pub(super) fn wait_without_reaping(pid: Pid) -> io::Result<()> {
    loop {
        match rustix::process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(()),
        }
    }
}

/// Sends a signal to a whole group: a worker may be a shell script that started the program that computes.
pub(super) fn signal_group(group: Pid, signal: Signal) {
    // It may have ended meanwhile, which is what was wanted.
    let _ = rustix::process::kill_process_group(group, signal);
}

/// Is anybody left in the group?
pub(super) fn group_lives(group: Pid) -> bool {
    rustix::process::test_kill_process_group(group).is_ok()
}

/// Is there a process of that number on this machine?
pub(super) fn is_alive(pid: u32) -> bool {
    let Some(pid) = Pid::from_raw(pid.cast_signed()) else { return false };
    // Whoever may not be signalled is alive.
    rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
}

/// Processor seconds of a process that has ended and is not yet reaped, its own reaped children included. `None`
/// where the system does not say.
pub(super) fn cpu_seconds(pid: Pid) -> Option<f64> {
    let text = fs_err::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    // The name in parentheses may hold anything; fields are counted from its end (proc(5): utime is the 14th).
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Name of this machine.
pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
