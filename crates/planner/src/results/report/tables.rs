//! The tables of results.

use gainsweep_report::page::{Column, Field, Table, Use};
use gainsweep_report::{Shown, ShownColumn, shown_cells, shown_points};

use super::{ReportInput, unfinished};
use crate::screen::wording;

/// Rows that a browser can sort and filter at once, also on a phone. The CSV has all.
const MOST_ROWS: usize = 2_000;

/// Metrics of the two tables if the sweep file names none.
const MOST_STATISTICS: usize = 3;
const MOST_METRICS: usize = 8;

/// Bytes in a MiB.
const MIB: f64 = (1 << 20) as f64;

/// Statistics, one row a point; `None` if nothing was measured.
pub(super) fn points(input: &ReportInput) -> Option<Table> {
    let (metrics, left) = metrics(input, MOST_STATISTICS);
    if metrics.is_empty() {
        return None;
    }
    let shown = shown_points(input.results, metrics, MOST_ROWS);
    let path = input.folder.summary_table().display().to_string();
    let over = match input.results.replicate.map(|axis| wording::one_line(&input.results.axes[axis])) {
        Some(axis) => format!("Results by point, statistics over {axis}"),
        None => "Results by point".into(),
    };
    Some(table("points", over, shown, left, "point", &path))
}

/// One row a cell.
pub(super) fn cells(input: &ReportInput) -> Table {
    let (metrics, left) = metrics(input, MOST_METRICS);
    let shown_rows = input.cells.len().min(MOST_ROWS);
    let wall: Vec<Option<f64>> =
        input.records[..shown_rows].iter().map(|record| Some(record.as_ref()?.wall_seconds)).collect();
    let peak: Vec<Option<f64>> =
        input.cells[..shown_rows].iter().map(|cell| Some(peak_bytes(input, *cell)? as f64 / MIB)).collect();
    let mut besides = vec![ShownColumn::numbers("wall_seconds", &wall)];
    if peak.iter().any(Option::is_some) {
        besides.push(ShownColumn::numbers("peak_mib", &peak));
    }
    let shown = shown_cells(input.results, metrics, MOST_ROWS, besides);
    let path = input.folder.cells_table().display().to_string();
    let mut table = table("cells", "Cells".into(), shown, left, "cell", &path);
    let mut places = unfinished::places(input);
    for (row, cell) in table.rows.iter_mut().zip(&input.cells) {
        row[0].more = places.remove(cell);
    }
    table
}

/// The peak memory of the cell's workers, if known.
pub(super) fn peak_bytes(input: &ReportInput, cell: gainsweep_contract::CellId) -> Option<u64> {
    input.sweep_cells.evidence.attempts.of(cell).iter().filter_map(|attempt| attempt.peak_bytes).max()
}

/// The metrics that are shown, and how many are not.
fn metrics<'a>(input: &'a ReportInput, most: usize) -> (&'a [usize], usize) {
    let named = !input.loaded.sweep.gather.metrics.is_empty();
    let shown = if named { input.metrics.len() } else { input.metrics.len().min(most) };
    (&input.metrics[..shown], input.metrics.len() - shown)
}

fn table(id: &str, caption: String, shown: Shown, metrics_left: usize, what: &str, path: &str) -> Table {
    let rows = shown.columns.first().map_or(0, |column| column.fields.len());
    let mut left = Vec::new();
    if shown.all > rows {
        left.push(format!(
            "The first {rows} of {} are shown; {} are left out",
            wording::count(shown.all as u64, what),
            shown.all - rows
        ));
    }
    if metrics_left > 0 {
        left.push(format!("{} left out", wording::count(metrics_left as u64, "more metric")));
    }
    let note = match left.as_slice() {
        [] => format!("All digits: {path}."),
        left => format!("{}. All rows, columns and digits: {path}.", left.join("; ")),
    };
    let column = |column: &ShownColumn| Column { name: column.name.clone(), numeric: column.numeric };
    Table {
        id: id.into(),
        caption,
        note,
        columns: shown.columns.iter().map(column).collect(),
        rows: transposed(shown, rows),
        used: Use::Searching,
    }
}

fn transposed(shown: Shown, rows: usize) -> Vec<Vec<Field>> {
    let mut columns: Vec<_> = shown.columns.into_iter().map(|column| column.fields.into_iter()).collect();
    let mut row =
        || columns.iter_mut().map(|column| Field::from(column.next().unwrap_or_default())).collect();
    (0..rows).map(|_| row()).collect()
}
