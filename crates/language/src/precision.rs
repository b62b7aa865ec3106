//! `[precision]`: adds replicates where the interval of a mean is too wide.

use crate::diagnostic::Span;

/// How precisely the mean of a metric should be known at each point.
///
/// Each point of the sweep has cells for [`Precision::at_most`] replicates. The planner decides from the
/// measured values how many are wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    /// The metric whose mean counts.
    pub metric: String,
    /// Half the width that the 95 % interval of the mean may have.
    pub target: Target,
    /// Replicates to start with, at least 2.
    pub first: usize,
    /// Most replicates of a point.
    pub at_most: usize,
    /// The metric in the file.
    pub place: Span,
}

/// Half the width of an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// In the metric's own unit.
    Absolute(f64),
    /// As a share of the absolute mean.
    Relative(f64),
}

impl Target {
    /// Half the width that an interval around this mean may have.
    #[must_use]
    pub fn half_width(self, mean: f64) -> f64 {
        match self {
            Target::Absolute(half) => half,
            Target::Relative(share) => share * mean.abs(),
        }
    }
}
