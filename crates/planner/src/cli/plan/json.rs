//! `gainsweep plan --json`: one object, documented in docs/reference/json.md. Each cell is written when it is
//! computed.

use std::collections::BTreeMap;
use std::io::{self, Write};

use gainsweep_contract::{CellId, CellState};
use gainsweep_language::Sweep;
use gainsweep_store::SweepFolder;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::cells::reasons::Reasons;
use crate::cells::sweep_cells::{SweepCell, SweepCells};
use crate::cli::json_values::{Json, Named};
use crate::prediction::costs::{Outlook, Source};
use crate::sweep_file::Loaded;

/// Version of the object. It is raised when a field changes its meaning or is removed, not when one is added.
const PLAN_JSON_FORMAT: u32 = 1;

#[derive(Serialize)]
struct Plan<'p> {
    format: u32,
    sweep: &'p str,
    question: Option<&'p str>,
    file: String,
    results: String,
    count: u64,
    /// Number of cells by state; states without cells are left out.
    counts: BTreeMap<String, u64>,
    done: u64,
    failed: u64,
    started: u64,
    new: u64,
    stale: u64,
    code: String,
    orphaned: Vec<String>,
    orphaned_reason: Option<String>,
    estimate: Option<JsonEstimate>,
    axes: Vec<JsonAxis<'p>>,
    cells: Cells<'p>,
}

#[derive(Serialize)]
struct JsonEstimate {
    source: Source,
    finished: usize,
    seconds_per_cell: f64,
    memory_mib: Option<f64>,
    core_hours: f64,
    core_hours_low: f64,
    core_hours_high: f64,
}

#[derive(Serialize)]
struct JsonAxis<'p> {
    name: &'p str,
    replicate: bool,
    values: Vec<Json<'p>>,
}

#[derive(Serialize)]
struct JsonCell<'p> {
    index: u64,
    cell: String,
    state: String,
    stale: bool,
    reason: Option<String>,
    axes: Named<'p>,
    parameters: Named<'p>,
}

fn counts(cells: &SweepCells) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for cell in &cells.cells {
        *counts.entry(cell.state.key()).or_default() += 1;
    }
    counts
}

/// Is the state counted as done, failed or new? All others count as started.
fn is_fixed(state: CellState) -> bool {
    state.is_failure() || matches!(state, CellState::Done | CellState::New)
}

pub(super) fn write(
    out: &mut dyn Write,
    loaded: &Loaded,
    folder: &SweepFolder,
    cells: &SweepCells,
    reasons: &Reasons<'_>,
    outlook: Option<&Outlook>,
) -> io::Result<()> {
    let sweep = &loaded.sweep;
    let plan = Plan {
        format: PLAN_JSON_FORMAT,
        sweep: &loaded.name,
        question: sweep.question.as_deref(),
        file: loaded.path.to_string_lossy().into_owned(),
        results: folder.root().to_string_lossy().into_owned(),
        count: cells.cells.len() as u64,
        counts: counts(cells),
        done: cells.count(|state| state == CellState::Done),
        failed: cells.count(CellState::is_failure),
        started: cells.count(|state| !is_fixed(state)),
        new: cells.count(|state| state == CellState::New),
        stale: cells.stale.count(),
        code: cells.stale.current.name(),
        orphaned: cells.orphaned.iter().map(CellId::to_string).collect(),
        orphaned_reason: (!cells.orphaned.is_empty()).then(|| reasons.orphaned()),
        estimate: outlook.map(|outlook| JsonEstimate {
            source: outlook.source,
            finished: outlook.cells,
            seconds_per_cell: outlook.each.middle,
            memory_mib: outlook.memory,
            core_hours: outlook.core_hours.middle,
            core_hours_low: outlook.core_hours.low,
            core_hours_high: outlook.core_hours.high,
        }),
        axes: axes(sweep),
        cells: Cells { sweep, all: cells, reasons },
    };
    serde_json::to_writer(&mut *out, &plan)?;
    writeln!(out)
}

fn axes(sweep: &Sweep) -> Vec<JsonAxis<'_>> {
    let replicate = sweep.replicate_axis();
    sweep
        .axes()
        .iter()
        .enumerate()
        .map(|(index, axis)| JsonAxis {
            name: &axis.name,
            replicate: replicate == Some(index),
            values: axis.values.iter().map(Json).collect(),
        })
        .collect()
}

struct Cells<'p> {
    sweep: &'p Sweep,
    all: &'p SweepCells,
    reasons: &'p Reasons<'p>,
}

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.all.cells.len()))?;
        for SweepCell { index, id, state } in &self.all.cells {
            let cell = self.sweep.cell(*index);
            list.serialize_element(&JsonCell {
                index: cell.index,
                cell: id.to_string(),
                state: state.key(),
                stale: self.all.stale.code(*id).is_some(),
                reason: self.reasons.of(*id, &cell.axes, *state),
                axes: Named::axes(self.sweep, &cell.axes),
                parameters: Named(
                    cell.parameters.iter().map(|(name, value)| (name.as_str(), value)).collect(),
                ),
            })?;
        }
        list.end()
    }
}
