//! One long table from the tables of many cells (all histories, all test contexts).
//!
//! Cells are read in parallel, some hundred at a time, and written in order: memory stays small however many there are.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use csv::ByteRecord;
use rayon::prelude::*;

use crate::atomic::{AtomicFile, WriteError};
use crate::table::{self, Ending, Table};

/// Cells that are in memory at once.
const CELLS_AT_ONCE: usize = 256;

/// One cell's table.
#[derive(Clone, Debug)]
pub struct Source {
    /// What each of its rows begins with (axes, cell, state).
    pub prefix: Vec<String>,
    /// The file, which need not be there.
    pub path: PathBuf,
    /// How its last line is to be taken.
    pub ending: Ending,
}

/// How the last line of a cell's tables is to be taken: those of a cell that is done are whole.
pub fn ending(done: bool) -> Ending {
    if done { Ending::Whole } else { Ending::Growing }
}

/// What went into a long table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Files that were there.
    pub files: usize,
    /// What was left out, with file names.
    pub damage: Vec<String>,
}

/// Writes the rows of all sources, in order, to `target`: the prefix, then the union of all columns in the order in
/// which they are first seen. Fields keep their bytes; a column that a cell lacks is empty there; one that is named like
/// a column of the prefix has `taken` put before its name. Without any source file no table is written and an old one is
/// removed.
///
/// # Errors
/// The table cannot be written. What cannot be read is listed in [`Merged::damage`].
pub fn merge(
    prefix: &[String],
    taken: &str,
    sources: &[Source],
    target: &Path,
) -> Result<Merged, WriteError> {
    // Nearly always all cells have the columns of the first one. If not, we begin again, knowing all of them.
    let trouble = Mutex::new(Vec::new());
    let there = |source: &Source| {
        table::read_header(&source.path).unwrap_or_else(|error| {
            trouble.lock().unwrap_or_else(PoisonError::into_inner).push(error.to_string());
            None
        })
    };
    let Some(first) = sources.par_iter().find_map_first(there) else {
        let damage = trouble.into_inner().unwrap_or_else(PoisonError::into_inner);
        return match fs_err::remove_file(target) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(WriteError::new(target, "remove the outdated", error))
            }
            _ => Ok(Merged { files: 0, damage }),
        };
    };
    let columns = Columns::new(prefix, taken, first.iter().map(<[u8]>::to_vec).collect());
    if let Some(merged) = write(&columns, sources, target)? {
        return Ok(merged);
    }
    let columns = Columns::new(prefix, taken, union(sources));
    Ok(write(&columns, sources, target)?.unwrap_or_default())
}

/// The columns of a long table that come from the cells' files.
struct Columns {
    names: Vec<Vec<u8>>,
    /// The whole first line.
    header: Vec<u8>,
    /// The first line of a file with just these columns; empty where their names have quotes.
    plain: Vec<u8>,
}

impl Columns {
    fn new(prefix: &[String], taken: &str, names: Vec<Vec<u8>>) -> Columns {
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
    fn positions(&self, table: &Table) -> Option<Vec<Option<usize>>> {
        let has = |name: &[u8]| self.names.iter().any(|known| known == name);
        table.header.iter().all(has).then(|| {
            let place = |name: &Vec<u8>| table.header.iter().position(|own| own == name.as_slice());
            self.names.iter().map(place).collect()
        })
    }
}

/// Writes the table; `None` where a cell has other columns.
fn write(columns: &Columns, sources: &[Source], target: &Path) -> Result<Option<Merged>, WriteError> {
    let fail = |error| WriteError::new(target, "write", error);
    let mut merged = Merged::default();
    let mut file = AtomicFile::create(target)?;
    file.write_all(&columns.header).map_err(fail)?;
    let render_all = |chunk: &[Source]| -> Option<Vec<Part>> {
        chunk.par_iter().map(|source| render(source, columns)).collect()
    };
    let mut chunks = sources.chunks(CELLS_AT_ONCE);
    let mut ready = chunks.next().map_or_else(|| Some(Vec::new()), render_all);
    while let Some(parts) = ready {
        // While these are written, the next ones are read.
        let next = chunks.next();
        let (written, following) = rayon::join(
            || parts.iter().try_for_each(|part| file.write_all(&part.bytes)),
            || next.map(render_all),
        );
        written.map_err(fail)?;
        for part in parts {
            merged.files += usize::from(part.there);
            merged.damage.extend(part.damage);
        }
        let Some(parts) = following else {
            file.commit()?;
            return Ok(Some(merged));
        };
        ready = parts;
    }
    Ok(None)
}

/// All columns in the order in which they are first seen.
fn union(sources: &[Source]) -> Vec<Vec<u8>> {
    let headers: Vec<_> = sources.par_iter().map(|source| table::read_header(&source.path)).collect();
    let mut columns: Vec<Vec<u8>> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for header in headers.into_iter().filter_map(|header| header.ok().flatten()) {
        columns.extend(header.iter().filter(|column| known.insert(column.to_vec())).map(<[u8]>::to_vec));
    }
    columns
}

/// One cell's rows, ready to be written.
#[derive(Default)]
struct Part {
    there: bool,
    bytes: Vec<u8>,
    damage: Vec<String>,
}

/// `None` where the cell has columns that are not among these.
fn render(source: &Source, columns: &Columns) -> Option<Part> {
    let bytes = match fs_err::read(&source.path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(Part::default()),
        Err(error) => return Some(Part { damage: vec![error.to_string()], ..Part::default() }),
    };
    let prefix = line(&ByteRecord::from(source.prefix.clone()));
    let prefix = prefix.strip_suffix(b"\n").unwrap_or(&prefix);
    if let Some(rendered) = behind(prefix, &bytes, columns) {
        return Some(Part { there: true, bytes: rendered, damage: Vec::new() });
    }
    let table = table::parse(&bytes, source.ending);
    let damage = table.damage.iter().map(|what| format!("{}: {what}", source.path.display())).collect();
    let mut part = Part { there: !table.header.is_empty(), bytes: Vec::new(), damage };
    let positions = columns.positions(&table)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in &table.rows {
        let own = positions.iter().map(|position| position.and_then(|at| row.get(at)).unwrap_or_default());
        let fields = source.prefix.iter().map(String::as_bytes).chain(own);
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

fn line(record: &ByteRecord) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let _ = writer.write_byte_record(record);
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_different_columns_share_one_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = |name: &str, text: Option<&str>| {
            let path = folder.path().join(name);
            if let Some(text) = text {
                fs_err::write(&path, text).expect("written");
            }
            Source { prefix: vec![format!("a, {name}"), "done".into()], path, ending: Ending::Growing }
        };
        let sources = [
            source("one", Some("batch,loss\n0,0.50\n")),
            source("two", None),
            source("three", Some("batch,tau,state\n0,\"1\n2\",x\n1,3")),
        ];
        let target = folder.path().join("history.csv");
        let prefix = ["tau".to_string(), "state".to_string()];
        let merged = merge(&prefix, "history_", &sources, &target).expect("written");
        assert_eq!((merged.files, merged.damage.len()), (2, 1));
        insta::assert_snapshot!(fs_err::read_to_string(&target).expect("read"), @r#"
        tau,state,batch,loss,history_tau,history_state
        "a, one",done,0,0.50,,
        "a, three",done,0,,"1
        2",x
        "#);
        // When the cells' files are gone, the old table would be a lie.
        let merged = merge(&prefix, "history_", &sources[1..2], &target).expect("removed");
        assert_eq!(merged, Merged::default());
        assert!(!target.exists());
    }
}
