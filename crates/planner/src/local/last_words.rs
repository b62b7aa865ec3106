//! The last words of a worker: of all that it said, the line that tells people what happened.
//!
//! Pure. What is kept of an output ([`LastLines`]) goes through these questions; the first answer counts:
//!
//! 1. Is there a traceback of Python? Then its exception.
//! 2. Is a line clearly an error, in one of the ways in which languages and tools write it? Then the last such line.
//! 3. Does one of the last lines have a word like "failed"?
//! 4. Else the last line that is no noise, such as a warning or a progress bar.
//!
//! What the error stream does not answer, the other output may.

mod signs;
mod traceback;

use std::collections::VecDeque;

use signs::{is_clearly_an_error, is_noise, is_perhaps_an_error};

/// So many lines are kept: some chained tracebacks.
const MOST_LINES: usize = 300;

/// The longest line that is kept, and the longest reason, in characters.
const LONGEST_LINE: usize = 1000;
const LONGEST_REASON: usize = 300;

/// Lines from the end that are searched for words like "failed".
const NEAR_THE_END: usize = 10;

/// The last lines of an output, as a terminal would show them. No line is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct LastLines(VecDeque<String>);

impl LastLines {
    /// Adds a line. Of a progress bar, the last picture counts.
    pub(super) fn push(&mut self, line: &str) {
        let shown = line.rsplit('\r').find(|part| !part.trim().is_empty()).unwrap_or_default();
        let plain = console::strip_ansi_codes(shown);
        let plain = plain.chars().filter(|c| *c == '\t' || !c.is_control()).take(LONGEST_LINE);
        let plain: String = plain.collect();
        let plain = plain.trim_end();
        if plain.is_empty() {
            return;
        }
        if self.0.len() == MOST_LINES {
            self.0.pop_front();
        }
        self.0.push_back(plain.into());
    }

    fn lines(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(String::capacity).sum()
    }
}

/// What a worker said last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LastWords {
    /// One line; empty if it said nothing.
    pub(super) text: String,
    /// Do they say clearly what went wrong?
    pub(super) is_error: bool,
}

/// The last words of a worker with these outputs.
pub(super) fn of(stderr: &LastLines, stdout: &LastLines) -> LastWords {
    let (stderr, stdout) = (stderr.lines(), stdout.lines());
    if let Some(text) = error(&stderr).or_else(|| error(&stdout)) {
        return LastWords { text: shortened(&text), is_error: true };
    }
    let is_plain = |line: &&&str| !is_noise(line);
    let text = stderr.iter().rev().take(NEAR_THE_END).find(|line| is_perhaps_an_error(line));
    let text = text.or_else(|| stderr.iter().rfind(is_plain)).or_else(|| stdout.iter().rfind(is_plain));
    let text = text.or_else(|| stderr.last()).or_else(|| stdout.last());
    LastWords { text: text.map(|line| shortened(line)).unwrap_or_default(), is_error: false }
}

/// What clearly went wrong. What happened while the program ended is secondary.
fn error(lines: &[&str]) -> Option<String> {
    let own = traceback::without_asides(lines);
    let find = |lines: &[&str]| traceback::exception(lines).or_else(|| clear_error(lines));
    find(&own).or_else(|| find(lines))
}

fn clear_error(lines: &[&str]) -> Option<String> {
    let at = lines.iter().rposition(|line| is_clearly_an_error(line))?;
    let next = lines.get(at + 1).copied();
    // C++: the type of the exception, then its message.
    if let Some(what) = next.and_then(|next| next.trim().strip_prefix("what():")) {
        let kind = lines[at].split('\'').nth(1).unwrap_or("exception");
        return Some(format!("{kind}: {}", what.trim()));
    }
    // Rust: the error, then what caused it, numbered.
    if let (Some("Caused by:"), Some(cause)) = (next.map(str::trim), lines.get(at + 2)) {
        let cause = cause.trim_start_matches(|c: char| c.is_whitespace() || c.is_ascii_digit() || c == ':');
        return Some(format!("{}: {cause}", lines[at].trim()));
    }
    Some(with_message(lines[at], next))
}

/// A line that only announces the message is shown with it.
fn with_message(line: &str, next: Option<&str>) -> String {
    let line = line.trim();
    let announces = line.ends_with(':') || line.starts_with("Error using ");
    match next.filter(|_| announces) {
        Some(message) => format!("{} {}", line, message.trim()),
        None => line.into(),
    }
}

fn shortened(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => format!("{} ...", text[..end].trim_end()),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests;
