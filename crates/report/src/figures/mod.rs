//! Figures of results: from a `[[plot]]` table to panels of `gainsweep-draw`.
//!
//! A kind of figure is one file here, which contains all about it (`FigureKind`), and one line in `kind_of`.
//! Its keys in a sweep file are a row in the language's table of kinds (`crates/language/src/plots.rs`). With
//! that row, the compiler asks for the line here.

mod axes;
mod cell_columns;
mod coloured_groups;
mod context_scatter;
mod default_plots;
mod description;
mod figure;
mod file_stem;
mod groups_of_marks;
mod heat_map;
mod history;
mod labels;
mod line;
mod onset;
mod request;
mod scatter;
mod status;
mod violin;

use gainsweep_language::{Plot, PlotKind};

pub use crate::context_rows::RowsAre;
pub use cell_columns::{CellColumns, CellTable};
pub use figure::Figure;
pub use labels::Labels;
pub use request::{FigureError, Request, RequestError};

use crate::results::Results;
use default_plots::Choice;
use request::FigureKind;

/// The list of kinds: each with the type in its file.
fn kind_of(kind: PlotKind) -> Kind {
    match kind {
        PlotKind::Line => Kind::of::<line::LineFigure>(),
        PlotKind::Violin => Kind::of::<violin::ViolinFigure>(),
        PlotKind::HeatMap => Kind::of::<heat_map::HeatMapFigure>(),
        PlotKind::History => Kind::of::<history::HistoryFigure>(),
        PlotKind::Onset => Kind::of::<onset::OnsetFigure>(),
        PlotKind::Scatter => Kind::of::<scatter::ScatterFigure>(),
        PlotKind::ContextScatter => Kind::of::<context_scatter::ContextScatterFigure>(),
        PlotKind::Status => Kind::of::<status::StatusFigure>(),
    }
}

/// What a kind offers without a request.
struct Kind {
    from_plot: fn(&Plot, &Results) -> Result<Request, RequestError>,
    by_default: fn(&Choice<'_>) -> Option<Plot>,
}

impl Kind {
    fn of<F: FigureKind + 'static>() -> Kind {
        Kind {
            from_plot: |plot, results| Ok(Request(Box::new(F::from_plot(plot, results)?))),
            by_default: F::by_default,
        }
    }
}

impl Request {
    /// The figure of a `[[plot]]` table.
    ///
    /// # Errors
    /// The results lack a metric or an axis that it names.
    pub fn from_plot(plot: &Plot, results: &Results) -> Result<Request, RequestError> {
        (kind_of(plot.kind).from_plot)(plot, results)
    }
}

/// The figures for a sweep file without `[[plot]]`: the metric over the first axis of numbers, and the
/// defaults of the other kinds.
pub fn default_plots(results: &Results, metric: usize) -> Vec<Plot> {
    let choice = Choice::new(results, metric);
    PlotKind::ALL.iter().filter_map(|kind| (kind_of(*kind).by_default)(&choice)).collect()
}

#[cfg(test)]
mod tests {
    use gainsweep_contract::Value;

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

    /// A table of each kind, as complete as possible for the [`example`].
    fn plot(kind: PlotKind) -> Plot {
        let axis = |name: &str| Some(name.to_string());
        let (metric, by) = ("clarity".to_string(), axis("tau"));
        let plot = Plot { kind, metric, by, ..Plot::default() };
        match kind {
            PlotKind::Line => {
                Plot { over: axis("tau"), by: axis("modulator_input"), logarithmic: true, ..plot }
            }
            PlotKind::Violin => {
                Plot { over: axis("tau"), by: axis("modulator_input"), reference: vec![0.5], ..plot }
            }
            PlotKind::HeatMap => Plot { over: axis("tau"), by: axis("modulator_input"), ..plot },
            PlotKind::History => Plot { metric: "loss".into(), logarithmic: true, ..plot },
            PlotKind::Onset => Plot { metric: "error".into(), ..plot },
            PlotKind::Scatter => Plot { against: Some("loss".into()), ..plot },
            PlotKind::ContextScatter => Plot { against: Some("error_onset_50".into()), ..plot },
            PlotKind::Status => Plot { kind, ..Plot::default() },
        }
    }

    fn request(kind: PlotKind) -> Request {
        Request::from_plot(&plot(kind), &example()).expect("it names what there is")
    }

    #[test]
    fn every_kind_is_drawn_with_its_axes_and_says_what_is_missing() {
        let results = example();
        for kind in PlotKind::ALL {
            let figure = request(*kind).figure(&results, &columns(&results), &labels()).expect("numbers");
            let svg = figure.svg();
            let [panel] = figure.sheet.panels.as_slice() else { panic!("one panel: {kind:?}") };
            assert!(panel.subtitle.ends_with("1 of 18 cells missing"), "{kind:?}: {svg}");
            assert!(svg.contains("How slow may the"), "{kind:?}");
            assert!(!svg.contains("NaN"), "{kind:?}: {svg}");
            assert_eq!(svg, figure.svg());
            assert!(figure.png().is_ok());
        }
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let mut results = example();
        results.rows.iter_mut().for_each(|row| row.done = false);
        for kind in PlotKind::ALL.iter().filter(|kind| **kind != PlotKind::Status) {
            let error = request(*kind).figure(&results, &CellColumns::default(), &labels());
            assert!(matches!(error, Err(FigureError::NoNumbers(_))), "{kind:?}");
        }
    }

    #[test]
    fn each_figure_wants_its_columns_alone() {
        let wants = |kind, table, name| request(kind).wants(table, name);
        assert!(wants(PlotKind::Violin, CellTable::Contexts, "clarity"));
        assert!(!wants(PlotKind::Violin, CellTable::History, "clarity"));
        assert!(wants(PlotKind::History, CellTable::History, "batch"));
        assert!(wants(PlotKind::History, CellTable::History, "loss"));
        assert!(wants(PlotKind::Onset, CellTable::Contexts, "error_onset_50"));
        assert!(!wants(PlotKind::Onset, CellTable::Contexts, "error"));
        assert!(!wants(PlotKind::Line, CellTable::Contexts, "clarity"));
    }

    #[test]
    fn what_a_table_names_must_be_there() {
        let asked = |plot| Request::from_plot(&plot, &example()).expect_err("it names what is not there");
        let line = || plot(PlotKind::Line);
        let no_metric = Plot { metric: "clarty".into(), ..line() };
        assert_eq!(asked(no_metric), RequestError::NoMetric("clarty".into()));
        assert_eq!(asked(Plot { by: Some("x".into()), ..line() }), RequestError::NoAxis("x".into()));
        assert_eq!(asked(Plot { over: None, ..line() }), RequestError::NoKey("over"));
    }

    #[test]
    fn lines_violins_losses_and_what_is_missing_without_being_asked_for() {
        let axes = Plot {
            metric: "clarity".into(),
            over: Some("tau".into()),
            by: Some("modulator_input".into()),
            ..Plot::default()
        };
        assert_eq!(
            default_plots(&example(), 0),
            [
                Plot { kind: PlotKind::Line, logarithmic: true, ..axes.clone() },
                Plot { kind: PlotKind::Violin, ..axes },
                Plot {
                    kind: PlotKind::History,
                    metric: "loss".into(),
                    by: Some("tau".into()),
                    logarithmic: true,
                    ..Plot::default()
                },
                Plot { kind: PlotKind::Status, ..Plot::default() },
            ]
        );
    }

    #[test]
    fn hostile_names_stay_text() {
        let mut labels = labels();
        labels.title = "<script>alert(1)</script> & $x^2$ $(rm -rf) \n\"'".into();
        let results = example();
        for kind in PlotKind::ALL {
            let figure = request(*kind).figure(&results, &columns(&results), &labels).expect("numbers");
            let svg = figure.svg();
            assert!(!svg.contains("<script>"));
            assert!(svg.contains("$x^2$"), "{svg}");
        }
    }
}
