//! Reads what a sweep's cells measured into tidy results.

use std::collections::HashMap;

use csv::ByteRecord;
use gainsweep_contract::{CellId, Value};
use gainsweep_report::{Interval, Results, Row, cells_header};
use gainsweep_store::gathered::{self, Gathered, Known, Stamp};
use gainsweep_store::table::{self, Ending};
use gainsweep_store::{Attempts, Outcome, SweepFolder};
use gainsweep_sweep::Sweep;
use rayon::prelude::*;

use crate::failure::Failure;

/// The state of a cell that is done.
const DONE: &str = "done";

/// The state of a cell that was never tried.
const MISSING: &str = "missing";

/// Results, and what could not be read.
#[derive(Debug)]
pub(crate) struct Collected {
    /// One row a cell of the sweep, those without results included.
    pub(crate) results: Results,
    /// What was torn, missing or unreadable, with file names.
    pub(crate) damage: Vec<String>,
    /// For each row, what need not be read of it the next time; `None` where all must.
    pub(crate) stamps: Vec<Option<Stamp>>,
    /// What is known of it from the last time.
    pub(crate) known: Vec<Option<Known>>,
}

/// Reads these cells of a sweep, in parallel; of those that were gathered before and are as they were, only the table.
///
/// # Errors
/// The folder of attempts cannot be listed. Everything else that cannot be read is listed as damage.
pub(crate) fn collect(sweep: &Sweep, indices: &[u64], folder: &SweepFolder) -> Result<Collected, Failure> {
    let cells: Vec<(CellId, Vec<Value>)> =
        indices.par_iter().map(|index| (sweep.id(*index), on_axes(sweep.axes_of(*index)))).collect();
    let ids: Vec<CellId> = cells.iter().map(|(id, _)| *id).collect();
    // Before anything is read: what changes afterwards has another stamp.
    let stamps = gathered::stamps(folder, &ids);
    let mut before = Before::read(sweep, folder, &cells, &stamps).unwrap_or_default();
    let mut read = before.read_all(folder, &cells);
    let as_before = |one: &Read| {
        one.names.as_ref().is_none_or(|names| {
            names.is_empty() || names.iter().eq(before.metrics.iter().map(String::as_bytes))
        })
    };
    if !before.known.is_empty() && !read.iter().all(as_before) {
        // Read with all others, these metrics might have another order.
        before = Before::default();
        read = before.read_all(folder, &cells);
    }
    let attempts = Attempts::read_of(&folder.attempts(), |cell| !before.known.contains_key(&cell))?;
    let mut damage = attempts.damage.clone();
    let mut results = Results {
        axes: sweep.axes().iter().map(|axis| axis.name.clone()).collect(),
        replicate: sweep.replicate_axis(),
        interval: if sweep.gather.bootstrap { Interval::Bootstrap } else { Interval::StudentT },
        metrics: before.metrics.clone(),
        rows: Vec::with_capacity(read.len()),
    };
    let names = ByteRecord::from(before.metrics.clone());
    let mut kept = Vec::with_capacity(read.len());
    for (one, stamp) in read.into_iter().zip(stamps) {
        let tried = attempts.of(one.cell);
        // Damage is said each time, so the cell is read each time.
        kept.push(stamp.filter(|_| one.done && one.damage.is_empty()));
        damage.extend(one.damage);
        let names = one.names.as_ref().unwrap_or(&names);
        results.rows.push(Row {
            cell: one.cell.to_string(),
            axes: one.axes,
            state: state(one.done, tried.last().map(|attempt| attempt.outcome)).into(),
            done: one.done,
            attempts: one.attempts.unwrap_or(tried.len()),
            metrics: placed(&mut results.metrics, names, one.values),
        });
    }
    let known = ids.iter().map(|id| before.known.get(id).copied()).collect();
    Ok(Collected { results, damage, stamps: kept, known })
}

/// What the last gathering left, if all of that is as it was.
#[derive(Default)]
struct Before {
    metrics: Vec<String>,
    known: HashMap<CellId, Known>,
    /// Rows of the table of cells, by id.
    rows: HashMap<CellId, ByteRecord>,
    /// Fields of a row before the attempts.
    axes: usize,
}

impl Before {
    /// `None` where anything has changed of what was gathered: then all is read anew.
    fn read(
        sweep: &Sweep,
        folder: &SweepFolder,
        cells: &[(CellId, Vec<Value>)],
        stamps: &[Option<Stamp>],
    ) -> Option<Before> {
        let Gathered { metrics, cells: known } = Gathered::read(folder)?;
        let same = |((id, _), stamp): &(&(CellId, Vec<Value>), &Option<Stamp>)| {
            stamp.is_some() && known.get(id).map(|known| known.stamp) == **stamp
        };
        if cells.iter().zip(stamps).filter(same).count() != known.len() {
            return None;
        }
        let table = table::read(&folder.cells_table(), Ending::Whole).ok()??;
        // The header that these axes and metrics have: the sweep may have other axes by now.
        let axes = sweep.axes().iter().map(|axis| axis.name.clone()).collect();
        let header = cells_header(&Results { axes, metrics: metrics.clone(), ..Results::default() });
        if table.header != header {
            return None;
        }
        let id = |row: &ByteRecord| std::str::from_utf8(row.get(0)?).ok()?.parse().ok();
        let rows: HashMap<CellId, ByteRecord> =
            table.rows.into_iter().filter_map(|row| Some((id(&row)?, row))).collect();
        // A case may have another name by now: then its rows in the tables are not what they would be.
        let as_it_was = |(cell, axes): &(CellId, Vec<Value>)| {
            let Some(row) = rows.get(cell) else { return !known.contains_key(cell) };
            axes.iter().zip(row.iter().skip(1)).all(|(value, field)| value.to_string().as_bytes() == field)
        };
        cells.par_iter().all(as_it_was).then(|| Before { metrics, known, rows, axes: sweep.axes().len() })
    }

    /// All cells: those that are known from the table, the others from their folders.
    fn read_all(&self, folder: &SweepFolder, cells: &[(CellId, Vec<Value>)]) -> Vec<Read> {
        let one = |(cell, axes): &(CellId, Vec<Value>)| match self.row(*cell) {
            Some((attempts, values)) => Read {
                cell: *cell,
                axes: axes.clone(),
                done: true,
                names: None,
                values,
                attempts: Some(attempts),
                damage: Vec::new(),
            },
            None => read_one(folder, *cell, axes.clone()),
        };
        cells.par_iter().map(one).collect()
    }

    /// The row of a cell that need not be read: its attempts, and its metrics.
    fn row(&self, cell: CellId) -> Option<(usize, Vec<Option<String>>)> {
        self.known.get(&cell)?;
        let row = self.rows.get(&cell)?;
        let text = |value: &[u8]| (!value.is_empty()).then(|| String::from_utf8_lossy(value).into_owned());
        let attempts = std::str::from_utf8(row.get(self.axes + 2)?).ok()?.parse().ok()?;
        Some((attempts, row.iter().skip(self.axes + 3).map(text).collect()))
    }
}

/// What there is of a cell.
struct Read {
    cell: CellId,
    axes: Vec<Value>,
    done: bool,
    /// Its metrics: names (`None` for those of the table) and values as the worker wrote them.
    names: Option<ByteRecord>,
    values: Vec<Option<String>>,
    /// How often it was tried, where the table says so.
    attempts: Option<usize>,
    damage: Vec<String>,
}

/// A parameter that the cell does not have is an empty field.
fn on_axes(values: Vec<Option<Value>>) -> Vec<Value> {
    values.into_iter().map(|value| value.unwrap_or(Value::Text(String::new()))).collect()
}

fn read_one(folder: &SweepFolder, cell: CellId, axes: Vec<Value>) -> Read {
    let contents = folder.cell(cell).read();
    let table = contents.metrics.unwrap_or_default();
    let text = |value: &[u8]| Some(String::from_utf8_lossy(value).into_owned());
    Read {
        cell,
        axes,
        done: contents.done,
        values: table.rows.first().map(|row| row.iter().map(text).collect()).unwrap_or_default(),
        names: Some(table.header),
        attempts: None,
        damage: contents.damage,
    }
}

/// How a cell stands, in one word. Nothing is guessed: of an attempt without an end only that is known.
fn state(done: bool, last: Option<Outcome>) -> &'static str {
    match last {
        _ if done => DONE,
        None => MISSING,
        // Its end is not recorded: it runs, or its planner was killed. Or a `done.json` was taken away.
        Some(Outcome::Started | Outcome::Done) => "unfinished",
        Some(Outcome::Failed) => "failed",
        Some(Outcome::Diverged) => "diverged",
        Some(Outcome::Stopped) => "stopped",
        Some(Outcome::Killed) => "killed",
    }
}

/// The cell's values, each under its metric; metrics that are new get the next place.
fn placed(known: &mut Vec<String>, names: &ByteRecord, values: Vec<Option<String>>) -> Vec<Option<String>> {
    let same = |(known, name): (&String, &[u8])| known.as_bytes() == name;
    // Nearly always the cells have the same columns in the same order.
    if values.is_empty() || known.len() == names.len() && known.iter().zip(names).all(same) {
        return values;
    }
    let mut placed = vec![None; known.len()];
    for (name, value) in names.iter().zip(values) {
        let name = String::from_utf8_lossy(name);
        let place = known.iter().position(|known| *known == name).unwrap_or_else(|| {
            known.push(name.into_owned());
            placed.push(None);
            known.len() - 1
        });
        placed[place] = value;
    }
    placed
}

/// `61 of 63 cells (2 missing: 1 failed, 1 diverged)`.
pub(crate) fn counts(results: &Results) -> String {
    let (all, missing) = (results.rows.len(), results.missing());
    if missing == 0 {
        return format!("all {}", crate::words::count(all as u64, "cell"));
    }
    let mut states: Vec<(&str, usize)> = Vec::new();
    for row in results.rows.iter().filter(|row| !row.done) {
        match states.iter_mut().find(|(state, _)| *state == row.state) {
            Some((_, count)) => *count += 1,
            None => states.push((&row.state, 1)),
        }
    }
    let words = |(state, count): &(&str, usize)| {
        if *state == MISSING { format!("{count} not run") } else { format!("{count} {state}") }
    };
    let states: Vec<String> = states.iter().map(words).collect();
    format!(
        "{} of {} ({missing} missing: {})",
        all - missing,
        crate::words::count(all as u64, "cell"),
        states.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_of_different_cells_share_columns_in_the_order_in_which_they_come() {
        let record = |fields: &[&str]| ByteRecord::from(fields.to_vec());
        let text = |value: &str| Some(value.to_string());
        let mut known = Vec::new();
        let mut placed = |names: &[&str], values: &[&str]| {
            super::placed(&mut known, &record(names), values.iter().map(|value| text(value)).collect())
        };
        let first = placed(&["a", "b"], &["1", "2.50"]);
        let second = placed(&["b", "c"], &["3", "x"]);
        let third = placed(&["a", "b"], &[]);
        let fourth = placed(&["c", "a", "b"], &["4", "5", "6"]);
        assert_eq!(known, ["a", "b", "c"]);
        assert_eq!(first, [text("1"), text("2.50")]);
        assert_eq!(second, [None, text("3"), text("x")]);
        assert!(third.is_empty());
        assert_eq!(fourth, [text("5"), text("6"), text("4")]);
    }
}
