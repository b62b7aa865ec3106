//! Which cells are on disk, and which of them are done: two listings, and two questions a folder, many at a time.

use std::io;
use std::path::Path;

use gainsweep_contract::{CellId, files};
use rayon::prelude::*;
use rustix::fs::{AtFlags, statat};
use rustix::io::Errno;

use crate::folder::{CellFolder, SweepFolder};
use crate::read_error::ReadError;

/// What is on disk of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDisk {
    /// It was begun.
    Begun,
    /// It is done.
    Done,
    /// It is done, and its record is empty, or its results are gone or empty.
    Damaged,
}

impl OnDisk {
    /// Of the lengths of `done.json` and, asked where it matters, of `metrics.csv`.
    pub(crate) fn of<E>(
        done: Option<u64>,
        metrics: impl FnOnce() -> Result<Option<u64>, E>,
    ) -> Result<OnDisk, E> {
        Ok(match done {
            None => OnDisk::Begun,
            Some(1..) if metrics()?.unwrap_or(0) > 0 => OnDisk::Done,
            Some(_) => OnDisk::Damaged,
        })
    }
}

/// The cells on disk, by id.
#[derive(Clone, Debug, Default)]
pub struct CellsOnDisk {
    cells: Vec<(CellId, OnDisk)>,
    /// The newest attempt of each cell that has folders of attempts.
    works: Vec<(CellId, u32)>,
}

impl CellsOnDisk {
    /// Reads the disk. A missing folder means no cells; folders with other names than cells are ignored.
    ///
    /// # Errors
    /// What is there and cannot be read: nothing that could not be looked at counts as not there.
    pub fn read(folder: &SweepFolder) -> Result<CellsOnDisk, ReadError> {
        let path = folder.cells();
        let mut ids: Vec<CellId> = names(&path, |name| name.parse().ok())?;
        ids.par_sort_unstable();
        let mut cells = Vec::new();
        if !ids.is_empty() {
            // From the open folder on: the system need not walk the whole path for each cell.
            let open = fs_err::File::open(&path).map_err(ReadError)?;
            let length =
                |id: CellId, name: &str| match statat(&open, format!("{id}/{name}"), AtFlags::empty()) {
                    Ok(stat) => Ok(Some(stat.st_size.unsigned_abs())),
                    Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
                    Err(error) => Err(ReadError(io::Error::other(format!(
                        "cannot look at {}: {}",
                        path.join(format!("{id}/{name}")).display(),
                        io::Error::from(error)
                    )))),
                };
            let look = |id: CellId| -> Result<(CellId, OnDisk), ReadError> {
                Ok((id, OnDisk::of(length(id, files::DONE)?, || length(id, files::METRICS))?))
            };
            cells = ids.into_par_iter().map(look).collect::<Result<_, ReadError>>()?;
        }
        Ok(CellsOnDisk::with_works(cells, works(folder)?))
    }

    /// Looks at these cells alone, without listing all.
    ///
    /// # Errors
    /// As [`CellsOnDisk::read`].
    pub fn of_cells(folder: &SweepFolder, cells: &[CellId]) -> Result<CellsOnDisk, ReadError> {
        let look = |id: &CellId| Ok(folder.cell(*id).on_disk()?.map(|on_disk| (*id, on_disk)));
        let found: Vec<Option<(CellId, OnDisk)>> =
            cells.par_iter().map(look).collect::<Result<_, ReadError>>()?;
        let mut works = works(folder)?;
        works.retain(|(cell, _)| cells.contains(cell));
        Ok(CellsOnDisk::with_works(found.into_iter().flatten().collect(), works))
    }

    fn with_works(mut cells: Vec<(CellId, OnDisk)>, works: Vec<(CellId, u32)>) -> CellsOnDisk {
        // Of one cell that which says more comes first, and stays.
        cells.extend(works.iter().map(|(cell, _)| (*cell, OnDisk::Begun)));
        cells.par_sort_by_key(|(cell, on_disk)| (*cell, *on_disk == OnDisk::Begun));
        cells.dedup_by_key(|(cell, _)| *cell);
        CellsOnDisk { cells, works }
    }

    /// What is on disk of it; `None` where nothing is.
    pub fn of(&self, cell: CellId) -> Option<OnDisk> {
        let place = self.cells.binary_search_by_key(&cell, |(id, _)| *id).ok()?;
        Some(self.cells[place].1)
    }

    /// The folder where its files are: of the cell that is done, else of the newest attempt.
    pub fn home(&self, folder: &SweepFolder, cell: CellId) -> CellFolder {
        let attempt =
            self.works.binary_search_by_key(&cell, |(id, _)| *id).ok().map(|place| self.works[place].1);
        match (self.of(cell), attempt) {
            (Some(OnDisk::Begun), Some(attempt)) => folder.work(cell, attempt),
            (Some(OnDisk::Begun | OnDisk::Done | OnDisk::Damaged) | None, _) => folder.cell(cell),
        }
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

/// The newest attempt of each cell that has folders of attempts, in the order of the cells.
fn works(folder: &SweepFolder) -> Result<Vec<(CellId, u32)>, ReadError> {
    let read = |name: &str| {
        let (cell, attempt) = name.split_once('.')?;
        Some((cell.parse().ok()?, attempt.parse().ok()?))
    };
    let mut works: Vec<(CellId, u32)> = names(&folder.works(), read)?;
    works.sort_unstable_by_key(|(cell, attempt)| (*cell, std::cmp::Reverse(*attempt)));
    works.dedup_by_key(|(cell, _)| *cell);
    Ok(works)
}

/// The names in a folder that mean something. No folder has none.
fn names<T>(path: &Path, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, ReadError> {
    let entries = match fs_err::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ReadError(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(ReadError)?.file_name().to_str().and_then(&read));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids<const N: usize>(ids: [&str; N]) -> [CellId; N] {
        ids.map(|id| id.parse().expect("an id"))
    }

    #[test]
    fn done_begun_damaged_and_missing_cells_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let sweep = SweepFolder::new(folder.path(), "a");
        assert!(CellsOnDisk::read(&sweep).expect("read").is_empty());
        let all = ids(["00000000000000ff", "14c4641a39128249", "0000000000000001", "00000000000000aa"]);
        let [done, begun, missing, damaged] = all;
        for id in [done, begun, damaged] {
            fs_err::create_dir_all(sweep.cell(id).root()).expect("made");
        }
        fs_err::create_dir_all(sweep.cells().join("not a cell")).expect("made");
        for id in [done, damaged] {
            fs_err::write(sweep.cell(id).done(), "{}").expect("written");
        }
        fs_err::write(sweep.cell(done).metrics(), "x\n1\n").expect("written");
        let wanted = [Some(OnDisk::Done), Some(OnDisk::Begun), None, Some(OnDisk::Damaged)];
        let survey = CellsOnDisk::read(&sweep).expect("read");
        assert_eq!(all.map(|id| survey.of(id)), wanted);
        assert_eq!(survey.cells().collect::<Vec<_>>(), [damaged, done, begun]);
        // Power was cut before it was on disk.
        fs_err::write(sweep.cell(damaged).metrics(), "").expect("written");
        let some = CellsOnDisk::of_cells(&sweep, &[begun, done, missing, done, damaged]).expect("read");
        assert_eq!(all.map(|id| some.of(id)), wanted);
    }

    #[test]
    fn a_cell_that_is_not_done_is_where_its_newest_attempt_works() {
        let folder = tempfile::tempdir().expect("a folder");
        let sweep = SweepFolder::new(folder.path(), "a");
        let [done, begun, legacy] = ids(["00000000000000ff", "14c4641a39128249", "0000000000000001"]);
        for made in [
            sweep.cell(done),
            sweep.work(done, 1),
            sweep.work(begun, 9),
            sweep.work(begun, 10),
            sweep.cell(legacy),
        ] {
            fs_err::create_dir_all(made.root()).expect("made");
        }
        fs_err::write(sweep.cell(done).done(), "{}").expect("written");
        fs_err::write(sweep.cell(done).metrics(), "x\n1\n").expect("written");
        let all = [done, begun, legacy];
        for survey in
            [CellsOnDisk::read(&sweep).expect("read"), CellsOnDisk::of_cells(&sweep, &all).expect("read")]
        {
            assert_eq!(survey.of(begun), Some(OnDisk::Begun));
            let homes = all.map(|cell| survey.home(&sweep, cell));
            assert_eq!(homes, [sweep.cell(done), sweep.work(begun, 10), sweep.cell(legacy)]);
        }
    }

    #[test]
    fn what_cannot_be_looked_at_is_not_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let sweep = SweepFolder::new(folder.path(), "a");
        let [cell] = ids(["14c4641a39128249"]);
        fs_err::create_dir_all(sweep.cells()).expect("made");
        std::os::unix::fs::symlink("itself", sweep.cells().join("itself")).expect("made");
        std::os::unix::fs::symlink("itself", sweep.cell(cell).root()).expect("made");
        assert!(CellsOnDisk::read(&sweep).is_err());
        assert!(CellsOnDisk::of_cells(&sweep, &[cell]).is_err());
        assert!(sweep.cell(cell).is_done().is_err());
    }
}
