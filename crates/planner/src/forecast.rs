//! What cells that are to run will take, as the finished cells on disk say.

use gainsweep_store::SweepFolder;
use gainsweep_sweep::Sweep;

use crate::costs::{Costs, Finished};
use crate::failure::Failure;
use crate::words;

/// Cells that are asked how long they took; more say nothing new.
const ASKED: usize = 200;

/// Learns from those of these cells that are finished, spread evenly.
pub(crate) fn learn(sweep: &Sweep, folder: &SweepFolder, cells: &[u64]) -> Option<Costs> {
    let stride = cells.len().div_ceil(ASKED).max(1);
    let finished: Vec<Finished> = cells
        .iter()
        .step_by(stride)
        .filter_map(|index| {
            let cell = sweep.cell(*index);
            Some(Finished { done: folder.cell(cell.id).read_record()?, parameters: cell.parameters })
        })
        .collect();
    Costs::learn(&finished, sweep.worker.is_none())
}

/// How many of the cells that are to run, from the first, fit into so many core-hours; and that in words.
///
/// # Errors
/// Nobody knows yet what a cell takes; not even one fits.
pub(crate) fn within(
    sweep: &Sweep,
    costs: Option<&Costs>,
    to_run: &[u64],
    core_hours: f64,
) -> Result<(usize, String), Failure> {
    let Some(costs) = costs else {
        return Err(Failure::user_hint(
            "no cell is finished yet, so nobody knows how many fit into the budget",
            "run one first: `--only` with the beginning of an id, or `--set batches=...` with `--name`",
        ));
    };
    let fit = costs.within(to_run, |index| sweep.cell(index).parameters, core_hours);
    if fit == 0 && !to_run.is_empty() {
        return Err(Failure::user_hint(
            format!("not even one cell is predicted to take no more than {core_hours} core-hours"),
            "`gainsweep plan FILE` says what they take",
        ));
    }
    let rest = to_run.len() - fit;
    let waits = if rest == 0 { String::new() } else { format!("; the other {rest} wait for another time") };
    let words = format!(
        "budget of {core_hours} core-hours: {fit} of {} fit{waits}",
        words::count(to_run.len() as u64, "cell")
    );
    Ok((fit, words))
}
