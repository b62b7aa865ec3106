//! The guard: a small process that ends what workers started when the planner is killed.
//!
//! The system then asks the workers alone to stop (see [`super::process`]). Their children would live on.
//!
//! The planner tells the guard each group that begins (`+4711`) and that is over (`-4711`), over a pipe. The end of the
//! pipe is the end of the planner. For each group that is left, the guard waits until the worker has ended, which may
//! write a checkpoint; a second request would stop that. Then it asks what is left to stop, and kills what does not.
//!
//! It has its own session, so Ctrl-C on the terminal does not reach it. It shares the lock of the sweep, so the next run
//! waits until nothing of this one lives. Without a guard cells run all the same.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
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
    /// A worker started its group.
    pub(super) fn begins(&mut self, group: Pid) {
        if matches!(self, Guard::NotStarted) {
            *self = match start() {
                Ok(pipe) => Guard::Listens(pipe),
                Err(error) => {
                    tracing::debug!(%error, "no guard: what workers start may outlive a killed gainsweep");
                    Guard::Missing
                }
            };
        }
        self.tell('+', group);
    }

    /// Nothing of the group lives.
    pub(super) fn is_over(&mut self, group: Pid) {
        self.tell('-', group);
    }

    fn tell(&mut self, what: char, group: Pid) {
        // One write: a line of this length arrives whole or not at all.
        let line = format!("{what}{}\n", number(group));
        if let Guard::Listens(pipe) = self
            && pipe.write_all(line.as_bytes()).is_err()
        {
            *self = Guard::Missing;
        }
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

    /// Old kernels have no file descriptors for processes, so this looks.
    fn lives(&self) -> bool {
        if !cfg!(target_os = "linux") {
            return is_alive(number(self.group));
        }
        process(number(self.group))
            .is_some_and(|process| process.lives && Some(process.started) == self.started)
    }

    fn end(&self) {
        while self.lives() {
            thread::sleep(NAP);
        }
        group::stop(self.group);
    }
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
        let left = listen_to(&b"+11\n+12\n-11\n+13\nnonsense\n\n+\n-99\n+0\n+14"[..]);
        let left: Vec<u32> = left.iter().map(|worker| number(worker.group)).collect();
        // A line without its end may be the beginning of another number.
        assert_eq!(left, [12, 13]);
    }
}
