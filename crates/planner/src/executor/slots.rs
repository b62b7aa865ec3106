//! Which workers run, and the one decision that they all stop.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::process;

/// How long an ended worker's own children may take to end, too, when all stop.
const STRAGGLERS: Duration = Duration::from_secs(10);

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
        // The state is whole between any two of its changes.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Have all been asked to stop?
    pub(super) fn stopping(&self) -> bool {
        self.state().stopping
    }

    /// Starts a worker, unless all are to stop: then `None`. Under the lock, so that none is started unseen.
    pub(super) fn start(&self, command: &mut Command) -> io::Result<Option<Child>> {
        let mut state = self.state();
        if state.stopping {
            return Ok(None);
        }
        let child = process::start(command)?;
        state.groups.extend(process::group_of(&child));
        Ok(Some(child))
    }

    /// Waits for a worker's end: how it ended, and its processor seconds where the system says.
    pub(super) fn reap(&self, child: &mut Child) -> io::Result<(ExitStatus, Option<f64>)> {
        let Some(group) = process::group_of(child) else { return Ok((child.wait()?, None)) };
        process::wait_without_reaping(group)?;
        let cpu_seconds = process::cpu_seconds(group);
        let mut state = self.state();
        let status = child.wait()?;
        state.groups.retain(|known| *known != group);
        let stopping = state.stopping;
        drop(state);
        // A shell script dies of the signal at once; the program that it started may still write its checkpoint.
        let since = Instant::now();
        while stopping && process::group_lives(group) && since.elapsed() < STRAGGLERS {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok((status, cpu_seconds))
    }

    /// Asks all workers to write a checkpoint and end; no more are started. How many run.
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

    /// Ends all workers at once.
    pub(super) fn kill(&self) {
        for group in &self.state().groups {
            process::signal_group(*group, Signal::KILL);
        }
    }
}
