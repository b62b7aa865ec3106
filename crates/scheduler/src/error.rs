//! Why a question got no answer, and a submission no number. Uncertainty is a case of its own.

use std::io;

/// A question that was not answered. It says nothing about any job.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The program that asks is not there or cannot be started.
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
        /// Its words.
        message: String,
    },
    /// The command was still running after the time limit and has been ended.
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
        /// The scheduler's words.
        message: String,
    },
    /// An answer that is not what this version of the scheduler's tools should say.
    #[error(
        "cannot read what {command} said: `{line}`; a wrapper around it, or a version of {scheduler} not known here?"
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
    /// The scheduler said no: nothing was submitted.
    #[error("{scheduler} refused the submission: {message}")]
    Refused {
        /// The scheduler's name.
        scheduler: &'static str,
        /// What for.
        kind: Refusal,
        /// The scheduler's words.
        message: String,
    },
    /// It may or may not have been submitted. The job's name must be looked up before anything is sent again.
    #[error("whether it was submitted is not known: {message}; look the name up before submitting again")]
    Uncertain {
        /// What happened.
        message: String,
    },
    /// No connection was made: nothing was submitted.
    #[error("{scheduler} does not answer: {message}; nothing was submitted, try again when it is back")]
    Unreachable {
        /// The scheduler's name.
        scheduler: &'static str,
        /// Its words.
        message: String,
    },
    /// The program that submits is not there or cannot be started: nothing was submitted.
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

/// What a submission was refused for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// So many tasks may not be in the queue at once (or not that large or long): submit less or later.
    SubmitLimit,
    /// An index at or above [`crate::Limits::max_array_size`], or no list of indices at all.
    ArraySpecification,
    /// No node could ever run it: memory, processors, devices, features, nodes, time.
    Resources,
    /// The partition does not exist, is closed, or does not take this user.
    Partition,
    /// Account, association, quality of service.
    Account,
    /// The scheduler is full for the moment: the same submission may be taken later.
    Temporary,
    /// Anything else; the message says it.
    Other,
}

/// A part of a job that cannot be written so that the scheduler and the shell read it as it was meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadJob(pub String);
