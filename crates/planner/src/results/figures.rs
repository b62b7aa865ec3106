//! Figures from what the cells measured: those that the sweep file asks for, or sensible ones.

use std::collections::HashSet;
use std::path::PathBuf;

use csv::ByteRecord;
use gainsweep_contract::defaults::default_of;
use gainsweep_contract::{Value, schema};
use gainsweep_language::{Plot, PlotKind, Scale as AskedScale};
use gainsweep_report::Results;
use gainsweep_report::figure::{
    CellColumns, CellTable, Figure, FigureError, Labels, Over, Request, RowsAre, Scale, sensible,
};
use gainsweep_store::table::{self, Ending};
use gainsweep_store::{CellFolder, SweepFolder, atomic};
use rayon::prelude::*;

use crate::results::gather::first_metric;
use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::Loaded;

/// Of more cells than these nobody can tell the curves apart, and reading them takes long.
const MOST_CURVES: usize = 400;

/// The figures of a sweep.
pub(crate) struct Figures {
    /// Each with the name of its files.
    pub(crate) drawn: Vec<(String, Figure)>,
    /// What cannot be drawn, and why.
    pub(crate) undrawn: Vec<String>,
}

/// Writes the figures that the sweep asks for, or sensible ones, and says where they are. What cannot be drawn is said and
/// stops nothing.
///
/// # Errors
/// A figure cannot be written.
pub(crate) fn draw(
    loaded: &Loaded,
    folder: &SweepFolder,
    results: &Results,
) -> Result<Vec<PathBuf>, Failure> {
    let Figures { drawn, undrawn } = figures(loaded, folder, results)?;
    let mut written = Vec::new();
    for what in undrawn {
        screen::talk(&format!("warning: {what}"));
    }
    for (stem, figure) in drawn {
        for note in &figure.notes {
            screen::talk(&format!("warning: {note}"));
        }
        fs_err::create_dir_all(folder.figures())?;
        for (extension, bytes) in [("svg", figure.svg().into_bytes()), ("png", figure.png()?)] {
            let path = folder.figures().join(format!("{stem}.{extension}"));
            atomic::write(&path, &bytes)?;
            written.push(path);
        }
        screen::talk(&format!(
            "figure    {}",
            folder.figures().join(format!("{stem}.{{svg,png}}")).display()
        ));
    }
    Ok(written)
}

/// Arranges the figures that the sweep asks for, or sensible ones.
///
/// # Errors
/// The library that draws gives up.
pub(crate) fn figures(loaded: &Loaded, folder: &SweepFolder, results: &Results) -> Result<Figures, Failure> {
    let mut names = HashSet::new();
    let (mut drawn, mut undrawn) = (Vec::new(), Vec::new());
    let asked = !loaded.sweep.plots.is_empty();
    let mut requests = requests(loaded, results, &mut undrawn);
    if !asked && results.rows.len() > MOST_CURVES {
        requests.retain(|request| !matches!(request, Request::History { .. }));
    }
    let columns = columns(folder, results, &requests);
    let labels = Labels {
        title: loaded.sweep.question.clone().unwrap_or_else(|| loaded.name.clone()),
        axes: axis_labels(loaded),
        defaults: loaded.sweep.axes().iter().map(|axis| default(loaded, &axis.name)).collect(),
    };
    for request in requests {
        match Figure::new(results, &columns, &request, &labels) {
            Ok(figure) => drawn.push((file_stem(results, &request, &mut names), figure)),
            // Not every worker has contexts and a loss.
            Err(FigureError::NoNumbers(_) | FigureError::TooMany { .. }) if !asked && !drawn.is_empty() => {}
            Err(error @ (FigureError::NoNumbers(_) | FigureError::TooMany { .. })) => {
                undrawn.push(format!("{error}: not drawn"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Figures { drawn, undrawn })
}

/// What to draw.
fn requests(loaded: &Loaded, results: &Results, undrawn: &mut Vec<String>) -> Vec<Request> {
    if loaded.sweep.plots.is_empty() {
        let metric = first_metric(loaded, results);
        return metric.map(|metric| sensible(results, metric)).unwrap_or_default();
    }
    loaded.sweep.plots.iter().filter_map(|plot| request(loaded, results, plot, undrawn)).collect()
}

fn request(loaded: &Loaded, results: &Results, plot: &Plot, undrawn: &mut Vec<String>) -> Option<Request> {
    let scale = match plot.scale {
        AskedScale::Linear => Scale::Linear,
        AskedScale::Log => Scale::Log,
    };
    let axis = |name: &Option<String>| name.as_deref().and_then(|name| loaded.sweep.axis(name));
    let (over, by, column) = (axis(&plot.over), axis(&plot.by), plot.metric.clone());
    let mut metric = |name: &str| metric(results, name, undrawn);
    Some(match plot.kind {
        PlotKind::Line => Request::Line { metric: metric(&column)?, axes: Over { over: over?, by, scale } },
        PlotKind::Violin => {
            let axes = Over { over: over?, by, scale };
            Request::Violin { column, axes, references: plot.reference.clone() }
        }
        PlotKind::HeatMap => Request::HeatMap { metric: metric(&column)?, over: over?, by: by? },
        PlotKind::History => Request::History { column, by, scale },
        PlotKind::Onset => Request::Onset { column, by },
        PlotKind::Scatter => {
            let against = metric(plot.against.as_deref()?)?;
            Request::Scatter { metric: metric(&column)?, against, by }
        }
        PlotKind::ContextScatter => Request::ContextScatter { column, against: plot.against.clone()?, by },
        PlotKind::Status => Request::Status,
    })
}

/// The position of a metric.
fn metric(results: &Results, name: &str, undrawn: &mut Vec<String>) -> Option<usize> {
    if let Some(metric) = results.metric(name) {
        return Some(metric);
    }
    let known: Vec<String> =
        results.numeric_metrics().into_iter().map(|metric| results.metrics[metric].clone()).collect();
    let there = match schema::nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "no cell has measured anything yet".into(),
        None => format!("there are {}", wording::some(&known)),
    };
    let name = wording::one_line(name);
    undrawn.push(format!("[[plot]]: there is no metric `{name}`; {there}"));
    None
}

/// The columns of cells' own tables that these figures need. A cell without them is left out: gathering says which.
fn columns(folder: &SweepFolder, results: &Results, requests: &[Request]) -> CellColumns {
    type Path = fn(&CellFolder) -> PathBuf;
    let tables: [(CellTable, Path); 2] =
        [(CellTable::Contexts, CellFolder::contexts), (CellTable::History, CellFolder::history)];
    let wants = |table, name: &str| requests.iter().any(|request| request.wants(table, name));
    let tables = tables
        .map(|(table, path)| requests.iter().any(|request| request.reads(table)).then_some((table, path)));
    if tables.iter().all(Option::is_none) {
        return CellColumns::default();
    }
    let read = |row: usize| -> Vec<Column> {
        let Ok(cell) = results.rows[row].cell.parse() else { return Vec::new() };
        let cell = folder.cell(cell);
        let mut found = Vec::new();
        for (table, path) in tables.into_iter().flatten() {
            let Ok(Some(read)) = table::read(&path(&cell), Ending::Whole) else { continue };
            for (place, name) in read.header.iter().enumerate() {
                let name = String::from_utf8_lossy(name);
                if wants(table, &name) {
                    let number = |field: &[u8]| std::str::from_utf8(field).ok()?.trim().parse().ok();
                    let values = read.rows.iter().map(|fields| fields.get(place).and_then(number));
                    let values = values.map(|value| value.unwrap_or(f64::NAN)).collect();
                    let rows = rows_are(&read, place).filter(|_| table == CellTable::Contexts);
                    found.push(Column { table, name: name.into_owned(), row, values, rows });
                }
            }
        }
        found
    };
    let done: Vec<usize> = (0..results.rows.len()).filter(|row| results.rows[*row].done).collect();
    let mut columns = CellColumns::default();
    for Column { table, name, row, values, rows } in
        done.into_par_iter().flat_map_iter(read).collect::<Vec<_>>()
    {
        if let Some(rows) = rows {
            columns.rows_are(&name, rows);
        }
        columns.insert(table, &name, row, values);
    }
    columns
}

/// A column of one cell.
struct Column {
    table: CellTable,
    name: String,
    row: usize,
    values: Vec<f64>,
    /// Of a table of contexts: what has values in it.
    rows: Option<RowsAre>,
}

/// What the rows are in which this column has values; `None` where it has none.
fn rows_are(table: &table::Table, place: usize) -> Option<RowsAre> {
    let filled = |fields: &ByteRecord, place: usize| fields.get(place).is_some_and(|field| !field.is_empty());
    let first = table.rows.iter().find(|fields| filled(fields, place))?;
    let names = || table.header.iter().enumerate();
    Some(RowsAre::by(|name| names().any(|(at, known)| known == name.as_bytes() && filled(first, at))))
}

/// The axes with their units, where they are parameters of the built-in worker.
fn axis_labels(loaded: &Loaded) -> Vec<String> {
    let unit = |name: &str| {
        let parameter = if loaded.sweep.worker.is_none() { schema::find(name) } else { None };
        parameter.map(|parameter| parameter.unit).filter(|unit| !unit.is_empty())
    };
    let label = |name: &str| unit(name).map_or_else(|| name.to_string(), |unit| format!("{name} ({unit})"));
    loaded.sweep.axes().iter().map(|axis| label(&axis.name)).collect()
}

/// The value of an axis in the point of all defaults.
fn default(loaded: &Loaded, axis: &str) -> Option<Value> {
    if loaded.sweep.worker.is_some() {
        return None;
    }
    // What a default rests on, such as the network, is that of the first cell.
    default_of(axis, &loaded.sweep.cell(0).parameters)
}

/// `clarity_over_tau`; where two figures would share it, `clarity_over_tau_by_seed`, `clarity_over_tau_2`, ...
fn file_stem(results: &Results, request: &Request, taken: &mut HashSet<String>) -> String {
    // Names of a foreign worker's metrics may hold anything.
    let plain = |name: &str| -> String {
        let allowed = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        name.chars().take(60).map(allowed).collect()
    };
    let (metric, axis) =
        (|metric: usize| plain(&results.metrics[metric]), |axis: usize| plain(&results.axes[axis]));
    let (stem, by) = match request {
        Request::Line { metric: of, axes } => (format!("{}_over_{}", metric(*of), axis(axes.over)), axes.by),
        Request::Violin { column, axes, .. } => {
            (format!("{}_violins_over_{}", plain(column), axis(axes.over)), axes.by)
        }
        Request::HeatMap { metric: of, over, by } => {
            (format!("{}_heat_map_{}_{}", metric(*of), axis(*over), axis(*by)), None)
        }
        Request::History { column, by, .. } => (format!("{}_history", plain(column)), *by),
        Request::Onset { column, by } => (format!("{}_onset", plain(column)), *by),
        Request::Scatter { metric: of, against, by } => {
            (format!("{}_against_{}", metric(*of), metric(*against)), *by)
        }
        Request::ContextScatter { column, against, by } => {
            (format!("{}_against_{}_in_contexts", plain(column), plain(against)), *by)
        }
        Request::Status => ("status".to_string(), None),
    };
    let by = by.map(|by| format!("{stem}_by_{}", axis(by)));
    let numbered = (2..).map(|number| format!("{stem}_{number}"));
    let mut candidates = [Some(stem.clone()), by].into_iter().flatten().chain(numbered);
    // The last part of the chain never ends.
    candidates.find(|candidate| taken.insert(candidate.clone())).unwrap_or(stem)
}
