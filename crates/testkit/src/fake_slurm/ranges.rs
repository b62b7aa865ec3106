//! Lists of array tasks, such as `0-9,12,20-30:5`.

/// First and last task of each range, in order.
pub(super) type Ranges = Vec<(u32, u32)>;

/// Reads a list without brackets.
pub(super) fn parse(text: &str) -> Option<Ranges> {
    let mut tasks: Ranges = Vec::new();
    for part in text.split(',') {
        let (span, step) = part.split_once(':').unwrap_or((part, "1"));
        let (first, last) = span.split_once('-').unwrap_or((span, span));
        let (first, last, step): (u32, u32, usize) =
            (first.parse().ok()?, last.parse().ok()?, step.parse().ok()?);
        if step == 1 {
            tasks.push((first, last));
        } else {
            tasks.extend((first..=last).step_by(step.max(1)).map(|task| (task, task)));
        }
    }
    Some(tasks)
}

/// Writes a list; adjacent ranges are joined.
pub(super) fn write(tasks: impl IntoIterator<Item = (u32, u32)>) -> String {
    let mut joined: Ranges = Vec::new();
    for (first, last) in tasks {
        match joined.last_mut() {
            Some(before) if first == before.1 + 1 => before.1 = last,
            Some(_) | None => joined.push((first, last)),
        }
    }
    let part = |(first, last): &(u32, u32)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    joined.iter().map(part).collect::<Vec<_>>().join(",")
}

/// A job, or some of its tasks: `123`, `123_4`, `123_[5-9,12]`.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) job: u32,
    tasks: Option<Ranges>,
}

impl Target {
    pub(super) fn parse(text: &str) -> Option<Target> {
        match text.split_once('_') {
            None => Some(Target { job: text.parse().ok()?, tasks: None }),
            Some((job, tasks)) => {
                let tasks = parse(tasks.trim_matches(['[', ']']))?;
                Some(Target { job: job.parse().ok()?, tasks: Some(tasks) })
            }
        }
    }

    /// Are all tasks of this range included?
    pub(super) fn covers(&self, first: u32, last: u32) -> bool {
        let covering = |(from, to): &(u32, u32)| *from <= first && last <= *to;
        self.tasks.as_ref().is_none_or(|ranges| ranges.iter().any(covering))
    }

    /// The beginnings and ends of its ranges.
    pub(super) fn edges(&self) -> Vec<u32> {
        self.tasks.iter().flatten().flat_map(|(first, last)| [*first, *last]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_written() {
        for (text, expected) in [("0-9", "0-9"), ("1-3,4,7", "1-4,7"), ("0-8:4", "0,4,8"), ("7", "7")] {
            assert_eq!(write(parse(text).expect("a list")), expected, "{text}");
        }
        for text in ["a", "", "1-"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
