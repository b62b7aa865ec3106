//! Reads the output of squeue.

use jiff::Timestamp;

use super::program::SQUEUE;
use super::query::unreadable;
use super::{reason, state, tasks};
use crate::{QueryError, QueueRow, Tasks};

/// Separates the fields of an answer. No name or reason contains it, and squeue and sacct pass it through.
pub(crate) const SEPARATOR: char = '\u{1f}';

/// The fields of a row, in this order.
const FIELDS: [&str; 7] = ["ArrayJobID", "ArrayTaskID", "State", "RestartCnt", "Reason", "NodeList", "Name"];

/// The argument of `--Format`: a suffix after each field also keeps squeue from cutting it at 20 characters.
pub(crate) fn format_argument() -> String {
    FIELDS.map(|field| format!("{field}:{SEPARATOR}")).join(",")
}

/// Reads the output of squeue with [`format_argument`].
pub(crate) fn parse(text: &str) -> Result<Vec<QueueRow>, QueryError> {
    lines(text).map(|line| parse_row(line).ok_or_else(|| unreadable(SQUEUE, line))).collect()
}

/// The lines that are rows: for several clusters squeue writes a title above each.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| line.contains(SEPARATOR))
}

fn parse_row(line: &str) -> Option<QueueRow> {
    let mut fields = line.splitn(FIELDS.len(), SEPARATOR);
    let mut next = || fields.next().map(str::trim);
    let (job, tasks, word) = (next()?.parse::<u64>().ok()?, tasks::parse(next()?)?, next()?);
    let (restarts, reason) = (next()?.parse().ok(), next()?);
    let its_tasks = match tasks {
        Tasks::One(task) => format!("{job}_{task}"),
        Tasks::None | Tasks::Ranges(_) | Tasks::Truncated(_) => job.to_string(),
    };
    Some(QueueRow {
        job,
        tasks,
        state: state::parse(word),
        restarts,
        stuck: reason::remedy(word, reason).map(|remedy| remedy.words(&its_tasks)),
        reason: reason::in_words(reason).to_string(),
        nodes: next()?.to_string(),
        name: next()?.trim_end_matches(SEPARATOR).to_string(),
    })
}

/// Seconds since 1970, as Slurm writes times with `SLURM_TIME_FORMAT=%s`; `N/A`, `Unknown`, `None`, 0:
/// `None`.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let seconds = text.trim().parse::<i64>().ok().filter(|seconds| *seconds > 0)?;
    Timestamp::from_second(seconds).ok()
}

/// Counts the queued tasks in the output of squeue with [`count_argument`]. `None` if a list was cut short.
pub(crate) fn count(text: &str) -> Result<Option<u64>, QueryError> {
    let mut count = 0;
    for line in lines(text) {
        let mut fields = line.split(SEPARATOR);
        let job = fields.next().and_then(|job| job.trim().parse::<u64>().ok());
        let tasks = fields.next().and_then(tasks::parse);
        match (job, tasks) {
            (Some(_), Some(Tasks::Truncated(_))) => return Ok(None),
            (Some(_), Some(tasks)) => count += tasks.count(),
            _ => return Err(unreadable(SQUEUE, line)),
        }
    }
    Ok(Some(count))
}

/// The argument of `--Format` for [`count`].
pub(crate) fn count_argument() -> String {
    format!("{}:{SEPARATOR},{}:{SEPARATOR}", FIELDS[0], FIELDS[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TaskState;

    fn rows(text: &str) -> Vec<QueueRow> {
        parse(&text.replace('|', "\u{1f}")).expect("readable")
    }

    #[test]
    fn lines_of_a_real_squeue_are_read() {
        let rows = rows(concat!(
            "1|3-9%3|PENDING|0|JobArrayTaskLimit||odd \"na'me # x|\n",
            "1|0|RUNNING|2|None|node1|a|\n",
            "11|1-599:2|PENDING|0|JobHeldUser||n|\n",
            "12|N/A|COMPLETING|1|NonZeroExitCode|node[1-2]|n|\n",
            "164|0,2-3|PENDING|1|JobArrayTaskLimit,BeginTime||n|\n",
        ));
        assert_eq!(rows.len(), 5);
        assert_eq!(
            rows[0],
            QueueRow {
                stuck: None,
                job: 1,
                tasks: Tasks::Ranges(vec![(3, 9)]),
                name: "odd \"na'me # x".into(),
                state: TaskState::Pending,
                reason: "waits for other tasks of its array, as its throttle says".into(),
                restarts: Some(0),
                nodes: String::new(),
            }
        );
        assert_eq!((rows[1].restarts, rows[1].reason.as_str()), (Some(2), ""));
        assert_eq!(rows[2].tasks.count(), 300);
        assert_eq!((rows[3].tasks.clone(), rows[3].nodes.as_str()), (Tasks::None, "node[1-2]"));
        assert_eq!(rows[4].tasks, Tasks::Ranges(vec![(0, 0), (2, 3)]));
    }

    #[test]
    fn an_unknown_state_is_a_row_and_nonsense_is_an_error() {
        assert_eq!(rows("9|N/A|FROBNICATED|0|None||n|\n")[0].state, TaskState::Other("FROBNICATED".into()));
        let error = parse("x\u{1f}y\u{1f}z").expect_err("nonsense");
        assert!(error.to_string().contains("cannot read the answer of squeue: `x|y|z`"), "{error}");
    }

    #[test]
    fn titles_and_chatter_are_no_rows() {
        assert_eq!(rows("CLUSTER: local\nWelcome!\n"), []);
    }

    #[test]
    fn tasks_are_counted_as_slurm_counts_them() {
        let count = |text: &str| count(&text.replace('|', "\u{1f}")).expect("readable");
        assert_eq!(count("1|3-9%3|\n1|0|\n7|N/A|\n"), Some(9));
        assert_eq!(count(""), Some(0));
        assert_eq!(count("1|3-9,...|\n"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in "([0-9A-Z/\\[\\],:%-]{0,9}\u{1f}){0,12}|(.|\n|\u{1f})*") {
            let _ = parse(&text);
            let _ = count(&text);
        }
    }
}
