//! The rows of one cell as a long table has them.

use std::os::unix::fs::FileExt;

use csv::ByteRecord;

use super::{Extent, Old, Source};
use crate::table::{self, Table};

/// The columns of a long table that come from the cells' files.
pub(super) struct Columns {
    pub(super) names: Vec<Vec<u8>>,
    /// The whole first line.
    pub(super) header: Vec<u8>,
    /// The first line of a file with just these columns; empty where their names have quotes.
    plain: Vec<u8>,
}

impl Columns {
    pub(super) fn new(prefix: &[String], taken: &str, names: Vec<Vec<u8>>) -> Columns {
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
        Columns { names, header: line(&header), plain }
    }

    /// Where each column stands in this table; `None` if it has others.
    pub(super) fn positions(&self, table: &Table) -> Option<Vec<Option<usize>>> {
        let has = |name: &[u8]| self.names.iter().any(|known| known == name);
        table.header.iter().all(has).then(|| {
            let place = |name: &Vec<u8>| table.header.iter().position(|own| own == name.as_slice());
            self.names.iter().map(place).collect()
        })
    }
}

/// One cell's rows, ready to be written.
#[derive(Default)]
pub(super) struct Part {
    pub(super) there: bool,
    pub(super) bytes: Vec<u8>,
    pub(super) damage: Vec<String>,
    /// Its rows stay where they are.
    pub(super) stays: Option<Extent>,
}

/// `None` where the cell has columns that are not among these.
pub(super) fn render(
    source: &impl Source,
    columns: &Columns,
    old: Option<&Old>,
    stays: bool,
) -> Option<Part> {
    if source.has_nothing() {
        return Some(Part::default());
    }
    if let Some((old, known)) = old.zip(source.known()) {
        let there = true;
        if stays {
            return Some(Part { there, stays: Some(known), ..Part::default() });
        }
        let mut bytes = vec![0; known.length as usize];
        // Whoever changes the table while we read it makes us read the cells.
        old.file.file().read_exact_at(&mut bytes, known.start).ok()?;
        return Some(Part { there, bytes, ..Part::default() });
    }
    let path = source.path();
    let bytes = match fs_err::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(Part::default()),
        Err(error) => return Some(Part { damage: vec![error.to_string()], ..Part::default() }),
    };
    let own = source.prefix();
    let prefix = line(&ByteRecord::from(own.clone()));
    let prefix = prefix.strip_suffix(b"\n").unwrap_or(&prefix);
    if let Some(rendered) = behind(prefix, &bytes, columns) {
        return Some(Part { there: true, bytes: rendered, ..Part::default() });
    }
    let table = table::parse(&bytes, source.ending());
    let damage = table.damage.iter().map(|what| format!("{}: {what}", path.display())).collect();
    let mut part = Part { there: !table.header.is_empty(), damage, ..Part::default() };
    if old.is_some() && part.there && !table.header.iter().eq(&columns.names) {
        // Read with all others, these columns might have another order.
        return None;
    }
    let positions = columns.positions(&table)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in &table.rows {
        let fields = positions.iter().map(|position| position.and_then(|at| row.get(at)).unwrap_or_default());
        let fields = own.iter().map(String::as_bytes).chain(fields);
        // Into memory, and with as many fields in each row, nothing fails.
        let _ = writer.write_byte_record(&fields.collect::<ByteRecord>());
    }
    part.bytes = writer.into_inner().unwrap_or_default();
    Some(part)
}

/// The lines of a file with just these columns, each behind the prefix; `None` where something is not as usual: other
/// columns, quotes, a line that is torn or has too few fields.
fn behind(prefix: &[u8], bytes: &[u8], columns: &Columns) -> Option<Vec<u8>> {
    let rows = bytes.strip_prefix(columns.plain.as_slice()).filter(|_| !columns.plain.is_empty())?;
    if rows.contains(&b'"') || rows.contains(&b'\r') || rows.last().is_some_and(|last| *last != b'\n') {
        return None;
    }
    let mut rendered = Vec::with_capacity(rows.len() + 64 * (prefix.len() + 1));
    for line in rows.split_inclusive(|byte| *byte == b'\n') {
        let commas = memchr::memchr_iter(b',', line).count();
        if commas + 1 != columns.names.len() || line.len() == 1 {
            return None;
        }
        rendered.extend_from_slice(prefix);
        rendered.push(b',');
        rendered.extend_from_slice(line);
    }
    Some(rendered)
}

pub(super) fn line(record: &ByteRecord) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let _ = writer.write_byte_record(record);
    writer.into_inner().unwrap_or_default()
}
