//! Predicts the cost of cells to run from the finished cells on disk.

use std::collections::BTreeMap;

use gainsweep_language::{Cell, Sweep};
use gainsweep_store::{Attempts, Outcome, SweepFolder};

use crate::prediction::costs::{self, Costs, Finished, Source};

/// Number of finished cells that are read; more would not improve the prediction.
const ASKED: usize = 200;

/// Learns from the finished ones of these cells, spread evenly.
pub(crate) fn learn(sweep: &Sweep, folder: &SweepFolder, cells: &[u64]) -> Option<Costs> {
    let stride = cells.len().div_ceil(ASKED).max(1);
    let asked: BTreeMap<_, _> = cells
        .iter()
        .step_by(stride)
        .filter_map(|index| {
            let cell = sweep.cell(*index);
            Some((cell.id, (folder.cell(cell.id).read_record()?, cell.parameters)))
        })
        .collect();
    // Without readable attempts, memory is unknown; the commands that need attempts report the error.
    let attempts =
        Attempts::read_of(&folder.attempts(), |cell| asked.contains_key(&cell)).unwrap_or_default();
    let finished: Vec<Finished> = asked
        .into_iter()
        .map(|(cell, (done, parameters))| {
            let ended = attempts.of(cell).iter().rfind(|attempt| attempt.outcome == Outcome::Done);
            Finished { done, parameters, peak_bytes: ended.and_then(|attempt| attempt.peak_bytes) }
        })
        .collect();
    Costs::learn(&finished, sweep.worker.is_none(), Source::Finished)
}

/// A number that the cell's time is about proportional to: the predicted seconds, else the built-in worker's
/// batches, else 1.
pub(crate) fn weight(sweep: &Sweep, costs: Option<&Costs>, cell: &Cell) -> f64 {
    match costs {
        Some(costs) => costs.of(&cell.parameters).middle,
        None if sweep.worker.is_some() => 1.0,
        None => costs::batches(&cell.parameters).unwrap_or(1.0),
    }
}
