//! Why a command ends early: the user's mistake or the system's, told apart for messages and exit codes.

use std::path::PathBuf;

use gainsweep_contract::exit::planner as exit;
use gainsweep_language::Diagnostic;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Mistakes in a sweep file.
    Sweep(Box<BadSweep>),
    /// Another mistake of the user.
    User {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The system: a full disk, a folder that cannot be written.
    System(anyhow::Error),
    /// The reader of our output has left (`| head`): nothing to print, nothing wrong.
    NobodyReads,
}

/// A sweep file with mistakes.
#[derive(Debug)]
pub(crate) struct BadSweep {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Failure {
    /// The user's mistake.
    pub(crate) fn user(message: impl Into<String>) -> Failure {
        Failure::User { message: message.into(), hint: None }
    }

    /// The user's mistake, and what to do about it.
    pub(crate) fn user_hint(message: impl Into<String>, hint: impl Into<String>) -> Failure {
        Failure::User { message: message.into(), hint: Some(hint.into()) }
    }

    /// The exit code of this failure.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::Sweep(_) | Failure::User { .. } => exit::USER,
            Failure::System(_) => exit::SYSTEM,
            Failure::NobodyReads => exit::FINE,
        }
    }
}

/// An unexpected error counts as the system's.
impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::System(error.into())
    }
}
