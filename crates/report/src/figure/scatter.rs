//! A metric against another.

use gainsweep_figure::{Axis, Layer, Marks, Panel, colour, shape};

use super::{FigureError, Labels, groups, others};
use crate::results::Results;
use crate::text::one_line;

/// Names that fit into a legend.
const MOST: usize = 16;

/// One dot a cell that has both.
pub(super) fn panel(
    results: &Results,
    metric: usize,
    against: usize,
    by: Option<usize>,
    labels: &Labels,
) -> Result<Panel, FigureError> {
    let axes = by.map_or_else(|| others(results, &[], None), |by| vec![by]);
    let finite = |row: usize, metric| results.rows[row].number(metric).filter(|number| number.is_finite());
    let found: Vec<(String, Vec<(f64, f64)>)> = groups(results, &axes)
        .into_iter()
        .map(|(name, rows)| {
            let both = rows.into_iter().filter_map(|row| finite(row, against).zip(finite(row, metric)));
            (name, both.collect())
        })
        .filter(|(_, points): &(String, Vec<_>)| !points.is_empty())
        .collect();
    let count = found.len();
    match count {
        0 => return Err(FigureError::NoNumbers(results.metrics[metric].clone())),
        count if count > MOST => return Err(FigureError::TooMany { what: "groups", count, most: MOST }),
        _ => {}
    }
    let layer = |(number, (name, points)): (usize, (String, Vec<(f64, f64)>))| {
        Layer::Marks(Marks {
            points,
            bars: Vec::new(),
            colour: colour(number),
            shape: shape(number),
            size: 4.0,
            opacity: 0.75,
            legend: (count > 1).then_some(name),
        })
    };
    Ok(Panel {
        subtitle: "a mark is a cell".into(),
        x: Axis { label: one_line(&results.metrics[against]), ..Axis::default() },
        y: Axis { label: one_line(&results.metrics[metric]), ..Axis::default() },
        layers: found.into_iter().enumerate().map(layer).collect(),
        legend_title: labels.legend(&axes),
        ..Panel::default()
    })
}
