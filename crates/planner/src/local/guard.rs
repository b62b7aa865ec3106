//! The guard: a small process that ends what workers started when the planner is killed.
//!
//! The system then asks the workers alone to stop (see [`super::process`]). Their children would live on.
//!
//! The guard hears of each group that begins (`+4711`) and that is over (`-4711`), over a pipe. The end of the pipe is
//! the end of the planner. For each group that is left, the guard waits until the worker has ended, which may
//! write a checkpoint; a second request would stop that. Then it asks what is left to stop, and kills what does not.
//!
//! It has its own session, so Ctrl-C on the terminal does not reach it. It shares the lock of the sweep, so the next run
//! waits until nothing of this one lives. Without a guard cells run all the same.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use gainsweep_store::this_machine::{is_alive, process};
use rustix::process::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};

use super::group;

/// The hidden command.
pub(crate) const COMMAND: &str = "guard";

/// Time between two looks at a worker that nobody else waits for.
const NAP: Duration = Duration::from_millis(100);

/// The planner's end of the pipe to its guard, which starts with the first worker.
#[derive(Default)]
pub(super) enum Guard {
    #[default]
    NotStarted,
    Listens(ChildStdin),
    Missing,
}

impl Guard {
    /// Where a worker says that its group begins, before its program starts: see [`say_begin`]. `None`: there is no
    /// guard.
    pub(super) fn ear(&mut self) -> Option<RawFd> {
        if matches!(self, Guard::NotStarted) {
            *self = match start() {
                Ok(pipe) => Guard::Listens(pipe),
                Err(error) => {
                    tracing::debug!(%error, "no guard: what workers start may outlive a killed gainsweep");
                    Guard::Missing
                }
            };
        }
        match self {
            Guard::Listens(pipe) => Some(pipe.as_raw_fd()),
            Guard::NotStarted | Guard::Missing => None,
        }
    }

    /// Nothing of the group lives.
    pub(super) fn is_over(&mut self, group: Pid) {
        if let Guard::Listens(pipe) = self
            && pipe.write_all(format!("-{}\n", number(group)).as_bytes()).is_err()
        {
            *self = Guard::Missing;
        }
    }
}

/// Tells the guard that this process leads a group. It runs between fork and exec: it neither allocates nor locks.
///
/// Only so does the guard know of every worker: the planner may be killed at any instant after the fork.
pub(super) fn say_begin(ear: RawFd) {
    let mut line = *b"+0000000000\n";
    let mut left = number(rustix::process::getpid());
    for digit in line[1..11].iter_mut().rev() {
        *digit += (left % 10) as u8;
        left /= 10;
    }
    // SAFETY: the calls are allowed between fork and exec, and the pointer is to that many bytes. The parent has the
    // file open, else it would not have given it.
    #[expect(
        unsafe_code,
        reason = "without the signal's default, which would end this process if the guard is gone"
    )]
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
        libc::write(ear, line.as_ptr().cast(), line.len());
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}

fn start() -> io::Result<ChildStdin> {
    // The program may have been replaced since it started.
    let own = if cfg!(target_os = "linux") { "/proc/self/exe".into() } else { std::env::current_exe()? };
    let mut command = Command::new(own);
    command.arg(COMMAND).current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // It ends by itself, at the latest after us.
    let child = command.spawn()?;
    child.stdin.ok_or_else(|| io::ErrorKind::BrokenPipe.into())
}

/// A worker, as the guard remembers it.
struct Worker {
    group: Pid,
    /// Tells it from a later process of the same number.
    started: Option<u64>,
}

impl Worker {
    fn new(group: Pid) -> Worker {
        Worker { group, started: process(number(group)).map(|process| process.started) }
    }

    /// Is there such a process, and is it this one? Old kernels have no file descriptors for processes, so this looks.
    fn seen(&self) -> Seen {
        if !cfg!(target_os = "linux") {
            return if is_alive(number(self.group)) { Seen::Lives } else { Seen::Ended };
        }
        match process(number(self.group)) {
            Some(process) if Some(process.started) != self.started => Seen::IsAnother,
            Some(process) if process.lives => Seen::Lives,
            Some(_) | None => Seen::Ended,
        }
    }

    fn end(&self) {
        while self.seen() == Seen::Lives {
            thread::sleep(NAP);
        }
        // A number is given to another process only when its group is gone.
        if self.seen() == Seen::Ended {
            group::stop(self.group);
        }
    }
}

#[derive(PartialEq, Eq)]
enum Seen {
    Lives,
    Ended,
    IsAnother,
}

fn number(pid: Pid) -> u32 {
    pid.as_raw_nonzero().get().unsigned_abs()
}

/// Is the guard of the planner that holds the other end of stdin.
pub(crate) fn listen() {
    // Whoever asks all processes to stop asks the planner, too: the guard ends after it.
    for number in [SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2] {
        let _ = signal_hook::flag::register(number, Arc::new(AtomicBool::new(false)));
    }
    // It fails only for the leader of a group, which has no terminal to fear.
    let _ = rustix::process::setsid();
    let left = listen_to(io::stdin().lock());
    thread::scope(|scope| {
        for worker in &left {
            let end = move || worker.end();
            if thread::Builder::new().spawn_scoped(scope, end).is_err() {
                end();
            }
        }
    });
}

/// The workers that have begun and are not over when the planner ends.
fn listen_to(mut planner: impl BufRead) -> Vec<Worker> {
    let mut workers = BTreeMap::new();
    let mut line = String::new();
    while planner.read_line(&mut line).is_ok_and(|length| length > 0) {
        let begins = line.strip_prefix('+').and_then(group_in);
        let is_over = line.strip_prefix('-').and_then(group_in);
        if let Some(group) = begins {
            workers.insert(number(group), Worker::new(group));
        } else if let Some(group) = is_over {
            workers.remove(&number(group));
        }
        line.clear();
    }
    workers.into_values().collect()
}

/// The group of a whole line.
fn group_in(text: &str) -> Option<Pid> {
    text.strip_suffix('\n')?.parse().ok().filter(|number| *number > 1).and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_remembers_the_groups_that_are_not_over() {
        let left = listen_to(&b"+0000000011\n+12\n-11\n+13\nnonsense\n\n+\n-99\n+0\n+14"[..]);
        let left: Vec<u32> = left.iter().map(|worker| number(worker.group)).collect();
        // A line without its end may be the beginning of another number.
        assert_eq!(left, [12, 13]);
    }
}
