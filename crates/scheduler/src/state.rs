//! The states of a job, in Slurm's words and ours.

/// A state of a job or array task.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "Slurm's own words, which its manual explains")]
pub enum JobState {
    Pending,
    Running,
    Suspended,
    Configuring,
    Completing,
    Completed,
    Failed,
    Timeout,
    OutOfMemory,
    NodeFail,
    Preempted,
    Cancelled,
    BootFail,
    Deadline,
    /// It has run and is to run again: `REQUEUED`, `REQUEUE_HOLD`, `REQUEUE_FED`, `SPECIAL_EXIT`. In the queue it
    /// waits; in the accounting it is a run that has ended while its task has not.
    Requeued,
    Stopped,
    Resizing,
    Revoked,
    Signaling,
    StageOut,
    /// A word that this version does not know. Nothing may be concluded from it.
    Other(String),
}

/// Slurm's long word, its short one, and ours.
const TABLE: &[(&str, &str, JobState)] = &[
    ("PENDING", "PD", JobState::Pending),
    ("RUNNING", "R", JobState::Running),
    ("SUSPENDED", "S", JobState::Suspended),
    ("CONFIGURING", "CF", JobState::Configuring),
    ("COMPLETING", "CG", JobState::Completing),
    ("COMPLETED", "CD", JobState::Completed),
    ("FAILED", "F", JobState::Failed),
    ("TIMEOUT", "TO", JobState::Timeout),
    ("OUT_OF_MEMORY", "OOM", JobState::OutOfMemory),
    ("NODE_FAIL", "NF", JobState::NodeFail),
    ("PREEMPTED", "PR", JobState::Preempted),
    ("CANCELLED", "CA", JobState::Cancelled),
    ("BOOT_FAIL", "BF", JobState::BootFail),
    ("DEADLINE", "DL", JobState::Deadline),
    ("REQUEUED", "RQ", JobState::Requeued),
    ("REQUEUE_HOLD", "RH", JobState::Requeued),
    ("REQUEUE_FED", "RF", JobState::Requeued),
    ("SPECIAL_EXIT", "SE", JobState::Requeued),
    ("STOPPED", "ST", JobState::Stopped),
    ("RESIZING", "RS", JobState::Resizing),
    ("REVOKED", "RV", JobState::Revoked),
    ("SIGNALING", "SI", JobState::Signaling),
    ("STAGE_OUT", "SO", JobState::StageOut),
];

impl JobState {
    /// Reads a state as squeue and sacct write it: long, short, or with a remark (`CANCELLED by 1000`, `CANCELLED+`).
    pub fn parse(text: &str) -> JobState {
        let word = text.split_whitespace().next().unwrap_or_default().trim_end_matches('+');
        TABLE
            .iter()
            .find(|(long, short, _)| word.eq_ignore_ascii_case(long) || word == *short)
            .map_or_else(|| JobState::Other(text.trim().to_string()), |(_, _, state)| state.clone())
    }

    /// Does it wait, run, or is it between the two? It may still do something then.
    pub fn is_live(&self) -> bool {
        !self.has_ended() && !matches!(self, JobState::Other(_))
    }

    /// Has it ended for good, as far as the state alone can tell? A requeue may follow within seconds of `NODE_FAIL`
    /// and `PREEMPTED`.
    pub fn has_ended(&self) -> bool {
        use JobState as S;
        matches!(
            self,
            S::Completed
                | S::Failed
                | S::Timeout
                | S::OutOfMemory
                | S::NodeFail
                | S::Preempted
                | S::Cancelled
                | S::BootFail
                | S::Deadline
                | S::Revoked
        )
    }
}

impl std::fmt::Display for JobState {
    /// Slurm's long word.
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = TABLE.iter().find(|(_, _, state)| state == self).map(|(long, _, _)| *long);
        match (known, self) {
            (Some(word), _) => to.write_str(word),
            (None, JobState::Other(word)) => to.write_str(word),
            (None, other) => write!(to, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_word_is_read_in_both_lengths_and_written_again() {
        for (long, short, state) in TABLE {
            assert_eq!(JobState::parse(long), *state);
            assert_eq!(JobState::parse(short), *state);
            assert_ne!(state.is_live(), state.has_ended(), "{state}");
        }
        assert_eq!(JobState::parse("NODE_FAIL").to_string(), "NODE_FAIL");
    }

    #[test]
    fn remarks_are_no_part_of_the_state() {
        assert_eq!(JobState::parse("CANCELLED by 1000"), JobState::Cancelled);
        assert_eq!(JobState::parse("CANCELLED+"), JobState::Cancelled);
    }

    #[test]
    fn an_unknown_word_is_neither_alive_nor_over() {
        let state = JobState::parse("FROBNICATED");
        assert_eq!(state, JobState::Other("FROBNICATED".into()));
        assert!(!state.is_live() && !state.has_ended());
        assert_eq!(state.to_string(), "FROBNICATED");
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".*") {
            let _ = JobState::parse(&text).to_string();
        }
    }
}
