//! What the last `gather` read, so that the next one reads only what is new.
//!
//! `tables/.gathered` lists the cells that were done and whole, each with a stamp of its folder and the places of its
//! rows in the long tables. It is believed only while all tables are as they were left; whatever does not fit, all is read again.

use std::collections::HashMap;
use std::fmt::Write;
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use gainsweep_contract::CellId;
use rayon::prelude::*;
use rustix::fs::{AtFlags, statat};
use serde::{Deserialize, Serialize};

use crate::atomic::{self, WriteError};
use crate::folder::SweepFolder;
use crate::long_table::Extent;

/// The version of the file. Raise it when its shape or the meaning of a field changes.
const GATHERED_FORMAT: u32 = 1;

/// What tells a folder from what it was before: a file that appears, goes or is renamed in it changes this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    number: u64,
    /// When it last changed, in nanoseconds since 1970.
    changed: i128,
}

/// A cell that need not be read again while its folder has this stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Of its folder, before it was read.
    pub stamp: Stamp,
    /// Its rows in the table of contexts.
    pub contexts: Extent,
    /// Its rows in the table of histories.
    pub history: Extent,
}

/// What was gathered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// The metrics in the order of the table of cells.
    pub metrics: Vec<String>,
    /// The cells that were done and whole.
    pub cells: HashMap<CellId, Known>,
}

/// The first line of the file.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Head {
    format: u32,
    metrics: Vec<String>,
    /// Length and time of change of each table that is believed; `None` for one that was not there.
    tables: Vec<Option<(u64, i128)>>,
}

impl Gathered {
    /// What the last gathering left; `None` where there was none, or where a table was changed since.
    pub fn read(folder: &SweepFolder) -> Option<Gathered> {
        let text = fs_err::read_to_string(folder.gathered()).ok()?;
        let (head, rows) = text.split_once('\n')?;
        let head: Head = serde_json::from_str(head).ok()?;
        if head.format != GATHERED_FORMAT || head.tables != tables(folder) {
            return None;
        }
        // A file that was torn lacks its end, and the lines are counted there.
        let (rows, count) = rows.trim_end().rsplit_once('\n').unwrap_or(("", rows.trim_end()));
        let cells: Option<HashMap<CellId, Known>> = rows.lines().map(row).collect();
        let count = count.strip_prefix("end ")?;
        let cells = cells.filter(|cells| Ok(cells.len()) == count.parse())?;
        Some(Gathered { metrics: head.metrics, cells })
    }

    /// Writes it: after the tables, which are part of what is believed.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, folder: &SweepFolder) -> Result<(), WriteError> {
        let path = folder.gathered();
        let head = Head { format: GATHERED_FORMAT, metrics: self.metrics.clone(), tables: tables(folder) };
        let mut text = serde_json::to_string(&head)
            .map_err(|error| WriteError::new(&path, "write", io::Error::other(error)))?;
        text.push('\n');
        for (cell, Known { stamp, contexts, history }) in &self.cells {
            // Into memory nothing fails.
            let _ = write!(text, "{cell} {} {} ", stamp.number, stamp.changed);
            let _ = write!(text, "{} {} ", contexts.start, contexts.length);
            let _ = writeln!(text, "{} {}", history.start, history.length);
        }
        let _ = writeln!(text, "end {}", self.cells.len());
        atomic::write(&path, text.as_bytes())
    }
}

fn row(line: &str) -> Option<(CellId, Known)> {
    let mut words = line.split(' ');
    let cell = words.next()?.parse().ok()?;
    let stamp = Stamp { number: words.next()?.parse().ok()?, changed: words.next()?.parse().ok()? };
    let mut extent = || {
        let mut number = || words.next()?.parse().ok();
        Some(Extent { start: number()?, length: number()? })
    };
    Some((cell, Known { stamp, contexts: extent()?, history: extent()? }))
}

/// Length and time of change of the tables that take part.
fn tables(folder: &SweepFolder) -> Vec<Option<(u64, i128)>> {
    let stamp = |path: &Path| {
        let metadata = fs_err::metadata(path).ok()?;
        let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some((metadata.len(), changed.as_nanos().cast_signed()))
    };
    [folder.cells_table(), folder.contexts_table(), folder.history_table()]
        .iter()
        .map(|path| stamp(path))
        .collect()
}

/// The stamps of these cells' folders; `None` for one that is not there.
pub fn stamps(folder: &SweepFolder, cells: &[CellId]) -> Vec<Option<Stamp>> {
    let Ok(open) = fs_err::File::open(folder.cells()) else { return vec![None; cells.len()] };
    let stamp = |cell: &CellId| {
        let found = statat(&open, cell.to_string(), AtFlags::empty()).ok()?;
        let seconds = i128::from(found.st_mtime);
        Some(Stamp {
            number: found.st_ino,
            changed: seconds * 1_000_000_000 + i128::from(found.st_mtime_nsec),
        })
    };
    cells.par_iter().map(stamp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_believed_only_while_everything_is_as_it_was_left() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = SweepFolder::new(root.path(), "s");
        fs_err::create_dir_all(folder.tables()).expect("made");
        fs_err::write(folder.cells_table(), "cell\n").expect("written");
        let [one, two]: [CellId; 2] =
            ["00000000000000ff", "14c4641a39128249"].map(|id| id.parse().expect("an id"));
        fs_err::create_dir_all(folder.cell(one).root()).expect("made");
        let found = stamps(&folder, &[one, two]);
        assert!(found[0].is_some() && found[1].is_none());
        let extent = |start| Extent { start, length: 7 };
        let known =
            Known { stamp: found[0].expect("there"), contexts: extent(5), history: Extent::default() };
        let gathered =
            Gathered { metrics: vec!["a \"b\"\n".into()], cells: [(one, known)].into_iter().collect() };
        assert_eq!(Gathered::read(&folder), None);
        gathered.write(&folder).expect("written");
        assert_eq!(Gathered::read(&folder), Some(gathered.clone()));
        // If this fails, the shape has changed: raise `GATHERED_FORMAT`.
        let text = fs_err::read_to_string(folder.gathered()).expect("read");
        assert!(text.starts_with("{\"format\":1,\"metrics\":[\"a \\\"b\\\"\\n\"],\"tables\":[[5,"), "{text}");
        assert!(text.ends_with(" 5 7 0 0\nend 1\n"), "{text}");

        for torn in 0..text.len() - 1 {
            fs_err::write(folder.gathered(), &text[..torn]).expect("written");
            let read = Gathered::read(&folder);
            assert!(read.is_none(), "{torn}: {read:?}");
        }
        gathered.write(&folder).expect("written");
        fs_err::write(folder.cell(one).done(), "{}").expect("written");
        assert_ne!(stamps(&folder, &[one])[0], found[0], "something appeared in the folder");
        fs_err::write(folder.cells_table(), "cell\nx\n").expect("written");
        assert_eq!(Gathered::read(&folder), None);
    }
}
