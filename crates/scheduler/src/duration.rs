//! Spans of time as Slurm and people write them.

use std::time::Duration;

/// A limit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeLimit {
    /// So long. Slurm counts in minutes.
    Limited(Duration),
    /// No limit.
    Unlimited,
}

impl TimeLimit {
    /// Whole minutes, rounded up; `None` when there is no limit.
    pub fn minutes(self) -> Option<u64> {
        match self {
            TimeLimit::Limited(duration) => Some(minutes(duration)),
            TimeLimit::Unlimited => None,
        }
    }
}

impl std::fmt::Display for TimeLimit {
    /// As `--time` takes it.
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TimeLimit::Limited(duration) => to.write_str(&format(*duration)),
            TimeLimit::Unlimited => to.write_str("UNLIMITED"),
        }
    }
}

/// A text that is no span of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Neither Slurm's way of writing it nor numbers with units.
    #[error("`{0}` is no time; write 90 min, 2 h 30 min, 1 d, or as Slurm does 90, 2:30:00, 1-12")]
    NotATime(String),
    /// Slurm would take it for no limit at all.
    #[error("a time of zero means no limit to Slurm; write a time, or UNLIMITED")]
    Zero,
    /// Longer than Slurm can count.
    #[error("`{0}` is longer than Slurm can count")]
    TooLong(String),
}

/// Slurm's minutes are 32 bits wide, and the highest numbers mean something else.
const MOST_MINUTES: u64 = 0xffff_fff0;

/// Reads `30` (minutes), `30:00`, `2:30:00`, `1-12`, `1-12:30`, `1-12:30:00`, `UNLIMITED`, `90 min`, `2 h 30 min`,
/// `1.5 d`.
///
/// # Errors
/// [`DurationError`] says what a time looks like.
pub fn parse(text: &str) -> Result<TimeLimit, DurationError> {
    let trimmed = text.trim();
    if ["unlimited", "infinite"].iter().any(|word| trimmed.eq_ignore_ascii_case(word)) {
        return Ok(TimeLimit::Unlimited);
    }
    let not_a_time = || DurationError::NotATime(text.to_string());
    let too_long = || DurationError::TooLong(text.to_string());
    let parts = slurm(trimmed).or_else(|| humane(trimmed)).ok_or_else(not_a_time)?;
    // Each part: a number in thousandths, and the seconds of its unit.
    let mut milliseconds: u64 = 0;
    for (thousandths, unit) in parts {
        let part = thousandths.checked_mul(unit).ok_or_else(too_long)?;
        milliseconds = milliseconds.checked_add(part).ok_or_else(too_long)?;
    }
    let duration = Duration::from_millis(milliseconds);
    match minutes(duration) {
        0 => Err(DurationError::Zero),
        many if many > MOST_MINUTES => Err(too_long()),
        _ => Ok(TimeLimit::Limited(duration)),
    }
}

/// Writes a span as `--time` takes it, in whole minutes, rounded up: `0:30:00`, `1-02:00:00`.
pub fn format(duration: Duration) -> String {
    let minutes = minutes(duration);
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    if days > 0 { format!("{days}-{hours:02}:{minutes:02}:00") } else { format!("{hours}:{minutes:02}:00") }
}

fn minutes(duration: Duration) -> u64 {
    duration.as_millis().div_ceil(60_000).try_into().unwrap_or(u64::MAX)
}

const DAY: u64 = 86_400;
const HOUR: u64 = 3600;
const MINUTE: u64 = 60;

/// Slurm's own forms.
fn slurm(text: &str) -> Option<Vec<(u64, u64)>> {
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (Some(days), rest),
        None => (None, text),
    };
    let parts: Vec<&str> = rest.split(':').collect();
    let units: &[u64] = match (days.is_some(), parts.len()) {
        (true, 1) => &[HOUR],
        (true, 2) => &[HOUR, MINUTE],
        (_, 3) => &[HOUR, MINUTE, 1],
        (false, 1) => &[MINUTE],
        (false, 2) => &[MINUTE, 1],
        _ => return None,
    };
    let whole = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(1000))
    };
    let mut read = Vec::new();
    if let Some(days) = days {
        read.push((whole(days)?, DAY));
    }
    for (part, unit) in parts.iter().zip(units) {
        read.push((whole(part)?, *unit));
    }
    Some(read)
}

/// Numbers with units.
fn humane(text: &str) -> Option<Vec<(u64, u64)>> {
    let mut read = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, after) = rest.split_at(end);
        let after = after.trim_start();
        let end = after.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let unit = match unit.to_ascii_lowercase().as_str() {
            "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => MINUTE,
            "h" | "hr" | "hour" | "hours" => HOUR,
            "d" | "day" | "days" => DAY,
            "w" | "week" | "weeks" => 7 * DAY,
            _ => return None,
        };
        read.push((crate::memory::thousandths(number)?, unit));
        rest = after.trim_start();
    }
    (!read.is_empty()).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_both_tongues() {
        let table = [
            ("30", 30 * 60),
            ("30:00", 30 * 60),
            ("0:05", 5),
            ("2:30:00", 9000),
            ("1-12", 36 * 3600),
            ("1-12:30", 36 * 3600 + 1800),
            ("1-12:30:05", 36 * 3600 + 1805),
            ("90 min", 5400),
            ("90min", 5400),
            ("2 h 30 min", 9000),
            ("2h30m", 9000),
            ("1 d", 86_400),
            ("1.5 hours", 5400),
            ("2 weeks", 14 * 86_400),
            (" 45 s ", 45),
        ];
        for (text, seconds) in table {
            assert_eq!(parse(text), Ok(TimeLimit::Limited(Duration::from_secs(seconds))), "{text}");
        }
        assert_eq!(parse("UNLIMITED"), Ok(TimeLimit::Unlimited));
        assert_eq!(parse("infinite"), Ok(TimeLimit::Unlimited));
    }

    #[test]
    fn what_is_no_time_is_refused_with_advice() {
        for text in
            ["", "abc", "1:2:3:4", "-5", "1-", "1-2-3", "5 parsecs", "h", "1.2.3 h", "90 min 5", "1e3", "+5"]
        {
            assert!(matches!(parse(text), Err(DurationError::NotATime(_))), "{text}: {:?}", parse(text));
        }
        for text in ["0", "0:00", "0 min"] {
            assert_eq!(parse(text), Err(DurationError::Zero), "{text}");
        }
        for text in ["99999999999999999999999", "9999999999", "999999999999 d"] {
            assert!(matches!(parse(text), Err(DurationError::TooLong(_))), "{text}: {:?}", parse(text));
        }
    }

    #[test]
    fn written_times_are_whole_minutes_rounded_up() {
        let table =
            [(1, "0:01:00"), (60, "0:01:00"), (61, "0:02:00"), (9000, "2:30:00"), (90_000, "1-01:00:00")];
        for (seconds, text) in table {
            assert_eq!(format(Duration::from_secs(seconds)), text);
        }
        assert_eq!(format(Duration::from_millis(60_001)), "0:02:00");
        assert_eq!(parse("61 s").map(TimeLimit::minutes), Ok(Some(2)));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[0-9dhmins:. -]{0,20}|.*") {
            if let Ok(limit) = parse(&text) {
                let again = parse(&limit.to_string()).expect("its own form");
                proptest::prop_assert_eq!(again.minutes(), limit.minutes());
            }
        }
    }
}
