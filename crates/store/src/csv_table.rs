//! Reads a CSV file that may be being written, or whose writer was killed.

use std::io;
use std::path::Path;

use csv::ByteRecord;
use rayon::prelude::*;

use crate::read_error::ReadError;
use crate::regular_file;

/// A CSV file's header, its whole rows, and the damage in the rest. Fields are the written bytes.
#[derive(Clone, Debug)]
pub struct CsvTable<T = ByteRecord> {
    /// The names of the columns.
    pub header: ByteRecord,
    /// The rows, each with as many fields as the header, or what a function made of them.
    pub rows: Vec<T>,
    /// Rows that were left out, as messages.
    pub damage: Vec<String>,
}

impl<T> Default for CsvTable<T> {
    fn default() -> CsvTable<T> {
        CsvTable { header: ByteRecord::new(), rows: Vec::new(), damage: Vec::new() }
    }
}

/// Bytes of a large file that one thread reads at once.
const PART: usize = 1 << 20;

/// May the last line end without a line break?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// No: the writer may have been killed in the middle of a line, and the last number may lack digits.
    Growing,
    /// Yes: the file is known to be complete; some writers omit the last line break.
    Whole,
}

impl<T> CsvTable<T> {
    /// The position of the column `name`.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|field| field == name.as_bytes())
    }
}

/// Reads a CSV file; `None` if there is none.
///
/// # Errors
/// The file exists but cannot be read. A torn or damaged line is not an error: it is left out and listed in
/// [`CsvTable::damage`].
pub fn read(path: &Path, ending: Ending) -> Result<Option<CsvTable>, ReadError> {
    read_map(path, ending, |row| Some(row.clone()))
}

/// The same, but maps each row to something else or drops it, so that no row of a large file is kept. Several
/// threads read a large file.
///
/// # Errors
/// As for [`read`].
pub fn read_map<T: Send>(
    path: &Path,
    ending: Ending,
    make: impl Fn(&ByteRecord) -> Option<T> + Sync,
) -> Result<Option<CsvTable<T>>, ReadError> {
    match regular_file::read(path) {
        Ok(bytes) => Ok(Some(parse_map(&bytes, ending, make))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ReadError(error)),
    }
}

/// Reads only the names of the columns; `None` if there is no file or its first line is torn.
///
/// # Errors
/// The file exists but cannot be read.
pub fn read_header(path: &Path) -> Result<Option<ByteRecord>, ReadError> {
    let file = match regular_file::open(path) {
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
pub fn parse(bytes: &[u8], ending: Ending) -> CsvTable {
    parse_map(bytes, ending, |row| Some(row.clone()))
}

/// The whole lines, and the torn one.
pub(crate) fn split_torn(bytes: &[u8], ending: Ending) -> (&[u8], &[u8]) {
    match ending {
        Ending::Whole => (bytes, &[]),
        Ending::Growing => bytes.split_at(memchr::memrchr(b'\n', bytes).map_or(0, |last| last + 1)),
    }
}

fn parse_map<T: Send>(
    bytes: &[u8],
    ending: Ending,
    make: impl Fn(&ByteRecord) -> Option<T> + Sync,
) -> CsvTable<T> {
    let (whole, torn) = split_torn(bytes, ending);
    // Nearly all files have no quotes. For such a small file, creating a reader with quotes takes longer than
    // reading it.
    let mut table = if is_plain(whole) { plain(whole, make) } else { quoted(whole, make) };
    if !torn.is_empty() {
        table.damage.push(format!("the last line is torn ({} bytes without a line break)", torn.len()));
    }
    if table.header.is_empty() {
        table.damage.push("it has no whole line".to_string());
    }
    table
}

/// Do fields end at commas and rows at line breaks, without quotes?
pub fn is_plain(bytes: &[u8]) -> bool {
    memchr::memchr2(b'"', b'\r', bytes).is_none()
}

/// The header and the row of a complete file with exactly these two lines, without quotes and with equally
/// many fields; `None` for any other file.
pub fn one_row(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let (header, row) = bytes.split_at_checked(memchr::memchr(b'\n', bytes)?)?;
    let row = &row[1..];
    let commas = |line| memchr::memchr_iter(b',', line).count();
    let fits = !header.is_empty()
        && !row.is_empty()
        && memchr::memchr(b'\n', row).is_none()
        && is_plain(bytes)
        && commas(header) == commas(row);
    fits.then_some((header, row))
}

impl<T> CsvTable<T> {
    fn take(&mut self, record: &ByteRecord, line: u64, make: &impl Fn(&ByteRecord) -> Option<T>) {
        if self.header.is_empty() {
            self.header = record.clone();
        } else if record.len() == self.header.len() {
            self.rows.extend(make(record));
        } else {
            self.damage.push(format!(
                "line {line} has {} of {} fields and is left out",
                record.len(),
                self.header.len()
            ));
        }
    }
}

/// A table without quotes: fields end at commas, rows at line breaks. Empty lines are skipped.
fn plain<T: Send>(bytes: &[u8], make: impl Fn(&ByteRecord) -> Option<T> + Sync) -> CsvTable<T> {
    let begin = bytes.iter().position(|byte| *byte != b'\n').unwrap_or(bytes.len());
    let end = memchr::memchr(b'\n', &bytes[begin..]).map_or(bytes.len(), |length| begin + length);
    let mut table = CsvTable::default();
    if begin == end {
        return table;
    }
    table.header = bytes[begin..end].split(|byte| *byte == b',').collect();
    let mut line = begin as u64 + 2;
    let mut parts = Vec::new();
    let mut rest = bytes.get(end + 1..).unwrap_or_default();
    while !rest.is_empty() {
        let about = PART.min(rest.len() - 1);
        let length = memchr::memchr(b'\n', &rest[about..]).map_or(rest.len(), |more| about + more + 1);
        let (part, after) = rest.split_at(length);
        parts.push((part, line));
        line += if after.is_empty() { 0 } else { memchr::memchr_iter(b'\n', part).count() as u64 };
        rest = after;
    }
    let read = |(part, first): &(&[u8], u64)| {
        let mut own = CsvTable { header: table.header.clone(), ..CsvTable::default() };
        let mut record = ByteRecord::new();
        for (number, line) in (*first..).zip(part.split(|byte| *byte == b'\n')) {
            if !line.is_empty() {
                record.clear();
                line.split(|byte| *byte == b',').for_each(|field| record.push_field(field));
                own.take(&record, number, &make);
            }
        }
        own
    };
    let read: Vec<CsvTable<T>> = if parts.len() == 1 {
        parts.iter().map(read).collect()
    } else {
        parts.par_iter().map(read).collect()
    };
    for part in read {
        table.rows.extend(part.rows);
        table.damage.extend(part.damage);
    }
    table
}

fn quoted<T>(bytes: &[u8], make: impl Fn(&ByteRecord) -> Option<T>) -> CsvTable<T> {
    let mut table = CsvTable::default();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = ByteRecord::new();
    // With flexible records read from memory, the csv crate cannot fail.
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        table.take(&record, record.position().map_or(0, csv::Position::line), &make);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(table: &CsvTable) -> Vec<Vec<String>> {
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
            // A cut inside quotes may end a quoted field early, but only in the last row.
            let sure = rows.len().saturating_sub(1);
            assert_eq!(rows[..sure], full[..sure], "cut at {length}");
        }
    }

    #[test]
    fn a_table_without_quotes_reads_as_one_with_them() {
        for text in ["a,b\n1,2\n\n3\n4,5,6\n7,8\n", "\n\na\n1\n", "a,b\n,\n", "a", ",\n,\n", "\n", "a,b\n1,2"]
        {
            let keep = |row: &ByteRecord| Some(row.clone());
            let (plain, quoted) = (plain(text.as_bytes(), keep), quoted(text.as_bytes(), keep));
            assert_eq!(texts(&plain), texts(&quoted), "{text:?}");
            assert_eq!(plain.header, quoted.header, "{text:?}");
            // (For the line after an empty one, the reader with quotes gives the number of the empty one.)
            assert_eq!(plain.damage.len(), quoted.damage.len(), "{text:?}");
        }
    }

    #[test]
    fn a_large_file_is_read_in_parts_as_if_it_were_one() {
        let line =
            |number: usize| if number.is_multiple_of(70_001) { "torn".into() } else { format!("{number},x") };
        let text: String = (0..400_000).map(|number| line(number) + "\n").collect();
        let text = format!("\na,b\n{text}");
        assert!(text.len() > 3 * PART);
        let number = |row: &ByteRecord| std::str::from_utf8(&row[0]).ok()?.parse::<usize>().ok();
        let odd = |row: &ByteRecord| number(row).filter(|number| number % 2 == 1);
        let table = parse_map(text.as_bytes(), Ending::Whole, odd);
        let expected: Vec<usize> = (0..400_000).filter(|n| n % 70_001 != 0 && n % 2 == 1).collect();
        assert_eq!(table.rows, expected);
        let damage =
            (0..400_000).step_by(70_001).map(|n| format!("line {} has 1 of 2 fields and is left out", n + 3));
        assert_eq!(table.damage, damage.collect::<Vec<_>>());
    }

    #[test]
    fn the_only_row_is_found_where_it_is_the_only_one() {
        assert_eq!(one_row(b"a,b\n1,\n"), Some((&b"a,b"[..], &b"1,"[..])));
        assert_eq!(one_row(b"a\n1"), Some((&b"a"[..], &b"1"[..])));
        for other in [
            "",
            "a",
            "a,b\n",
            "a,b\n\n",
            "a,b\n1",
            "a\n1\n2\n",
            "a\n\"1\"\n",
            "a\r\n1\r\n",
            "\n1\n",
            "a\n1\n\n",
        ] {
            assert_eq!(one_row(other.as_bytes()), None, "{other:?}");
        }
    }

    #[test]
    fn fields_keep_their_bytes() {
        let table = parse(b"x,y\n0.10000000000000000001,1e-05\n", Ending::Whole);
        assert_eq!(texts(&table), [["0.10000000000000000001", "1e-05"]]);
    }
}
