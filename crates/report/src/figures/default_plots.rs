//! The default figures, for a sweep file without `[[plot]]`.

use gainsweep_contract::Value;
use gainsweep_language::Plot;

use super::axes::{levels, position};
use crate::results::Results;

/// The basis for the choice of default figures.
pub(super) struct Choice<'r> {
    pub(super) results: &'r Results,
    /// The metric that people look at first.
    pub(super) metric: &'r str,
    /// The axes on which cells differ, except the replicate axis.
    varied: Vec<usize>,
}

impl<'r> Choice<'r> {
    pub(super) fn new(results: &'r Results, metric: usize) -> Choice<'r> {
        let differ = |axis: &usize| levels(results, *axis).len() > 1;
        let varied = results.point_axes().into_iter().filter(differ).collect();
        Choice { results, metric: &results.metrics[metric], varied }
    }

    /// The axes of numbers on which cells differ.
    pub(super) fn numeric(&self) -> Vec<usize> {
        let numeric =
            |axis: &usize| levels(self.results, *axis).iter().all(|value| position(value).is_some());
        self.varied.iter().copied().filter(numeric).collect()
    }

    /// The axis to draw over: the first one of numbers, else the first one. `None` if there is only the
    /// replicate axis.
    pub(super) fn over(&self) -> Option<usize> {
        let first = || self.varied.first().copied().or(self.results.point_axes().first().copied());
        self.numeric().first().copied().or_else(first)
    }

    /// The metric over [`Choice::over`], with the first of the other axes as colours; `None` without an axis
    /// to draw over.
    pub(super) fn plot(&self) -> Option<Plot> {
        let over = self.over()?;
        let by = self.varied.iter().copied().find(|axis| *axis != over);
        let name = |axis: usize| self.results.axes[axis].clone();
        Some(Plot { metric: self.metric.into(), over: Some(name(over)), by: by.map(name), ..Plot::default() })
    }
}

/// Is the range of these values so large that a logarithmic axis shows them better?
pub(super) fn is_wide(values: &[Value]) -> bool {
    let numbers: Vec<f64> = values.iter().filter_map(Value::as_number).collect();
    let smallest = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = numbers.iter().copied().fold(0.0, f64::max);
    numbers.len() > 2 && smallest > 0.0 && largest / smallest >= 30.0
}
