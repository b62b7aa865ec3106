//! How a command ends: exit codes, and the one place that prints errors.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use gainsweep_contract::exit::worker as code;
use gainsweep_model::trainer::TrainError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Bad parameters or usage.
    #[error("{0}")]
    Usage(String),
    /// The loss or the gradient is not finite.
    #[error("{0}")]
    Diverged(String),
    /// Stopped by a signal, with a checkpoint.
    #[error("{0}")]
    Stopped(String),
    /// The reader of our output has left: nothing to print.
    #[error("the output was closed")]
    Closed,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure::Other(format!("{error:#}"))
    }
}

impl From<gainsweep_store::atomic::WriteError> for Failure {
    fn from(error: gainsweep_store::atomic::WriteError) -> Failure {
        Failure::Other(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Failure::Closed
        } else {
            Failure::Other(error.to_string())
        }
    }
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Failure {
        match error {
            TrainError::Diverged { .. } => Failure::Diverged(error.to_string()),
            TrainError::NoContext(_) => Failure::Usage(error.to_string()),
            TrainError::Engine(error) => error.into(),
        }
    }
}

impl From<gainsweep_model::analysis::AnalysisError> for Failure {
    fn from(error: gainsweep_model::analysis::AnalysisError) -> Failure {
        use gainsweep_model::analysis::AnalysisError as E;
        match error {
            E::NoContext(_) => Failure::Usage(error.to_string()),
            E::Engine(error) => error.into(),
            E::Undefined(_) => Failure::Other(error.to_string()),
            E::Diverged(_) => Failure::Diverged(error.to_string()),
        }
    }
}

impl From<gainsweep_model::engine::EngineError> for Failure {
    fn from(error: gainsweep_model::engine::EngineError) -> Failure {
        use gainsweep_model::engine::EngineError as E;
        match error {
            E::Device { .. } => Failure::Usage(error.to_string()),
            E::Arrays(_) | E::Library { .. } => Failure::Other(error.to_string()),
        }
    }
}

/// Prints why a command failed, and returns its exit code.
pub(crate) fn exit_code(result: Result<(), Failure>) -> ExitCode {
    let (code, word) = match &result {
        Ok(()) | Err(Failure::Closed) => return ExitCode::from(code::DONE),
        Err(Failure::Usage(_)) => (code::USAGE, "error"),
        Err(Failure::Diverged(_)) => (code::DIVERGED, "error"),
        Err(Failure::Stopped(_)) => (code::STOPPED, "stopped"),
        Err(Failure::Other(_)) => (code::FAILED, "error"),
    };
    if let Err(failure) = result {
        tell(&format!("{word}: {failure}"));
    }
    ExitCode::from(code)
}

/// Prints clap's output: help to stdout, mistakes to stderr.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // A closed pipe is not an error.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(code::USAGE) } else { ExitCode::from(code::DONE) }
}

/// Prints one line to stderr; a closed stderr is ignored.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Runs a command; a bug becomes an ordinary error.
pub(crate) fn guarded<T>(command: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(command)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let reason = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
        Err(Failure::Other(format!("internal error: {reason}; this is a bug of gainsweep, please report it")))
    })
}

/// Panics become errors, the engine's in the engine and all others in [`guarded`]; their backtraces are for
/// developers (`RUST_BACKTRACE`).
pub(crate) fn silence_panics() {
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|panic| tracing::debug!("{panic}")));
    }
}
