//! Slurm's notation for tasks and job ids.

use crate::Tasks;

/// More tasks than any cluster allows in an array: a longer list was misread.
const MOST_TASKS: u32 = 4_000_001;

/// Reads squeue's `%K`, or the part after the `_` of a job id: `N/A`, `7`, `[1-5,7%3]`, `0-20:4`,
/// `[0,2-3,...]`. `None` for anything else.
pub(super) fn parse(text: &str) -> Option<Tasks> {
    let text = text.trim();
    if text.is_empty() || text == "N/A" {
        return Some(Tasks::None);
    }
    if let Ok(task) = text.parse() {
        return Some(Tasks::One(task));
    }
    // A list that was cut short may lack its closing bracket.
    let inner = text.strip_prefix('[').unwrap_or(text);
    let inner = inner.strip_suffix(']').unwrap_or(inner);
    let inner = inner.split('%').next()?;
    let mut ranges = Vec::new();
    let mut truncated = false;
    for part in inner.split(',') {
        // `...` replaces the missing part, and the number before it may be cut short, too.
        if let Some(before) = part.strip_suffix("...") {
            truncated = true;
            if before.is_empty() {
                continue;
            }
            break;
        }
        read_range(part, &mut ranges)?;
    }
    Some(if truncated { Tasks::Truncated(ranges) } else { Tasks::Ranges(ranges) })
}

/// `7`, `1-5` or `0-20:4`; steps become ranges of one.
fn read_range(part: &str, ranges: &mut Vec<(u32, u32)>) -> Option<()> {
    let (span, step) = match part.split_once(':') {
        Some((span, step)) => (span, step.parse::<u32>().ok().filter(|step| *step > 0)?),
        None => (part, 1),
    };
    let (first, last) = span.split_once('-').unwrap_or((span, span));
    let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
    if first > last || last > MOST_TASKS {
        return None;
    }
    if step == 1 {
        ranges.push((first, last));
    } else {
        ranges.extend((first..=last).step_by(step as usize).map(|task| (task, task)));
    }
    Some(())
}

/// A job id as in sacct: `21`, `21_3`, `21_[0-999%4]`, `21_3.batch`, `21+0`. Returns the job and its tasks.
pub(super) fn parse_job(text: &str) -> Option<(u64, Tasks)> {
    let text = text.split('.').next().unwrap_or_default();
    let (job, tasks) = match text.split_once('_') {
        Some((job, tasks)) => (job, parse(tasks).filter(|tasks| *tasks != Tasks::None)?),
        None => (text, Tasks::None),
    };
    Some((job.split('+').next()?.parse().ok()?, tasks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_slurm_writes_them() {
        let ranges = |list: &[(u32, u32)]| Some(Tasks::Ranges(list.to_vec()));
        let truncated = |list: &[(u32, u32)]| Some(Tasks::Truncated(list.to_vec()));
        let table = [
            ("N/A", Some(Tasks::None)),
            ("", Some(Tasks::None)),
            ("7", Some(Tasks::One(7))),
            ("3-7%3", ranges(&[(3, 7)])),
            ("[3-7%3]", ranges(&[(3, 7)])),
            ("[0,2-3]", ranges(&[(0, 0), (2, 3)])),
            ("[5]", ranges(&[(5, 5)])),
            ("[0-20:4]", ranges(&[(0, 0), (4, 4), (8, 8), (12, 12), (16, 16), (20, 20)])),
            ("0-7%1", ranges(&[(0, 7)])),
            ("[1-5,...]", truncated(&[(1, 5)])),
            ("[1-5,7...]", truncated(&[(1, 5)])),
            ("1-5,9,1...", truncated(&[(1, 5), (9, 9)])),
            ("[1-5,...%3]", truncated(&[(1, 5)])),
            ("5-1", None),
            ("a", None),
            ("1-99999999", None),
            ("0-8:0", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn job_ids_of_the_accounting() {
        assert_eq!(parse_job("21"), Some((21, Tasks::None)));
        assert_eq!(parse_job("21_3"), Some((21, Tasks::One(3))));
        assert_eq!(parse_job("21_[0-999]"), Some((21, Tasks::Ranges(vec![(0, 999)]))));
        assert_eq!(parse_job("21_3.batch"), Some((21, Tasks::One(3))));
        assert_eq!(parse_job("21+1"), Some((21, Tasks::None)));
        assert_eq!(parse_job("x"), None);
        assert_eq!(parse_job("21_"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[\\[\\]0-9,:%.N/A_+-]{0,40}|.*") {
            let _ = parse(&text).map(|tasks| (tasks.count(), tasks.contains(3)));
            let _ = parse_job(&text);
        }
    }
}
