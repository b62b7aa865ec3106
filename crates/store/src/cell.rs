//! The files in a cell's folder.

use std::io;
use std::path::Path;

use gainsweep_contract::records::{Done, Progress};

use crate::cells_on_disk::OnDisk;
use crate::folder::CellFolder;
use crate::metrics::{CellMetrics, UsualNames};
use crate::read_error::ReadError;
use crate::regular_file;

/// The small files of a cell, as far as they exist.
#[derive(Clone, Debug, Default)]
pub struct CellContents {
    /// Is the cell done? See [`CellFolder::is_done`].
    pub done: bool,
    /// `metrics.csv`.
    pub metrics: Option<CellMetrics>,
    /// What was torn, unreadable or missing, with file names.
    pub damage: Vec<String>,
}

impl CellFolder {
    /// Is the cell done? If and only if `done.json` is there, and its results are not gone.
    ///
    /// # Errors
    /// It cannot be told: anything but a file that is there or is not.
    pub fn is_done(&self) -> Result<bool, ReadError> {
        Ok(self.on_disk()? == Some(OnDisk::Done))
    }

    /// What is on disk of the cell; `None` without a folder.
    ///
    /// # Errors
    /// As [`CellFolder::is_done`].
    pub fn on_disk(&self) -> Result<Option<OnDisk>, ReadError> {
        if length(&self.root().join("."))?.is_none() {
            return Ok(None);
        }
        Ok(Some(OnDisk::of(length(&self.done())?, || length(&self.metrics()))?))
    }

    /// The progress of a running worker; `None` without a report that this version can read.
    pub fn read_progress(&self) -> Option<Progress> {
        serde_json::from_slice(&regular_file::read(&self.progress()).ok()?).ok()
    }

    /// The record in `done.json`, if it exists and can be read.
    pub fn read_record(&self) -> Option<Done> {
        serde_json::from_slice(&regular_file::read(&self.done()).ok()?).ok()
    }

    /// Reads the scalar results of a done cell. Nothing here is fatal: unreadable parts are listed as damage.
    pub fn read(&self, usual: &UsualNames) -> CellContents {
        let mut contents = CellContents::default();
        let on_disk = self.on_disk();
        contents.done = matches!(on_disk, Ok(Some(OnDisk::Done)));
        if !contents.done {
            contents.damage.extend(match on_disk {
                Ok(Some(OnDisk::Damaged)) if matches!(length(&self.done()), Ok(Some(0))) => {
                    Some(format!("{}: empty", self.done().display()))
                }
                Ok(Some(OnDisk::Damaged)) => Some(format!("{}: missing or empty", self.metrics().display())),
                Ok(_) => None,
                Err(error) => Some(error.to_string()),
            });
            return contents;
        }
        let path = self.metrics();
        match self.read_metrics(usual) {
            Ok(Some(metrics)) => contents.metrics = Some(metrics),
            Ok(None) => contents.damage.push(format!("{}: missing", path.display())),
            Err(error) => contents.damage.push(error.to_string()),
        }
        contents
    }
}

/// How long the file is; `None` where there is none.
fn length(path: &Path) -> Result<Option<u64>, ReadError> {
    match fs_err::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(ReadError(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn done_json_alone_decides() {
        let folder = tempfile::tempdir().expect("a folder");
        let cell = CellFolder::at(folder.path());
        assert!(!cell.read(&UsualNames::default()).done);
        fs_err::write(cell.metrics(), "clarity\n0.9\n").expect("written");
        let contents = cell.read(&UsualNames::default());
        assert!(!contents.done && contents.metrics.is_none());
        fs_err::write(cell.done(), "not json").expect("written");
        let contents = cell.read(&UsualNames::default());
        assert!(contents.done && cell.read_record().is_none());
        assert_eq!(contents.metrics.expect("metrics").text("clarity"), Some("0.9"));
    }

    #[test]
    fn a_done_cell_without_metrics_is_reported() {
        let folder = tempfile::tempdir().expect("a folder");
        let cell = CellFolder::at(folder.path());
        fs_err::write(cell.done(), "{}").expect("written");
        let contents = cell.read(&UsualNames::default());
        assert!(!contents.done);
        assert_eq!(contents.damage.len(), 1);
        assert!(contents.damage[0].ends_with("metrics.csv: missing or empty"));
    }

    #[test]
    fn progress_that_is_torn_is_no_progress() {
        let folder = tempfile::tempdir().expect("a folder");
        let cell = CellFolder::at(folder.path());
        assert!(cell.read_progress().is_none());
        fs_err::write(cell.progress(), "{\"format\": 1, \"batch\"").expect("written");
        assert!(cell.read_progress().is_none());
        let text = r#"{"format":1,"batch":3,"batches":10,"loss":null,"batches_per_second":2.5}"#;
        fs_err::write(cell.progress(), text).expect("written");
        assert_eq!(cell.read_progress().map(|progress| progress.batch), Some(3));
    }
}
