//! The records of a table, whatever separates its fields and lines.

use std::borrow::Cow;

use csv::ByteRecord;

use super::{Refusal, refused};
use crate::csv_table::{self, Ending};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A text with a separator of fields.
pub(super) struct Text<'a> {
    bytes: Cow<'a, [u8]>,
    separator: u8,
    /// Was something changed, so that a plain reader would read something else?
    is_changed: bool,
}

impl<'a> Text<'a> {
    pub(super) fn new(bytes: &'a [u8], ending: Ending) -> Result<Text<'a>, Refusal> {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return refused("it is UTF-16. Write it as UTF-8");
        }
        if let Err(error) = std::str::from_utf8(bytes) {
            return refused(format!(
                "line {} is not UTF-8. Write it as UTF-8",
                line(bytes, error.valid_up_to())
            ));
        }
        if let Some(at) = memchr::memchr(0, bytes) {
            return refused(format!(
                "line {} has NUL bytes, so it is no text. Write the file anew",
                line(bytes, at)
            ));
        }
        let plain = bytes.strip_prefix(BYTE_ORDER_MARK);
        let (is_changed, bytes) = (plain.is_some(), plain.unwrap_or(bytes));
        // A part of a growing file may end within quotes.
        let has_quotes = ending == Ending::Whole && memchr::memchr(b'"', bytes).is_some();
        if has_quotes && !memchr::memchr_iter(b'"', bytes).count().is_multiple_of(2) {
            return refused("a quotation mark `\"` in it has no partner. Write quotes in pairs");
        }
        let only_returns = memchr::memchr(b'\n', bytes).is_none() && memchr::memchr(b'\r', bytes).is_some();
        let bytes = if only_returns {
            Cow::Owned(bytes.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect())
        } else {
            Cow::Borrowed(bytes)
        };
        let separator = separator(&bytes);
        Ok(Text { bytes, separator, is_changed: is_changed || only_returns || separator != b',' })
    }

    /// Does a reader of plain CSV read the same?
    pub(super) fn is_plain_csv(&self) -> bool {
        !self.is_changed
    }

    /// Shows each record, without empty lines, and the byte where it or an empty line before it begins.
    pub(super) fn records(
        &self,
        mut show: impl FnMut(&ByteRecord, usize) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut record = ByteRecord::new();
        if csv_table::is_plain(&self.bytes) {
            let mut at = 0;
            for line in self.bytes.split(|byte| *byte == b'\n') {
                if !line.is_empty() {
                    record.clear();
                    line.split(|byte| *byte == self.separator).for_each(|field| record.push_field(field));
                    show(&record, at)?;
                }
                at += line.len() + 1;
            }
            return Ok(());
        }
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.separator)
            .from_reader(&*self.bytes);
        // With flexible records read from memory, the csv crate cannot fail.
        while reader.read_byte_record(&mut record).unwrap_or(false) {
            show(&record, record.position().map_or(0, |position| position.byte() as usize))?;
        }
        Ok(())
    }

    /// The number of the line of a record.
    pub(super) fn line(&self, at: usize) -> u64 {
        let blanks = self.bytes[at..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        line(&self.bytes, at + blanks)
    }
}

/// The number of the line with this byte.
fn line(bytes: &[u8], at: usize) -> u64 {
    1 + memchr::memchr_iter(b'\n', &bytes[..at.min(bytes.len())]).count() as u64
}

/// A comma; where the first line has none, a semicolon or a tabulator that it has.
fn separator(bytes: &[u8]) -> u8 {
    let start = bytes.iter().position(|byte| !matches!(byte, b'\n' | b'\r')).unwrap_or(0);
    let first = bytes[start..].split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let mut is_quoted = false;
    let mut found = b',';
    for byte in first {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => return b',',
            b';' | b'\t' if !is_quoted && found == b',' => found = *byte,
            _ => {}
        }
    }
    found
}
