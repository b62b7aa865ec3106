//! From an attempt that succeeded to a cell that is done.

use std::io;
use std::path::Path;

use anyhow::anyhow;
use gainsweep_contract::CellId;
use gainsweep_store::work::{self, Stamps};
use gainsweep_store::{CellFolder, SweepFolder, claims};

use crate::screen::failure::Failure;

/// Publishes what the claims call finished, if nobody did yet, and tidies up. `false` where its results are gone: then
/// the cell can be claimed again.
pub(super) fn conclude(folder: &SweepFolder, cell: CellId, attempt: u32) -> Result<bool, Failure> {
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
        claims::reopen(&folder.claims(), cell, attempt)?;
        return Ok(false);
    }
    // Only a tidy folder suffers when this fails.
    let _ = claims::settle(&folder.claims(), cell);
    work::discard(folder, cell, attempt);
    Ok(true)
}

/// Did an attempt write all there is to write? Its record comes last, when the rest is durable.
pub(super) fn is_complete(own: &CellFolder) -> Result<bool, Failure> {
    Ok(own.is_done()? && own.read_record().is_some())
}

/// Removes result files that this attempt did not write: they are of an earlier one that failed.
pub(super) fn remove_untouched(folder: &CellFolder, stamps: &Stamps) -> Result<(), Failure> {
    stamps.untouched(folder).iter().try_for_each(|path| remove(path))
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> Result<(), Failure> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}
