//! From selectors to cells in any state, for commands that are about some cells.

use gainsweep_contract::CellId;
use gainsweep_language::{Cell, Sweep};
use gainsweep_scheduler::of_this_machine;

use super::evidence::Evidence;
use crate::screen::failure::Failure;
use crate::sweep_file::Loaded;
use crate::sweep_file::selectors::{Selection, none};

/// The cells that these words select, in the order of the sweep; all without words. The evidence then knows
/// what is on disk of them.
///
/// # Errors
/// Words that make no sense or select no cell; records that cannot be read.
pub(crate) fn select(sweep: &Sweep, words: &[String], evidence: &mut Evidence) -> Result<Vec<Cell>, Failure> {
    of_selection(sweep, &Selection::read(sweep, words)?, words, evidence)
}

/// The same, with new evidence: Slurm is asked only if the words name states.
///
/// # Errors
/// As [`select`].
pub(crate) fn look_and_select(loaded: &Loaded, words: &[String]) -> Result<(Vec<Cell>, Evidence), Failure> {
    let selection = Selection::read(&loaded.sweep, words)?;
    let folder = loaded.folder();
    let mut evidence = if selection.asks_for_states() {
        Evidence::look(&folder, &*of_this_machine())?
    } else {
        Evidence::on_disk(&folder)?
    };
    let cells = of_selection(&loaded.sweep, &selection, words, &mut evidence)?;
    Ok((cells, evidence))
}

fn of_selection(
    sweep: &Sweep,
    selection: &Selection,
    words: &[String],
    evidence: &mut Evidence,
) -> Result<Vec<Cell>, Failure> {
    let places = selection.places(sweep, (0..sweep.count()).collect());
    let mut cells: Vec<Cell> = places.into_iter().map(|index| sweep.cell(index)).collect();
    let ids: Vec<CellId> = cells.iter().map(|cell| cell.id).collect();
    evidence.look_at(&ids)?;
    if selection.asks_for_states() {
        cells.retain(|cell| selection.fits_state(evidence.verdict(cell.id).state));
    }
    if cells.is_empty() && !words.is_empty() {
        return Err(none(words));
    }
    Ok(cells)
}
