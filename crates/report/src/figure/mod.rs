//! Figures: what is shown of results, as panels of `gainsweep-draw`.

mod columns;
mod curves;
mod distributions;
mod heat;
mod lines;
mod request;
mod scatter;
mod sensible;
mod states;
mod words;

use gainsweep_contract::Value;
use gainsweep_draw::{DrawError, Sheet};

pub use columns::{CellColumns, CellTable};
pub use request::{Over, Request, Scale};
pub use sensible::sensible;

pub use crate::rows::RowsAre;

use crate::results::Results;
use crate::text::one_line;

/// What is written on a figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// Above the figure, for example the sweep's question.
    pub title: String,
    /// For each axis of the results, its name with its unit.
    pub axes: Vec<String>,
    /// For each axis, its value in the point of all defaults, where there is one.
    pub defaults: Vec<Option<Value>>,
}

impl Labels {
    /// The names of these axes.
    fn legend(&self, axes: &[usize]) -> String {
        let names: Vec<&str> = axes.iter().map(|axis| self.axes[*axis].as_str()).collect();
        one_line(&names.join(", "))
    }
}

/// Why there is no figure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FigureError {
    /// No cell that is done has a number for the metric.
    #[error("no finished cell has a number for `{0}`")]
    NoNumbers(String),
    /// Nobody could read it.
    #[error("{what}: {count} are too many for one figure, which holds {most}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many fit.
        most: usize,
    },
    /// The library that draws gave up.
    #[error(transparent)]
    Draw(#[from] DrawError),
}

/// A figure before it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    sheet: Sheet,
    /// What it shows, in a sentence.
    pub caption: String,
    /// The numbers that it shows, in words, for who cannot see it.
    pub alternative: String,
    /// What could not be drawn as asked, in words.
    pub notes: Vec<String>,
}

impl Figure {
    /// Arranges what is drawn.
    ///
    /// # Errors
    /// There is nothing to draw, or too much of it.
    pub fn new(
        results: &Results,
        columns: &CellColumns,
        request: &Request,
        labels: &Labels,
    ) -> Result<Figure, FigureError> {
        let mut notes = Vec::new();
        let mut sheet = match request {
            Request::Line { metric, axes } => {
                let lines = lines::Lines::new(results, *metric, axes, labels)?;
                let mut panel = lines.panel(results, axes, labels);
                panel.y.label = one_line(&results.metrics[*metric]);
                notes = lines.notes;
                Sheet::of(panel)
            }
            Request::Violin { column, axes, references } => {
                Sheet::of(distributions::panel(results, columns, column, axes, references, labels)?)
            }
            Request::HeatMap { metric, over, by } => heat::sheet(results, *metric, *over, *by, labels)?,
            Request::History { column, by, scale } => {
                Sheet::of(curves::history(results, columns, column, *by, *scale, labels)?)
            }
            Request::Onset { column, by } => {
                Sheet::of(curves::onsets(results, columns, column, *by, labels)?)
            }
            Request::Scatter { metric, against, by } => {
                Sheet::of(scatter::panel(results, *metric, *against, *by, labels)?)
            }
            Request::ContextScatter { column, against, by } => {
                Sheet::of(scatter::rows(results, columns, [column, against], *by, labels)?)
            }
            Request::Status => Sheet::of(states::panel(results, labels)?),
        };
        let caption = words::caption(results, request, &sheet, labels);
        let alternative = words::alternative(&caption, &sheet);
        let missing = results.missing();
        let title = one_line(&labels.title);
        if let [panel] = sheet.panels.as_mut_slice() {
            panel.title = title;
            if missing > 0 {
                let absent = format!("; {missing} of {} cells missing", results.rows.len());
                panel.subtitle.push_str(&absent);
            }
        } else {
            let absent = format!(" ({missing} of {} cells missing)", results.rows.len());
            sheet.title = if missing > 0 { title + &absent } else { title };
        }
        Ok(Figure { sheet, caption, alternative, notes })
    }

    /// The figure as SVG. The same figure gives the same bytes.
    pub fn svg(&self) -> String {
        self.sheet.svg()
    }

    /// The figure as an `<svg>` element of a page, without the title, which the page has; its ids begin with `ids`.
    pub fn svg_element(&self, ids: &str) -> String {
        let mut sheet = self.sheet.clone();
        match sheet.panels.as_mut_slice() {
            [panel] => panel.title.clear(),
            _ => sheet.title.clear(),
        }
        sheet.svg_element(ids)
    }

    /// The figure as PNG, with twice the SVG's size in pixels.
    ///
    /// # Errors
    /// [`FigureError::Draw`] when the library gives up.
    pub fn png(&self) -> Result<Vec<u8>, FigureError> {
        Ok(self.sheet.png()?)
    }
}

/// The values that an axis takes, each once, in the order of the sweep.
fn levels(results: &Results, axis: usize) -> Vec<Value> {
    levels_of(results.rows.iter().map(|row| &row.axes[axis]))
}

/// These values, each once.
fn levels_of<'a>(values: impl Iterator<Item = &'a Value>) -> Vec<Value> {
    let mut seen = std::collections::HashSet::new();
    values.filter(|value| seen.insert(value.canonical())).cloned().collect()
}

/// Numbers in their order, before names in the order of the sweep.
fn sorted(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by(|one, other| match (one.as_number(), other.as_number()) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        (one, other) => other.is_some().cmp(&one.is_some()),
    });
    values
}

/// A value's place on an axis of numbers.
fn position(value: &Value) -> Option<f64> {
    value.as_number().filter(|number| number.is_finite())
}

/// The axes of points on which cells that are done differ, but for these; `first` before the others. No mean is taken over
/// an axis that is not the replicates'.
fn others(results: &Results, but: &[Option<usize>], first: Option<usize>) -> Vec<usize> {
    let done = |axis: usize| results.rows.iter().filter(|row| row.done).map(move |row| &row.axes[axis]);
    let varies = |axis: usize| levels_of(done(axis)).len() > 1;
    let mut axes: Vec<usize> = results
        .point_axes()
        .into_iter()
        .filter(|axis| !but.contains(&Some(*axis)) && varies(*axis))
        .collect();
    axes.sort_by_key(|axis| Some(*axis) != first);
    axes
}

/// `seeds`, where there are several.
fn replicates(results: &Results) -> Option<String> {
    let axis = results.replicate.filter(|axis| levels(results, *axis).len() > 1)?;
    let name = one_line(&results.axes[axis]);
    Some(if name.ends_with('s') { name } else { format!("{name}s") })
}

/// The values of a row on these axes, as a name.
fn name(results: &Results, row: usize, axes: &[usize]) -> String {
    let values: Vec<String> =
        axes.iter().map(|axis| one_line(&results.rows[row].axes[*axis].to_string())).collect();
    values.join(", ")
}

/// The rows that share the values on these axes, by their name, in the order of the sweep.
fn groups(results: &Results, axes: &[usize]) -> Vec<(String, Vec<usize>)> {
    let mut found: Vec<(String, Vec<usize>)> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for (place, row) in results.rows.iter().enumerate() {
        let key: Vec<String> = axes.iter().map(|axis| row.axes[*axis].canonical()).collect();
        let at = *known.entry(key).or_insert_with(|| {
            found.push((name(results, place, axes), Vec::new()));
            found.len() - 1
        });
        found[at].1.push(place);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::example;

    pub(super) fn labels() -> Labels {
        Labels {
            title: "How slow may the modulation be?".into(),
            axes: ["tau (time steps)", "modulator_input", "seed"].map(String::from).to_vec(),
            defaults: vec![Some(Value::Float(1.0)), Some(Value::Text("xy".into())), None],
        }
    }

    /// Three contexts a cell, two batches.
    fn columns(results: &Results) -> CellColumns {
        let mut columns = CellColumns::default();
        for (row, _) in results.rows.iter().enumerate().filter(|(_, row)| row.done) {
            let values = |add: f64| (0..6).map(|i| add + 0.1 * f64::from(i)).collect::<Vec<f64>>();
            columns.insert(CellTable::Contexts, "clarity", row, values(0.2));
            columns.insert(CellTable::Contexts, "error_onset_50", row, values(1.0));
            columns.insert(CellTable::Contexts, "error_onset_100", row, values(0.8));
            columns.insert(CellTable::History, "batch", row, vec![1.0, 2.0, 3.0]);
            columns.insert(CellTable::History, "loss", row, vec![30.0, 20.0, 10.0 + row as f64]);
        }
        columns
    }

    fn every_kind() -> Vec<Request> {
        let axes = Over { over: 0, by: Some(1), scale: Scale::Log };
        vec![
            Request::Line { metric: 0, axes },
            Request::Violin { column: "clarity".into(), axes, references: vec![0.5] },
            Request::HeatMap { metric: 0, over: 0, by: 1 },
            Request::History { column: "loss".into(), by: Some(0), scale: Scale::Log },
            Request::Onset { column: "error".into(), by: Some(0) },
            Request::Scatter { metric: 0, against: 1, by: Some(0) },
            Request::ContextScatter {
                column: "clarity".into(),
                against: "error_onset_50".into(),
                by: Some(0),
            },
            Request::Status,
        ]
    }

    #[test]
    fn every_kind_is_drawn_with_its_axes_and_says_what_is_missing() {
        let results = example();
        for request in every_kind() {
            let figure = Figure::new(&results, &columns(&results), &request, &labels()).expect("numbers");
            let svg = figure.svg();
            let [panel] = figure.sheet.panels.as_slice() else { panic!("one panel: {request:?}") };
            assert!(panel.subtitle.ends_with("1 of 18 cells missing"), "{request:?}: {svg}");
            assert!(svg.contains("How slow may the"), "{request:?}");
            assert!(!svg.contains("NaN"), "{request:?}: {svg}");
            assert_eq!(svg, figure.svg());
            assert!(figure.png().is_ok());
        }
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let mut results = example();
        results.rows.iter_mut().for_each(|row| row.done = false);
        for request in every_kind().into_iter().filter(|request| *request != Request::Status) {
            let error = Figure::new(&results, &CellColumns::default(), &request, &labels());
            assert!(matches!(error, Err(FigureError::NoNumbers(_))), "{request:?}");
        }
    }

    #[test]
    fn each_figure_wants_its_columns_alone() {
        let kinds = every_kind();
        let wants = |at: usize, table, name| Request::wants(&kinds[at], table, name);
        assert!(wants(1, CellTable::Contexts, "clarity") && !wants(1, CellTable::History, "clarity"));
        assert!(wants(3, CellTable::History, "batch") && wants(3, CellTable::History, "loss"));
        assert!(wants(4, CellTable::Contexts, "error_onset_50") && !wants(4, CellTable::Contexts, "error"));
        assert!(!wants(0, CellTable::Contexts, "clarity"));
    }

    #[test]
    fn hostile_names_stay_text() {
        let mut labels = labels();
        labels.title = "<script>alert(1)</script> & $x^2$ $(rm -rf) \n\"'".into();
        let results = example();
        for request in every_kind() {
            let figure = Figure::new(&results, &columns(&results), &request, &labels).expect("numbers");
            let svg = figure.svg();
            assert!(!svg.contains("<script>"));
            assert!(svg.contains("$x^2$"), "{svg}");
        }
    }
}
