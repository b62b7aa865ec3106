//! Reads what a sweep's cells measured into tidy results.

use csv::ByteRecord;
use gainsweep_contract::{CellId, Value};
use gainsweep_report::{Interval, Results, Row};
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
}

/// Reads these cells of a sweep, in parallel.
///
/// # Errors
/// The folder of attempts cannot be listed. Everything else that cannot be read is listed as damage.
pub(crate) fn collect(sweep: &Sweep, indices: &[u64], folder: &SweepFolder) -> Result<Collected, Failure> {
    let attempts = Attempts::read(&folder.attempts())?;
    let read: Vec<Read> = indices.par_iter().map(|index| read_one(sweep, folder, *index)).collect();
    let mut damage = attempts.damage.clone();
    let mut results = Results {
        axes: sweep.axes().iter().map(|axis| axis.name.clone()).collect(),
        replicate: sweep.replicate_axis(),
        interval: if sweep.gather.bootstrap { Interval::Bootstrap } else { Interval::StudentT },
        metrics: Vec::new(),
        rows: Vec::with_capacity(read.len()),
    };
    for one in read {
        damage.extend(one.damage);
        let tried = attempts.of(one.cell);
        results.rows.push(Row {
            cell: one.cell.to_string(),
            axes: one.axes,
            state: state(one.done, tried.last().map(|attempt| attempt.outcome)).into(),
            done: one.done,
            attempts: tried.len(),
            metrics: placed(&mut results.metrics, &one.names, one.values),
        });
    }
    Ok(Collected { results, damage })
}

/// What there is of a cell.
struct Read {
    cell: CellId,
    axes: Vec<Value>,
    done: bool,
    /// Its metrics: names and values as the worker wrote them.
    names: ByteRecord,
    values: Vec<Option<String>>,
    damage: Vec<String>,
}

fn read_one(sweep: &Sweep, folder: &SweepFolder, index: u64) -> Read {
    let cell = sweep.cell(index);
    let contents = folder.cell(cell.id).read();
    let table = contents.metrics.unwrap_or_default();
    let text = |value: &[u8]| Some(String::from_utf8_lossy(value).into_owned());
    Read {
        cell: cell.id,
        // A parameter that the cell does not have is an empty field.
        axes: cell.axes.into_iter().map(|value| value.unwrap_or(Value::Text(String::new()))).collect(),
        done: contents.done,
        values: table.rows.first().map(|row| row.iter().map(text).collect()).unwrap_or_default(),
        names: table.header,
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
