//! Why a question to Slurm got no answer.

use std::time::Duration;

use super::program::NAME;
use crate::QueryError;
use crate::command::{Answer, NoAnswer};

/// An answer with a line that cannot be read.
pub(super) fn unreadable(command: &str, line: &str) -> QueryError {
    let line = line.replace(super::queue::SEPARATOR, "|").chars().take(200).collect();
    QueryError::Unreadable { scheduler: NAME, command: command.to_string(), line }
}

/// No answer at all.
pub(super) fn of_no_answer(command: &str, timeout: Duration, reason: NoAnswer) -> QueryError {
    let command = command.to_string();
    match reason {
        NoAnswer::NotStarted(source) => {
            QueryError::NotInstalled { scheduler: NAME, program: command, source }
        }
        NoAnswer::TimedOut | NoAnswer::KeptTrying(_) => {
            QueryError::TimedOut { scheduler: NAME, command, seconds: timeout.as_secs() }
        }
        NoAnswer::Lost(error) => QueryError::Failed { command, code: None, message: error.to_string() },
    }
}

/// An answer that reports a failure.
pub(super) fn of_failure(command: &str, answer: &Answer) -> QueryError {
    let message = answer.complaint();
    if is_unreachable(&message) {
        QueryError::Unreachable { scheduler: NAME, message }
    } else {
        QueryError::Failed { command: command.to_string(), code: answer.code, message }
    }
}

/// Messages of a controller, database or authentication service that is away or overloaded.
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

/// Does the message say that Slurm, or a part of it, is unavailable at the moment?
pub(crate) fn is_unreachable(message: &str) -> bool {
    let message = message.to_lowercase();
    UNREACHABLE.iter().any(|text| message.contains(text))
}

/// Some commands print nothing, complain on stderr and exit with 0: that is not an empty answer.
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
        Answer {
            program: "squeue".into(),
            stdout: stdout.into(),
            stderr: stderr.into(),
            code: Some(code),
            signal: None,
        }
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
            let error = of_failure("squeue", &answer("", text, 1));
            assert!(matches!(error, QueryError::Unreachable { .. }), "{error}");
        }
        let error = of_failure("squeue", &answer("", "squeue: error: Invalid job id: abc", 1));
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
