//! Signals set a flag that the training checks once a batch; a second signal exits at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gainsweep_contract::exit::worker::STOPPED;
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1, SIGXFSZ};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use signal_hook::low_level::exit;

/// A signal within this time after the first is the same request: Slurm sends SIGTERM to every process of a
/// task, and the planner, which is one of them, forwards it.
const ONE_REQUEST: Duration = Duration::from_secs(1);

/// Has a signal asked to stop?
#[derive(Clone)]
pub(crate) struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Listens to SIGTERM, SIGINT and SIGUSR1 from now on.
    pub(crate) fn listen() -> std::io::Result<StopFlag> {
        let asked = Arc::new(AtomicBool::new(false));
        let mut signals = Signals::new([SIGTERM, SIGINT, SIGUSR1])?;
        let raised = Arc::clone(&asked);
        thread::Builder::new().name("signals".into()).spawn(move || {
            let mut first: Option<Instant> = None;
            for _ in signals.forever() {
                raised.store(true, Ordering::Relaxed);
                if first.get_or_insert_with(Instant::now).elapsed() > ONE_REQUEST {
                    // At once: without flushing or waiting.
                    exit(i32::from(STOPPED));
                }
            }
        })?;
        Ok(StopFlag(asked))
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A file above `ulimit -f` is an error of the write; by default it would end the program without a message.
pub(crate) fn survive_file_size_limit() {
    // If the signal cannot be caught, the system's default holds.
    let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}
