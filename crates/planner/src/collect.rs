//! Reads what a sweep's cells measured into tidy results.

use gainsweep_contract::Value;
use gainsweep_report::{Results, Row};
use gainsweep_store::{Attempts, CellContents, Outcome, SweepFolder};
use gainsweep_sweep::{Cell, Sweep};
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
    let read: Vec<(Cell, CellContents)> = indices
        .par_iter()
        .map(|index| {
            let cell = sweep.cell(*index);
            let contents = folder.cell(cell.id).read();
            (cell, contents)
        })
        .collect();
    let mut damage = attempts.damage.clone();
    let mut results = Results {
        axes: sweep.axes().iter().map(|axis| axis.name.clone()).collect(),
        replicate: sweep.replicate_axis(),
        metrics: Vec::new(),
        rows: Vec::with_capacity(read.len()),
    };
    for (cell, contents) in read {
        damage.extend(contents.damage.iter().cloned());
        let metrics = metrics(&mut results.metrics, &contents);
        let tried = attempts.of(cell.id);
        results.rows.push(Row {
            cell: cell.id.to_string(),
            // A parameter that the cell does not have is an empty field.
            axes: cell.axes.into_iter().map(|value| value.unwrap_or(Value::Text(String::new()))).collect(),
            state: state(contents.done, tried.last().map(|attempt| attempt.outcome)).into(),
            done: contents.done,
            attempts: tried.len(),
            metrics,
        });
    }
    Ok(Collected { results, damage })
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

/// The cell's scalar results, each under its metric; metrics that are new get the next place.
fn metrics(known: &mut Vec<String>, contents: &CellContents) -> Vec<Option<String>> {
    let Some((table, row)) = contents.metrics.as_ref().and_then(|table| Some((table, table.rows.first()?)))
    else {
        return Vec::new();
    };
    let mut values = vec![None; known.len()];
    for (position, (name, value)) in table.header.iter().zip(row).enumerate() {
        let name = String::from_utf8_lossy(name);
        // Nearly always the cells have the same columns in the same order.
        let same = known.get(position).is_some_and(|known| *known == name);
        let place = if same { Some(position) } else { known.iter().position(|known| *known == name) };
        let place = place.unwrap_or_else(|| {
            known.push(name.into_owned());
            values.push(None);
            known.len() - 1
        });
        values[place] = Some(String::from_utf8_lossy(value).into_owned());
    }
    values
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
    use gainsweep_store::table::{Ending, parse};

    #[test]
    fn metrics_of_different_cells_share_columns_in_the_order_in_which_they_come() {
        let contents = |text: &str| CellContents {
            done: true,
            metrics: Some(parse(text.as_bytes(), Ending::Whole)),
            ..CellContents::default()
        };
        let mut known = Vec::new();
        let first = metrics(&mut known, &contents("a,b\n1,2.50\n"));
        let second = metrics(&mut known, &contents("b,c\n3,x\n"));
        let third = metrics(&mut known, &contents("a,b\n"));
        assert_eq!(known, ["a", "b", "c"]);
        let text = |value: &str| Some(value.to_string());
        assert_eq!(first, [text("1"), text("2.50")]);
        assert_eq!(second, [None, text("3"), text("x")]);
        assert!(third.is_empty());
    }
}
