//! What can be drawn.

use super::columns::CellTable;
use super::curves;

/// What to draw. Axes and metrics of cells are positions in the [`Results`](crate::Results); columns of the cells' own tables are names.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// A metric over an axis: means with intervals, single values as dots.
    Line {
        /// The metric on the vertical axis.
        metric: usize,
        /// The horizontal axis and the series.
        axes: Over,
    },
    /// The values in the single contexts of the test, as violins over an axis.
    Violin {
        /// The column of the table of contexts.
        column: String,
        /// The horizontal axis and the colours.
        axes: Over,
        /// Lines across, for example of a published value.
        references: Vec<f64>,
    },
    /// The mean of a metric as a colour, over two axes. The point of all defaults is marked.
    HeatMap {
        /// The metric.
        metric: usize,
        /// The horizontal axis.
        over: usize,
        /// The vertical axis.
        by: usize,
    },
    /// A column of the history over the batches of the training, one curve a cell.
    History {
        /// The column of the table of history.
        column: String,
        /// The axis that gives the colour.
        by: Option<usize>,
        /// The scale of the vertical axis.
        scale: Scale,
    },
    /// How an error falls after a change of context: means over the time since the change.
    Onset {
        /// The quantity; its columns in the table of contexts are `<quantity>_onset_<time steps>`.
        column: String,
        /// The axis that gives the colour.
        by: Option<usize>,
    },
    /// A metric against another, a dot a cell.
    Scatter {
        /// The metric on the vertical axis.
        metric: usize,
        /// The metric on the horizontal axis.
        against: usize,
        /// The axis that gives the colour.
        by: Option<usize>,
    },
    /// A column of the table of contexts against another, a dot a row, with Pearson's correlation.
    ContextScatter {
        /// The column on the vertical axis.
        column: String,
        /// The column on the horizontal axis.
        against: String,
        /// The axis that gives the colour.
        by: Option<usize>,
    },
    /// How each cell stands.
    Status,
}

/// An axis to draw over, and the one that comes first in the names of series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// The axis on the horizontal axis.
    pub over: usize,
    /// The axis that comes first in the names of series.
    pub by: Option<usize>,
    /// The scale of the horizontal axis, where numbers can be shown on it at all.
    pub scale: Scale,
}

/// The scale of an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps are equal differences.
    #[default]
    Linear,
    /// Equal steps are equal ratios.
    Log,
}

impl Request {
    /// Does the figure need anything of this table of the cells?
    pub fn reads(&self, table: CellTable) -> bool {
        match self {
            Request::Violin { .. } | Request::Onset { .. } | Request::ContextScatter { .. } => {
                table == CellTable::Contexts
            }
            Request::History { .. } => table == CellTable::History,
            _ => false,
        }
    }

    /// Does the figure need this column of the cells' own tables?
    pub fn wants(&self, table: CellTable, name: &str) -> bool {
        match self {
            Request::Violin { column, .. } => table == CellTable::Contexts && name == column,
            Request::History { column, .. } => {
                table == CellTable::History && (name == column || name == curves::BATCH)
            }
            Request::Onset { column, .. } => {
                table == CellTable::Contexts && curves::onset(column, name).is_some()
            }
            Request::ContextScatter { column, against, .. } => {
                table == CellTable::Contexts && (name == column || name == against)
            }
            _ => false,
        }
    }
}
