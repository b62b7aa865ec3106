//! What the list says of each cell. Metrics are read in parallel, and only those of listed cells.

use gainsweep_contract::{CellId, CellState, Value};
use gainsweep_store::{CellMetrics, SweepFolder, UsualNames};
use rayon::prelude::*;

use crate::cells::evidence::Evidence;
use crate::cells::reasons::Reasons;
use crate::cells::sweep_cells::{SweepCell, SweepCells};
use crate::screen::wording;
use crate::sweep_file::Loaded;

/// Metrics that are listed if the sweep file names none.
const METRICS: usize = 3;

/// Done cells whose metrics are looked at to find the names of these.
const LOOKED_AT: usize = 16;

/// Cells that are read at once.
const CELLS_AT_ONCE: usize = 4096;

/// The list of some cells of a sweep.
pub(super) struct List<'l> {
    pub(super) loaded: &'l Loaded,
    /// The metrics that are listed.
    pub(super) metrics: Vec<String>,
    folder: &'l SweepFolder,
    cells: &'l SweepCells,
    reasons: Reasons<'l>,
    usual: UsualNames,
}

/// One cell of the list.
pub(super) struct ListedCell {
    /// Its place in the sweep.
    pub(super) index: u64,
    pub(super) id: CellId,
    /// Its values, parallel to the axes of the sweep.
    pub(super) axes: Vec<Option<Value>>,
    pub(super) state: CellState,
    /// Where it runs, if it does.
    pub(super) place: Option<String>,
    /// Why it is in its state, if there is more to say.
    pub(super) reason: Option<String>,
    /// As the worker wrote them, parallel to the list's metrics.
    pub(super) metrics: Vec<Option<String>>,
}

impl<'l> List<'l> {
    pub(super) fn new(loaded: &'l Loaded, folder: &'l SweepFolder, cells: &'l SweepCells) -> List<'l> {
        let reasons = Reasons::new(&loaded.sweep, cells);
        let mut list =
            List { loaded, metrics: Vec::new(), folder, cells, reasons, usual: UsualNames::default() };
        list.metrics = match loaded.sweep.gather.metrics.as_slice() {
            [] => list.first_metrics(),
            named => named.to_vec(),
        };
        list
    }

    pub(super) fn count(&self) -> usize {
        self.cells.cells.len()
    }

    /// All cells, in the order of the sweep, read as they are needed.
    pub(super) fn rows(&self) -> impl Iterator<Item = ListedCell> {
        let some = self.cells.cells.chunks(CELLS_AT_ONCE);
        some.flat_map(|some| some.par_iter().map(|cell| self.row(cell)).collect::<Vec<_>>())
    }

    fn row(&self, listed: &SweepCell) -> ListedCell {
        let SweepCell { index, id, state } = *listed;
        let (_, axes) = self.loaded.sweep.id_and_axes(index);
        let (place, mut reason) = if state == CellState::Running {
            (place(&self.cells.evidence, id), None)
        } else {
            (None, self.reasons.of(id, &axes, state).filter(|reason| !reason.is_empty()))
        };
        let mut metrics = vec![None; self.metrics.len()];
        if state == CellState::Done {
            match self.folder.cell(id).read_metrics(&self.usual) {
                Ok(read) => metrics = self.values(&read.unwrap_or_default()),
                // `gather` refuses them, too.
                Err(error) => reason = Some(wording::one_line(&error.to_string())),
            }
        }
        ListedCell { index, id, axes, state, place, reason, metrics }
    }

    fn values(&self, measured: &CellMetrics) -> Vec<Option<String>> {
        let not_empty = |text: &&str| !text.trim().is_empty();
        self.metrics.iter().map(|name| measured.text(name).filter(not_empty).map(String::from)).collect()
    }

    /// The first metrics that the first done cells measured. A column with the name of an axis says nothing new.
    fn first_metrics(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let done = self.cells.cells.iter().filter(|cell| cell.state == CellState::Done);
        for cell in done.take(LOOKED_AT) {
            let Ok(Some(measured)) = self.folder.cell(cell.id).read_metrics(&self.usual) else { continue };
            let new = measured.names.iter().map(|name| String::from_utf8_lossy(name).into_owned());
            for name in new {
                if self.loaded.sweep.axis(&name).is_none() && !names.contains(&name) {
                    names.push(name);
                }
            }
            if names.len() >= METRICS {
                break;
            }
        }
        names.truncate(METRICS);
        names
    }
}

/// Where a running cell runs: `node07`, or `job 48213_2 on node07`.
fn place(evidence: &Evidence, cell: CellId) -> Option<String> {
    let attempt = evidence.last(cell)?;
    let job = attempt.job.as_ref().map_or_else(String::new, |job| format!("job {job} on "));
    Some(wording::one_line(&format!("{job}{}", attempt.host)))
}
