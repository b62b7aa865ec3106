//! `kind = "context_scatter"`: a column of the cells' tables of contexts against another, one mark for each
//! row that has both, with Pearson's correlation.

use gainsweep_language::Plot;

use super::axes::{grouping, groups};
use super::cell_columns::CellTable;
use super::file_stem::{FileStem, plain};
use super::groups_of_marks::{Group, marks_of_groups};
use super::request::{Arranged, Data, FigureError, FigureKind, RequestError, axis, needed};
use crate::formatting::one_line;
use crate::results::Results;

/// A column of the table of contexts against another.
#[derive(Debug)]
pub(super) struct ContextScatterFigure {
    /// The column on the vertical axis.
    column: String,
    /// The column on the horizontal axis.
    against: String,
    /// The axis that gives the colour.
    by: Option<usize>,
}

impl FigureKind for ContextScatterFigure {
    fn from_plot(plot: &Plot, results: &Results) -> Result<ContextScatterFigure, RequestError> {
        let against = needed("against", plot.against.clone())?;
        let by = axis(results, plot.by.as_ref())?;
        Ok(ContextScatterFigure { column: plot.metric.clone(), against, by })
    }

    fn reads(&self) -> Option<CellTable> {
        Some(CellTable::Contexts)
    }

    fn wants(&self, column: &str) -> bool {
        column == self.column || column == self.against
    }

    fn file_stem(&self, _results: &Results) -> FileStem {
        let (column, against) = (plain(&self.column), plain(&self.against));
        FileStem::new(format!("{column}_against_{against}_in_contexts"), self.by)
    }

    /// The legend, or with one group the subtitle, has Pearson's correlation.
    fn arrange(&self, data: &Data<'_>) -> Result<Arranged, FigureError> {
        let Data { results, columns, labels } = *data;
        let axes = grouping(results, self.by);
        let of = |row: usize, column: &str| columns.of(CellTable::Contexts, column, row).to_vec();
        let both = |row: usize| {
            let points = of(row, &self.against).into_iter().zip(of(row, &self.column));
            points.filter(|(x, y)| x.is_finite() && y.is_finite()).collect::<Vec<_>>()
        };
        let mut found: Vec<Group> = groups(results, &axes)
            .into_iter()
            .map(|(name, rows)| {
                let done = rows.into_iter().filter(|row| results.rows[*row].done);
                (name, done.flat_map(both).collect())
            })
            .filter(|(_, points): &Group| !points.is_empty())
            .collect();
        let said = |before: &str, points: &[(f64, f64)]| {
            pearson(points).map_or(String::new(), |r| format!("{before}r = {r:.2}"))
        };
        let mut subtitle = format!("a mark is {}", columns.rows_of(&self.column).one);
        if let [(_, points)] = found.as_slice() {
            subtitle.push_str(&said("; Pearson's ", points));
        } else {
            subtitle.push_str("; r: Pearson's correlation");
            for (name, points) in &mut found {
                name.push_str(&said(": ", points));
            }
        }
        let names = [one_line(&self.column), one_line(&self.against)];
        marks_of_groups(found, subtitle, names, labels.legend(&axes))
    }
}

/// Pearson's correlation; `None` for fewer than three points, or if one variable is constant.
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
