//! Times and amounts of memory as users write them, also in Slurm's notation. Memory is in MiB, times are
//! whole seconds.

use std::time::Duration;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// The longest time that can be requested: a year. It catches typing errors.
pub const LONGEST: Duration = Duration::from_secs(365 * DAY);
/// The most memory that can be requested, in MiB: 1024 TiB.
pub const MOST_MEMORY: u64 = 1 << 30;

/// Units of time with their spellings; the first one is written.
const TIMES: [(u64, &[&str]); 4] = [
    (DAY, &["d", "day", "days"]),
    (HOUR, &["h", "hour", "hours"]),
    (MINUTE, &["min", "minute", "minutes"]),
    (1, &["s", "sec", "second", "seconds"]),
];

/// Reads a time: `90 min`, `2 h 30 min`, `1.5 d`, or in Slurm's notation `2:00:00`, `1-12`, `1-12:00`,
/// `1-12:00:00`. Slurm's `90` and `2:00` are refused: they are minutes, which few expect.
///
/// # Errors
/// What is wrong with it, as the end of a sentence that begins with its name.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let seconds = if text.contains(':') || text.contains('-') { by_clock(text)? } else { by_units(text)? };
    let time = Duration::from_secs(seconds);
    if time > LONGEST {
        return Err(format!("is longer than {}", format_duration(LONGEST)));
    }
    Ok(time)
}

/// Writes a time for people: `2 h 30 min`. [`parse_duration`] reads it back; parts of a second are left out.
pub fn format_duration(time: Duration) -> String {
    let mut rest = time.as_secs();
    let mut parts = Vec::new();
    for (seconds, names) in TIMES {
        if rest >= seconds {
            parts.push(format!("{} {}", rest / seconds, names[0]));
            rest %= seconds;
        }
    }
    if parts.is_empty() { "0 s".into() } else { parts.join(" ") }
}

/// Reads memory, in MiB: `2 GiB`, `512M`, `1.5 TiB`. Units are powers of 1024, with or without `B` or `iB`,
/// as in Slurm. The result is rounded up to a whole MiB.
///
/// # Errors
/// What is wrong with it, as the end of a sentence that begins with its name.
pub fn parse_memory(text: &str) -> Result<u64, String> {
    const EXAMPLE: &str = "write for example \"2 GiB\" or \"512M\"";
    let (number, unit, rest) =
        number_and_unit(text.trim()).ok_or_else(|| format!("is not an amount of memory: {EXAMPLE}"))?;
    let unit = unit.to_ascii_lowercase();
    let unit = unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(&unit);
    let kib: u64 = match unit {
        _ if !rest.is_empty() => return Err(format!("is not an amount of memory: {EXAMPLE}")),
        "k" => 1,
        "m" => 1 << 10,
        "g" => 1 << 20,
        "t" => 1 << 30,
        "" => return Err(format!("needs a unit: {EXAMPLE}")),
        _ => return Err("has an unknown unit: the units are K, M, G and T".into()),
    };
    let mib = number
        .checked_mul(Decimal::from(kib))
        .and_then(|kib| kib.checked_div(Decimal::from(1024)))
        .and_then(|mib| mib.ceil().to_u64())
        .filter(|mib| *mib <= MOST_MEMORY);
    mib.ok_or_else(|| format!("is more than {}", format_memory(MOST_MEMORY)))
}

/// Writes memory, given in MiB, for people: `2 GiB`, `1536 MiB`. [`parse_memory`] reads it back.
pub fn format_memory(mib: u64) -> String {
    match mib {
        0 => "0 MiB".into(),
        _ if mib.is_multiple_of(1 << 20) => format!("{} TiB", mib >> 20),
        _ if mib.is_multiple_of(1 << 10) => format!("{} GiB", mib >> 10),
        _ => format!("{mib} MiB"),
    }
}

/// `hours:minutes:seconds`, `days-hours`, `days-hours:minutes`, `days-hours:minutes:seconds`.
fn by_clock(text: &str) -> Result<u64, String> {
    let wrong = || "is not a time: write for example \"2:00:00\" (hours:minutes:seconds), \"1-12:00:00\" or \"2 h 30 min\"";
    let (days, clock) = match text.split_once('-') {
        Some((days, clock)) => (Some(days), clock),
        None => (None, text),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    if days.is_none() && parts.len() == 2 {
        return Err(
            "could be hours or minutes (Slurm takes minutes and seconds): write hours:minutes:seconds".into(),
        );
    }
    if parts.len() > 3 {
        return Err(wrong().into());
    }
    let mut seconds = days.map_or(Some(0), |days| digits(days)?.checked_mul(DAY)).ok_or_else(wrong)?;
    for (part, unit) in parts.iter().zip([HOUR, MINUTE, 1]) {
        let value = digits(part).ok_or_else(wrong)?;
        if (unit < HOUR && value >= 60) || (unit == HOUR && days.is_some() && value >= 24) {
            return Err(format!("is not a time: {value} is too large at its place"));
        }
        seconds = value.checked_mul(unit).and_then(|value| seconds.checked_add(value)).ok_or_else(wrong)?;
    }
    Ok(seconds)
}

/// `2 h 30 min`: larger units first, each at most once.
fn by_units(text: &str) -> Result<u64, String> {
    const EXAMPLE: &str = "write for example \"90 min\", \"2 h 30 min\" or \"2:00:00\"";
    let mut rest = text;
    let mut sum = Decimal::ZERO;
    let mut last = u64::MAX;
    loop {
        let (number, unit, after) =
            number_and_unit(rest).ok_or_else(|| format!("is not a time: {EXAMPLE}"))?;
        let unit = unit.to_ascii_lowercase();
        let seconds = match TIMES.iter().find(|(_, names)| names.contains(&unit.as_str())) {
            Some((seconds, _)) => *seconds,
            None if unit.is_empty() => return Err(format!("needs a unit: {EXAMPLE}")),
            None => return Err(format!("has an unknown unit `{unit}`: the units are d, h, min and s")),
        };
        if seconds >= last {
            return Err(format!("is not a time: larger units come first, each once; {EXAMPLE}"));
        }
        last = seconds;
        let part = number.checked_mul(Decimal::from(seconds));
        sum = part.and_then(|part| sum.checked_add(part)).ok_or("is too long")?;
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    if !sum.is_integer() {
        return Err("must be whole seconds".into());
    }
    sum.to_u64().ok_or_else(|| "is too long".into())
}

/// The leading number of a text, the letters after it, and the rest; blanks between them are skipped.
fn number_and_unit(text: &str) -> Option<(Decimal, &str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    if !number.starts_with(|c: char| c.is_ascii_digit()) || number.ends_with('.') {
        return None;
    }
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    Some((number.parse().ok()?, unit, rest.trim_start()))
}

fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, seconds) in [
            ("2 h", 7200),
            ("90 min", 5400),
            ("2 h 30 min", 9000),
            ("2h30min", 9000),
            ("1 d", 86_400),
            ("1.5 Hours", 5400),
            ("0.1 min", 6),
            ("45 s", 45),
            ("2:00:00", 7200),
            ("100:00:00", 360_000),
            ("1-12", 129_600),
            ("1-12:30", 131_400),
            (" 1-12:00:01 ", 129_601),
            ("0 s", 0),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for (text, reason) in [
            ("", "is not a time"),
            ("90", "needs a unit"),
            ("2:00", "hours or minutes"),
            ("1 m", "unknown unit `m`"),
            ("30 min 2 h", "larger units come first"),
            ("1 h 1 h", "larger units come first"),
            ("0.5 s", "whole seconds"),
            ("1:60:00", "60 is too large"),
            ("1-24:00:00", "24 is too large"),
            ("1:2:3:4", "is not a time"),
            ("-1 h", "is not a time"),
            ("::", "is not a time"),
            ("1e3 s", "unknown unit `e`"),
            ("999999 d", "is longer than 365 d"),
            ("99999999999999999999999999999 d", "is "),
            ("99999999999999999999-00:00:00", "is not a time"),
        ] {
            let said = parse_duration(text).expect_err(text);
            assert!(said.contains(reason), "{text}: {said}");
        }
    }

    #[test]
    fn amounts_of_memory() {
        for (text, mib) in [
            ("2 GiB", 2048),
            ("4G", 4096),
            ("512M", 512),
            ("512 mb", 512),
            ("1.5 gib", 1536),
            ("1 TiB", 1 << 20),
            ("1025K", 2),
        ] {
            assert_eq!(parse_memory(text), Ok(mib), "{text}");
        }
        for (text, reason) in [
            ("", "is not an amount of memory"),
            ("1024", "needs a unit"),
            ("2 X", "unknown unit"),
            ("-2 G", "is not an amount"),
            ("2 G 3", "is not an amount"),
            ("2000 TiB", "is more than 1024 TiB"),
            ("9999999999999999999999999999 T", "is more"),
        ] {
            let said = parse_memory(text).expect_err(text);
            assert!(said.contains(reason), "{text}: {said}");
        }
    }
}
