//! Lists of array tasks: `0-9,12,20-30:5%3`.

/// First and last task of each stretch.
pub(crate) type Ranges = Vec<(u32, u32)>;

/// Reads a list without brackets; the throttle after `%`, too.
pub(crate) fn parse(text: &str) -> Option<(Ranges, Option<u32>)> {
    let (list, throttle) = match text.split_once('%') {
        Some((list, throttle)) => (list, Some(throttle.parse().ok()?)),
        None => (text, None),
    };
    let mut ranges = Vec::new();
    for part in list.split(',') {
        let (span, step) = match part.split_once(':') {
            Some((span, step)) => (span, step.parse().ok().filter(|step| *step > 0)?),
            None => (part, 1_usize),
        };
        let (first, last) = span.split_once('-').unwrap_or((span, span));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        if first > last {
            return None;
        }
        if step == 1 {
            ranges.push((first, last));
        } else {
            ranges.extend((first..=last).step_by(step).map(|task| (task, task)));
        }
    }
    Some((merge(ranges), throttle.filter(|throttle| *throttle > 0)))
}

/// Sorted, without doubles, neighbours joined.
pub(crate) fn merge(mut ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    ranges.sort_unstable();
    let mut merged: Vec<(u32, u32)> = Vec::new();
    for (first, last) in ranges {
        match merged.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => merged.push((first, last)),
        }
    }
    merged
}

/// Writes a list as Slurm does: an even step over all of it is written as one.
pub(crate) fn write(ranges: &[(u32, u32)]) -> String {
    let singles = ranges.len() > 2 && ranges.iter().all(|(first, last)| first == last);
    if singles {
        let step = ranges[1].0 - ranges[0].0;
        if ranges.windows(2).all(|pair| pair[1].0 - pair[0].0 == step) {
            return format!("{}-{}:{step}", ranges[0].0, ranges[ranges.len() - 1].0);
        }
    }
    let part = |(first, last): &(u32, u32)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    ranges.iter().map(part).collect::<Vec<_>>().join(",")
}

/// Cut as Slurm cuts a list for which it has no more than `room` bytes, its end included; 0: any number.
pub(crate) fn cut(text: &str, room: usize) -> String {
    if room == 0 || text.len() < room {
        text.to_string()
    } else {
        format!("{}...", &text[..room.saturating_sub(4)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_written_as_slurm_does() {
        for (text, expected) in [
            ("0-9", "0-9"),
            ("3,1,2", "1-3"),
            ("0-8:4", "0-8:4"),
            ("7", "7"),
            ("1,1,5", "1,5"),
            ("1-3,7,9-10%4", "1-3,7,9-10"),
        ] {
            let (ranges, _) = parse(text).expect("read");
            assert_eq!(write(&ranges), expected, "{text}");
        }
        assert_eq!(parse("0-9%3").and_then(|(_, throttle)| throttle), Some(3));
        assert_eq!(parse("0-9%0").map(|(_, throttle)| throttle), Some(None));
        for text in ["5-1", "a", "", "1-"] {
            assert_eq!(parse(text), None, "{text}");
        }
        let list = "1-5,7,9,11,13";
        for (room, expected) in [(10, "1-5,7,..."), (9, "1-5,7..."), (4, "..."), (0, list), (64, list)] {
            assert_eq!(cut(list, room), expected, "{room}");
        }
    }
}
