//! What counts as a table of results: `metrics.csv`, `contexts.csv` and `history.csv` of any program.
//!
//! [`normal`] is the one rule. It reads what people write as CSV, and refuses what could be misread, with a sentence.
//! Every reader of these files asks it, and so does a run before it publishes a cell.

mod fields;
mod records;

use std::borrow::Cow;
use std::io;
use std::path::Path;

use csv::ByteRecord;

pub use self::fields::are_names;
use self::fields::mistake;
use self::records::Text;
use crate::csv_table::{self, CsvTable, Ending};
use crate::folder::CellFolder;
use crate::read_error::ReadError;
use crate::regular_file;

/// How many rows a file may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// One: `metrics.csv`.
    One,
    /// Any number: `contexts.csv`, `history.csv`.
    Any,
}

/// Why a table is refused, and what to do: a sentence that follows the name of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

fn refused<T>(why: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(why.into()))
}

/// The table in these bytes as plain CSV: commas, no byte order mark, no index column, one header, no line of blanks.
/// Nearly always they are that already, and are only looked through. A torn last line of a growing file is left as it
/// is.
///
/// # Errors
/// A value could be misread: the reason, which does not name the file.
pub fn normal(bytes: &[u8], rows: Rows, ending: Ending) -> Result<Cow<'_, [u8]>, Refusal> {
    let (whole, torn) = csv_table::split_torn(bytes, ending);
    let text = Text::new(whole, ending)?;
    let mut table = Looked::default();
    text.records(|record, at| table.look(record, || text.line(at)))?;
    if table.header.is_empty() {
        return if rows == Rows::One { refused(EMPTY) } else { Ok(Cow::Borrowed(torn)) };
    }
    table.check_index()?;
    if rows == Rows::One && table.rows != 1 {
        return refused(not_one_row(table.rows));
    }
    if !table.is_odd && text.is_plain_csv() {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut out = csv::Writer::from_writer(Vec::with_capacity(whole.len()));
    let mut is_first = true;
    text.records(|record, _| {
        let is_header = std::mem::take(&mut is_first);
        if is_header || !table.skips(record) {
            // Writing to memory, with the same number of fields in each row, cannot fail.
            let _ = out.write_record(record.iter().skip(usize::from(table.has_index())));
        }
        Ok(())
    })?;
    let mut written = out.into_inner().unwrap_or_default();
    written.extend_from_slice(torn);
    Ok(Cow::Owned(written))
}

const EMPTY: &str = "it is empty. Write a line of names and a line of values";

/// What is wrong with a `metrics.csv` of this many rows.
fn not_one_row(rows: u64) -> String {
    match rows {
        0 => "it has no row. Write a line of values below the names".into(),
        _ => format!(
            "it has {rows} rows and must have one. Write only the final values there; \
             values over time belong into history.csv. Or choose a row below [worker]: `row = \"last\"`, \"first\", \
             \"max:COLUMN\" or \"min:COLUMN\""
        ),
    }
}

/// What a first pass over the records finds.
#[derive(Default)]
struct Looked {
    header: ByteRecord,
    rows: u64,
    /// Has the first row a number?
    has_numbers: bool,
    /// While the column without a name, if the first one is, counts the rows from 0.
    index: Option<Result<(), String>>,
    /// Is there something that a plain reader would not skip?
    is_odd: bool,
}

impl Looked {
    fn has_index(&self) -> bool {
        self.index.is_some()
    }

    /// A header that is repeated, as programs write it that resume, and a line of blanks.
    fn skips(&self, record: &ByteRecord) -> bool {
        let is_blank = |field: &[u8]| !field.is_empty() && field.trim_ascii().is_empty();
        *record == self.header || (record.len() == 1 && self.header.len() > 1 && is_blank(&record[0]))
    }

    fn look(&mut self, record: &ByteRecord, line: impl Fn() -> u64) -> Result<(), Refusal> {
        if self.header.is_empty() {
            self.index = fields::check_names(record)?.then_some(Ok(()));
            self.header = record.clone();
            return Ok(());
        }
        if self.skips(record) {
            self.is_odd = true;
            return Ok(());
        }
        if record.len() != self.header.len() {
            return refused(format!(
                "line {} has {}, and the header has {}. Write one value for each name",
                line(),
                count(record.len()),
                self.header.len()
            ));
        }
        if self.rows == 0 {
            self.has_numbers = record.iter().any(fields::is_number);
        }
        if self.has_numbers && fields::is_header(record, &self.header) {
            return refused(format!(
                "line {} is a second header with other names. Keep the columns when you resume",
                line()
            ));
        }
        for (name, field) in self.header.iter().zip(record) {
            if let Some(mistake) = mistake(field) {
                let (field, name) = (shown(field), shown(name));
                return refused(format!("line {}: `{field}` in column `{name}` {mistake}", line()));
            }
        }
        if let Some(counts @ Ok(())) = &mut self.index
            && record[0] != *self.rows.to_string().as_bytes()
        {
            *counts = Err(format!(
                "its first column has no name, and in line {} it does not count the rows. \
                 Name it, or leave it out (pandas: `index=False`)",
                line()
            ));
        }
        self.rows += 1;
        Ok(())
    }

    fn check_index(&mut self) -> Result<(), Refusal> {
        match &self.index {
            Some(Err(why)) => refused(why),
            Some(Ok(())) => {
                self.is_odd = true;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

fn count(fields: usize) -> String {
    if fields == 1 { "1 field".into() } else { format!("{fields} fields") }
}

/// A field in a message.
fn shown(field: &[u8]) -> String {
    const MOST: usize = 40;
    let text = String::from_utf8_lossy(field);
    if text.chars().count() <= MOST {
        return text.into_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}

/// Can bytes be a part of a plain table: UTF-8 without quotes, carriage returns, percent signs and NUL bytes?
pub(crate) fn is_usual(bytes: &[u8]) -> bool {
    memchr::memchr3(b'"', b'\r', b'%', bytes).is_none()
        && memchr::memchr(0, bytes).is_none()
        && std::str::from_utf8(bytes).is_ok()
}

/// Reads a table of any number of rows; `None` if there is none.
///
/// # Errors
/// It exists but cannot be read, or is refused.
pub fn read(path: &Path, ending: Ending) -> Result<Option<CsvTable>, ReadError> {
    let Some(bytes) = bytes(path)? else { return Ok(None) };
    let bytes = normal(&bytes, Rows::Any, ending).map_err(|why| error(path, &why))?;
    Ok(Some(csv_table::parse(&bytes, ending)))
}

/// The names of the columns of a table, from its first line if that is a usual one; `None` if there is no file, or no
/// first line.
///
/// # Errors
/// As for [`read`].
pub(crate) fn read_names(path: &Path, ending: Ending) -> Result<Option<ByteRecord>, ReadError> {
    match csv_table::read_header(path) {
        Ok(Some(names)) if are_names(&names) => Ok(Some(names)),
        Ok(None) => Ok(None),
        Ok(Some(_)) | Err(_) => read_checked_names(path, ending),
    }
}

/// The same, and none of a table that is refused.
///
/// # Errors
/// As for [`read`].
pub(crate) fn read_checked_names(path: &Path, ending: Ending) -> Result<Option<ByteRecord>, ReadError> {
    let Some(bytes) = bytes(path)? else { return Ok(None) };
    let bytes = normal(&bytes, Rows::Any, ending).map_err(|why| error(path, &why))?;
    let mut names = ByteRecord::new();
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).from_reader(csv_table::split_torn(&bytes, ending).0);
    // Read from memory, the first record cannot fail.
    Ok(reader.read_byte_record(&mut names).unwrap_or(false).then_some(names))
}

/// The content of a file; `None` if there is none.
pub(crate) fn bytes(path: &Path) -> Result<Option<Vec<u8>>, ReadError> {
    match regular_file::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ReadError(error)),
    }
}

/// A refusal with the path of the file.
pub(crate) fn error(path: &Path, why: &Refusal) -> ReadError {
    ReadError(io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", path.display())))
}

impl CellFolder {
    /// Are the results of an attempt that has ended as they should be? Its history is not asked for: a training that is
    /// finished is not thrown away for it, and who reads it says what is wrong.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence.
    pub fn check_results(&self) -> Result<(), String> {
        for (path, rows) in [(self.metrics(), Rows::One), (self.contexts(), Rows::Any)] {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            match bytes(&path) {
                Ok(None) if rows == Rows::One => return Err(format!("wrote no {name}")),
                Ok(None) => {}
                Ok(Some(bytes)) => {
                    normal(&bytes, rows, Ending::Whole)
                        .map_err(|why| format!("its {name} is refused: {why}"))?;
                }
                Err(error) => return Err(format!("its {name} cannot be read: {error}")),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
