//! `kind = "scatter"`: a metric against another, one mark for each cell that has both.

use gainsweep_language::Plot;

use super::axes::{grouping, groups};
use super::file_stem::{FileStem, plain};
use super::groups_of_marks::{Group, marks_of_groups};
use super::request::{Arranged, Data, FigureError, FigureKind, RequestError, axis, metric, needed};
use crate::formatting::one_line;
use crate::results::Results;

/// A metric against another, one mark a cell.
#[derive(Debug)]
pub(super) struct ScatterFigure {
    /// The metric on the vertical axis.
    metric: usize,
    /// The metric on the horizontal axis.
    against: usize,
    /// The axis that gives the colour.
    by: Option<usize>,
}

impl FigureKind for ScatterFigure {
    fn from_plot(plot: &Plot, results: &Results) -> Result<ScatterFigure, RequestError> {
        let against = metric(results, needed("against", plot.against.as_ref())?)?;
        let by = axis(results, plot.by.as_ref())?;
        Ok(ScatterFigure { metric: metric(results, &plot.metric)?, against, by })
    }

    fn file_stem(&self, results: &Results) -> FileStem {
        let [metric, against] = [self.metric, self.against].map(|metric| plain(&results.metrics[metric]));
        FileStem::new(format!("{metric}_against_{against}"), self.by)
    }

    fn arrange(&self, data: &Data<'_>) -> Result<Arranged, FigureError> {
        let Data { results, labels, .. } = *data;
        let axes = grouping(results, self.by);
        let finite =
            |row: usize, metric| results.rows[row].number(metric).filter(|number| number.is_finite());
        let both = |row: usize| finite(row, self.against).zip(finite(row, self.metric));
        let found: Vec<Group> = groups(results, &axes)
            .into_iter()
            .map(|(name, rows)| (name, rows.into_iter().filter_map(both).collect()))
            .filter(|(_, points): &Group| !points.is_empty())
            .collect();
        let names = [self.metric, self.against].map(|metric| one_line(&results.metrics[metric]));
        marks_of_groups(found, "a mark is a cell".into(), names, labels.legend(&axes))
    }
}
