//! What sacct says.

use jiff::Timestamp;

use crate::command::Answer;
use crate::program::SACCT;
use crate::query::QueryError;
use crate::queue::{SEPARATOR, time};
use crate::state::JobState;
use crate::tasks::{Tasks, parse_job};

/// The fields of a row, in this order; the name last, as only it is free text.
pub(crate) const FIELDS: &str = "jobid,state,exitcode,start,end,submit,nodelist,jobname";
const FIELD_COUNT: usize = 8;

/// What the accounting database knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accounting {
    /// The cluster keeps no accounts.
    Off,
    /// One row a run, oldest first for each task: a requeued task has several. What was submitted a moment ago may be
    /// missing, and what ended a moment ago may still be called running.
    Rows(Vec<AccountingRow>),
}

/// One run of a job or task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountingRow {
    /// The array's job id, or the job's where there is no array.
    pub job: u64,
    /// The task, where the row is about one.
    pub task: Option<u32>,
    /// All tasks of the row: an array that was cancelled while it waited is one row.
    pub tasks: Tasks,
    /// The job's name.
    pub name: String,
    /// How the run stands. To be trusted only together with an `end`: after a restart of the database, jobs first
    /// read `FAILED` without one.
    pub state: JobState,
    /// Exit code of the batch script.
    pub exit_code: i32,
    /// The signal that ended it, or 0.
    pub signal: i32,
    /// When the run started.
    pub start: Option<Timestamp>,
    /// When it ended; `None` while it runs, and while the database does not know.
    pub end: Option<Timestamp>,
    /// Its nodes; empty if it never had any.
    pub nodes: String,
    /// When it was submitted, or requeued.
    pub submit: Option<Timestamp>,
}

/// Does this answer say that the cluster keeps no accounts?
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
        .map(|line| parse_row(line).ok_or_else(|| QueryError::unreadable(SACCT, line)))
        .collect()
}

fn parse_row(line: &str) -> Option<AccountingRow> {
    let mut fields = line.splitn(FIELD_COUNT, SEPARATOR);
    let mut next = || fields.next().map(str::trim);
    let (job, tasks) = parse_job(next()?)?;
    let state = JobState::parse(next()?);
    let (exit_code, signal) = next()?.split_once(':')?;
    Some(AccountingRow {
        job,
        task: if let Tasks::One(task) = tasks { Some(task) } else { None },
        tasks,
        state,
        exit_code: exit_code.parse().ok()?,
        signal: signal.parse().ok()?,
        start: time(next()?),
        end: time(next()?),
        submit: time(next()?),
        nodes: next().map(|nodes| if nodes == "None assigned" { "" } else { nodes })?.to_string(),
        name: next()?.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<AccountingRow> {
        parse(&text.replace('|', "\u{1f}")).expect("readable")
    }

    #[test]
    fn lines_of_a_real_sacct_are_read() {
        let rows = rows(concat!(
            "1_0|COMPLETED|0:0|1795476189|1795476219|1795476188|node1|a\n",
            "21_[0-999]|CANCELLED by 0|0:0|Unknown|1795476219|1795476188|None assigned|a\n",
            "59|FAILED|0:9|1795476189|1795476219|1795476188|node2|a b\n",
            "60|FAILED|0:0|1795476189|Unknown|1795476188|node2|a\n",
            "101|NODE_FAIL|1:0|1795476189|1795476219|1795476188|node2|a\n",
        ));
        assert_eq!(rows.len(), 5);
        assert_eq!((rows[0].job, rows[0].task, rows[0].state.clone()), (1, Some(0), JobState::Completed));
        assert_eq!(rows[0].end, Timestamp::from_second(1_795_476_219).ok());
        assert_eq!((rows[1].task, rows[1].tasks.clone()), (None, Tasks::Ranges(vec![(0, 999)])));
        assert_eq!((rows[1].state.clone(), rows[1].nodes.as_str()), (JobState::Cancelled, ""));
        assert_eq!((rows[2].exit_code, rows[2].signal, rows[2].name.as_str()), (0, 9, "a b"));
        assert_eq!(rows[3].end, None);
        assert_eq!(rows[4].state, JobState::NodeFail);
    }

    #[test]
    fn nonsense_is_an_error_that_shows_it() {
        let error = parse("1_0\u{1f}COMPLETED").expect_err("too short");
        assert!(error.to_string().contains("1_0|COMPLETED"), "{error}");
    }

    #[test]
    fn no_accounts_is_an_answer() {
        let answer = |stderr: &str| Answer {
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
