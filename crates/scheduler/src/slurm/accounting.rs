//! Reads the output of sacct.

use super::program::SACCT;
use super::query::unreadable;
use super::queue::{SEPARATOR, time};
use super::state;
use super::tasks::parse_job;
use crate::command::Answer;
use crate::{AccountingRow, QueryError};

/// The fields of a row, in this order; the name is last, because only it is free text.
pub(crate) const FIELDS: &str = "jobid,state,exitcode,end,nodelist,jobname";
const FIELD_COUNT: usize = 6;

/// In place of a signal: slurmstepd could not prepare the task.
const COULD_NOT_START: i32 = 53;

/// Does this answer say that accounting is disabled?
pub(crate) fn is_off(answer: &Answer) -> bool {
    let text = answer.stderr.to_lowercase();
    ["accounting storage is disabled", "not running a supported accounting_storage plugin"]
        .iter()
        .any(|words| text.contains(words))
}

/// Reads an answer of sacct with [`FIELDS`].
pub(crate) fn parse(text: &str) -> Result<Vec<AccountingRow>, QueryError> {
    text.lines()
        .filter(|line| line.contains(SEPARATOR))
        .map(|line| parse_row(line).ok_or_else(|| unreadable(SACCT, line)))
        .collect()
}

fn parse_row(line: &str) -> Option<AccountingRow> {
    let mut fields = line.splitn(FIELD_COUNT, SEPARATOR);
    let mut next = || fields.next().map(str::trim);
    let (job, tasks) = parse_job(next()?)?;
    let state = state::parse(next()?);
    let (exit_code, signal) = next()?.split_once(':')?;
    let signal = signal.parse().ok()?;
    let no_start = (exit_code, signal) == ("0", COULD_NOT_START);
    Some(AccountingRow {
        job,
        tasks,
        state,
        exit_code: exit_code.parse().ok()?,
        signal: if no_start { 0 } else { signal },
        remark: if no_start { "the node could not write the log or enter the folder" } else { "" },
        end: time(next()?),
        nodes: next().map(|nodes| if nodes == "None assigned" { "" } else { nodes })?.to_string(),
        name: next()?.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{TaskState, Tasks};

    fn rows(text: &str) -> Vec<AccountingRow> {
        parse(&text.replace('|', "\u{1f}")).expect("readable")
    }

    #[test]
    fn lines_of_a_real_sacct_are_read() {
        let rows = rows(concat!(
            "1_0|COMPLETED|0:0|1795476219|node1|a\n",
            "21_[0-999]|CANCELLED by 0|0:0|1795476219|None assigned|a\n",
            "59|FAILED|0:9|1795476219|node2|a b\n",
            "60|FAILED|0:0|Unknown|node2|a\n",
            "101|NODE_FAIL|1:0|1795476219|node2|a\n",
        ));
        assert_eq!(rows.len(), 5);
        assert_eq!((rows[0].job, &rows[0].tasks, &rows[0].state), (1, &Tasks::One(0), &TaskState::Completed));
        assert_eq!(rows[0].end, Timestamp::from_second(1_795_476_219).ok());
        assert_eq!(rows[1].tasks, Tasks::Ranges(vec![(0, 999)]));
        assert_eq!((rows[1].state.clone(), rows[1].nodes.as_str()), (TaskState::Cancelled, ""));
        assert_eq!((rows[2].exit_code, rows[2].signal, rows[2].name.as_str()), (0, 9, "a b"));
        assert_eq!(rows[3].end, None);
        assert_eq!(rows[4].state, TaskState::NodeFailure);
    }

    #[test]
    fn nonsense_is_an_error_that_shows_it() {
        let error = parse("1_0\u{1f}COMPLETED").expect_err("too short");
        assert!(error.to_string().contains("1_0|COMPLETED"), "{error}");
    }

    #[test]
    fn no_accounts_is_an_answer() {
        let answer = |stderr: &str| Answer {
            program: SACCT.into(),
            stdout: String::new(),
            stderr: stderr.into(),
            code: Some(1),
            signal: None,
        };
        assert!(is_off(&answer("Slurm accounting storage is disabled\n")));
        assert!(!is_off(&answer("sacct: error: Problem talking to the database: Connection refused\n")));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in "([0-9A-Z_:\\[\\]-]{0,9}\u{1f}){0,12}|(.|\n|\u{1f})*") {
            let _ = parse(&text);
        }
    }
}
