//! Where attempts work, and how what they made becomes the cell's.
//!
//! Each attempt has a folder of its own, `work/<cell>.<attempt>/`. Its results are published by one rename to
//! `cells/<cell>/`, which replaces nothing: a folder that holds something is never replaced. So a cell has the files of
//! one attempt, all of them, or none; and an attempt that another one superseded writes where nobody looks.
//!
//! The folder begins with what the attempt before left, its checkpoint above all. Its results are not taken over:
//! see [`Stamps`].

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use gainsweep_contract::{CellId, files};

use crate::atomic::{self, WriteError};
use crate::folder::{CellFolder, SweepFolder};

/// The files that each attempt measures anew, beside its results. Histories and networks may be of a training that was
/// resumed.
const MEASURED: [&str; 2] = [files::METRICS, files::CONTEXTS];

/// How the folder of an attempt begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predecessor {
    /// The attempt before has ended: its folder becomes this one's.
    Ended,
    /// It seems gone, but it may still write: its files are copied.
    MayWrite,
}

/// Makes the folder of an attempt, with what the attempt before left.
///
/// # Errors
/// Something cannot be read, copied or renamed. The folder of the attempt before is untouched then.
pub fn prepare(
    sweep: &SweepFolder,
    cell: CellId,
    attempt: u32,
    predecessor: Predecessor,
) -> Result<CellFolder, WriteError> {
    let own = sweep.work(cell, attempt);
    let fail = |step, error| WriteError::new(own.root(), step, raw(error));
    if own.root().exists() {
        // The claims were lost, and numbers are given out again: what is there is what the attempt before left.
        return Ok(own);
    }
    let before =
        (1..attempt).rev().map(|number| sweep.work(cell, number)).find(|folder| folder.root().exists());
    fs_err::create_dir_all(sweep.works()).map_err(|error| fail("make the folder of", error))?;
    let rename = |before: &CellFolder| {
        fs_err::rename(before.root(), own.root()).map_err(|error| fail("rename a folder to", error))
    };
    match (before, predecessor) {
        // Earlier versions worked in the cell's folder, and a damaged cell is there: its name must be free in the end.
        (None, _) if sweep.cell(cell).root().exists() => rename(&sweep.cell(cell))?,
        (None, _) => fs_err::create_dir(own.root()).map_err(|error| fail("make", error))?,
        (Some(before), Predecessor::Ended) => rename(&before)?,
        (Some(before), Predecessor::MayWrite) => {
            let copied = copy(before.root(), own.root());
            if let Err(error) = copied {
                let _ = fs_err::remove_dir_all(own.root());
                return Err(fail("copy an earlier attempt to", error));
            }
        }
    }
    Ok(own)
}

/// Makes an attempt's folder the cell's. `false` when the cell has results already: then nothing is changed.
///
/// The name is durable when this returns; the files must have been before.
///
/// # Errors
/// The folder cannot be renamed.
pub fn publish(sweep: &SweepFolder, cell: CellId, attempt: u32) -> Result<bool, WriteError> {
    let (from, to) = (sweep.work(cell, attempt), sweep.cell(cell));
    match std::fs::rename(from.root(), to.root()) {
        Ok(()) => {}
        Err(error) if is_taken(&error) => return Ok(false),
        // Another process has published it.
        Err(error) if error.kind() == io::ErrorKind::NotFound && to.root().exists() => return Ok(false),
        Err(error) => return Err(WriteError::new(to.root(), "rename a folder to", error)),
    }
    let sync = |folder: &Path| {
        atomic::sync_folder(folder).map_err(|error| WriteError::new(folder, "force to disk", raw(error)))
    };
    sync(&sweep.cells())?;
    Ok(true)
}

/// Puts the results of a done cell aside, to compute them anew: into `work/<cell>.replaced/`, which is removed when the
/// new ones are there.
///
/// # Errors
/// The folder cannot be renamed.
pub fn set_aside(sweep: &SweepFolder, cell: CellId) -> Result<(), WriteError> {
    let (from, to) = (sweep.cell(cell), sweep.replaced(cell));
    let fail = |error| WriteError::new(&to, "rename a folder to", raw(error));
    fs_err::create_dir_all(sweep.works()).map_err(fail)?;
    if to.exists() {
        fs_err::remove_dir_all(&to).map_err(fail)?;
    }
    fs_err::rename(from.root(), &to).map_err(fail)
}

/// Removes the folders of a cell's attempts, and what they replaced. What cannot be removed does no harm.
pub fn discard(sweep: &SweepFolder, cell: CellId, up_to: u32) {
    for attempt in 1..=up_to {
        let folder = sweep.work(cell, attempt);
        if folder.root().exists() {
            let _ = fs_err::remove_dir_all(folder.root());
        }
    }
    let replaced = sweep.replaced(cell);
    if replaced.exists() {
        let _ = fs_err::remove_dir_all(replaced);
    }
}

fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists)
}

/// The newest checkpoint of a cell's last attempt: its name, length and time. It differs after an attempt that made
/// progress. Of another program, a file counts whose name says that it is one.
pub fn newest_checkpoint(folder: &CellFolder) -> Option<String> {
    let found = entries(folder.root()).ok()?.into_iter().filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let metadata = entry.metadata().ok().filter(|metadata| metadata.is_file() && is_checkpoint(&name))?;
        Some((metadata.mtime(), metadata.mtime_nsec(), name, metadata.len()))
    });
    found
        .max()
        .map(|(seconds, nanoseconds, name, length)| format!("{name} {length} {seconds}.{nanoseconds:09}"))
}

/// Is a file of that name a checkpoint?
fn is_checkpoint(name: &str) -> bool {
    let name = name.to_lowercase();
    let is_network = name == files::MODEL;
    let (words, ends) = (["checkpoint", "ckpt"], [".pt", ".pth", ".safetensors", ".npz", ".h5", ".pkl"]);
    !is_network
        && (words.iter().any(|word| name.contains(word)) || ends.iter().any(|end| name.ends_with(end)))
}

/// Forces all files below a folder, and its folders, to disk.
///
/// # Errors
/// The first file that cannot be.
pub fn sync(folder: &Path) -> Result<(), WriteError> {
    for entry in entries(folder).map_err(|error| WriteError::new(folder, "list", error))? {
        let path = entry.path();
        let fail = |error| WriteError::new(&path, "force to disk", raw(error));
        let kind = entry.file_type().map_err(fail)?;
        if kind.is_dir() {
            sync(&path)?;
        } else if kind.is_file() {
            fs_err::File::open(&path).and_then(|file| file.sync_all()).map_err(fail)?;
        }
    }
    atomic::sync_folder(folder).map_err(|error| WriteError::new(folder, "force to disk", raw(error)))
}

/// What the result files of an attempt's folder were like when it began.
///
/// A result that an attempt did not write is not its result: it is of an earlier one that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamps(Vec<(PathBuf, Option<Stamp>)>);

/// Changes with whatever is done to a file.
type Stamp = (u64, u64, i64, i64);

impl Stamps {
    /// Looks at a folder. `results` is the program's own file of results in it.
    pub fn of(folder: &CellFolder, results: &str) -> Stamps {
        let mut names = MEASURED.to_vec();
        names.extend((!names.contains(&results)).then_some(results));
        let paths = names.into_iter().map(|name| folder.root().join(name));
        Stamps(paths.map(|path| (path.clone(), stamp(&path))).collect())
    }

    /// The result files that are as they were.
    pub fn untouched(&self) -> Vec<PathBuf> {
        let same = self.0.iter().filter(|(path, before)| before.is_some() && *before == stamp(path));
        same.map(|(path, _)| path.clone()).collect()
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::symlink_metadata(path).ok()?;
    Some((metadata.ino(), metadata.size(), metadata.ctime(), metadata.ctime_nsec()))
}

/// Copies regular files and folders. Links, pipes and sockets are not a checkpoint's.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs_err::create_dir_all(to)?;
    for entry in entries(from)? {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        let copied = if kind.is_dir() {
            copy(&source, &target)
        } else if kind.is_file() {
            // Only what is in it: not every file system can set permissions.
            copy_file(&source, &target)
        } else {
            Ok(())
        };
        match copied {
            // Its owner may still remove and replace files.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
    }
    Ok(())
}

/// With the time, by which a checkpoint is known.
fn copy_file(source: &Path, target: &Path) -> io::Result<()> {
    let mut from = fs_err::File::open(source)?;
    let mut to = fs_err::File::create(target)?;
    io::copy(&mut from, &mut to)?;
    to.file().set_modified(from.metadata()?.modified()?)
}

fn entries(folder: &Path) -> io::Result<Vec<fs_err::DirEntry>> {
    fs_err::read_dir(folder)?.collect()
}

/// The system's error without the path that `fs_err` adds: our own messages name it.
fn raw(error: io::Error) -> io::Error {
    error.raw_os_error().map_or(error, io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep() -> (tempfile::TempDir, SweepFolder, CellId) {
        let folder = tempfile::tempdir().expect("a folder");
        let sweep = SweepFolder::new(folder.path(), "a");
        fs_err::create_dir_all(sweep.cells()).expect("made");
        (folder, sweep, "14c4641a39128249".parse().expect("an id"))
    }

    fn write(folder: &CellFolder, name: &str, text: &str) {
        fs_err::write(folder.root().join(name), text).expect("written");
    }

    fn read(path: PathBuf) -> String {
        fs_err::read_to_string(path).expect("read")
    }

    #[test]
    fn an_attempt_begins_with_what_the_one_before_left() {
        let (_folder, sweep, cell) = sweep();
        let first = prepare(&sweep, cell, 1, Predecessor::Ended).expect("made");
        write(&first, "checkpoint", "7");
        let second = prepare(&sweep, cell, 2, Predecessor::Ended).expect("made");
        assert_eq!(read(second.root().join("checkpoint")), "7");
        assert!(!first.root().exists());
        // The second seems gone, and writes on.
        let third = prepare(&sweep, cell, 3, Predecessor::MayWrite).expect("made");
        write(&second, "checkpoint", "late");
        assert_eq!(read(third.root().join("checkpoint")), "7");
    }

    #[test]
    fn what_an_earlier_version_left_in_the_cell_is_taken_over() {
        for predecessor in [Predecessor::Ended, Predecessor::MayWrite] {
            let (_folder, sweep, cell) = sweep();
            fs_err::create_dir_all(sweep.cell(cell).root()).expect("made");
            write(&sweep.cell(cell), "checkpoint", "7");
            let first = prepare(&sweep, cell, 1, predecessor).expect("made");
            assert_eq!(read(first.root().join("checkpoint")), "7");
            assert!(!sweep.cell(cell).root().exists(), "nothing is in the way of its results");
        }
    }

    #[test]
    fn one_attempt_is_published_whole_and_never_replaced() {
        let (_folder, sweep, cell) = sweep();
        for attempt in [1, 2] {
            let own = prepare(&sweep, cell, attempt, Predecessor::MayWrite).expect("made");
            write(&own, "metrics.csv", &format!("x\n{attempt}\n"));
            sync(own.root()).expect("durable");
        }
        assert!(publish(&sweep, cell, 2).expect("published"));
        assert!(!publish(&sweep, cell, 1).expect("refused"));
        assert!(!publish(&sweep, cell, 2).expect("it is"));
        assert_eq!(read(sweep.cell(cell).metrics()), "x\n2\n");
        discard(&sweep, cell, 2);
        assert_eq!(fs_err::read_dir(sweep.works()).expect("list").count(), 0);
    }

    #[test]
    fn results_that_an_attempt_did_not_write_are_not_its_results() {
        let (_folder, sweep, cell) = sweep();
        let own = prepare(&sweep, cell, 1, Predecessor::Ended).expect("made");
        write(&own, "metrics.csv", "x\n1\n");
        write(&own, "contexts.csv", "context\n");
        write(&own, "history.csv", "batch\n");
        let stamps = Stamps::of(&own, "metrics.csv");
        assert_eq!(stamps.untouched(), [own.metrics(), own.contexts()]);
        write(&own, "metrics.csv", "x\n2\n");
        assert_eq!(stamps.untouched(), [own.contexts()]);
    }
}
