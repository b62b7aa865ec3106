//! The target of rows: a new file, or the end of the existing one. Rows of an old table are copied from it,
//! adjacent ones at once.

use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::Extent;
use crate::atomic::{AtomicFile, WriteError};

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

enum File {
    New(AtomicFile),
    Longer(io::BufWriter<std::fs::File>),
}

/// A table that grows.
pub(super) struct TableWriter<'a> {
    target: PathBuf,
    file: File,
    /// The place of the next rows.
    at: u64,
    old: Option<&'a fs_err::File>,
    /// Rows of the old table that must be copied before the next write.
    waiting: Extent,
}

impl<'a> TableWriter<'a> {
    /// A new file that begins with this line.
    pub(super) fn new(
        target: &Path,
        header: &[u8],
        old: Option<&'a fs_err::File>,
    ) -> Result<TableWriter<'a>, WriteError> {
        let mut file = AtomicFile::create(target)?;
        file.write_all(header).map_err(|error| WriteError::new(target, "write", error))?;
        let (at, waiting) = (header.len() as u64, Extent::default());
        Ok(TableWriter { target: target.into(), file: File::New(file), at, old, waiting })
    }

    /// The end of the existing file of this length; its rows stay in place.
    pub(super) fn longer(target: &Path, length: u64) -> Result<TableWriter<'a>, WriteError> {
        let file = std::fs::OpenOptions::new()
            .append(true)
            .open(target)
            .map_err(|error| WriteError::new(target, "write", error))?;
        let file = File::Longer(io::BufWriter::new(file));
        Ok(TableWriter { target: target.into(), file, at: length, old: None, waiting: Extent::default() })
    }

    /// Adds the rows of one cell.
    pub(super) fn put(&mut self, rows: &CellRows) -> Result<Copied, WriteError> {
        let length = match rows {
            CellRows::None => 0,
            CellRows::Old(extent) if matches!(self.file, File::Longer(_)) => return Ok(Copied::At(*extent)),
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
        let there = self.old.is_some_and(|old| old.file().read_exact_at(&mut bytes, start).is_ok());
        if there {
            self.write(&bytes)?;
        }
        Ok(there)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let written = match &mut self.file {
            File::New(file) => file.write_all(bytes),
            File::Longer(file) => file.write_all(bytes),
        };
        written.map_err(|error| WriteError::new(&self.target, "write", error))
    }

    /// Syncs the file and gives it its name; `false`, and no change, if the old table changed.
    pub(super) fn commit(mut self) -> Result<bool, WriteError> {
        if !self.copy()? {
            return Ok(false);
        }
        match self.file {
            File::New(file) => file.commit()?,
            File::Longer(file) => file
                .into_inner()
                .map_err(io::IntoInnerError::into_error)
                .and_then(|file| file.sync_all())
                .map_err(|error| WriteError::new(&self.target, "sync", error))?,
        }
        Ok(true)
    }
}
