//! The labels of a figure.

use gainsweep_contract::Value;

use crate::formatting::one_line;

/// The labels of a figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// Above the figure, for example the sweep's question.
    pub title: String,
    /// For each axis of the results, its name with its unit.
    pub axes: Vec<String>,
    /// For each axis, its value in the point of all defaults, if there is one.
    pub defaults: Vec<Option<Value>>,
}

impl Labels {
    /// The name of an axis.
    pub(super) fn axis(&self, axis: usize) -> String {
        one_line(&self.axes[axis])
    }

    /// The names of these axes.
    pub(super) fn legend(&self, axes: &[usize]) -> String {
        let names: Vec<&str> = axes.iter().map(|axis| self.axes[*axis].as_str()).collect();
        one_line(&names.join(", "))
    }
}
