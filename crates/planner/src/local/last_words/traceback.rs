//! Tracebacks of Python.

use super::with_message;

const BEGINNING: &str = "Traceback (most recent call last):";

/// A group of exceptions, and what its lines begin with.
const GROUP: &str = "  + Exception Group ";
const OF_GROUP: &str = "  | ";
const OF_MEMBER: &str = "    | ";

/// What the line before a traceback says that is no reason for the end: the program was ending, or went on.
const ASIDES: [&str; 4] =
    ["Exception ignored in", "Exception ignored on", "--- Logging error ---", "Error in sys.excepthook"];

/// The exception of the last traceback. Of chained ones that is the one that ended the program.
pub(super) fn exception(lines: &[&str]) -> Option<String> {
    let begins = |(at, line): (usize, &&str)| {
        let prefix = &line[..line.find(BEGINNING)?];
        // That of a member of a group.
        (!prefix.contains('|')).then(|| (at, prefix.to_string()))
    };
    let tracebacks = lines.iter().enumerate().rev().filter_map(begins);
    let mut found = tracebacks.filter_map(|(at, prefix)| {
        let rest = &lines[at + 1..];
        if prefix == GROUP { of_group(rest) } else { after_frames(rest, &prefix) }
    });
    found.next()
}

/// The line below the frames. Notes and noise come after it.
fn after_frames(rest: &[&str], prefix: &str) -> Option<String> {
    let at = rest.iter().position(|line| line.strip_prefix(prefix).is_some_and(is_exception))?;
    let next = rest.get(at + 1).map(|line| line.strip_prefix(prefix).unwrap_or(line));
    Some(with_message(&rest[at][prefix.len()..], next))
}

fn of_group(rest: &[&str]) -> Option<String> {
    let group = after_frames(rest, OF_GROUP)?;
    Some(match after_frames(rest, OF_MEMBER) {
        Some(member) => format!("{group}: {member}"),
        None => group,
    })
}

/// `ValueError: bad`, `torch.cuda.OutOfMemoryError: ...`, `KeyboardInterrupt`; frames are indented.
fn is_exception(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default();
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    name.split('.').all(is_name)
}

/// The lines without exceptions that Python ignored.
pub(super) fn without_asides<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut kept = Vec::new();
    let mut lines = lines.iter().copied().peekable();
    while let Some(line) = lines.next() {
        if !ASIDES.iter().any(|aside| line.contains(aside)) {
            kept.push(line);
            continue;
        }
        if lines.next_if(|next| next.starts_with(BEGINNING)).is_some() {
            while lines.next_if(|next| !is_exception(next)).is_some() {}
            lines.next();
        }
    }
    kept
}
