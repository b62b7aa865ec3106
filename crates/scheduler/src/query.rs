//! Why a question to Slurm got no answer.

use std::io;
use std::time::Duration;

use crate::command::{Answer, NoAnswer};

/// A question that was not answered. It says nothing about any job.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The program is not there or cannot be started.
    #[error("cannot start {program}: {source}; is Slurm installed on this machine, and its module loaded?")]
    NotInstalled {
        /// Which program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// Slurm's controller or database does not answer.
    #[error("Slurm does not answer: {message}; nothing is lost, try again when it is back")]
    Unreachable {
        /// Slurm's words.
        message: String,
    },
    /// The command was still running after the time limit and has been ended.
    #[error("{command} did not answer within {seconds} s; Slurm may be overloaded, try again later")]
    TimedOut {
        /// The command.
        command: String,
        /// The limit.
        seconds: u64,
    },
    /// Slurm refused.
    #[error("{command} failed (exit {}): {message}", code.map_or_else(|| "by a signal".to_string(), |code| code.to_string()))]
    Failed {
        /// The command.
        command: String,
        /// Its exit code; `None` when a signal ended it.
        code: Option<i32>,
        /// Slurm's words.
        message: String,
    },
    /// An answer that is not what this version of Slurm's tools should say.
    #[error(
        "cannot read what {command} said: `{line}`; a wrapper around it, or a version of Slurm not known here?"
    )]
    Unreadable {
        /// The command.
        command: String,
        /// The line that could not be read, shortened.
        line: String,
    },
}

impl QueryError {
    pub(crate) fn unreadable(command: &str, line: &str) -> QueryError {
        let line = line.replace(crate::queue::SEPARATOR, "|").chars().take(200).collect();
        QueryError::Unreadable { command: command.to_string(), line }
    }

    pub(crate) fn of_no_answer(command: &str, timeout: Duration, reason: NoAnswer) -> QueryError {
        let command = command.to_string();
        match reason {
            NoAnswer::NotStarted(source) => QueryError::NotInstalled { program: command, source },
            NoAnswer::TimedOut => QueryError::TimedOut { command, seconds: timeout.as_secs() },
            NoAnswer::Lost(error) => QueryError::Failed { command, code: None, message: error.to_string() },
        }
    }

    /// The error of an answer that is none.
    pub(crate) fn of_failure(command: &str, answer: &Answer) -> QueryError {
        let message = answer.complaint();
        if is_unreachable(&message) {
            QueryError::Unreachable { message }
        } else {
            QueryError::Failed { command: command.to_string(), code: answer.code, message }
        }
    }
}

/// Texts of a controller, database or authentication service that is away or overloaded.
const UNREACHABLE: &[&str] = &[
    "unable to contact slurm controller",
    "unable to connect to database",
    "problem talking to the database",
    "connection refused",
    "connection reset",
    "connection timed out",
    "socket timed out",
    "communication connection failure",
    "zero bytes were transmitted",
    "unexpected message received",
    "protocol authentication error",
    "authentication credential",
    "slurm backup controller in standby mode",
    "unable to resolve",
    "could not establish a configuration source",
    "cannot stat file",
    "transport endpoint is not connected",
    "sending persistconnection init failed",
    "resource temporarily unavailable",
];

/// Does it say that Slurm, or a part of it, cannot be asked just now?
pub(crate) fn is_unreachable(message: &str) -> bool {
    let message = message.to_lowercase();
    UNREACHABLE.iter().any(|text| message.contains(text))
}

/// Some commands print nothing, complain on stderr and exit 0: that is no empty answer.
pub(crate) fn is_a_hidden_failure(answer: &Answer) -> bool {
    if !answer.is_fine() {
        return false;
    }
    let stderr = answer.stderr.to_lowercase();
    if stderr.contains("unable to contact slurm controller") {
        return true;
    }
    answer.stdout.trim().is_empty()
        && (["error", "fatal", "invalid"].iter().any(|word| stderr.contains(word)) || is_unreachable(&stderr))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(stdout: &str, stderr: &str, code: i32) -> Answer {
        Answer { stdout: stdout.into(), stderr: stderr.into(), code: Some(code), signal: None }
    }

    #[test]
    fn a_controller_that_is_away_is_told_from_a_refusal() {
        let away = [
            "slurm_load_jobs error: Unable to contact slurm controller (connect failure)",
            "sacct: error: Problem talking to the database: Connection refused",
            "slurm_load_jobs error: Protocol authentication error",
            "scancel: error: Kill job error on job id 103: Unable to contact slurm controller (connect failure)",
            "squeue: fatal: Could not establish a configuration source",
            "slurm_load_jobs error: Socket timed out on send/recv operation",
        ];
        for text in away {
            let error = QueryError::of_failure("squeue", &answer("", text, 1));
            assert!(matches!(error, QueryError::Unreachable { .. }), "{error}");
        }
        let error = QueryError::of_failure("squeue", &answer("", "squeue: error: Invalid job id: abc", 1));
        assert_eq!(error.to_string(), "squeue failed (exit 1): Invalid job id: abc");
    }

    #[test]
    fn an_empty_answer_counts_only_without_a_complaint() {
        assert!(!is_a_hidden_failure(&answer("", "", 0)));
        assert!(!is_a_hidden_failure(&answer("", "Welcome to the cluster\n", 0)));
        assert!(is_a_hidden_failure(&answer("", "slurm_load_jobs error: Unspecified error", 0)));
        assert!(is_a_hidden_failure(&answer(
            "",
            "squeue: error: Invalid job format specification: nosuch",
            0
        )));
        assert!(!is_a_hidden_failure(&answer("1 2\n", "squeue: error: a plugin is odd", 0)));
        assert!(is_a_hidden_failure(&answer(
            "1 2\n",
            "Unable to contact slurm controller (connect failure)",
            0
        )));
    }
}
