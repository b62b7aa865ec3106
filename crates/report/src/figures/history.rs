//! `kind = "history"`: a column of the history over the batches of the training, one curve a cell.

use gainsweep_draw::{Axis, Dashes, Layer, Line, Panel, Scale};
use gainsweep_language::{Plot, PlotKind};

use super::axes::grouping;
use super::cell_columns::CellTable;
use super::coloured_groups::coloured;
use super::default_plots::Choice;
use super::file_stem::{FileStem, plain};
use super::request::{Arranged, Data, FigureError, FigureKind, RequestError, at_most, axis};
use crate::formatting::one_line;
use crate::results::Results;

/// The column that counts batches.
const BATCH: &str = "batch";

/// The default column.
const LOSS: &str = "loss";

/// Curves that fit, and points of each. More curves could not be told apart, and would take long to read.
const MOST: usize = 400;
const POINTS: usize = 250;

/// One thin curve a cell, and the mean of each group.
#[derive(Debug)]
pub(super) struct HistoryFigure {
    /// The column of the table of history.
    column: String,
    /// The axis that gives the colour.
    by: Option<usize>,
    /// Is the vertical axis logarithmic?
    logarithmic: bool,
}

impl FigureKind for HistoryFigure {
    fn from_plot(plot: &Plot, results: &Results) -> Result<HistoryFigure, RequestError> {
        let by = axis(results, plot.by.as_ref())?;
        Ok(HistoryFigure { column: plot.metric.clone(), by, logarithmic: plot.logarithmic })
    }

    fn by_default(choice: &Choice<'_>) -> Option<Plot> {
        let by = choice.over().map(|over| choice.results.axes[over].clone());
        let plot = Plot { metric: LOSS.into(), by, logarithmic: true, ..Plot::default() };
        (choice.results.rows.len() <= MOST).then_some(Plot { kind: PlotKind::History, ..plot })
    }

    fn reads(&self) -> Option<CellTable> {
        Some(CellTable::History)
    }

    fn wants(&self, column: &str) -> bool {
        column == self.column || column == BATCH
    }

    fn file_stem(&self, _results: &Results) -> FileStem {
        FileStem::new(format!("{}_history", plain(&self.column)), self.by)
    }

    fn arrange(&self, data: &Data<'_>) -> Result<Arranged, FigureError> {
        let Data { results, columns, labels } = *data;
        let (column, logarithmic) = (&self.column, self.logarithmic);
        let curve = |row: usize| {
            let values = columns.of(CellTable::History, column, row);
            let batches = columns.of(CellTable::History, BATCH, row);
            let place = |at: usize| batches.get(at).copied().unwrap_or(at as f64 + 1.0);
            let shown = |value: f64| value.is_finite() && (!logarithmic || value > 0.0);
            let points = values.iter().enumerate().filter(|(_, value)| shown(**value));
            thinned(&points.map(|(at, value)| (place(at), *value)).collect::<Vec<_>>(), logarithmic)
        };
        let axes = grouping(results, self.by);
        let groups = coloured(results, &axes)?;
        let (mut thin, mut thick) = (Vec::new(), Vec::new());
        for (name, colour, rows) in groups {
            let curves: Vec<Vec<(f64, f64)>> =
                rows.iter().map(|row| curve(*row)).filter(|curve| !curve.is_empty()).collect();
            let line = |points, width, legend| {
                Layer::Line(Line { points, colour: colour.clone(), width, dashes: Dashes::Solid, legend })
            };
            let Some(mean) = mean(&curves, logarithmic) else { continue };
            if curves.len() > 1 {
                thin.extend(curves.into_iter().map(|curve| line(curve, 0.4, None)));
            }
            thick.push(line(mean, 2.2, Some(name)));
        }
        if thick.is_empty() {
            return Err(FigureError::NoNumbers(column.clone()));
        }
        at_most(MOST, "curves", thin.len().max(thick.len()))?;
        if let [Layer::Line(alone)] = thick.as_mut_slice() {
            alone.legend = None;
        }
        let subtitle = if thin.is_empty() { "single cells" } else { "thin: single cells; thick: their mean" };
        let scale = if logarithmic { Scale::Log } else { Scale::Linear };
        let panel = Panel {
            subtitle: subtitle.into(),
            x: Axis { label: BATCH.into(), ..Axis::default() },
            y: Axis { label: one_line(column), scale, ends: None },
            layers: thin.into_iter().chain(thick).collect(),
            legend_title: labels.legend(&axes),
            ..Panel::default()
        };
        let shows = format!("{} over the batches of the training", one_line(column));
        Ok(Arranged::panel(panel, shows))
    }
}

/// At most [`POINTS`] points: means of neighbours, geometric ones on a logarithmic scale.
fn thinned(points: &[(f64, f64)], logarithmic: bool) -> Vec<(f64, f64)> {
    let size = points.len().div_ceil(POINTS).max(1);
    let mean = |chunk: &[(f64, f64)]| {
        let place = average(chunk.iter().map(|point| point.0), chunk.len(), false);
        (place, average(chunk.iter().map(|point| point.1), chunk.len(), logarithmic))
    };
    points.chunks(size).map(mean).collect()
}

/// The mean of curves, up to the end of the shortest.
fn mean(curves: &[Vec<(f64, f64)>], logarithmic: bool) -> Option<Vec<(f64, f64)>> {
    let shortest = curves.iter().map(Vec::len).min()?;
    let at = |place: usize| {
        let heights = curves.iter().map(|curve| curve[place].1);
        (curves[0][place].0, average(heights, curves.len(), logarithmic))
    };
    Some((0..shortest).map(at).collect())
}

/// The mean of this many values; the geometric mean on a logarithmic scale.
fn average(values: impl Iterator<Item = f64>, count: usize, logarithmic: bool) -> f64 {
    let count = count as f64;
    if logarithmic { (values.map(f64::ln).sum::<f64>() / count).exp() } else { values.sum::<f64>() / count }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_curves_are_thinned_to_means_of_neighbours() {
        let points: Vec<(f64, f64)> = (0..1000).map(|at| (f64::from(at), f64::from(at))).collect();
        let thin = thinned(&points, false);
        assert_eq!((thin.len(), thin[0]), (250, (1.5, 1.5)));
        assert_eq!(mean(&[vec![(1.0, 1.0), (2.0, 5.0)], vec![(1.0, 3.0)]], false), Some(vec![(1.0, 2.0)]));
        assert_eq!(mean(&[], false), None);
    }
}
