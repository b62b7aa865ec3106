//! Where rows go: a new file. Rows that stand in an old table are copied from it, as many as stand side by side at once.

use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::Extent;
use crate::atomic::{AtomicFile, FileStamp, WriteError};

/// Most bytes that are copied at once.
const MOST: u64 = 1 << 20;

/// Rows of one cell.
#[derive(Default)]
pub(super) enum CellRows {
    /// No rows.
    #[default]
    None,
    /// New rows.
    New(Vec<u8>),
    /// Rows at this place in the old table.
    Old(Extent),
}

/// Did the rows arrive?
pub(super) enum Copied {
    /// They are at this place now.
    At(Extent),
    /// The old table changed while it was read.
    Changed,
}

/// A table that grows.
pub(super) struct TableWriter<'a> {
    target: PathBuf,
    file: AtomicFile,
    /// Where the next rows go.
    at: u64,
    old: Option<&'a std::fs::File>,
    /// Rows of the old table that are to be copied before anything else is written.
    waiting: Extent,
}

impl<'a> TableWriter<'a> {
    /// A new file that begins with this line.
    pub(super) fn new(
        target: &Path,
        header: &[u8],
        old: Option<&'a std::fs::File>,
    ) -> Result<TableWriter<'a>, WriteError> {
        let mut file = AtomicFile::create(target)?;
        file.write_all(header).map_err(|error| WriteError::new(target, "write", error))?;
        let (at, waiting) = (header.len() as u64, Extent::default());
        Ok(TableWriter { target: target.into(), file, at, old, waiting })
    }

    /// Adds the rows of one cell.
    pub(super) fn put(&mut self, rows: &CellRows) -> Result<Copied, WriteError> {
        let length = match rows {
            CellRows::None => 0,
            CellRows::Old(extent) => {
                let end = self.waiting.start + self.waiting.length;
                if end != extent.start || self.waiting.length >= MOST {
                    if !self.copy()? {
                        return Ok(Copied::Changed);
                    }
                    self.waiting.start = extent.start;
                }
                self.waiting.length += extent.length;
                extent.length
            }
            CellRows::New(bytes) => {
                if !self.copy()? {
                    return Ok(Copied::Changed);
                }
                self.write(bytes)?;
                bytes.len() as u64
            }
        };
        let start = self.at;
        self.at += length;
        Ok(Copied::At(Extent { start, length }))
    }

    /// Copies the waiting rows; `false` if they are no longer there.
    fn copy(&mut self) -> Result<bool, WriteError> {
        let Extent { start, length } = std::mem::take(&mut self.waiting);
        if length == 0 {
            return Ok(true);
        }
        let mut bytes = vec![0; length as usize];
        let there = self.old.is_some_and(|old| old.read_exact_at(&mut bytes, start).is_ok());
        if there {
            self.write(&bytes)?;
        }
        Ok(there)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.file.write_all(bytes).map_err(|error| WriteError::new(&self.target, "write", error))
    }

    /// Forces it to disk and gives it its name; `None` where the old table changed, and then nothing is done.
    pub(super) fn commit(mut self) -> Result<Option<FileStamp>, WriteError> {
        if self.copy()? { self.file.commit_stamped().map(Some) } else { Ok(None) }
    }
}
