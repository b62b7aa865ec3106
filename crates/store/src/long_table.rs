//! One long table from the tables of many cells (all histories, all test contexts).
//!
//! Cells are read in parallel, a few dozen at a time, and written in order: memory stays small however many there are.

use std::io::Write;
use std::path::{Path, PathBuf};

use csv::ByteRecord;
use rayon::prelude::*;

use crate::atomic::{AtomicFile, WriteError};
use crate::table::{self, Ending, Table};

/// Cells that are in memory at once.
const CELLS_AT_ONCE: usize = 64;

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
    /// Rows written.
    pub rows: u64,
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
    let mut merged = Merged::default();
    let columns = union(sources, &mut merged);
    if columns.is_empty() {
        return match fs_err::remove_file(target) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(WriteError::new(target, "remove the outdated", error))
            }
            _ => Ok(merged),
        };
    }
    let fail = |error| WriteError::new(target, "write", error);
    let mut file = AtomicFile::create(target)?;
    let mut header = ByteRecord::from(prefix.to_vec());
    for column in &columns {
        if prefix.iter().any(|own| own.as_bytes() == column.as_slice()) {
            header.push_field(&[taken.as_bytes(), column].concat());
        } else {
            header.push_field(column);
        }
    }
    file.write_all(&line(&header)).map_err(fail)?;
    for chunk in sources.chunks(CELLS_AT_ONCE) {
        let parts: Vec<Part> = chunk.par_iter().map(|source| render(source, &columns)).collect();
        for part in parts {
            file.write_all(&part.bytes).map_err(fail)?;
            merged.rows += part.rows;
            merged.damage.extend(part.damage);
        }
    }
    file.commit()?;
    Ok(merged)
}

/// All columns in the order in which they are first seen.
fn union(sources: &[Source], merged: &mut Merged) -> Vec<Vec<u8>> {
    let headers: Vec<_> = sources.par_iter().map(|source| table::read_header(&source.path)).collect();
    let mut columns: Vec<Vec<u8>> = Vec::new();
    // Almost all cells have the same header: compare with the last one before searching.
    let mut last = ByteRecord::new();
    for header in headers {
        match header {
            Ok(Some(header)) => {
                merged.files += 1;
                if header != last {
                    for column in &header {
                        if !columns.iter().any(|known| known == column) {
                            columns.push(column.to_vec());
                        }
                    }
                    last = header;
                }
            }
            Ok(None) => {}
            Err(error) => merged.damage.push(error.to_string()),
        }
    }
    columns
}

/// One cell's rows, ready to be written.
#[derive(Default)]
struct Part {
    bytes: Vec<u8>,
    rows: u64,
    damage: Vec<String>,
}

fn render(source: &Source, columns: &[Vec<u8>]) -> Part {
    let mut part = Part::default();
    // A file that cannot be read is already listed by `union`, which could not read its header either.
    let Ok(Some(table)) = table::read(&source.path, source.ending) else { return part };
    part.damage = table.damage.iter().map(|what| format!("{}: {what}", source.path.display())).collect();
    let positions = positions(&table, columns);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in &table.rows {
        let own = positions.iter().map(|position| position.and_then(|at| row.get(at)).unwrap_or_default());
        let fields = source.prefix.iter().map(String::as_bytes).chain(own);
        // Into memory, and with as many fields in each row, nothing fails.
        let _ = writer.write_byte_record(&fields.collect::<ByteRecord>());
        part.rows += 1;
    }
    part.bytes = writer.into_inner().unwrap_or_default();
    part
}

/// Where each column of the union stands in this table.
fn positions(table: &Table, columns: &[Vec<u8>]) -> Vec<Option<usize>> {
    columns.iter().map(|column| table.header.iter().position(|own| own == column.as_slice())).collect()
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
        assert_eq!((merged.rows, merged.files, merged.damage.len()), (2, 2, 1));
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
