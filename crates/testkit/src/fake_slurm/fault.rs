//! The faults of a command.

use super::call::Answer;
use crate::slurm_command::SlurmCommand;

/// A fault of a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// It does its work, but its answer takes this many seconds longer.
    HangAfter {
        /// How long.
        seconds: f64,
    },
    /// It hangs this many seconds, then fails without having done anything.
    HangBefore {
        /// How long.
        seconds: f64,
    },
    /// It does its work, then reports a connection timeout.
    TimedOutAfter,
    /// It reports a connection timeout, and did nothing.
    TimedOutBefore,
    /// It does its work, then is killed before it prints anything.
    KilledAfter,
    /// sbatch prints the cluster's name after the job's number, as it does for several clusters.
    ClusterName(String),
    /// A site's wrapper prints text before and after the answer.
    Chatter {
        /// Lines before it.
        before: String,
        /// Lines after it.
        after: String,
    },
    /// No output, exit 0, nothing done.
    Empty,
    /// This on stderr, exit 0, nothing done.
    ErrorAtExitZero(String),
    /// The controller (for sacct and sacctmgr: the database) is away.
    Away,
    /// The service that signs every message is away.
    AuthenticationDown,
    /// sacct: ended runs have `FAILED`, `0:0`, and no end.
    UnfinishedRows,
    /// sacct: running and waiting tasks show an earlier run with this state and an end, and nothing newer.
    StaleRow(String),
    /// squeue and sacct: every state is this word.
    State(String),
    /// squeue and sacct: lists of tasks with more than seven characters are cut short, as `1-5,...`.
    TruncatedRanges,
    /// Exactly this output, and nothing done.
    Say {
        /// Its output.
        stdout: String,
        /// Its error message.
        stderr: String,
        /// Its exit code.
        code: u8,
    },
}

const TIMED_OUT: &str = "Socket timed out on send/recv operation";

impl Fault {
    /// The output of a command that does nothing. `None`: it does its work.
    pub(super) fn instead(&self, command: SlurmCommand) -> Option<Answer> {
        match self {
            Fault::HangBefore { seconds } => Some(Answer { delay: *seconds, ..broken(command, TIMED_OUT) }),
            Fault::TimedOutBefore => Some(broken(command, TIMED_OUT)),
            Fault::Empty => Some(Answer::default()),
            Fault::ErrorAtExitZero(text) => Some(Answer { code: 0, ..Answer::error(text) }),
            Fault::Away => Some(away(command)),
            Fault::AuthenticationDown => Some(broken(command, "Protocol authentication error")),
            Fault::Say { stdout, stderr, code } => Some(Answer {
                stdout: stdout.clone(),
                stderr: stderr.clone(),
                code: *code,
                ..Answer::default()
            }),
            Fault::HangAfter { .. }
            | Fault::TimedOutAfter
            | Fault::KilledAfter
            | Fault::ClusterName(_)
            | Fault::Chatter { .. }
            | Fault::UnfinishedRows
            | Fault::StaleRow(_)
            | Fault::State(_)
            | Fault::TruncatedRanges => None,
        }
    }

    /// Changes the answer of a command that did its work.
    pub(super) fn spoil(&self, command: SlurmCommand, answer: Answer) -> Answer {
        match self {
            Fault::HangAfter { seconds } => Answer { delay: *seconds, ..answer },
            Fault::TimedOutAfter => broken(command, TIMED_OUT),
            Fault::KilledAfter => Answer { killed: true, ..answer },
            Fault::ClusterName(name) if answer.code == 0 && !answer.stdout.is_empty() => {
                Answer::good(format!("{};{name}\n", answer.stdout.trim_end()))
            }
            Fault::Chatter { before, after } => {
                Answer { stdout: format!("{before}{}{after}", answer.stdout), ..answer }
            }
            Fault::HangBefore { .. }
            | Fault::TimedOutBefore
            | Fault::ClusterName(_)
            | Fault::Empty
            | Fault::ErrorAtExitZero(_)
            | Fault::Away
            | Fault::AuthenticationDown
            | Fault::UnfinishedRows
            | Fault::StaleRow(_)
            | Fault::State(_)
            | Fault::TruncatedRanges
            | Fault::Say { .. } => answer,
        }
    }
}

/// A call that failed with this connection error.
fn broken(command: SlurmCommand, error: &str) -> Answer {
    Answer::error(match command {
        SlurmCommand::Sbatch => format!("sbatch: error: Batch job submission failed: {error}"),
        SlurmCommand::Squeue => format!("slurm_load_jobs error: {error}"),
        SlurmCommand::Scancel => format!("scancel: error: Kill job error on job id 1: {error}"),
        SlurmCommand::Scontrol => format!("slurm_load_ctl_conf error: {error}"),
        SlurmCommand::Sacct | SlurmCommand::Sacctmgr => format!("{}: error: {error}", command.name()),
    })
}

fn away(command: SlurmCommand) -> Answer {
    match command {
        SlurmCommand::Sacct | SlurmCommand::Sacctmgr => {
            broken(command, "Problem talking to the database: Connection refused")
        }
        SlurmCommand::Sbatch | SlurmCommand::Squeue | SlurmCommand::Scancel | SlurmCommand::Scontrol => {
            broken(command, "Unable to contact slurm controller (connect failure)")
        }
    }
}
