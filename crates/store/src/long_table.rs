//! One long table from the tables of many cells (all histories, all test contexts).
//!
//! Cells are read in parallel, some hundred at a time, and written in order: memory stays small however many there are.

mod rows;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use self::rows::{Columns, Part, line, render};
use crate::atomic::{AtomicFile, WriteError};
use crate::table::{self, Ending};

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
