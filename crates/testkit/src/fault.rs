//! What may go wrong.

use serde::{Deserialize, Serialize};

use crate::program::Program;

/// Something that goes wrong with a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// It does its work, but its answer takes so many seconds longer.
    HangAfter {
        /// How long.
        seconds: f64,
    },
    /// It hangs so many seconds and then fails without having done anything.
    HangBefore {
        /// How long.
        seconds: f64,
    },
    /// It does its work and then says that the connection timed out.
    TimedOutAfter,
    /// It says that the connection timed out, and did nothing.
    TimedOutBefore,
    /// It does its work and is then killed before it says anything.
    KilledAfter,
    /// sbatch names the cluster behind the job's number, as those of several clusters do.
    ClusterName(String),
    /// A site's wrapper talks before and after the answer.
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
    /// The service that signs every message is away. It takes no time here.
    AuthenticationDown,
    /// sacct: what ended reads `FAILED`, `0:0`, without an end.
    UnfinishedRows,
    /// sacct: what runs or waits shows an earlier run of this state, with an end, and nothing newer.
    StaleRow(String),
    /// squeue and sacct: every state is this word.
    State(String),
    /// squeue and sacct: lists of tasks of more than seven letters are cut short, as `1-5,...`.
    TruncatedRanges,
    /// Just this, nothing done.
    Say {
        /// Its output.
        stdout: String,
        /// Its complaint.
        stderr: String,
        /// Its exit code.
        code: u8,
    },
}

/// A fault of one command, for its next calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rule {
    /// Which command.
    pub(crate) program: Program,
    /// What goes wrong.
    pub(crate) fault: Fault,
    /// With how many calls yet; `None`: with all.
    pub(crate) remaining: Option<u32>,
}

/// Takes the fault of this call out of the rules.
pub(crate) fn take(rules: &mut Vec<Rule>, program: Program) -> Option<Fault> {
    let at = rules.iter().position(|rule| rule.program == program && rule.remaining != Some(0))?;
    let fault = rules[at].fault.clone();
    if let Some(remaining) = &mut rules[at].remaining {
        *remaining -= 1;
        if *remaining == 0 {
            rules.remove(at);
        }
    }
    Some(fault)
}
