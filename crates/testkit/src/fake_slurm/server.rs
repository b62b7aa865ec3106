//! Answers calls from the socket and runs the jobs, in threads of the test that owns the cluster.

use std::io::{self, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::call::{Answer, Call};
use super::state::{CallRecord, State};
use super::{jobs, sacct, sbatch, scontrol, squeue};
use crate::slurm_command::SlurmCommand;

/// Pause between two looks at the jobs.
const NAP: Duration = Duration::from_millis(5);

/// The cluster's state, and the threads that work on it.
#[derive(Debug)]
pub(super) struct Server {
    state: Arc<Mutex<State>>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Listens at `socket`.
    pub(super) fn start(socket: &Path, state: State) -> io::Result<Server> {
        let listener = UnixListener::bind(socket)?;
        let state = Arc::new(Mutex::new(state));
        let (asked, run) = (Arc::clone(&state), Arc::clone(&state));
        let answering = thread::spawn(move || {
            // Every call has its own thread: a slow client blocks nobody.
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&asked);
                if lock(&state).over {
                    return;
                }
                thread::spawn(move || answer(&state, stream));
            }
        });
        let running = thread::spawn(move || {
            while !lock(&run).over {
                jobs::advance(&mut lock(&run));
                thread::sleep(NAP);
            }
        });
        Ok(Server { state, threads: vec![answering, running] })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Ends all jobs.
    pub(super) fn stop(&mut self, socket: &Path) {
        {
            let mut state = self.state();
            state.over = true;
            jobs::kill(&mut state, |_| true);
        }
        // Wakes the thread that waits for calls.
        let _ = UnixStream::connect(socket);
        for thread in self.threads.drain(..) {
            // It panicked if a job could not be started, and has printed that.
            let _ = thread.join();
        }
    }
}

/// Works also after a panic: a failing test must still end its jobs.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(state: &Mutex<State>, mut stream: UnixStream) {
    let Ok(call) = serde_json::from_reader::<_, Call>(BufReader::new(&stream)) else { return };
    let said = work(&mut lock(state), &call).unwrap_or_else(Answer::error);
    // The client may have been killed meanwhile.
    let _ = serde_json::to_vec(&said).map(|bytes| stream.write_all(&bytes));
}

fn work(state: &mut State, call: &Call) -> io::Result<Answer> {
    state.calls.push(CallRecord { program: call.command.clone(), arguments: call.arguments.clone() });
    let Some(command) = SlurmCommand::named(&call.command) else {
        return Err(io::Error::other(format!(
            "call this by the name of a command of Slurm, not {}",
            call.command
        )));
    };
    let fault = state.take_fault(command);
    if let Some(answer) = fault.as_ref().and_then(|fault| fault.instead(command)) {
        return Ok(answer);
    }
    let answer = match command {
        SlurmCommand::Sbatch => sbatch::sbatch(state, call)?,
        SlurmCommand::Squeue => squeue::squeue(state, call, fault.as_ref()),
        SlurmCommand::Sacct => sacct::sacct(state, call, fault.as_ref()),
        SlurmCommand::Scancel => scontrol::scancel(state, call),
        SlurmCommand::Scontrol => scontrol::scontrol(state, call),
        SlurmCommand::Sacctmgr => scontrol::sacctmgr(state, call),
    };
    Ok(match &fault {
        Some(fault) => fault.spoil(command, answer),
        None => answer,
    })
}
