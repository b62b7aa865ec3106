//! Limits of this process and its user (`ulimit`): what works with less, works with less; the rest is an error that
//! names the limit.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Sender, channel};
use std::{env, io, thread};

use gainsweep_contract::environment;
use rustix::process::{Resource, getrlimit};
use signal_hook::consts::SIGXFSZ;

use crate::screen::failure::Failure;

/// Address space for a thread's stack and its share of the heap, in bytes.
const ADDRESSES_OF_A_THREAD: u64 = 128 << 20;

/// Prepares the process for its limits: a file above `ulimit -f` is an error and no signal, and so many threads
/// compute as the system allows.
///
/// # Errors
/// The system allows none.
pub(super) fn respect() -> Result<(), Failure> {
    // A handler, and not "ignore", which the programs that we start would inherit. If the signal cannot be caught, the
    // system's default holds.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    start_threads(wanted_threads())
}

/// One thread for each processor, unless the user or the address space allow fewer.
fn wanted_threads() -> usize {
    let said = env::var(environment::THREADS).ok().and_then(|text| text.parse().ok());
    let processors = || thread::available_parallelism().map_or(1, usize::from);
    let wanted = said.filter(|count| *count > 0).unwrap_or_else(processors);
    let addresses = getrlimit(Resource::As).current.map(|bytes| bytes / ADDRESSES_OF_A_THREAD);
    let allowed = addresses.and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX);
    wanted.min(allowed).max(1)
}

/// Starts the threads that compute. If the system refuses some, half of what it gave is used: the rest is for the
/// programs that we start.
fn start_threads(wanted: usize) -> Result<(), Failure> {
    let mut waiting = Vec::with_capacity(wanted);
    let refused = (0..wanted).find_map(|_| wait_for_work().map(|sender| waiting.push(sender)).err());
    if let Some(error) = refused {
        if waiting.is_empty() {
            return Err(Failure::no_thread(error));
        }
        waiting.truncate((waiting.len() / 2).max(1));
    }
    tracing::debug!(threads = waiting.len(), wanted, "threads");
    let builder = rayon::ThreadPoolBuilder::new().num_threads(waiting.len());
    let builder = builder.spawn_handler(|work| {
        let thread = waiting.pop().ok_or(io::ErrorKind::NotFound)?;
        thread.send(work).map_err(|_| io::ErrorKind::BrokenPipe.into())
    });
    builder.build_global().map_err(|error| Failure::System(error.into()))
}

/// Starts a thread that waits for its work, or for the end of the sender.
fn wait_for_work() -> io::Result<Sender<rayon::ThreadBuilder>> {
    let (sender, receiver) = channel::<rayon::ThreadBuilder>();
    thread::Builder::new().name("compute".into()).spawn(move || {
        if let Ok(work) = receiver.recv() {
            work.run();
        }
    })?;
    Ok(sender)
}
