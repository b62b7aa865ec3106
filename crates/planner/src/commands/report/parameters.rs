//! What was varied, what was set, and what held without being said.

use std::collections::{BTreeMap, BTreeSet};

use gainsweep_contract::{Value, ValueMap, schema};
use gainsweep_page::{Column, Field, Parameters, Table, Use};
use gainsweep_sweep::Sweep;
use rayon::prelude::*;

use crate::words;

/// Cells that are asked for their parameters; of more, so many, spread evenly.
const ASKED: usize = 5_000;

/// Values of a parameter that are listed.
const MOST_VALUES: usize = 24;

/// What the cells say of one parameter that is no axis.
#[derive(Default)]
struct Seen {
    /// Its values, each once, in the order of the sweep.
    values: Vec<Value>,
    known: BTreeSet<String>,
    /// Does the file say it, in some cell?
    given: bool,
    cells: usize,
}

/// The section.
pub(super) fn parameters(sweep: &Sweep, indices: &[u64]) -> Parameters {
    let (seen, asked) = seen(sweep, indices);
    let columns = |first: &str| Table {
        columns: ["parameter", first, "unit", "in the paper", "meaning"].map(Column::words).to_vec(),
        used: Use::Reading,
        ..Table::default()
    };
    let replicate = sweep.replicate_axis();
    let axes = sweep.axes().iter().enumerate().map(|(place, axis)| {
        let mut row = row(sweep, &axis.name, listed(&axis.values));
        if Some(place) == replicate {
            row[4] = Field::from(format!("{} (statistics are taken over it)", row[4].text).trim_start().to_string());
        }
        row
    });
    let rows = |given: bool| -> Vec<Vec<Field>> {
        let own = seen.iter().filter(|(name, one)| one.given == given && sweep.axis(name).is_none());
        own.map(|(name, one)| row(sweep, name, described(one, asked))).collect()
    };
    let table = |id: &str, caption: &str, rows: Vec<Vec<Field>>| {
        (!rows.is_empty()).then(|| Table { id: id.into(), caption: caption.into(), rows, ..columns("value") })
    };
    let mut notes = Vec::new();
    if asked < indices.len() {
        notes.push(format!("As {asked} of {} cells have them, spread evenly.", indices.len()));
    }
    if sweep.worker.is_some() {
        notes.push("Another program runs the cells: of its parameters is known what the sweep file says.".into());
    }
    Parameters {
        axes: Table {
            id: "axes".into(),
            caption: "What varies".into(),
            rows: axes.collect(),
            ..columns("values")
        },
        constants: table("constants", "What the sweep file sets besides", rows(true)),
        defaults: table("defaults", "Defaults", rows(false)),
        notes,
    }
}

/// The parameters of the cells, by name, and how many cells were asked.
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
            if one.known.len() < MOST_VALUES && one.known.insert(value.canonical()) {
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
    words::one_line(&if values.len() <= MOST_VALUES {
        values.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")
    } else {
        words::values(values)
    })
}

fn row(sweep: &Sweep, name: &str, values: String) -> Vec<Field> {
    let known = if sweep.worker.is_none() { schema::find(name) } else { None };
    let (unit, symbol) = known.map_or(("", ""), |parameter| (parameter.unit, parameter.symbol));
    let help = known.map_or_else(|| sweep.declared_help(name), |parameter| parameter.help);
    [name, &values, unit, symbol, help].into_iter().map(|text| Field::from(words::one_line(text))).collect()
}
