//! What the previous `gather` read, so that the next one reads only new cells.
//!
//! `tables/.gathered` has a line for each cell, in the order of the table of cells. If the cell was done and
//! undamaged, the line has a stamp of its folder and the places of its rows in the other tables. The file
//! counts only while all tables are unchanged; otherwise everything is read again.

use std::io::{self, Write};

use gainsweep_contract::{CellId, files};
use rayon::prelude::*;
use rustix::fs::{AtFlags, statat};
use serde::{Deserialize, Serialize};

use crate::atomic::{AtomicFile, FileStamp, WriteError};
use crate::folder::SweepFolder;
use crate::merged_table::Extent;
use crate::regular_file;

/// The version of the file. Raise it when its shape or the meaning of a field changes.
const GATHERED_FORMAT: u32 = 5;

/// What tells a cell's files from what they were before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Of their inodes and lengths.
    number: u64,
    /// Of the times when they changed.
    changed: u64,
}

/// A cell that need not be read again while it has this stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownCell {
    /// Of its files, before they were read.
    pub stamp: Stamp,
    /// Its rows in the table of contexts.
    pub contexts: Extent,
    /// Its rows in the table of histories.
    pub history: Extent,
    /// Its row in the table of the statistics over contexts.
    pub summary: Extent,
}

/// What was gathered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreviousGathering {
    /// The metrics in the order of the table of cells.
    pub metrics: Vec<String>,
    /// How the statistics over contexts were computed: another way gives other numbers.
    pub statistics: String,
    /// The tables, as they were written: another gathering may have replaced them meanwhile.
    pub tables: Tables,
    /// All cells in the order of the table of cells, with what is known of those that were done and whole.
    pub cells: Vec<(CellId, Option<KnownCell>)>,
}

/// The first line of the file.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Head {
    format: u32,
    metrics: Vec<String>,
    statistics: String,
    /// Each table that is believed, as it was written; `None` for one that was not.
    tables: Tables,
}

impl PreviousGathering {
    /// The last gathering; `None` if there is none, or if a table was changed since.
    pub fn read(folder: &SweepFolder) -> Option<PreviousGathering> {
        let text = regular_file::read_to_string(&folder.gathered()).ok()?;
        let (head, rows) = text.split_once('\n')?;
        let head: Head = serde_json::from_str(head).ok()?;
        if head.format != GATHERED_FORMAT || head.tables != tables(folder) {
            return None;
        }
        // A torn file lacks its last line, which has the number of lines.
        let (rows, count) = rows.trim_end().rsplit_once('\n').unwrap_or(("", rows.trim_end()));
        let cells: Option<Vec<_>> = rows.par_lines().map(row).collect();
        let count = count.strip_prefix("end ")?;
        let cells = cells.filter(|cells| Ok(cells.len()) == count.parse())?;
        let Head { metrics, statistics, tables, .. } = head;
        Some(PreviousGathering { metrics, statistics, tables, cells })
    }

    /// Writes the file. Call it after the tables are written: it records their state.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, folder: &SweepFolder) -> Result<(), WriteError> {
        let path = folder.gathered();
        let fail = |error| WriteError::new(&path, "write", error);
        let head = Head {
            format: GATHERED_FORMAT,
            metrics: self.metrics.clone(),
            statistics: self.statistics.clone(),
            tables: self.tables,
        };
        let head = serde_json::to_string(&head).map_err(|error| fail(io::Error::other(error)))?;
        let mut file = AtomicFile::create(&path)?;
        writeln!(file, "{head}").map_err(fail)?;
        let lines: Vec<Vec<u8>> = self.cells.par_chunks(8192).map(lines).collect();
        lines.iter().try_for_each(|lines| file.write_all(lines)).map_err(fail)?;
        writeln!(file, "end {}", self.cells.len()).map_err(fail)?;
        file.commit()
    }
}

fn lines(cells: &[(CellId, Option<KnownCell>)]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(cells.len() * 96);
    let mut digits = itoa::Buffer::new();
    for (cell, known) in cells {
        lines.extend_from_slice(&cell.digits());
        if let Some(KnownCell { stamp, contexts, history, summary }) = known {
            let places = [contexts, history, summary].into_iter().flat_map(|at| [at.start, at.length]);
            for number in [stamp.number, stamp.changed].into_iter().chain(places) {
                lines.push(b' ');
                lines.extend_from_slice(digits.format(number).as_bytes());
            }
        }
        lines.push(b'\n');
    }
    lines
}

fn row(line: &str) -> Option<(CellId, Option<KnownCell>)> {
    let mut words = line.split(' ');
    let cell = words.next()?.parse().ok()?;
    let mut numbers = [0; 8];
    let mut found = 0;
    for word in words {
        *numbers.get_mut(found)? = word.parse().ok()?;
        found += 1;
    }
    let [number, changed, places @ ..] = numbers;
    let extent = |at: usize| Extent { start: places[at], length: places[at + 1] };
    let known = KnownCell {
        stamp: Stamp { number, changed },
        contexts: extent(0),
        history: extent(2),
        summary: extent(4),
    };
    match found {
        0 => Some((cell, None)),
        8 => Some((cell, Some(known))),
        _ => None,
    }
}

/// The stamps of the tables that take part: of cells, contexts, history, and the summary over contexts.
pub type Tables = [Option<FileStamp>; 4];

/// The tables that are there now.
fn tables(folder: &SweepFolder) -> Tables {
    [folder.cells_table(), folder.contexts_table(), folder.history_table(), folder.summary_contexts_table()]
        .map(|path| FileStamp::at(&path))
}

/// The files of a cell that a gathering reads.
const READ: [&str; 4] = [files::DONE, files::METRICS, files::CONTEXTS, files::HISTORY];

/// The stamps of these cells; `None` for one that has no folder.
///
/// Whatever is done to a file that is read changes the stamp: also a file that is rewritten in place, which leaves its
/// folder as it was.
pub fn stamps(folder: &SweepFolder, cells: &[CellId]) -> Vec<Option<Stamp>> {
    let Ok(open) = fs_err::File::open(folder.cells()) else { return vec![None; cells.len()] };
    let stamp = |cell: &CellId| {
        let mut path = [cell.digits().as_slice(), b"/"].concat();
        let length = path.len();
        let mut stamp = Stamp { number: 0, changed: 0 };
        let mut found_one = false;
        for name in READ {
            path.truncate(length);
            path.extend_from_slice(name.as_bytes());
            let found = statat(&open, &path[..], AtFlags::empty()).ok();
            found_one |= found.is_some();
            let (file, size, times) = found.map_or((0, 0, [0; 4]), |found| {
                let times = [
                    found.st_mtime.cast_unsigned(),
                    found.st_mtime_nsec,
                    found.st_ctime.cast_unsigned(),
                    found.st_ctime_nsec,
                ];
                (found.st_ino, found.st_size.cast_unsigned(), times)
            });
            stamp.number = mixed(mixed(stamp.number, file), size);
            stamp.changed = times.into_iter().fold(stamp.changed, mixed);
        }
        found_one.then_some(stamp)
    };
    cells.par_iter().map(stamp).collect()
}

/// Both numbers in one, so that a change of either changes it (the finaliser of `SplitMix64`).
fn mixed(one: u64, other: u64) -> u64 {
    let mut mixed = one.rotate_left(7) ^ other.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
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
        fs_err::write(folder.cell(one).metrics(), "x\n1\n").expect("written");
        let found = stamps(&folder, &[one, two]);
        assert!(found[0].is_some() && found[1].is_none());
        let extent = |start| Extent { start, length: 7 };
        let known = KnownCell {
            stamp: found[0].expect("there"),
            contexts: extent(5),
            history: Extent::default(),
            summary: extent(9),
        };
        let gathered = PreviousGathering {
            metrics: vec!["a \"b\"\n".into()],
            statistics: "t".into(),
            tables: tables(&folder),
            cells: vec![(one, Some(known)), (two, None)],
        };
        assert_eq!(PreviousGathering::read(&folder), None);
        gathered.write(&folder).expect("written");
        assert_eq!(PreviousGathering::read(&folder), Some(gathered.clone()));
        // If this fails, the shape has changed: raise `GATHERED_FORMAT`.
        let text = fs_err::read_to_string(folder.gathered()).expect("read");
        assert!(
            text.starts_with(
                "{\"format\":5,\"metrics\":[\"a \\\"b\\\"\\n\"],\"statistics\":\"t\",\"tables\":[{\"inode\":"
            ),
            "{text}"
        );
        assert!(text.ends_with(" 5 7 0 0 9 7\n14c4641a39128249\nend 2\n"), "{text}");

        for torn in 0..text.len() - 1 {
            fs_err::write(folder.gathered(), &text[..torn]).expect("written");
            let read = PreviousGathering::read(&folder);
            assert!(read.is_none(), "{torn}: {read:?}");
        }
        gathered.write(&folder).expect("written");
        fs_err::write(folder.cell(one).done(), "{}").expect("written");
        let with_record = stamps(&folder, &[one])[0];
        assert_ne!(with_record, found[0], "something appeared in the folder");
        let metrics = fs_err::OpenOptions::new().write(true).open(folder.cell(one).metrics());
        metrics.and_then(|mut file| file.write_all(b"x\n2\n")).expect("written");
        assert_ne!(stamps(&folder, &[one])[0], with_record, "a file was rewritten in place");
        fs_err::write(folder.cells_table(), "cell\nx\n").expect("written");
        assert_eq!(PreviousGathering::read(&folder), None);
    }
}
