//! Numbers and commands in words.

pub(crate) use gainsweep_report::one_line;
use std::path::Path;

use gainsweep_contract::Value;
use gainsweep_store::SweepFolder;

/// `1 cell`, `2 cells`.
pub(crate) fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// A duration with as much precision as people need: `0.4 s`, `45 s`, `16 min`, `2 h 30 min`.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    if seconds < 99.5 {
        return format!("{seconds:.0} s");
    }
    let minutes = (seconds / 60.0).round() as u64;
    if minutes < 100 { format!("{minutes} min") } else { format!("{} h {} min", minutes / 60, minutes % 60) }
}

/// A size: `812 kB`, `1.2 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    let kilobytes = bytes as f64 / 1e3;
    if kilobytes < 999.5 { format!("{kilobytes:.0} kB") } else { format!("{:.1} MB", kilobytes / 1e3) }
}

/// The values of an axis, shortened in the middle.
pub(crate) fn values(values: &[Value]) -> String {
    const SHOWN: usize = 8;
    let texts = |part: &[Value]| part.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
    match values {
        [head @ .., last] if values.len() > SHOWN => {
            format!("{}, ..., {last} ({} values)", texts(&head[..SHOWN - 2]), values.len())
        }
        all => texts(all),
    }
}

/// A few of many things: `a, b, c and 4 more`.
pub(crate) fn some(things: &[String]) -> String {
    const SHOWN: usize = 3;
    if things.len() <= SHOWN {
        return things.join(", ");
    }
    format!("{} and {} more", things[..SHOWN].join(", "), things.len() - SHOWN)
}

/// Where the results of a sweep are.
pub(crate) fn results(folder: &SweepFolder) -> String {
    format!("results   {}", folder.root().display())
}

/// A path, or any text, as one word of a shell.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./+,:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (seconds, text) in
            [(0.04, "0.0 s"), (9.94, "9.9 s"), (45.2, "45 s"), (960.0, "16 min"), (9000.0, "2 h 30 min")]
        {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn sizes() {
        for (size, text) in [(200, "0 kB"), (999_400, "999 kB"), (999_600, "1.0 MB"), (12_340_000, "12.3 MB")]
        {
            assert_eq!(bytes(size), text);
        }
    }

    #[test]
    fn paths_survive_a_shell() {
        assert_eq!(quoted(Path::new("sweeps/a-b.toml")), "sweeps/a-b.toml");
        assert_eq!(quoted(Path::new("a'; echo foo")), r"'a'\''; echo foo'");
    }

    #[test]
    fn long_axes_are_short() {
        let long: Vec<Value> = (1..=100).map(Value::Integer).collect();
        assert_eq!(values(&long), "1, 2, 3, 4, 5, 6, ..., 100 (100 values)");
        assert_eq!(values(&long[..3]), "1, 2, 3");
    }
}
