//! Curves over time: the training, batch by batch, and the time since a change of context.

use gainsweep_draw::{Axis, Dashes, Layer, Line, Marks, Panel, Scale as Placed, colour, gradient, shape};

use super::{CellColumns, CellTable, FigureError, Labels, Scale, groups, levels, others, replicates, sorted};
use crate::results::Results;
use crate::statistics::summarise_with;
use crate::text::one_line;

/// The column that counts batches.
pub(super) const BATCH: &str = "batch";

/// Curves that fit, and points of each.
const MOST: usize = 400;
const POINTS: usize = 250;

/// Names of groups that fit into a legend.
const NAMES: usize = 16;

/// The time steps of a column `<quantity>_onset_<time steps>`.
pub(super) fn onset(quantity: &str, name: &str) -> Option<u32> {
    name.strip_prefix(quantity)?.strip_prefix("_onset_")?.parse().ok()
}

/// One thin curve a cell, and the mean of each group.
pub(super) fn history(
    results: &Results,
    columns: &CellColumns,
    column: &str,
    by: Option<usize>,
    scale: Scale,
    labels: &Labels,
) -> Result<Panel, FigureError> {
    let curve = |row: usize| {
        let values = columns.of(CellTable::History, column, row);
        let batches = columns.of(CellTable::History, BATCH, row);
        let place = |at: usize| batches.get(at).copied().unwrap_or(at as f64 + 1.0);
        let shown = |value: f64| value.is_finite() && (scale == Scale::Linear || value > 0.0);
        let points = values.iter().enumerate().filter(|(_, value)| shown(**value));
        thinned(&points.map(|(at, value)| (place(at), *value)).collect::<Vec<_>>(), scale)
    };
    let axes = by.map_or_else(|| others(results, &[], None), |by| vec![by]);
    let groups = coloured(results, &axes)?;
    let (mut thin, mut thick) = (Vec::new(), Vec::new());
    for (name, colour, rows) in groups {
        let curves: Vec<Vec<(f64, f64)>> =
            rows.iter().map(|row| curve(*row)).filter(|curve| !curve.is_empty()).collect();
        let line = |points, width, legend| {
            Layer::Line(Line { points, colour: colour.clone(), width, dashes: Dashes::Solid, legend })
        };
        let Some(mean) = mean(&curves, scale) else { continue };
        if curves.len() > 1 {
            thin.extend(curves.into_iter().map(|curve| line(curve, 0.4, None)));
        }
        thick.push(line(mean, 2.2, Some(name)));
    }
    let (alone, curves) = (thick.len() == 1, thin.len().max(thick.len()));
    match curves {
        0 => return Err(FigureError::NoNumbers(column.to_string())),
        count if count > MOST => return Err(FigureError::TooMany { what: "curves", count, most: MOST }),
        _ => {}
    }
    if let ([Layer::Line(line)], true) = (thick.as_mut_slice(), alone) {
        line.legend = None;
    }
    let subtitle = if thin.is_empty() { "single cells" } else { "thin: single cells; thick: their mean" };
    let place = if scale == Scale::Log { Placed::Log } else { Placed::Linear };
    Ok(Panel {
        subtitle: subtitle.into(),
        x: Axis { label: BATCH.into(), ..Axis::default() },
        y: Axis { label: one_line(column), scale: place, ends: None },
        layers: thin.into_iter().chain(thick).collect(),
        legend_title: labels.legend(&axes),
        ..Panel::default()
    })
}

/// At most [`POINTS`] points: means of neighbours, geometric ones on a logarithmic scale.
fn thinned(points: &[(f64, f64)], scale: Scale) -> Vec<(f64, f64)> {
    let size = points.len().div_ceil(POINTS).max(1);
    let mean = |chunk: &[(f64, f64)]| {
        let sum = |of: fn(&(f64, f64)) -> f64| chunk.iter().map(of).sum::<f64>() / chunk.len() as f64;
        let height = match scale {
            Scale::Linear => sum(|point| point.1),
            Scale::Log => sum(|point| point.1.ln()).exp(),
        };
        (sum(|point| point.0), height)
    };
    points.chunks(size).map(mean).collect()
}

/// The mean of curves, as far as all of them go.
fn mean(curves: &[Vec<(f64, f64)>], scale: Scale) -> Option<Vec<(f64, f64)>> {
    let shortest = curves.iter().map(Vec::len).min()?;
    let at = |place: usize| {
        let heights = curves.iter().map(|curve| curve[place].1);
        let count = curves.len() as f64;
        let height = match scale {
            Scale::Linear => heights.sum::<f64>() / count,
            Scale::Log => (heights.map(f64::ln).sum::<f64>() / count).exp(),
        };
        (curves[0][place].0, height)
    };
    Some((0..shortest).map(at).collect())
}

/// The mean error in the pieces of a context: from one column `..._onset_<steps>` to the next.
pub(super) fn onsets(
    results: &Results,
    columns: &CellColumns,
    column: &str,
    by: Option<usize>,
    labels: &Labels,
) -> Result<Panel, FigureError> {
    let mut steps: Vec<(u32, &str)> = columns
        .names(CellTable::Contexts)
        .into_iter()
        .filter_map(|name| Some((onset(column, name)?, name)))
        .collect();
    steps.sort_unstable();
    let axes = by.map_or_else(|| others(results, &[], None), |by| vec![by]);
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
    Ok(Panel {
        subtitle: format!("mean of each piece of the time, {}{over}", results.interval.words()),
        x: Axis { label: "time since the change of context (time steps)".into(), ..Axis::default() },
        y: Axis { label: one_line(column), ..Axis::default() },
        layers,
        legend_title: labels.legend(&axes),
        ..Panel::default()
    })
}

/// The mean from `start` to `end`, of the means from 0 to each of them.
fn piece(before: Option<(u32, f64)>, (end, until): (u32, f64)) -> Option<f64> {
    let (start, mean) = before.unwrap_or((0, 0.0));
    let (start, end) = (f64::from(start), f64::from(end));
    (end > start).then(|| (end * until - start * mean) / (end - start)).filter(|value| value.is_finite())
}

fn average(values: &[f64]) -> Option<f64> {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    (!finite.is_empty()).then(|| finite.iter().sum::<f64>() / finite.len() as f64)
}

/// Groups of rows with a name and a colour each: shades from dark to light for one axis of numbers.
fn coloured(results: &Results, axes: &[usize]) -> Result<Vec<(String, String, Vec<usize>)>, FigureError> {
    let mut found = groups(results, axes);
    found.retain(|(_, rows)| rows.iter().any(|row| results.rows[*row].done));
    if found.len() > NAMES {
        return Err(FigureError::TooMany { what: "groups of curves", count: found.len(), most: NAMES });
    }
    let shades = match axes {
        [axis] => {
            let used = super::levels_of(found.iter().map(|(_, rows)| &results.rows[rows[0]].axes[*axis]));
            let values = sorted(used);
            let numbers = values.len() > 2 && levels(results, *axis).iter().all(|v| v.as_number().is_some());
            numbers.then_some((*axis, values))
        }
        _ => None,
    };
    if let Some((axis, values)) = &shades {
        let rank = |rows: &[usize]| values.iter().position(|v| *v == results.rows[rows[0]].axes[*axis]);
        found.sort_by_key(|(_, rows)| rank(rows));
    }
    let count = found.len().max(2) - 1;
    let shade = |number: usize| match &shades {
        Some(_) => gradient(number as f64 / count as f64),
        None => colour(number),
    };
    Ok(found.into_iter().enumerate().map(|(number, (name, rows))| (name, shade(number), rows)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_an_onset_are_told_by_their_name() {
        assert_eq!(onset("error", "error_onset_50"), Some(50));
        assert_eq!(onset("error", "error_late"), None);
        assert_eq!(onset("error", "my_error_onset_50"), None);
    }

    #[test]
    fn the_mean_of_a_piece_follows_from_the_means_of_two_beginnings() {
        // Three steps of 4 and one of 0 have the mean 3.
        assert_eq!(piece(Some((3, 4.0)), (4, 3.0)), Some(0.0));
        assert_eq!(piece(None, (4, 3.0)), Some(3.0));
        assert_eq!(piece(Some((4, 1.0)), (4, 3.0)), None);
    }

    #[test]
    fn long_curves_are_thinned_to_means_of_neighbours() {
        let points: Vec<(f64, f64)> = (0..1000).map(|at| (f64::from(at), f64::from(at))).collect();
        let thin = thinned(&points, Scale::Linear);
        assert_eq!((thin.len(), thin[0]), (250, (1.5, 1.5)));
        assert_eq!(
            mean(&[vec![(1.0, 1.0), (2.0, 5.0)], vec![(1.0, 3.0)]], Scale::Linear),
            Some(vec![(1.0, 2.0)])
        );
        assert_eq!(mean(&[], Scale::Linear), None);
    }
}
