//! The trait of a kind of figure, and how a `[[plot]]` table becomes a figure.

use std::collections::HashSet;
use std::fmt::Debug;

use gainsweep_draw::{DrawError, Panel, Sheet};
use gainsweep_language::Plot;

use super::cell_columns::{CellColumns, CellTable};
use super::default_plots::Choice;
use super::file_stem::FileStem;
use super::labels::Labels;
use crate::results::Results;

/// A requested figure of one kind. Each file of a kind has one such type, with all that is known about the
/// kind.
///
/// Axes and metrics of cells are positions in the [`Results`]; columns of the cells' own tables are names.
pub(super) trait FigureKind: Debug + Send + Sync {
    /// The figure of a `[[plot]]` table of this kind.
    ///
    /// # Errors
    /// The results lack a metric or an axis that it names.
    fn from_plot(plot: &Plot, results: &Results) -> Result<Self, RequestError>
    where
        Self: Sized;

    /// The default figure, for a sweep file without `[[plot]]`; `None` for none.
    fn by_default(_choice: &Choice<'_>) -> Option<Plot>
    where
        Self: Sized,
    {
        None
    }

    /// The table of each cell that it reads.
    fn reads(&self) -> Option<CellTable> {
        None
    }

    /// Does it need this column of that table?
    fn wants(&self, _column: &str) -> bool {
        false
    }

    /// The name of its files.
    fn file_stem(&self, results: &Results) -> FileStem;

    /// Its panels, and the text for its caption.
    ///
    /// # Errors
    /// There is nothing to draw, or too much of it.
    fn arrange(&self, data: &Data<'_>) -> Result<Arranged, FigureError>;
}

/// The data of figures.
#[derive(Clone, Copy)]
pub(super) struct Data<'d> {
    pub(super) results: &'d Results,
    pub(super) columns: &'d CellColumns,
    pub(super) labels: &'d Labels,
}

/// The panels of a figure, and the text for its caption.
pub(super) struct Arranged {
    pub(super) sheet: Sheet,
    /// What it shows: the beginning of the caption.
    pub(super) shows: String,
    /// How it shows it; empty if the first part suffices.
    pub(super) how: String,
    /// Messages about what could not be drawn as requested.
    pub(super) notes: Vec<String>,
}

impl Arranged {
    /// One panel that shows this; its subtitle says how.
    pub(super) fn panel(panel: Panel, shows: String) -> Arranged {
        let how = panel.subtitle.clone();
        Arranged { sheet: Sheet::of(panel), shows, how, notes: Vec::new() }
    }
}

/// Why a `[[plot]]` table cannot become a figure of these results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The results have no such metric.
    #[error("there is no metric `{0}`")]
    NoMetric(String),
    /// The results have no such axis.
    #[error("there is no axis `{0}`")]
    NoAxis(String),
    /// The table lacks a key that its kind needs.
    #[error("`{0}` is missing")]
    NoKey(&'static str),
}

/// Why there is no figure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FigureError {
    /// No done cell has a number for the metric.
    #[error("no finished cell has a number for `{0}`")]
    NoNumbers(String),
    /// The figure would not be readable.
    #[error("{what}: {count} are too many for one figure; at most {most} fit")]
    TooMany {
        /// The kind of things.
        what: &'static str,
        /// Number of things.
        count: usize,
        /// How many fit.
        most: usize,
    },
    /// The drawing library failed.
    #[error(transparent)]
    Draw(#[from] DrawError),
}

/// Checks that this many fit into one figure.
pub(super) fn at_most(most: usize, what: &'static str, count: usize) -> Result<(), FigureError> {
    if count > most { Err(FigureError::TooMany { what, count, most }) } else { Ok(()) }
}

/// The position of a metric of cells.
pub(super) fn metric(results: &Results, name: &str) -> Result<usize, RequestError> {
    results.metric(name).ok_or_else(|| RequestError::NoMetric(name.to_string()))
}

/// The position of an axis, if one is named.
pub(super) fn axis(results: &Results, name: Option<&String>) -> Result<Option<usize>, RequestError> {
    let position = |name: &String| results.axis(name).ok_or_else(|| RequestError::NoAxis(name.clone()));
    name.map(position).transpose()
}

/// The value of a key that a kind needs.
pub(super) fn needed<T>(key: &'static str, value: Option<T>) -> Result<T, RequestError> {
    value.ok_or(RequestError::NoKey(key))
}

/// A requested figure.
#[derive(Debug)]
pub struct Request(pub(super) Box<dyn FigureKind>);

impl Request {
    /// Does the figure need anything of this table of the cells?
    pub fn reads(&self, table: CellTable) -> bool {
        self.0.reads() == Some(table)
    }

    /// Does the figure need this column of the cells' own tables?
    pub fn wants(&self, table: CellTable, column: &str) -> bool {
        self.reads(table) && self.0.wants(column)
    }

    /// The name of the figure's files, without extension. It is added to the `taken` names.
    pub fn file_stem(&self, results: &Results, taken: &mut HashSet<String>) -> String {
        self.0.file_stem(results).untaken(results, taken)
    }
}
