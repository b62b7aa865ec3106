//! `kind = "onset"`: how an error falls after a change of context. Means over the time since the change.

use gainsweep_draw::{Axis, Dashes, Layer, Line, Marks, Panel, shape};
use gainsweep_language::Plot;

use super::axes::{grouping, replicates};
use super::cell_columns::CellTable;
use super::coloured_groups::coloured;
use super::file_stem::{FileStem, plain};
use super::request::{Arranged, Data, FigureError, FigureKind, RequestError, axis};
use crate::formatting::one_line;
use crate::results::Results;
use crate::statistics::summarise_with;

/// The mean error in parts of a context: from one column `..._onset_<steps>` to the next.
#[derive(Debug)]
pub(super) struct OnsetFigure {
    /// The quantity; its columns in the table of contexts are `<quantity>_onset_<time steps>`.
    column: String,
    /// The axis that gives the colour.
    by: Option<usize>,
}

impl FigureKind for OnsetFigure {
    fn from_plot(plot: &Plot, results: &Results) -> Result<OnsetFigure, RequestError> {
        Ok(OnsetFigure { column: plot.metric.clone(), by: axis(results, plot.by.as_ref())? })
    }

    fn reads(&self) -> Option<CellTable> {
        Some(CellTable::Contexts)
    }

    fn wants(&self, column: &str) -> bool {
        time_steps(&self.column, column).is_some()
    }

    fn file_stem(&self, _results: &Results) -> FileStem {
        FileStem::new(format!("{}_onset", plain(&self.column)), self.by)
    }

    fn arrange(&self, data: &Data<'_>) -> Result<Arranged, FigureError> {
        let Data { results, columns, labels } = *data;
        let column = &self.column;
        let mut steps: Vec<(u32, &str)> = columns
            .names(CellTable::Contexts)
            .into_iter()
            .filter_map(|name| Some((time_steps(column, name)?, name)))
            .collect();
        steps.sort_unstable();
        let axes = grouping(results, self.by);
        let mut layers = Vec::new();
        for (number, (name, colour, rows)) in coloured(results, &axes)?.into_iter().enumerate() {
            let rows: Vec<usize> = rows.into_iter().filter(|row| results.rows[*row].done).collect();
            let mut points = Vec::new();
            let mut bars = Vec::new();
            for (place, (end, name)) in steps.iter().enumerate() {
                let before = place.checked_sub(1).map(|before| steps[before]);
                let values = rows.iter().filter_map(|row| {
                    let of = |name: &str| average(columns.of(CellTable::Contexts, name, *row));
                    piece(before.and_then(|(start, name)| Some((start, of(name)?))), (*end, of(name)?))
                });
                let Some(summary) = summarise_with(results.interval, values) else { continue };
                let start = before.map_or(0, |(start, _)| start);
                points.push((f64::midpoint(f64::from(start), f64::from(*end)), summary.mean));
                bars.push(
                    summary
                        .spread
                        .map_or((0.0, 0.0), |spread| (summary.mean - spread.low, spread.high - summary.mean)),
                );
            }
            if points.is_empty() {
                continue;
            }
            layers.push(Layer::Line(Line {
                points: points.clone(),
                colour: colour.clone(),
                width: 1.8,
                dashes: Dashes::Solid,
                legend: None,
            }));
            let shape = shape(number);
            let legend = Some(name);
            layers.push(Layer::Marks(Marks { points, bars, colour, shape, size: 4.0, opacity: 1.0, legend }));
        }
        if layers.is_empty() {
            return Err(FigureError::NoNumbers(format!("{column}_onset_...")));
        }
        let over = replicates(results).map(|seeds| format!(" over {seeds}")).unwrap_or_default();
        let panel = Panel {
            subtitle: format!("mean of each piece of the time, {}{over}", results.interval.words()),
            x: Axis { label: "time since the change of context (time steps)".into(), ..Axis::default() },
            y: Axis { label: one_line(column), ..Axis::default() },
            layers,
            legend_title: labels.legend(&axes),
            ..Panel::default()
        };
        let shows = format!("{} against the time since the context changed", one_line(column));
        Ok(Arranged::panel(panel, shows))
    }
}

/// The time steps of a column `<quantity>_onset_<time steps>`.
fn time_steps(quantity: &str, name: &str) -> Option<u32> {
    name.strip_prefix(quantity)?.strip_prefix("_onset_")?.parse().ok()
}

/// The mean from `start` to `end`, computed from the means from 0 to each of them.
fn piece(before: Option<(u32, f64)>, (end, until): (u32, f64)) -> Option<f64> {
    let (start, mean) = before.unwrap_or((0, 0.0));
    let (start, end) = (f64::from(start), f64::from(end));
    (end > start).then(|| (end * until - start * mean) / (end - start)).filter(|value| value.is_finite())
}

fn average(values: &[f64]) -> Option<f64> {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    (!finite.is_empty()).then(|| finite.iter().sum::<f64>() / finite.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_an_onset_are_told_by_their_name() {
        assert_eq!(time_steps("error", "error_onset_50"), Some(50));
        assert_eq!(time_steps("error", "error_late"), None);
        assert_eq!(time_steps("error", "my_error_onset_50"), None);
    }

    #[test]
    fn the_mean_of_a_piece_follows_from_the_means_of_two_beginnings() {
        // Three steps of 4 and one of 0 have the mean 3.
        assert_eq!(piece(Some((3, 4.0)), (4, 3.0)), Some(0.0));
        assert_eq!(piece(None, (4, 3.0)), Some(3.0));
        assert_eq!(piece(Some((4, 1.0)), (4, 3.0)), None);
    }
}
