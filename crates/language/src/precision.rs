//! `[precision]`: replicates are added where the interval of a mean is wider than asked for.

use crate::diagnostic::Span;

/// How exactly the mean of a metric is to be known at each point.
///
/// Each point of the sweep has cells for [`Precision::at_most`] replicates; how many of them are wanted is decided by
/// whoever knows what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    /// The metric whose mean counts.
    pub metric: String,
    /// How far the 95 % interval of the mean may reach to either side.
    pub target: Target,
    /// Replicates to begin with, at least 2.
    pub first: usize,
    /// Replicates of a point at most.
    pub at_most: usize,
    /// The metric in the file.
    pub place: Span,
}

/// Half the width of an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// In the metric's own unit.
    Absolute(f64),
    /// As a share of the mean's size.
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
