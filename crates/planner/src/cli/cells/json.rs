//! `gainsweep cells --json`: one object, documented in docs/reference/json.md. Each cell is written when it is
//! read.

use std::io::{self, Write};

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::list::{List, ListedCell};
use crate::cli::json_values::Named;

/// Version of the object. It is raised when a field changes its meaning or is removed, not when one is added.
const CELLS_JSON_FORMAT: u32 = 1;

#[derive(Serialize)]
struct Document<'l> {
    format: u32,
    sweep: &'l str,
    cells: Cells<'l>,
}

#[derive(Serialize)]
struct JsonCell<'l> {
    cell: String,
    index: u64,
    state: String,
    axes: Named<'l>,
    reason: Option<&'l str>,
    r#where: Option<&'l str>,
    metrics: Metrics<'l>,
}

pub(super) fn write(out: &mut dyn Write, list: &List) -> io::Result<()> {
    let document = Document { format: CELLS_JSON_FORMAT, sweep: &list.loaded.name, cells: Cells(list) };
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

struct Cells<'l>(&'l List<'l>);

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut cells = serializer.serialize_seq(Some(self.0.count()))?;
        for ListedCell { index, id, axes, state, place, reason, metrics } in self.0.rows() {
            cells.serialize_element(&JsonCell {
                cell: id.to_string(),
                index,
                state: state.key(),
                axes: Named::axes(&self.0.loaded.sweep, &axes),
                reason: reason.as_deref(),
                r#where: place.as_deref(),
                metrics: Metrics { names: &self.0.metrics, values: &metrics },
            })?;
        }
        cells.end()
    }
}

/// Metrics by name.
struct Metrics<'l> {
    names: &'l [String],
    values: &'l [Option<String>],
}

impl Serialize for Metrics<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = self.values.iter().map(|value| value.as_deref().map(Metric));
        serializer.collect_map(self.names.iter().zip(values))
    }
}

/// A metric: a number if it is one that JSON has, else the worker's text.
struct Metric<'l>(&'l str);

impl Serialize for Metric<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.trim();
        if let Ok(number) = text.parse() {
            return serializer.serialize_i64(number);
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => serializer.serialize_f64(number),
            _ => serializer.serialize_str(text),
        }
    }
}
