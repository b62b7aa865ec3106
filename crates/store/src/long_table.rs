//! One long table from the tables of many cells (all histories, all test contexts).
//!
//! Cells are read in parallel, some hundred at a time, and written in order: memory stays small however many there are.

use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use csv::ByteRecord;
use rayon::prelude::*;

use crate::atomic::{AtomicFile, WriteError};
use crate::table::{self, Ending, Table};

/// Cells that are in memory at once.
const CELLS_AT_ONCE: usize = 256;

/// A table larger than this, in bytes, is not written anew for a few more cells.
const LARGE: u64 = 64 << 20;

/// One cell's table. Of a cell whose rows are known only that is asked.
pub trait Source: Sync {
    /// What each of its rows begins with (axes, cell, state).
    fn prefix(&self) -> Vec<String>;
    /// The file, which need not be there.
    fn path(&self) -> PathBuf;
    /// How its last line is to be taken.
    fn ending(&self) -> Ending;
    /// Where its rows stand in the table that is there, if they need not be read again.
    fn known(&self) -> Option<Extent>;

    /// Is it known to have no rows?
    fn has_nothing(&self) -> bool {
        self.known().is_some_and(|known| known.length == 0)
    }
}

/// A cell's rows in a long table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The first byte.
    pub start: u64,
    /// How many bytes.
    pub length: u64,
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
    /// Where the rows of each source stand now.
    pub extents: Vec<Extent>,
    /// Sources of which something was left out.
    pub damaged: Vec<usize>,
}

/// Writes the rows of all sources, in order, to `target`: the prefix, then the union of all columns in the order in
/// which they are first seen. Rows that are known are taken from the table that is there; a large one of which nothing
/// goes away is added to at its end, and its rows stay where they are. Fields keep their bytes; a column that a cell lacks is empty there; one that is named like
/// a column of the prefix has `taken` put before its name. Without any source file no table is written and an old one is
/// removed.
///
/// # Errors
/// The table cannot be written. What cannot be read is listed in [`Merged::damage`].
pub fn merge<S: Source>(
    prefix: &[String],
    taken: &str,
    sources: &[S],
    target: &Path,
) -> Result<Merged, WriteError> {
    // Nearly always all cells have the columns of the first one. If not, we begin again, knowing all of them.
    if let Some(old) = Old::open(target, prefix, taken, sources)
        && let Some(merged) = write(&old.columns, sources, target, Some(&old))?
    {
        return Ok(merged);
    }
    let trouble = Mutex::new(Vec::new());
    let there = |source: &S| {
        if source.has_nothing() {
            return None;
        }
        table::read_header(&source.path()).unwrap_or_else(|error| {
            trouble.lock().unwrap_or_else(PoisonError::into_inner).push(error.to_string());
            None
        })
    };
    let Some(first) = sources.par_iter().find_map_first(there) else {
        let damage = trouble.into_inner().unwrap_or_else(PoisonError::into_inner);
        let extents = vec![Extent::default(); sources.len()];
        return match fs_err::remove_file(target) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(WriteError::new(target, "remove the outdated", error))
            }
            _ => Ok(Merged { damage, extents, ..Merged::default() }),
        };
    };
    // Nearly always all cells have the columns of the first one. If not, we begin again, knowing all of them.
    let columns = Columns::new(prefix, taken, first.iter().map(<[u8]>::to_vec).collect());
    if let Some(merged) = write(&columns, sources, target, None)? {
        return Ok(merged);
    }
    let columns = Columns::new(prefix, taken, union(sources));
    Ok(write(&columns, sources, target, None)?.unwrap_or_default())
}

/// The table that is there.
struct Old {
    columns: Columns,
    file: fs_err::File,
    length: u64,
}

impl Old {
    /// Opens it, if rows of it are known and its header is what we would write.
    fn open(target: &Path, prefix: &[String], taken: &str, sources: &[impl Source]) -> Option<Old> {
        sources.iter().find(|source| source.known().is_some_and(|known| known.length > 0))?;
        let header = table::read_header(target).ok()??;
        // The names as the cells have them: of one that is taken, without what was put before it.
        let own = |name: &[u8]| {
            let bare = name.strip_prefix(taken.as_bytes());
            bare.filter(|bare| prefix.iter().any(|own| own.as_bytes() == *bare)).unwrap_or(name).to_vec()
        };
        let columns = Columns::new(prefix, taken, header.iter().skip(prefix.len()).map(own).collect());
        let file = fs_err::File::open(target).ok()?;
        let length = file.metadata().ok()?.len();
        (columns.header == line(&header)).then_some(Old { columns, file, length })
    }

    /// Are these rows all that is in it?
    fn holds_only(&self, sources: &[impl Source]) -> bool {
        let known = sources.iter().filter_map(Source::known);
        self.columns.header.len() as u64 + known.map(|known| known.length).sum::<u64>() == self.length
    }
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

/// Where rows go: a new file, or the end of the one that is there.
enum Out {
    New(AtomicFile),
    Longer(std::io::BufWriter<std::fs::File>),
}

impl Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Out::New(file) => file.write_all(bytes),
            Out::Longer(file) => file.write_all(bytes),
        }
    }

    fn commit(self, target: &Path) -> Result<(), WriteError> {
        match self {
            Out::New(file) => file.commit(),
            Out::Longer(file) => file
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error)
                .and_then(|file| file.sync_all())
                .map_err(|error| WriteError::new(target, "force to disk", error)),
        }
    }
}

/// Writes the table; `None` where a cell has other columns.
fn write<S: Source>(
    columns: &Columns,
    sources: &[S],
    target: &Path,
    old: Option<&Old>,
) -> Result<Option<Merged>, WriteError> {
    let fail = |error| WriteError::new(target, "write", error);
    let longer = old.filter(|old| old.length > LARGE && old.holds_only(sources));
    let (mut out, mut at) = if let Some(old) = longer {
        let file = std::fs::OpenOptions::new().append(true).open(target).map_err(fail)?;
        (Out::Longer(std::io::BufWriter::new(file)), old.length)
    } else {
        let mut file = AtomicFile::create(target)?;
        file.write_all(&columns.header).map_err(fail)?;
        (Out::New(file), columns.header.len() as u64)
    };
    let mut merged = Merged::default();
    let render_all = |chunk: &[S]| -> Option<Vec<Part>> {
        chunk.par_iter().map(|source| render(source, columns, old, longer.is_some())).collect()
    };
    let mut chunks = sources.chunks(CELLS_AT_ONCE);
    let mut ready = chunks.next().map_or_else(|| Some(Vec::new()), render_all);
    while let Some(parts) = ready {
        // While these are written, the next ones are read.
        let next = chunks.next();
        let (written, following) =
            rayon::join(|| parts.iter().try_for_each(|part| out.write(&part.bytes)), || next.map(render_all));
        written.map_err(fail)?;
        for part in parts {
            let length = part.bytes.len() as u64;
            merged.files += usize::from(part.there);
            if !part.damage.is_empty() {
                merged.damaged.push(merged.extents.len());
            }
            merged.damage.extend(part.damage);
            merged.extents.push(part.stays.unwrap_or(Extent { start: at, length }));
            at += length;
        }
        let Some(parts) = following else {
            out.commit(target)?;
            return Ok(Some(merged));
        };
        ready = parts;
    }
    Ok(None)
}

/// All columns in the order in which they are first seen.
fn union(sources: &[impl Source]) -> Vec<Vec<u8>> {
    let headers: Vec<_> = sources.par_iter().map(|source| table::read_header(&source.path())).collect();
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
    /// Its rows stay where they are.
    stays: Option<Extent>,
}

/// `None` where the cell has columns that are not among these.
fn render(source: &impl Source, columns: &Columns, old: Option<&Old>, stays: bool) -> Option<Part> {
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

fn line(record: &ByteRecord) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let _ = writer.write_byte_record(record);
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One {
        prefix: Vec<String>,
        path: PathBuf,
    }

    impl Source for One {
        fn prefix(&self) -> Vec<String> {
            self.prefix.clone()
        }

        fn path(&self) -> PathBuf {
            self.path.clone()
        }

        fn ending(&self) -> Ending {
            Ending::Growing
        }

        fn known(&self) -> Option<Extent> {
            None
        }
    }

    #[test]
    fn cells_of_different_columns_share_one_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = |name: &str, text: Option<&str>| {
            let path = folder.path().join(name);
            if let Some(text) = text {
                fs_err::write(&path, text).expect("written");
            }
            One { prefix: vec![format!("a, {name}"), "done".into()], path }
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
        assert_eq!((merged.files, merged.damage.len()), (0, 0));
        assert!(!target.exists());
    }
}
