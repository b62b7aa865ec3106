//! Why a command ends early: the user's mistake or the system's, told apart for messages and exit codes.

use std::io;
use std::path::PathBuf;

use gainsweep_contract::exit::planner as exit;
use gainsweep_language::Diagnostic;
use rustix::io::Errno;

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

    /// The system starts no more threads.
    pub(crate) fn no_thread(error: io::Error) -> Failure {
        Failure::System(anyhow::Error::new(error).context("cannot start another thread"))
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

/// An error with its causes. Many of them repeat the text of their cause, which is said once.
pub(crate) fn words(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| {
        match (said.is_empty(), said.contains(&cause)) {
            (true, _) => cause,
            (false, true) => said,
            (false, false) => format!("{said}: {cause}"),
        }
    })
}

/// What to do when a limit of the process or of its user is the cause of an error, from its [`words`]: errors of the
/// system end with their number, however often they were wrapped.
pub(crate) fn about_limits(words: &str) -> Option<&'static str> {
    let (_, rest) = words.rsplit_once("(os error ")?;
    let number = rest.split_once(')')?.0.parse().ok()?;
    match Errno::from_raw_os_error(number) {
        Errno::AGAIN => {
            Some("no more threads or processes are allowed: see `ulimit -u`, or use fewer --jobs")
        }
        Errno::NOMEM => Some("there is no more memory: see `ulimit -v`"),
        Errno::MFILE => Some("no more open files are allowed: raise `ulimit -n`"),
        Errno::NFILE => Some("this machine allows no more open files: try again later"),
        Errno::FBIG => Some("no larger file is allowed: raise `ulimit -f`"),
        _ => None,
    }
}

/// An unexpected error counts as the system's.
impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::System(error.into())
    }
}
