//! A metric against another, of cells or of the rows of their tables of contexts.

use gainsweep_draw::{Axis, Layer, Marks, Panel, colour, shape};

use super::{CellColumns, CellTable, FigureError, Labels, groups, others};
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
    let x = one_line(&results.metrics[against]);
    arranged(found, "a mark is a cell".into(), [one_line(&results.metrics[metric]), x], labels.legend(&axes))
}

/// One dot for each row of the table of contexts that has both columns; the legend, or with one group the subtitle, has
/// Pearson's correlation.
pub(super) fn rows(
    results: &Results,
    columns: &CellColumns,
    [column, against]: [&str; 2],
    by: Option<usize>,
    labels: &Labels,
) -> Result<Panel, FigureError> {
    let axes = by.map_or_else(|| others(results, &[], None), |by| vec![by]);
    let of = |row: usize, column: &str| columns.of(CellTable::Contexts, column, row).to_vec();
    let both = |row: usize| {
        let points = of(row, against).into_iter().zip(of(row, column));
        points.filter(|(x, y)| x.is_finite() && y.is_finite()).collect::<Vec<_>>()
    };
    let mut found: Vec<(String, Vec<(f64, f64)>)> = groups(results, &axes)
        .into_iter()
        .map(|(name, rows)| {
            let done = rows.into_iter().filter(|row| results.rows[*row].done);
            (name, done.flat_map(both).collect())
        })
        .filter(|(_, points): &(String, Vec<_>)| !points.is_empty())
        .collect();
    let said = |before: &str, points: &[(f64, f64)]| {
        pearson(points).map_or(String::new(), |r| format!("{before}r = {r:.2}"))
    };
    let mut subtitle = format!("a mark is {}", columns.rows_of(column).one);
    if let [(_, points)] = found.as_slice() {
        subtitle.push_str(&said("; Pearson's ", points));
    } else {
        subtitle.push_str("; r: Pearson's correlation");
        for (name, points) in &mut found {
            name.push_str(&said(": ", points));
        }
    }
    arranged(found, subtitle, [one_line(column), one_line(against)], labels.legend(&axes))
}

/// Groups of points, each in its colour and shape.
fn arranged(
    found: Vec<(String, Vec<(f64, f64)>)>,
    subtitle: String,
    [y, x]: [String; 2],
    legend_title: String,
) -> Result<Panel, FigureError> {
    let count = found.len();
    match count {
        0 => return Err(FigureError::NoNumbers(y)),
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
        subtitle,
        x: Axis { label: x, ..Axis::default() },
        y: Axis { label: y, ..Axis::default() },
        layers: found.into_iter().enumerate().map(layer).collect(),
        legend_title,
        ..Panel::default()
    })
}

/// Pearson's correlation; `None` of fewer than three points, or where one of both does not vary.
fn pearson(points: &[(f64, f64)]) -> Option<f64> {
    if points.len() < 3 {
        return None;
    }
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let sum =
        |of: &dyn Fn(f64, f64) -> f64| points.iter().map(|point| of(point.0 - x, point.1 - y)).sum::<f64>();
    let r = sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
    r.is_finite().then_some(r)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ```python
    /// from scipy import stats
    /// print(stats.pearsonr([1, 2, 3, 5], [2, 1, 4, 6]))
    /// ```
    #[test]
    fn the_correlation_is_pearsons() {
        let points = [(1.0, 2.0), (2.0, 1.0), (3.0, 4.0), (5.0, 6.0)];
        assert!((pearson(&points).expect("it varies") - 0.9022).abs() < 1e-4);
        assert_eq!(pearson(&points[..2]), None);
        assert_eq!(pearson(&[(1.0, 2.0), (1.0, 3.0), (1.0, 4.0)]), None);
    }
}
