//! The rows of one cell in a long table.

use csv::ByteRecord;

use super::writer::CellRows;
use super::{Digest, SourceTable};
use crate::csv_table::{self, CsvTable};
use crate::regular_file;
use crate::result_table::{self, Rows};

/// The columns of a long table that come from the cells' files.
pub(super) struct SourceColumns {
    pub(super) names: Vec<Vec<u8>>,
    /// The complete first line.
    pub(super) header: Vec<u8>,
    /// The first line of a file with exactly these columns; empty if their names have quotes.
    plain: Vec<u8>,
    /// The bytes that a name begins with.
    begins: [bool; 256],
}

impl SourceColumns {
    pub(super) fn new(prefix: &[String], taken: &str, names: Vec<Vec<u8>>) -> SourceColumns {
        let mut header = ByteRecord::from(prefix.to_vec());
        for column in &names {
            if prefix.iter().any(|own| own.as_bytes() == column.as_slice()) {
                header.push_field(&[taken.as_bytes(), column].concat());
            } else {
                header.push_field(column);
            }
        }
        let mut plain = names.join(&b',');
        plain.push(b'\n');
        if plain.contains(&b'"') || plain.contains(&b'\r') {
            plain.clear();
        }
        let mut begins = [false; 256];
        names.iter().filter_map(|name| name.first()).for_each(|first| begins[usize::from(*first)] = true);
        SourceColumns { names, header: line(&header), plain, begins }
    }

    /// Does a line begin as a header with some of these columns does?
    fn begin_with(&self, line: &[u8]) -> bool {
        self.begins[usize::from(line[0])] && self.names.iter().any(|name| line.starts_with(name))
    }

    /// The columns that a digest uses, and its first line.
    pub(super) fn digested(&self, digest: &dyn Digest) -> (Vec<usize>, Vec<u8>) {
        let wanted = digest.wanted(&self.names);
        let names: Vec<&[u8]> = wanted.iter().map(|at| self.names[*at].as_slice()).collect();
        let header = digest.header(&names);
        (wanted, header)
    }

    /// The place of each column in this table; `None` if it has others.
    pub(super) fn positions(&self, table: &CsvTable) -> Option<Vec<Option<usize>>> {
        let has = |name: &[u8]| self.names.iter().any(|known| known == name);
        table.header.iter().all(has).then(|| {
            let place = |name: &Vec<u8>| table.header.iter().position(|own| own == name.as_slice());
            self.names.iter().map(place).collect()
        })
    }
}

/// One cell's rows, ready to write.
#[derive(Default)]
pub(super) struct Part {
    pub(super) there: bool,
    pub(super) rows: CellRows,
    /// Its row in the digest.
    pub(super) digest: CellRows,
    pub(super) damage: Vec<String>,
    /// Is the file refused, or unreadable?
    pub(super) is_refused: bool,
}

/// A digest, and its wanted columns.
type Wanting<'a> = (&'a dyn Digest, &'a [usize]);

/// `None` if the cell has columns that are not among these.
pub(super) fn render(
    place: usize,
    source: &impl SourceTable,
    columns: &SourceColumns,
    digest: Option<Wanting<'_>>,
    is_old: bool,
) -> Option<Part> {
    if is_old && let Some(known) = source.known() {
        let rows = if known.length > 0 { CellRows::Old(known) } else { CellRows::None };
        let digest = source.known_digest().map_or(CellRows::None, CellRows::Old);
        return Some(Part { there: known.length > 0, rows, digest, ..Part::default() });
    }
    let without = |damage: Vec<String>| {
        let row = |(digest, wanted): Wanting<'_>| digest.row(place, 0, &vec![Vec::new(); wanted.len()]);
        let is_refused = !damage.is_empty();
        Part {
            damage,
            is_refused,
            digest: digest.map(row).map_or(CellRows::None, CellRows::New),
            ..Part::default()
        }
    };
    if source.has_nothing() {
        return Some(without(Vec::new()));
    }
    let path = source.path();
    let bytes = match regular_file::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(without(Vec::new())),
        Err(error) => return Some(without(vec![error.to_string()])),
    };
    let own = source.prefix();
    let prefix = line(&ByteRecord::from(own.clone()));
    let prefix = prefix.strip_suffix(b"\n").unwrap_or(&prefix);
    let mut numbers = digest.map_or_else(Vec::new, |(_, wanted)| vec![Vec::new(); wanted.len()]);
    let wanted = digest.map_or(&[][..], |(_, wanted)| wanted);
    let digest_row = |count: usize, numbers: &[Vec<f64>]| {
        digest.map_or(CellRows::None, |(digest, _)| CellRows::New(digest.row(place, count, numbers)))
    };
    if let Some((rendered, count)) = behind(prefix, &bytes, columns, wanted, &mut numbers) {
        let digest = digest_row(count, &numbers);
        return Some(Part { there: true, rows: CellRows::New(rendered), digest, ..Part::default() });
    }
    let normal = match result_table::normal(&bytes, Rows::Any, source.ending()) {
        Ok(normal) => normal,
        Err(why) => return Some(without(vec![format!("{}: {why}", path.display())])),
    };
    let table = csv_table::parse(&normal, source.ending());
    let damage = table.damage.iter().map(|what| format!("{}: {what}", path.display())).collect();
    let there = !table.header.is_empty();
    if is_old && there && !table.header.iter().eq(&columns.names) {
        // Read together with all others, these columns might have another order.
        return None;
    }
    let positions = columns.positions(&table)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in &table.rows {
        let fields = positions.iter().map(|position| position.and_then(|at| row.get(at)).unwrap_or_default());
        let fields = own.iter().map(String::as_bytes).chain(fields);
        // Writing to memory, with the same number of fields in each row, cannot fail.
        let _ = writer.write_byte_record(&fields.collect::<ByteRecord>());
    }
    let in_column = |wanted: &usize| -> Vec<f64> {
        let field = |row: &ByteRecord| positions[*wanted].and_then(|at| row.get(at)).map_or(f64::NAN, number);
        table.rows.iter().map(field).collect()
    };
    let numbers: Vec<Vec<f64>> = wanted.iter().map(in_column).collect();
    let digest = digest_row(table.rows.len(), &numbers);
    let rows = CellRows::New(writer.into_inner().unwrap_or_default());
    Some(Part { there, rows, digest, damage, is_refused: false })
}

/// A field as a number; NaN if it is not a number.
fn number(field: &[u8]) -> f64 {
    std::str::from_utf8(field).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(f64::NAN)
}

/// The lines of a file with exactly these columns, each after the prefix, and their number. `None` if
/// anything is unusual: other columns, quotes, a torn line, a line with too few fields or one that may be a header. Also
/// appends the numbers in the wanted columns, in the order of the columns.
fn behind(
    prefix: &[u8],
    bytes: &[u8],
    columns: &SourceColumns,
    wanted: &[usize],
    numbers: &mut [Vec<f64>],
) -> Option<(Vec<u8>, usize)> {
    let rows = bytes.strip_prefix(columns.plain.as_slice()).filter(|_| !columns.plain.is_empty())?;
    if !result_table::is_usual(rows) || rows.last().is_some_and(|last| *last != b'\n') {
        return None;
    }
    let mut rendered = Vec::with_capacity(rows.len() + 64 * (prefix.len() + 1));
    let mut count = 0;
    let mut rest = rows;
    while !rest.is_empty() {
        let (mut column, mut start, mut end) = (0, 0, 0);
        let mut next = wanted.iter().zip(&mut *numbers).peekable();
        for stop in memchr::memchr2_iter(b',', b'\n', rest) {
            if let Some((_, numbers)) = next.next_if(|(wanted, _)| **wanted == column) {
                numbers.push(number(&rest[start..stop]));
            }
            (column, start) = (column + 1, stop + 1);
            if rest[stop] == b'\n' {
                end = start;
                break;
            }
        }
        if column != columns.names.len() || end == 1 || columns.begin_with(rest) {
            return None;
        }
        rendered.extend_from_slice(prefix);
        rendered.push(b',');
        rendered.extend_from_slice(&rest[..end]);
        rest = &rest[end..];
        count += 1;
    }
    Some((rendered, count))
}

pub(super) fn line(record: &ByteRecord) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let _ = writer.write_byte_record(record);
    writer.into_inner().unwrap_or_default()
}
