//! Reads the results of a sweep's cells into tidy rows.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use csv::ByteRecord;
use gainsweep_contract::{CellId, CellState, Value};
use gainsweep_language::Sweep;
use gainsweep_report::{Interval, Measured, Results, Row};
use gainsweep_store::previous_gathering::{self, KnownCell, Stamp, Tables};
use gainsweep_store::{AttemptCounts, CellFolder, CellMetrics, MetricValues, SweepFolder, UsualNames};
use rayon::prelude::*;

use super::previous_gathering::{Before, Left};
use crate::cells::evidence::Evidence;
use crate::screen::failure::Failure;

/// Cells that are read at once, before they get their places in the results.
const CELLS_AT_ONCE: usize = 4096;

/// Results, and what could not be read.
#[derive(Debug)]
pub(crate) struct Collected {
    /// One row a cell of the sweep, also for cells without results.
    pub(crate) results: Results,
    /// What was torn, missing or unreadable, with file names.
    pub(crate) damage: Vec<String>,
    /// The rows of cells whose metrics are there and cannot be read.
    pub(crate) refused: Vec<usize>,
    /// What the next gathering needs.
    pub(crate) again: Again,
}

/// What the next gathering can skip.
#[derive(Debug)]
pub(crate) struct Again {
    /// The ids of the cells, parallel to the rows.
    pub(crate) ids: Vec<CellId>,
    /// For each row, what the next gathering can skip; `None` if it must read all.
    pub(crate) stamps: Vec<Option<Stamp>>,
    /// How the statistics over contexts are computed.
    pub(crate) statistics: String,
    /// Where the files of the cells are that are not done.
    homes: HashMap<CellId, CellFolder>,
    before: Before,
}

impl Again {
    /// Where the files of a cell are.
    pub(crate) fn home(&self, folder: &SweepFolder, cell: CellId) -> CellFolder {
        self.homes.get(&cell).cloned().unwrap_or_else(|| folder.cell(cell))
    }

    /// Keeps nothing for the next gathering.
    pub(crate) fn forget(&mut self) {
        self.stamps.fill(None);
    }

    /// The tables of the last gathering.
    pub(crate) fn tables(&self) -> Tables {
        self.before.tables
    }

    /// The records of the last gathering about a row.
    pub(crate) fn known(&self, row: usize) -> Option<KnownCell> {
        self.before.known(row)
    }

    /// Where the row is in the old table of cells, if it can be copied unchanged.
    pub(crate) fn line(&self, row: usize) -> Option<Range<usize>> {
        self.before.line(row)
    }

    /// The old table of cells.
    pub(crate) fn table(&self) -> &str {
        self.before.text()
    }
}

/// A cell and its values on the axes.
pub(super) struct Cell {
    pub(super) id: CellId,
    pub(super) axes: Vec<Value>,
}

/// Reads these cells of a sweep in parallel. For cells that are unchanged since the last gathering it reads
/// only the table.
///
/// # Errors
/// The folder of attempts cannot be listed. Every other failure is listed as damage.
pub(crate) fn collect(sweep: &Sweep, indices: &[u64], folder: &SweepFolder) -> Result<Collected, Failure> {
    let cell = |index: &u64| {
        let (id, axes) = sweep.id_and_axes(*index);
        // A parameter that the cell does not have is an empty field.
        let axes = axes.into_iter().map(|value| value.unwrap_or(Value::Text(String::new()))).collect();
        Cell { id, axes }
    };
    let gather = &sweep.gather;
    let interval = if gather.bootstrap { Interval::Bootstrap } else { Interval::StudentT };
    let statistics = format!("{interval:?} {:?}", gather.metrics);
    // Computing and reading run in parallel.
    let ((cells, ids, stamps), left) = rayon::join(
        || {
            let cells: Vec<Cell> = indices.par_iter().map(cell).collect();
            let ids: Vec<CellId> = cells.iter().map(|cell| cell.id).collect();
            // Take the stamps before reading: a later change gets another stamp.
            let stamps = previous_gathering::stamps(folder, &ids);
            (cells, ids, stamps)
        },
        || Left::read(sweep, folder, &statistics),
    );
    let before = Before::new(left, &cells, &stamps).unwrap_or_default();
    let mut results = Results {
        axes: sweep.axes().iter().map(|axis| axis.name.clone()).collect(),
        replicate: sweep.replicate_axis(),
        interval,
        ..Results::default()
    };
    let Reading { before, kept, damage, refused } = match read(folder, cells, &ids, before, &mut results)? {
        Ok(reading) => reading,
        // Read all together, some metrics may have another order.
        Err(cells) => read(folder, cells, &ids, Before::default(), &mut results)?.unwrap_or_default(),
    };
    let homes = say_states(&mut results, &ids, folder)?;
    for row in &refused {
        results.rows[*row].state = CellState::Damaged;
    }
    let stamps = stamps.into_iter().zip(kept).map(|(stamp, kept)| stamp.filter(|_| kept)).collect();
    Ok(Collected { results, damage, refused, again: Again { ids, stamps, statistics, homes, before } })
}

/// Fills in the states of the cells that are not done, from files: Slurm is not asked.
fn say_states(
    results: &mut Results,
    ids: &[CellId],
    folder: &SweepFolder,
) -> Result<HashMap<CellId, CellFolder>, Failure> {
    let open: Vec<CellId> =
        results.rows.iter().zip(ids).filter(|(row, _)| !row.done).map(|(_, cell)| *cell).collect();
    if open.is_empty() {
        return Ok(HashMap::new());
    }
    let mut evidence = Evidence::on_disk(folder)?;
    evidence.look_at(&open)?;
    for (row, cell) in results.rows.iter_mut().zip(ids).filter(|(row, _)| !row.done) {
        let state = evidence.verdict(*cell).state;
        // It has just ended: its results were not there when they were read.
        let state = if state == CellState::Done { CellState::Running } else { state };
        row.state = state;
    }
    Ok(open.into_iter().map(|cell| (cell, evidence.home(cell))).collect())
}

/// What was read from all cells, besides their results.
#[derive(Default)]
struct Reading {
    before: Before,
    /// Can the next gathering skip it?
    kept: Vec<bool>,
    damage: Vec<String>,
    refused: Vec<usize>,
}

/// Fills in metrics and rows. Returns the cells if a new one has other metrics than the known ones.
fn read(
    folder: &SweepFolder,
    mut cells: Vec<Cell>,
    ids: &[CellId],
    before: Before,
    results: &mut Results,
) -> Result<Result<Reading, Vec<Cell>>, Failure> {
    let unknown = (0..ids.len()).filter(|place| before.known(*place).is_none());
    let mut unknown: Vec<CellId> = unknown.map(|place| ids[place]).collect();
    unknown.sort_unstable();
    let tally = AttemptCounts::read(&folder.attempts(), |cell| unknown.binary_search(&cell).is_ok())?;
    let mut reading = Reading { damage: tally.damage.clone(), ..Reading::default() };
    results.metrics.clone_from(&before.metrics);
    results.rows = Vec::with_capacity(cells.len());
    let known = before.knows_something();
    let usual = UsualNames::default();
    let read = |(place, cell): (usize, &mut Cell)| {
        let (one, attempts) = if let Some((attempts, values)) = before.row(place) {
            (Read { done: true, values, ..Read::default() }, attempts)
        } else {
            (read_one(folder, cell.id, &usual), tally.of(cell.id).0)
        };
        let row = Row {
            cell: cell.id.to_string(),
            axes: std::mem::take(&mut cell.axes),
            // The states of the others are filled in afterwards.
            state: CellState::Done,
            done: one.done,
            attempts,
            metrics: one.values,
        };
        (row, one.names, one.damage, one.is_refused)
    };
    for first in (0..cells.len()).step_by(CELLS_AT_ONCE) {
        let end = (first + CELLS_AT_ONCE).min(cells.len());
        let some = (first..end).into_par_iter().zip(&mut cells[first..end]);
        let mut some = some.map(read).collect::<Vec<_>>().into_iter();
        while let Some((mut row, names, damage, is_refused)) = some.next() {
            if !names.is_empty() {
                if known && !names.iter().eq(before.metrics.iter().map(String::as_bytes)) {
                    let read = results.rows.drain(..).chain([row]).chain(some.map(|(row, ..)| row));
                    let axes = read.map(|row| row.axes);
                    cells.iter_mut().zip(axes).for_each(|(cell, axes)| cell.axes = axes);
                    return Ok(Err(cells));
                }
                row.metrics = placed(&mut results.metrics, &names, row.metrics);
            }
            // Damage is reported every time, so the cell is read every time.
            reading.kept.push(row.done && damage.is_empty());
            reading.damage.extend(damage);
            if is_refused {
                reading.refused.push(results.rows.len());
            }
            results.rows.push(row);
        }
    }
    reading.before = before;
    Ok(Ok(reading))
}

/// What was read from a cell.
#[derive(Default)]
struct Read {
    done: bool,
    /// The names of its metrics; none if the table of cells was reused.
    names: Arc<ByteRecord>,
    /// As the worker wrote them.
    values: Measured,
    damage: Vec<String>,
    /// Was it done, with metrics that cannot be read?
    is_refused: bool,
}

fn read_one(folder: &SweepFolder, cell: CellId, usual: &UsualNames) -> Read {
    let contents = folder.cell(cell).read(usual);
    let is_refused = contents.done && contents.metrics.is_none();
    let CellMetrics { names, values } = contents.metrics.unwrap_or_default();
    let values = match values {
        MetricValues::Line(line) => Measured::of_line(&line),
        MetricValues::Fields(fields) => fields.into_iter().map(Some).collect(),
    };
    Read { done: contents.done && !is_refused, names, values, damage: contents.damage, is_refused }
}

/// The cell's values, each under its metric; new metrics get the next places.
fn placed(known: &mut Vec<String>, names: &ByteRecord, values: Measured) -> Measured {
    let same = |(known, name): (&String, &[u8])| known.as_bytes() == name;
    // Nearly always the cells have the same columns in the same order.
    if known.len() == names.len() && known.iter().zip(names).all(same) {
        return values;
    }
    let mut placed = vec![None; known.len()];
    for (name, value) in names.iter().zip(values.iter()) {
        let name = String::from_utf8_lossy(name);
        let place = known.iter().position(|known| *known == name).unwrap_or_else(|| {
            known.push(name.into_owned());
            placed.push(None);
            known.len() - 1
        });
        placed[place] = value.map(String::from);
    }
    placed.into()
}

/// `61 of 63 cells (2 missing: 1 failed, 1 diverged)`.
pub(crate) fn counts(results: &Results) -> String {
    let (all, missing) = (results.rows.len(), results.missing());
    if missing == 0 {
        return format!("all {}", crate::screen::wording::count(all as u64, "cell"));
    }
    let mut states: Vec<(CellState, usize)> = Vec::new();
    for row in results.rows.iter().filter(|row| !row.done) {
        match states.iter_mut().find(|(state, _)| *state == row.state) {
            Some((_, count)) => *count += 1,
            None => states.push((row.state, 1)),
        }
    }
    let states: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    format!(
        "{} of {} ({missing} missing: {})",
        all - missing,
        crate::screen::wording::count(all as u64, "cell"),
        states.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_of_different_cells_share_columns_in_the_order_in_which_they_come() {
        let record = |fields: &[&str]| ByteRecord::from(fields.to_vec());
        let texts =
            |values: &[&str]| -> Measured { values.iter().map(|value| Some((*value).to_string())).collect() };
        let mut known = Vec::new();
        let mut placed =
            |names: &[&str], values: &[&str]| super::placed(&mut known, &record(names), texts(values));
        let first = placed(&["a", "b"], &["1", "2.50"]);
        let second = placed(&["b", "c"], &["3", "x"]);
        let fourth = placed(&["c", "a", "b"], &["4", "5", "6"]);
        assert_eq!(known, ["a", "b", "c"]);
        assert_eq!(first, texts(&["1", "2.50"]));
        assert_eq!(second, texts(&["", "3", "x"]));
        assert_eq!(fourth, texts(&["5", "6", "4"]));
    }
}
