//! Why a question got no answer, and a submission no number. Uncertainty has its own case.

use std::io;

/// A question without an answer. It says nothing about any job.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The program is not installed or cannot be started.
    #[error(
        "cannot start {program}: {source}; is {scheduler} installed on this machine, and its module loaded?"
    )]
    NotInstalled {
        /// The scheduler's name.
        scheduler: &'static str,
        /// Which program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The scheduler, or its database, does not answer.
    #[error("{scheduler} does not answer: {message}; nothing is lost, try again when it is back")]
    Unreachable {
        /// The scheduler's name.
        scheduler: &'static str,
        /// The scheduler's message.
        message: String,
    },
    /// The command was still running after the time limit and was killed.
    #[error("{command} did not answer within {seconds} s; {scheduler} may be overloaded, try again later")]
    TimedOut {
        /// The scheduler's name.
        scheduler: &'static str,
        /// The command.
        command: String,
        /// The limit.
        seconds: u64,
    },
    /// The scheduler refused.
    #[error("{command} failed (exit {}): {message}", code.map_or_else(|| "by a signal".to_string(), |code| code.to_string()))]
    Failed {
        /// The command.
        command: String,
        /// Its exit code; `None` when a signal ended it.
        code: Option<i32>,
        /// The scheduler's message.
        message: String,
    },
    /// An answer that this version cannot read.
    #[error(
        "cannot read the answer of {command}: `{line}`; a wrapper around it, or a version of {scheduler} not known here?"
    )]
    Unreadable {
        /// The scheduler's name.
        scheduler: &'static str,
        /// The command.
        command: String,
        /// The line that could not be read, shortened.
        line: String,
    },
}

/// Why a submission has no number.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The scheduler refused: nothing was submitted.
    #[error("{scheduler} refused the submission: {message}")]
    Refused {
        /// The scheduler's name.
        scheduler: &'static str,
        /// The kind of refusal.
        kind: Refusal,
        /// The scheduler's message.
        message: String,
    },
    /// It may or may not have been submitted. The job's name must be looked up before anything is sent again.
    #[error("it may or may not have been submitted: {message}; look the name up before submitting again")]
    Uncertain {
        /// What happened.
        message: String,
    },
    /// No connection was made: nothing was submitted.
    #[error("{scheduler} does not answer: {message}; nothing was submitted, try again when it is back")]
    Unreachable {
        /// The scheduler's name.
        scheduler: &'static str,
        /// The scheduler's message.
        message: String,
    },
    /// The submitting program is not installed or cannot be started: nothing was submitted.
    #[error(
        "cannot start {program}: {source}; is {scheduler} installed on this machine, and its module loaded?"
    )]
    NotInstalled {
        /// The scheduler's name.
        scheduler: &'static str,
        /// Which program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Why a submission was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Too many tasks in the queue (or a job too large or too long): submit less or later.
    SubmitLimit,
    /// An index at or above [`crate::Limits::max_array_size`], or not a list of indices.
    ArraySpecification,
    /// No node could ever run it: memory, processors, devices, features, nodes, time.
    Resources,
    /// The partition does not exist, is closed, or does not accept this user.
    Partition,
    /// Account, association, quality of service.
    Account,
    /// The scheduler is full at the moment: it may accept the same submission later.
    Temporary,
    /// Anything else; see the message.
    Other,
}

impl Refusal {
    /// May the same submission, or a part of it, be accepted later?
    pub fn is_for_now(self) -> bool {
        matches!(self, Refusal::SubmitLimit | Refusal::Temporary)
    }
}

/// A part of a job that cannot be written such that the scheduler and the shell read it as intended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadJob(pub String);
