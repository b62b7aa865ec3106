//! Signals set a flag that the training looks at once a batch; a second signal exits at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gainsweep_contract::exit::worker::STOPPED;
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1, SIGXFSZ};
use signal_hook::flag;

/// Asked to stop?
#[derive(Clone)]
pub(crate) struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Listens to SIGTERM, SIGINT and SIGUSR1 from now on.
    pub(crate) fn listen() -> std::io::Result<StopFlag> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT, SIGUSR1] {
            // The order matters: the first signal finds the flag down, and only then raises it.
            flag::register_conditional_shutdown(signal, i32::from(STOPPED), Arc::clone(&asked))?;
            flag::register(signal, Arc::clone(&asked))?;
        }
        Ok(StopFlag(asked))
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A file larger than `ulimit -f` allows is an error of the write, not the end of the program without a word.
pub(crate) fn survive_file_size_limit() {
    // Where it cannot be caught, the system's default does what it always did.
    let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}
