//! Figures of what the cells measured: those of the sweep file, or default ones.

use std::collections::HashSet;
use std::path::PathBuf;

use csv::ByteRecord;
use gainsweep_contract::defaults::default_of;
use gainsweep_contract::{Value, schema};
use gainsweep_language::Plot;
use gainsweep_report::Results;
use gainsweep_report::figures::{
    CellColumns, CellTable, Figure, FigureError, Labels, Request, RequestError, RowsAre, default_plots,
};
use gainsweep_store::csv_table::{CsvTable, Ending};
use gainsweep_store::{CellFolder, SweepFolder, atomic, result_table};
use rayon::prelude::*;

use crate::results::gather::first_metric;
use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::Loaded;

/// The figures of a sweep.
pub(crate) struct Figures {
    /// Each with the name of its files.
    pub(crate) drawn: Vec<(String, Figure)>,
    /// What cannot be drawn, and why.
    pub(crate) undrawn: Vec<String>,
}

/// Writes the figures of the sweep file, or default ones, and prints where they are. A figure that cannot be
/// drawn is reported and stops nothing.
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

/// Arranges the figures of the sweep file, or default ones.
///
/// # Errors
/// The drawing library fails.
pub(crate) fn figures(loaded: &Loaded, folder: &SweepFolder, results: &Results) -> Result<Figures, Failure> {
    let mut names = HashSet::new();
    let (mut drawn, mut undrawn) = (Vec::new(), Vec::new());
    let asked = !loaded.sweep.plots.is_empty();
    let requests = requests(loaded, results, &mut undrawn);
    let columns = columns(folder, results, &requests);
    let labels = Labels {
        title: loaded.sweep.question.clone().unwrap_or_else(|| loaded.name.clone()),
        axes: axis_labels(loaded),
        defaults: loaded.sweep.axes().iter().map(|axis| default(loaded, &axis.name)).collect(),
    };
    for request in requests {
        match request.figure(results, &columns, &labels) {
            Ok(figure) => drawn.push((request.file_stem(results, &mut names), figure)),
            // Default figures: not every worker has contexts and a loss.
            Err(FigureError::NoNumbers(_) | FigureError::TooMany { .. }) if !asked && !drawn.is_empty() => {}
            Err(error @ (FigureError::NoNumbers(_) | FigureError::TooMany { .. })) => {
                undrawn.push(format!("{error}: not drawn"));
            }
            Err(error @ FigureError::Draw(_)) => return Err(error.into()),
        }
    }
    Ok(Figures { drawn, undrawn })
}

/// What to draw: the sweep file's figures, else the default of each kind.
fn requests(loaded: &Loaded, results: &Results, undrawn: &mut Vec<String>) -> Vec<Request> {
    let asked = &loaded.sweep.plots;
    let plots = if asked.is_empty() {
        first_metric(loaded, results).map(|metric| default_plots(results, metric)).unwrap_or_default()
    } else {
        asked.clone()
    };
    let mut request = |plot: &Plot| match Request::from_plot(plot, results) {
        Ok(request) => Some(request),
        Err(RequestError::NoMetric(name)) => {
            undrawn.push(no_metric(results, &name));
            None
        }
        Err(error @ (RequestError::NoAxis(_) | RequestError::NoKey(_))) => {
            undrawn.push(format!("[[plot]]: {}", wording::one_line(&error.to_string())));
            None
        }
    };
    plots.iter().filter_map(&mut request).collect()
}

/// The message if no cell has a metric.
fn no_metric(results: &Results, name: &str) -> String {
    let known: Vec<String> =
        results.numeric_metrics().into_iter().map(|metric| results.metrics[metric].clone()).collect();
    let there = match schema::nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "no cell has measured anything yet".into(),
        None => format!("the metrics are {}", wording::some(&known)),
    };
    let name = wording::one_line(name);
    format!("[[plot]]: there is no metric `{name}`; {there}")
}

/// The columns of cells' own tables that these figures need. A cell without them is left out; `gather`
/// reports it.
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
            let Ok(Some(read)) = result_table::read(&path(&cell), Ending::Whole) else { continue };
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
    /// For a table of contexts: what its rows are.
    rows: Option<RowsAre>,
}

/// What the rows with values in this column are; `None` without values.
fn rows_are(table: &CsvTable, place: usize) -> Option<RowsAre> {
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
    // Some defaults depend on other parameters, such as the network: take those of the first cell.
    default_of(axis, &loaded.sweep.cell(0).parameters)
}
