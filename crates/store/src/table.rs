//! Reading a CSV file that someone may just be writing, or was killed while writing.

use std::io;
use std::path::Path;

use csv::ByteRecord;

use crate::cell::ReadError;

/// A CSV file's header, its whole rows, and what was wrong with the rest. Fields are the bytes that were written.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The names of the columns.
    pub header: ByteRecord,
    /// The rows, each with as many fields as the header.
    pub rows: Vec<ByteRecord>,
    /// Rows that were left out, in words.
    pub damage: Vec<String>,
}

/// May the last line end without a line break?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// No: the writer may have been killed in mid-line, and then the last number may lack digits.
    Growing,
    /// Yes: the file is known to be whole; some writers leave out the last line break.
    Whole,
}

impl Table {
    /// The position of the column `name`.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|field| field == name.as_bytes())
    }
}

/// Reads a CSV file; `None` when there is none.
///
/// # Errors
/// The file is there and cannot be read. A torn or damaged line is no error: it is left out and listed in
/// [`Table::damage`].
pub fn read(path: &Path, ending: Ending) -> Result<Option<Table>, ReadError> {
    match fs_err::read(path) {
        Ok(bytes) => Ok(Some(parse(&bytes, ending))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ReadError(error)),
    }
}

/// Reads only the names of the columns; `None` when there is no file or its first line is torn.
///
/// # Errors
/// The file is there and cannot be read.
pub fn read_header(path: &Path) -> Result<Option<ByteRecord>, ReadError> {
    let file = match fs_err::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ReadError(error)),
    };
    // A header is short: a small buffer keeps thousands of them cheap.
    let mut reader = csv::ReaderBuilder::new().has_headers(false).buffer_capacity(1024).from_reader(file);
    let mut header = ByteRecord::new();
    match reader.read_byte_record(&mut header) {
        Ok(true) => Ok(Some(header)),
        Ok(false) => Ok(None),
        Err(error) => Err(ReadError(io::Error::other(format!("{}: {error}", path.display())))),
    }
}

/// The table in these bytes.
pub fn parse(bytes: &[u8], ending: Ending) -> Table {
    let (whole, torn) = match ending {
        Ending::Whole => (bytes, &[][..]),
        Ending::Growing => {
            let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            bytes.split_at(end)
        }
    };
    // Nearly all files have no quotes; a reader of quotes takes longer to make than such a file to read.
    let mut table =
        if whole.contains(&b'"') || whole.contains(&b'\r') { quoted(whole) } else { plain(whole) };
    if !torn.is_empty() {
        table.damage.push(format!("the last line is torn ({} bytes without a line break)", torn.len()));
    }
    if table.header.is_empty() {
        table.damage.push("it has no whole line".to_string());
    }
    table
}

impl Table {
    fn take(&mut self, record: ByteRecord, line: u64) {
        if self.header.is_empty() {
            self.header = record;
        } else if record.len() == self.header.len() {
            self.rows.push(record);
        } else {
            self.damage.push(format!(
                "line {line} has {} of {} fields and is left out",
                record.len(),
                self.header.len()
            ));
        }
    }
}

/// A table without quotes: fields end at commas, rows at line breaks. Empty lines do not count.
fn plain(bytes: &[u8]) -> Table {
    let mut table = Table::default();
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        if !line.is_empty() {
            table.take(line.split(|byte| *byte == b',').collect(), number);
        }
    }
    table
}

fn quoted(bytes: &[u8]) -> Table {
    let mut table = Table::default();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = ByteRecord::new();
    // Reading from memory with flexible records: the csv crate has no error left to give.
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        table.take(record.clone(), record.position().map_or(0, csv::Position::line));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(table: &Table) -> Vec<Vec<String>> {
        let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
        table.rows.iter().map(|row| row.iter().map(text).collect()).collect()
    }

    #[test]
    fn a_torn_last_line_is_left_out_and_reported() {
        let table = parse(b"batch,loss\n0,0.50\n1,0.2", Ending::Growing);
        assert_eq!(texts(&table), [["0", "0.50"]]);
        assert_eq!(table.damage, ["the last line is torn (5 bytes without a line break)"]);
    }

    #[test]
    fn a_whole_file_may_lack_its_last_line_break() {
        let table = parse(b"batch,loss\n0,0.50\n1,0.2", Ending::Whole);
        assert_eq!(texts(&table), [["0", "0.50"], ["1", "0.2"]]);
        assert!(table.damage.is_empty());
    }

    #[test]
    fn a_line_with_too_few_fields_is_left_out_and_named() {
        let table = parse(b"a,b\n1,2\n3\n4,5\n", Ending::Whole);
        assert_eq!(texts(&table), [["1", "2"], ["4", "5"]]);
        assert_eq!(table.damage, ["line 3 has 1 of 2 fields and is left out"]);
    }

    #[test]
    fn empty_headerless_and_binary_files_are_damage_and_no_error() {
        assert_eq!(parse(b"", Ending::Whole).damage, ["it has no whole line"]);
        assert_eq!(parse(b"a,b", Ending::Growing).damage.len(), 2);
        let table = parse(b"\xff\xfe,\x00\n\x80,\"\n", Ending::Growing);
        assert_eq!(table.header.len(), 2);
    }

    #[test]
    fn every_truncation_of_a_file_gives_a_prefix_of_its_rows() {
        let text = b"batch,loss,note\n0,0.5,\"a,\"\"b\"\"\nc\"\n1,0.25,x\n2,0.125,y\n";
        let full = texts(&parse(text, Ending::Growing));
        assert_eq!(full.len(), 3);
        for length in 0..text.len() {
            let rows = texts(&parse(&text[..length], Ending::Growing));
            assert!(rows.len() <= full.len());
            // A cut inside quotes may end a quoted field early, in the last row only.
            let sure = rows.len().saturating_sub(1);
            assert_eq!(rows[..sure], full[..sure], "cut at {length}");
        }
    }

    #[test]
    fn a_table_without_quotes_reads_as_one_with_them() {
        for text in ["a,b\n1,2\n\n3\n4,5,6\n7,8\n", "\n\na\n1\n", "a,b\n,\n", "a", ",\n,\n", "\n", "a,b\n1,2"]
        {
            let (plain, quoted) = (plain(text.as_bytes()), quoted(text.as_bytes()));
            assert_eq!(texts(&plain), texts(&quoted), "{text:?}");
            assert_eq!(plain.header, quoted.header, "{text:?}");
            // (Of the line after an empty one the reader of quotes gives the number of the empty one.)
            assert_eq!(plain.damage.len(), quoted.damage.len(), "{text:?}");
        }
    }

    #[test]
    fn fields_keep_their_bytes() {
        let table = parse(b"x,y\n0.10000000000000000001,1e-05\n", Ending::Whole);
        assert_eq!(texts(&table), [["0.10000000000000000001", "1e-05"]]);
    }
}
