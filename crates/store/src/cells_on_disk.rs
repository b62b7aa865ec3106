//! Which cells are on disk, and which of them are done: one listing, and one look at each folder, in
//! parallel.

use std::io;

use gainsweep_contract::{CellId, files};
use rayon::prelude::*;
use rustix::fs::{AtFlags, statat};

use crate::folder::SweepFolder;
use crate::read_error::ReadError;

/// The cells on disk, by id.
#[derive(Clone, Debug, Default)]
pub struct CellsOnDisk {
    /// Each with: is it done?
    cells: Vec<(CellId, bool)>,
}

impl CellsOnDisk {
    /// Reads the disk. A missing folder means no cells; folders with other names than cells are ignored.
    ///
    /// # Errors
    /// The folder exists but cannot be listed.
    pub fn read(folder: &SweepFolder) -> Result<CellsOnDisk, ReadError> {
        let path = folder.cells();
        let entries = match fs_err::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(CellsOnDisk::default()),
            Err(error) => return Err(ReadError(error)),
        };
        let mut ids: Vec<CellId> = Vec::new();
        for entry in entries {
            ids.extend(
                entry.map_err(ReadError)?.file_name().to_str().and_then(|name| name.parse::<CellId>().ok()),
            );
        }
        ids.par_sort_unstable();
        // Relative to the open folder, so that the system need not resolve the whole path for each cell.
        let cells = fs_err::File::open(&path).map_err(ReadError)?;
        let done = |id: CellId| statat(&cells, format!("{id}/{}", files::DONE), AtFlags::empty()).is_ok();
        Ok(CellsOnDisk { cells: ids.into_par_iter().map(|id| (id, done(id))).collect() })
    }

    /// Reads only these cells, without listing all.
    pub fn of_cells(folder: &SweepFolder, cells: &[CellId]) -> CellsOnDisk {
        let look = |id: &CellId| {
            let cell = folder.cell(*id);
            let done = cell.is_done();
            (done || cell.root().is_dir()).then_some((*id, done))
        };
        let mut cells: Vec<(CellId, bool)> = cells.par_iter().filter_map(look).collect();
        cells.par_sort_unstable();
        cells.dedup();
        CellsOnDisk { cells }
    }

    /// Is it done? `None` without a folder.
    pub fn of(&self, cell: CellId) -> Option<bool> {
        let place = self.cells.binary_search_by_key(&cell, |(id, _)| *id).ok()?;
        Some(self.cells[place].1)
    }

    /// Is no cell on disk?
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// All cells on disk, in the order of their ids.
    pub fn cells(&self) -> impl Iterator<Item = CellId> {
        self.cells.iter().map(|(id, _)| *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn done_begun_and_missing_cells_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let sweep = SweepFolder::new(folder.path(), "a");
        assert!(CellsOnDisk::read(&sweep).expect("read").is_empty());
        let [done, begun, missing]: [CellId; 3] =
            ["00000000000000ff", "14c4641a39128249", "0000000000000001"].map(|id| id.parse().expect("an id"));
        for id in [done, begun] {
            fs_err::create_dir_all(sweep.cell(id).root()).expect("made");
        }
        fs_err::create_dir_all(sweep.cells().join("not a cell")).expect("made");
        fs_err::write(sweep.cell(done).done(), "{}").expect("written");
        let survey = CellsOnDisk::read(&sweep).expect("read");
        assert_eq!([done, begun, missing].map(|id| survey.of(id)), [Some(true), Some(false), None]);
        assert_eq!(survey.cells().collect::<Vec<_>>(), [done, begun]);
        let some = CellsOnDisk::of_cells(&sweep, &[begun, done, missing, done]);
        assert_eq!([done, begun, missing].map(|id| some.of(id)), [Some(true), Some(false), None]);
    }
}
