//! From an attempt that succeeded to a cell that is done.

use std::io;
use std::path::Path;

use anyhow::anyhow;
use gainsweep_contract::CellId;
use gainsweep_store::work::{self, Stamps};
use gainsweep_store::{CellFolder, SweepFolder, claims};

use crate::screen::failure::Failure;

/// What became of a cell that the claims call finished.
pub(super) enum Concluded {
    Done,
    /// Its results are gone: it can be claimed again.
    Reopened,
    /// Its results are there, but this machine remembers that they are not.
    NotSeen,
}

/// Publishes what the claims call finished, if nobody did yet, and tidies up.
pub(super) fn conclude(folder: &SweepFolder, cell: CellId, attempt: u32) -> Result<Concluded, Failure> {
    let own = folder.work(cell, attempt);
    if is_complete(&own)? {
        work::publish(folder, cell, attempt)?;
    }
    if !folder.cell(cell).is_done()? {
        if is_complete(&own)? {
            let path = folder.cell(cell);
            let path = path.root().display();
            return Err(
                anyhow!("cannot publish the results of {cell}: {path} is in the way; move it away").into()
            );
        }
        let path = folder.cell(cell);
        for path in [path.root(), &path.done(), &path.metrics()] {
            if is_hidden(path)? {
                return Ok(Concluded::NotSeen);
            }
        }
        claims::reopen(&folder.claims(), cell, attempt)?;
        return Ok(Concluded::Reopened);
    }
    // Only a tidy folder suffers when this fails.
    let _ = claims::settle(&folder.claims(), cell);
    work::discard(folder, cell, attempt);
    Ok(Concluded::Done)
}

/// Is it listed in its folder, and not found by its name? A network file system may remember for a while that it was
/// not there.
fn is_hidden(path: &Path) -> Result<bool, Failure> {
    let (Some(folder), false) = (path.parent(), path.try_exists()?) else { return Ok(false) };
    let entries = match fs_err::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        entries => entries?,
    };
    for entry in entries {
        if Some(entry?.file_name().as_os_str()) == path.file_name() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Did an attempt write all there is to write? Its record comes last, when the rest is durable.
pub(super) fn is_complete(own: &CellFolder) -> Result<bool, Failure> {
    Ok(own.is_done()? && own.read_record().is_some())
}

/// Removes result files that this attempt did not write: they are of an earlier one that failed.
pub(super) fn remove_untouched(stamps: &Stamps) -> Result<(), Failure> {
    stamps.untouched().iter().try_for_each(|path| remove(path))
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> Result<(), Failure> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}
