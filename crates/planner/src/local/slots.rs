//! Which workers run, and the decision that all stop.

use std::io;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::process::{self, Reaped};

/// How long children of an ended worker may take to end when all stop.
const STRAGGLERS: Duration = Duration::from_secs(10);

/// How far apart the same request to stop may reach a worker and us.
const SAME_REQUEST: Duration = Duration::from_millis(500);

/// The running workers of all slots.
#[derive(Default)]
pub(super) struct Slots(Mutex<State>);

#[derive(Default)]
struct State {
    stopping: bool,
    groups: Vec<Pid>,
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
        let child = process::start(command)?;
        state.groups.push(process::group_of(&child)?);
        Ok(Some(child))
    }

    /// Waits until a worker ends.
    pub(super) fn reap(&self, child: &mut Child) -> io::Result<Reaped> {
        let group = process::group_of(child)?;
        process::wait_without_reaping(group)?;
        let mut state = self.state();
        let reaped = process::reap(group)?;
        state.groups.retain(|known| *known != group);
        let stopping = state.stopping;
        drop(state);
        // A shell script dies from the signal at once; the program that it started may still write its
        // checkpoint.
        let since = Instant::now();
        while stopping && process::group_lives(group) && since.elapsed() < STRAGGLERS {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(reaped)
    }

    /// Asks all workers to write a checkpoint and end. No more are started. Returns the number of running
    /// workers.
    pub(super) fn ask_to_stop(&self) -> usize {
        let mut state = self.state();
        if !state.stopping {
            state.stopping = true;
            for group in &state.groups {
                process::signal_group(*group, Signal::TERM);
            }
        }
        state.groups.len()
    }

    /// Kills all workers at once.
    pub(super) fn kill(&self) {
        for group in &self.state().groups {
            process::signal_group(*group, Signal::KILL);
        }
    }
}
