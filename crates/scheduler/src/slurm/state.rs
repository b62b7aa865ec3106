//! Slurm's words for the state of a job or task, and their meaning.

use crate::TaskState;

/// Slurm's long word, its short one, and the state.
const TABLE: &[(&str, &str, TaskState)] = &[
    ("PENDING", "PD", TaskState::Pending),
    ("RUNNING", "R", TaskState::Running),
    ("SUSPENDED", "S", TaskState::Suspended),
    ("CONFIGURING", "CF", TaskState::Pending),
    ("COMPLETING", "CG", TaskState::Ending),
    ("COMPLETED", "CD", TaskState::Completed),
    ("FAILED", "F", TaskState::Failed),
    ("TIMEOUT", "TO", TaskState::Timeout),
    ("OUT_OF_MEMORY", "OOM", TaskState::OutOfMemory),
    ("NODE_FAIL", "NF", TaskState::NodeFailure),
    ("PREEMPTED", "PR", TaskState::Preempted),
    ("CANCELLED", "CA", TaskState::Cancelled),
    ("BOOT_FAIL", "BF", TaskState::NodeFailure),
    ("DEADLINE", "DL", TaskState::Timeout),
    ("REQUEUED", "RQ", TaskState::Requeued),
    ("REQUEUE_HOLD", "RH", TaskState::Requeued),
    ("REQUEUE_FED", "RF", TaskState::Requeued),
    ("SPECIAL_EXIT", "SE", TaskState::Requeued),
    ("STOPPED", "ST", TaskState::Suspended),
    ("RESIZING", "RS", TaskState::Pending),
    ("REVOKED", "RV", TaskState::Cancelled),
    ("SIGNALING", "SI", TaskState::Running),
    ("STAGE_OUT", "SO", TaskState::Pending),
    ("RESV_DEL_HOLD", "RD", TaskState::Pending),
    ("EXPEDITING", "EX", TaskState::Pending),
    ("POWER_UP_NODE", "PN", TaskState::Pending),
    ("UPDATE_DB", "UD", TaskState::Ending),
    ("LAUNCH_FAILED", "LF", TaskState::NodeFailure),
];

/// Reads a state as in squeue and sacct: long, short, or with a remark (`CANCELLED by 1000`, `CANCELLED+`).
pub(super) fn parse(text: &str) -> TaskState {
    let word = text.split_whitespace().next().unwrap_or_default().trim_end_matches('+');
    TABLE
        .iter()
        .find(|(long, short, _)| word.eq_ignore_ascii_case(long) || word == *short)
        .map_or_else(|| TaskState::Other(text.trim().to_string()), |(_, _, state)| state.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_word_is_read_in_both_lengths() {
        for (long, short, state) in TABLE {
            assert_eq!(parse(long), *state);
            assert_eq!(parse(short), *state);
            assert_ne!(state.is_live(), state.has_ended(), "{state}");
        }
    }

    #[test]
    fn remarks_are_no_part_of_the_state() {
        assert_eq!(parse("CANCELLED by 1000"), TaskState::Cancelled);
        assert_eq!(parse("CANCELLED+"), TaskState::Cancelled);
    }

    #[test]
    fn an_unknown_word_is_of_a_live_job() {
        let state = parse("FROBNICATED");
        assert_eq!(state, TaskState::Other("FROBNICATED".into()));
        assert!(state.is_live() && !state.has_ended());
        assert_eq!(state.to_string(), "FROBNICATED");
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".*") {
            let _ = parse(&text).to_string();
        }
    }
}
