//! Which workers run, and the decision that all stop.

use std::io;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::group;
use super::guard::Guard;
use super::process::{self, Reaped};

/// How far apart the same request to stop may reach a worker and us.
const SAME_REQUEST: Duration = Duration::from_millis(500);

/// The running workers of all slots.
#[derive(Default)]
pub(super) struct Slots(Mutex<State>);

#[derive(Default)]
struct State {
    stopping: bool,
    /// No more cells start; those that run go on.
    closed: bool,
    /// The groups of running workers.
    workers: Vec<Pid>,
    /// Those of workers that have ended, while something is left there.
    leftovers: Vec<Pid>,
    guard: Guard,
}

impl Slots {
    fn state(&self) -> MutexGuard<'_, State> {
        // Each change leaves the state consistent, so a poisoned lock is usable.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Have all been asked to stop?
    pub(super) fn stopping(&self) -> bool {
        self.state().stopping
    }

    /// May another cell start?
    pub(super) fn are_open(&self) -> bool {
        let state = self.state();
        !state.stopping && !state.closed
    }

    /// Starts no more cells, and lets the running ones end.
    pub(super) fn close(&self) {
        self.state().closed = true;
    }

    /// Have all been asked to stop, or will they be in a moment? A batch system may tell the workers before it tells us.
    pub(super) fn stop_about_now(&self) -> bool {
        let since = Instant::now();
        while !self.stopping() && since.elapsed() < SAME_REQUEST {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.stopping()
    }

    /// Starts a worker, or returns `None` if all are to stop. Under the lock, so that no worker is missed.
    pub(super) fn start(&self, command: &mut Command) -> io::Result<Option<Child>> {
        let mut state = self.state();
        if state.stopping {
            return Ok(None);
        }
        let child = process::start(command, state.guard.ear())?;
        state.workers.push(process::group_of(&child)?);
        Ok(Some(child))
    }

    /// Waits until a worker ends, and ends what it left in its process group.
    pub(super) fn reap(&self, child: &mut Child) -> io::Result<Reaped> {
        let group = process::group_of(child)?;
        process::wait_without_reaping(group)?;
        let mut state = self.state();
        let reaped = process::reap(group)?;
        state.workers.retain(|known| *known != group);
        state.leftovers.push(group);
        let stopping = state.stopping;
        drop(state);
        // A shell script dies from the signal at once; the program that it started has it, too, and may still write
        // its checkpoint.
        if stopping || (process::was_asked_to_stop(reaped.status) && self.stop_about_now()) {
            group::wait_and_kill(group);
        } else {
            group::end(group);
        }
        let mut state = self.state();
        state.leftovers.retain(|known| *known != group);
        state.guard.is_over(group);
        drop(state);
        Ok(reaped)
    }

    /// Asks all workers to write a checkpoint and end. No more are started. Returns the number of running
    /// workers.
    pub(super) fn ask_to_stop(&self) -> usize {
        let mut state = self.state();
        if !state.stopping {
            state.stopping = true;
            for group in &state.workers {
                group::signal(*group, Signal::TERM);
            }
        }
        state.workers.len()
    }

    /// Kills all workers, and what they left, at once.
    pub(super) fn kill(&self) {
        let state = self.state();
        for group in state.workers.iter().chain(&state.leftovers) {
            group::signal(*group, Signal::KILL);
        }
    }
}
