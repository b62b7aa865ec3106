//! What was varied, what was set, and which defaults held.

use std::collections::{BTreeMap, BTreeSet};

use gainsweep_contract::{Value, ValueMap, schema};
use gainsweep_language::Sweep;
use gainsweep_report::page::{Column, Field, Parameters, Table, Use};
use rayon::prelude::*;

use crate::screen::wording;

/// Cells whose parameters are read; more are sampled, spread evenly.
const ASKED: usize = 5_000;

/// Values of a parameter that are listed.
const MOST_VALUES: usize = 24;

/// What the cells have for one parameter that is no axis.
#[derive(Default)]
struct Seen {
    /// Its values, each once, in the order of the sweep.
    values: Vec<Value>,
    known: BTreeSet<String>,
    /// Does the file set it, in some cell?
    given: bool,
    cells: usize,
}

/// The section.
pub(super) fn parameters(sweep: &Sweep, indices: &[u64]) -> Parameters {
    let (seen, asked) = seen(sweep, indices);
    let replicate = sweep.replicate_axis();
    let axes = sweep.axes().iter().enumerate().map(|(place, axis)| {
        // Where other blocks of the file set it, it has more values than the axis.
        let values = match seen.get(&axis.name) {
            Some(one) if one.values.len() > axis.values.len() => &one.values,
            _ => &axis.values,
        };
        let mut row = row(sweep, &axis.name, &listed(values));
        if Some(place) == replicate {
            row[4] = Field::from(
                format!("{} (statistics are taken over it)", row[4].text).trim_start().to_string(),
            );
        }
        row
    });
    let rows = |given: bool| -> Vec<Vec<Field>> {
        let own = seen.iter().filter(|(name, one)| one.given == given && sweep.axis(name).is_none());
        own.map(|(name, one)| row(sweep, name, &described(one, asked))).collect()
    };
    let some = |table: &Table| !table.rows.is_empty();
    let mut notes = Vec::new();
    if asked < indices.len() {
        notes.push(format!("From {asked} of {} cells, spread evenly.", indices.len()));
    }
    if sweep.worker.is_some() {
        notes.push("Another program runs the cells: only parameters in the sweep file are known.".into());
    }
    Parameters {
        axes: table("axes", "What varies", axes.collect()),
        constants: Some(table("constants", "Other settings of the sweep file", rows(true))).filter(some),
        defaults: Some(table("defaults", "Defaults", rows(false))).filter(some),
        notes,
    }
}

/// The table, without empty columns.
fn table(id: &str, caption: &str, mut rows: Vec<Vec<Field>>) -> Table {
    let names = ["parameter", "values", "unit", "in the paper", "meaning"];
    let told: Vec<bool> =
        (0..names.len()).map(|at| at < 2 || rows.iter().any(|row| !row[at].text.is_empty())).collect();
    for row in &mut rows {
        let mut told = told.iter();
        row.retain(|_| told.next().is_some_and(|told| *told));
    }
    Table {
        id: id.into(),
        caption: caption.into(),
        columns: names
            .iter()
            .zip(&told)
            .filter(|(_, told)| **told)
            .map(|(name, _)| Column::words(*name))
            .collect(),
        rows,
        used: Use::Reading,
        ..Table::default()
    }
}

/// The parameters of the cells, by name, and how many cells were read.
fn seen(sweep: &Sweep, indices: &[u64]) -> (BTreeMap<String, Seen>, usize) {
    let stride = indices.len().div_ceil(ASKED).max(1);
    let cells: Vec<(ValueMap, ValueMap)> = indices
        .par_iter()
        .step_by(stride)
        .map(|index| (sweep.cell(*index).parameters, sweep.given(*index)))
        .collect();
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    for (parameters, given) in &cells {
        for (name, value) in parameters {
            let one = seen.entry(name.clone()).or_default();
            one.cells += 1;
            one.given |= given.contains_key(name);
            if one.known.insert(value.canonical()) {
                one.values.push(value.clone());
            }
        }
    }
    (seen, cells.len())
}

/// `3000`; `0.001, 0.01 (in 20 of 70 cells)`
fn described(seen: &Seen, asked: usize) -> String {
    let some =
        if seen.cells < asked { format!(" (in {} of {asked} cells)", seen.cells) } else { String::new() };
    listed(&seen.values) + &some
}

fn listed(values: &[Value]) -> String {
    wording::one_line(&if values.len() <= MOST_VALUES {
        values.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")
    } else {
        wording::values(values)
    })
}

fn row(sweep: &Sweep, name: &str, values: &str) -> Vec<Field> {
    let known = if sweep.worker.is_none() { schema::find(name) } else { None };
    let (unit, symbol) = known.map_or(("", ""), |parameter| (parameter.unit, parameter.symbol));
    let help = known.map_or_else(|| sweep.declared_help(name), |parameter| parameter.help);
    // The page cannot show code in running text.
    let help = &help.replace('`', "");
    [name, values, unit, symbol, help].into_iter().map(|text| Field::from(wording::one_line(text))).collect()
}
