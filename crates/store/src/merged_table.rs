//! One long table from the tables of many cells (all histories, all test contexts), and a digest of it: one
//! row a cell.
//!
//! Cells are read in parallel, some hundred at a time, and written in order: so memory stays small for any
//! number of cells.

mod rows;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use self::rows::{Part, SourceColumns, line, render};
use self::writer::{Copied, TableWriter};
use crate::atomic::{FileStamp, WriteError};
use crate::csv_table::{self, Ending};
use crate::{regular_file, result_table};

/// Cells that are in memory at once.
const CELLS_AT_ONCE: usize = 256;

/// One cell's table. Of a cell whose rows are known only that is asked.
pub trait SourceTable: Sync {
    /// The fields before each of its rows (axes, cell, state).
    fn prefix(&self) -> Vec<String>;
    /// The file, which may be missing.
    fn path(&self) -> PathBuf;
    /// How to treat its last line.
    fn ending(&self) -> Ending;
    /// The place of its rows in the existing table, if they need not be read again.
    fn known(&self) -> Option<Extent>;
    /// The place of its row in the digest, likewise.
    fn known_digest(&self) -> Option<Extent>;

    /// Is it known to have no rows?
    fn has_nothing(&self) -> bool {
        self.known().is_some_and(|known| known.length == 0)
    }
}

/// Makes a row a cell from numbers in some columns of the cells' files.
pub trait Digest: Sync {
    /// The wanted columns, as positions in rising order.
    fn wanted(&self, columns: &[Vec<u8>]) -> Vec<usize>;
    /// The first line, its end included, for these columns.
    fn header(&self, wanted: &[&[u8]]) -> Vec<u8>;
    /// The line of the source at that place, its end included: for this number of rows, and these numbers in
    /// each wanted column. A field that is not a number is NaN.
    fn row(&self, place: usize, rows: usize, numbers: &[Vec<f64>]) -> Vec<u8>;
}

/// A digest, and its file.
#[derive(Clone, Copy)]
pub struct Digested<'a> {
    /// The digest.
    pub digest: &'a dyn Digest,
    /// The file.
    pub target: &'a Path,
}

/// A cell's rows in a long table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The first byte.
    pub start: u64,
    /// How many bytes.
    pub length: u64,
}

/// How to treat the last line of a cell's tables: those of a done cell are complete.
pub fn ending(done: bool) -> Ending {
    if done { Ending::Whole } else { Ending::Growing }
}

/// The content of a long table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Number of files that existed.
    pub files: usize,
    /// What was left out, with file names.
    pub damage: Vec<String>,
    /// The place of each source's rows.
    pub extents: Vec<Extent>,
    /// The place of each source's row in the digest.
    pub digests: Vec<Extent>,
    /// Sources with rows that were left out.
    pub damaged: Vec<usize>,
    /// Sources whose file is refused, or cannot be read.
    pub refused: Vec<usize>,
    /// The table and the digest, as they were written.
    pub stamps: [Option<FileStamp>; 2],
}

/// Writes the rows of all sources, in order, to `target`: the prefix, then the union of all columns in the order in
/// which they are first seen. Rows that are known are taken from the table that is there. It is replaced whole. Fields keep their bytes; a column that a cell lacks is empty there; one that is named like
/// a column of the prefix has `taken` put before its name. Without any source file no table is written and an old one is
/// removed. Beside it the digest is written, a row a source; that of a source without a file has no numbers. Known rows
/// stand in a table and a digest that are `believed`; others are not read.
///
/// # Errors
/// A table cannot be written. Unreadable files are listed in [`Merged::damage`].
pub fn merge<S: SourceTable>(
    prefix: &[String],
    taken: &str,
    sources: &[S],
    target: &Path,
    digested: Option<Digested<'_>>,
    believed: [Option<FileStamp>; 2],
) -> Result<Merged, WriteError> {
    // Nearly always all cells have the columns of the first one. If not, we begin again, knowing all of them.
    if let Some(old) = Old::open(target, prefix, taken, sources, digested, believed)
        && let Some(merged) = write(&old.columns, sources, target, digested, Some(&old))?
    {
        return Ok(merged);
    }
    let trouble = Mutex::new(Vec::new());
    let there = |(place, source): (usize, &S)| {
        if source.has_nothing() {
            return None;
        }
        result_table::read_checked_names(&source.path(), source.ending()).unwrap_or_else(|error| {
            trouble.lock().unwrap_or_else(PoisonError::into_inner).push((place, error.to_string()));
            None
        })
    };
    let Some(first) = sources.par_iter().enumerate().find_map_first(there) else {
        let mut trouble = trouble.into_inner().unwrap_or_else(PoisonError::into_inner);
        trouble.sort_unstable();
        let (refused, damage): (Vec<usize>, Vec<String>) = trouble.into_iter().unzip();
        let nothing = vec![Extent::default(); sources.len()];
        for outdated in [Some(target), digested.map(|digested| digested.target)].into_iter().flatten() {
            match fs_err::remove_file(outdated) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(WriteError::new(outdated, "remove the outdated", error));
                }
                _ => {}
            }
        }
        let (extents, digests, damaged) = (nothing.clone(), nothing, refused.clone());
        return Ok(Merged { damage, extents, digests, damaged, refused, ..Merged::default() });
    };
    let columns = SourceColumns::new(prefix, taken, first.iter().map(<[u8]>::to_vec).collect());
    if let Some(merged) = write(&columns, sources, target, digested, None)? {
        return Ok(merged);
    }
    let columns = SourceColumns::new(prefix, taken, union(sources));
    Ok(write(&columns, sources, target, digested, None)?.unwrap_or_default())
}

/// The existing tables.
struct Old {
    columns: SourceColumns,
    file: std::fs::File,
    digest: Option<std::fs::File>,
}

impl Old {
    /// Opens them, if rows in them are known and their headers are the wanted ones.
    fn open(
        target: &Path,
        prefix: &[String],
        taken: &str,
        sources: &[impl SourceTable],
        digested: Option<Digested<'_>>,
        believed: [Option<FileStamp>; 2],
    ) -> Option<Old> {
        sources.iter().find(|source| source.known().is_some_and(|known| known.length > 0))?;
        let header = csv_table::read_header(target).ok()??;
        // The cells' own names: without the text that was put before a name that was taken.
        let own = |name: &[u8]| {
            let bare = name.strip_prefix(taken.as_bytes());
            bare.filter(|bare| prefix.iter().any(|own| own.as_bytes() == *bare)).unwrap_or(name).to_vec()
        };
        let columns = SourceColumns::new(prefix, taken, header.iter().skip(prefix.len()).map(own).collect());
        // Of another gathering's table the places are others.
        let open = |path: &Path, believed: Option<FileStamp>| {
            let file = regular_file::open(path).ok()?;
            (Some(FileStamp::of(&file.metadata().ok()?)) == believed).then_some(file)
        };
        let file = open(target, believed[0])?;
        let digest = match digested {
            None => None,
            Some(digested) => {
                let header = csv_table::read_header(digested.target).ok()??;
                if line(&header) != columns.digested(digested.digest).1 {
                    return None;
                }
                Some(open(digested.target, believed[1])?)
            }
        };
        (columns.header == line(&header)).then_some(Old { columns, file, digest })
    }
}

/// Writes the tables; `None` if a cell has other columns.
fn write<S: SourceTable>(
    columns: &SourceColumns,
    sources: &[S],
    target: &Path,
    digested: Option<Digested<'_>>,
    old: Option<&Old>,
) -> Result<Option<Merged>, WriteError> {
    let mut out = TableWriter::new(target, &columns.header, old.map(|old| &old.file))?;
    let digest = digested.map(|Digested { digest, .. }| (digest, columns.digested(digest)));
    let mut digest_out = match (&digested, &digest) {
        (Some(digested), Some((_, (_, header)))) => {
            let old = old.and_then(|old| old.digest.as_ref());
            Some(TableWriter::new(digested.target, header, old)?)
        }
        _ => None,
    };
    let digest = digest.as_ref().map(|(digest, (wanted, _))| (*digest, wanted.as_slice()));
    let mut merged = Merged::default();
    let render_all = |(chunk, first): (&[S], usize)| -> Option<Vec<Part>> {
        let render = |(place, source)| render(first + place, source, columns, digest, old.is_some());
        chunk.par_iter().enumerate().map(render).collect()
    };
    let mut chunks = sources.chunks(CELLS_AT_ONCE).zip((0..).step_by(CELLS_AT_ONCE));
    let mut ready = chunks.next().map_or_else(|| Some(Vec::new()), render_all);
    while let Some(parts) = ready {
        // The next chunk is read while this one is written.
        let next = chunks.next();
        let put = || -> Result<Option<Vec<[Extent; 2]>>, WriteError> {
            let mut extents = Vec::with_capacity(parts.len());
            for part in &parts {
                let Copied::At(extent) = out.put(&part.rows)? else { return Ok(None) };
                let digest = match &mut digest_out {
                    Some(digest_out) => digest_out.put(&part.digest)?,
                    None => Copied::At(Extent::default()),
                };
                let Copied::At(digest) = digest else { return Ok(None) };
                extents.push([extent, digest]);
            }
            Ok(Some(extents))
        };
        let (written, following) = rayon::join(put, || next.map(render_all));
        // If the table changes while we read it, we must read the cells.
        let Some(extents) = written? else { return Ok(None) };
        for (part, [extent, digest]) in parts.into_iter().zip(extents) {
            merged.files += usize::from(part.there);
            if !part.damage.is_empty() {
                merged.damaged.push(merged.extents.len());
            }
            if part.is_refused {
                merged.refused.push(merged.extents.len());
            }
            merged.damage.extend(part.damage);
            merged.extents.push(extent);
            merged.digests.push(digest);
        }
        let Some(parts) = following else {
            let Some(stamp) = out.commit()? else { return Ok(None) };
            merged.stamps[0] = Some(stamp);
            if let Some(digest_out) = digest_out {
                let Some(stamp) = digest_out.commit()? else { return Ok(None) };
                merged.stamps[1] = Some(stamp);
            }
            return Ok(Some(merged));
        };
        ready = parts;
    }
    Ok(None)
}

/// All columns, in the order in which they are first seen.
fn union(sources: &[impl SourceTable]) -> Vec<Vec<u8>> {
    let names = sources.par_iter().map(|source| result_table::read_names(&source.path(), source.ending()));
    let headers: Vec<_> = names.collect();
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

    impl SourceTable for One {
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

        fn known_digest(&self) -> Option<Extent> {
            None
        }
    }

    /// The number of rows and the sum of the column `loss`.
    struct Sums;

    impl Digest for Sums {
        fn wanted(&self, columns: &[Vec<u8>]) -> Vec<usize> {
            columns.iter().position(|name| name == b"loss").into_iter().collect()
        }

        fn header(&self, wanted: &[&[u8]]) -> Vec<u8> {
            [b"rows,", wanted.join(&b',').as_slice(), b"\n"].concat()
        }

        fn row(&self, place: usize, rows: usize, numbers: &[Vec<f64>]) -> Vec<u8> {
            format!("{place}: {rows},{:?}\n", numbers.iter().flatten().fold(0.0, |sum, number| sum + number))
                .into_bytes()
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
        let digest = folder.path().join("digest.csv");
        let digested = Some(Digested { digest: &Sums, target: &digest });
        let merged = merge(&prefix, "history_", &sources, &target, digested, [None; 2]).expect("written");
        assert_eq!((merged.files, merged.damage.len()), (2, 1));
        insta::assert_snapshot!(fs_err::read_to_string(&digest).expect("read"), @"
        rows,loss
        0: 1,0.5
        1: 0,0.0
        2: 1,NaN
        ");
        insta::assert_snapshot!(fs_err::read_to_string(&target).expect("read"), @r#"
        tau,state,batch,loss,history_tau,history_state
        "a, one",done,0,0.50,,
        "a, three",done,0,,"1
        2",x
        "#);
        // When the cells' files are gone, the old table would be a lie.
        let merged =
            merge(&prefix, "history_", &sources[1..2], &target, digested, [None; 2]).expect("removed");
        assert_eq!((merged.files, merged.damage.len()), (0, 0));
        assert!(!target.exists() && !digest.exists());
    }
}
