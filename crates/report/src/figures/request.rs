//! What a file of a kind says of its kind, and how a `[[plot]]` table becomes a figure of it.

use std::collections::HashSet;
use std::fmt::Debug;

use gainsweep_draw::{DrawError, Panel, Sheet};
use gainsweep_language::Plot;

use super::cell_columns::{CellColumns, CellTable};
use super::default_plots::Choice;
use super::file_stem::FileStem;
use super::labels::Labels;
use crate::results::Results;

/// A figure of one kind, as it is asked for. Each file of a kind has one such type, and all that is known of the kind.
///
/// Axes and metrics of cells are positions in the [`Results`]; columns of the cells' own tables are names.
pub(super) trait FigureKind: Debug + Send + Sync {
    /// What a `[[plot]]` table of this kind asks for.
    ///
    /// # Errors
    /// The results lack a metric or an axis that it names.
    fn from_plot(plot: &Plot, results: &Results) -> Result<Self, RequestError>
    where
        Self: Sized;

    /// What to draw where the sweep file has no `[[plot]]`; `None` where nothing is drawn without being asked for.
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

    /// What its files are called.
    fn file_stem(&self, results: &Results) -> FileStem;

    /// Its panels, and what its caption says.
    ///
    /// # Errors
    /// There is nothing to draw, or too much of it.
    fn arrange(&self, data: &Data<'_>) -> Result<Arranged, FigureError>;
}

/// What figures are made of.
#[derive(Clone, Copy)]
pub(super) struct Data<'d> {
    pub(super) results: &'d Results,
    pub(super) columns: &'d CellColumns,
    pub(super) labels: &'d Labels,
}

/// The panels of a figure, and what its caption says of them.
pub(super) struct Arranged {
    pub(super) sheet: Sheet,
    /// What it shows: the beginning of the caption.
    pub(super) shows: String,
    /// How it shows it; empty where the beginning says all.
    pub(super) how: String,
    /// What could not be drawn as asked, in words.
    pub(super) notes: Vec<String>,
}

impl Arranged {
    /// One panel, which shows this in the way that its subtitle says.
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
    /// No cell that is done has a number for the metric.
    #[error("no finished cell has a number for `{0}`")]
    NoNumbers(String),
    /// Nobody could read it.
    #[error("{what}: {count} are too many for one figure, which holds {most}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many fit.
        most: usize,
    },
    /// The library that draws failed.
    #[error(transparent)]
    Draw(#[from] DrawError),
}

/// Checks that so many fit into one figure.
pub(super) fn at_most(most: usize, what: &'static str, count: usize) -> Result<(), FigureError> {
    if count > most { Err(FigureError::TooMany { what, count, most }) } else { Ok(()) }
}

/// The position of a metric of cells.
pub(super) fn metric(results: &Results, name: &str) -> Result<usize, RequestError> {
    results.metric(name).ok_or_else(|| RequestError::NoMetric(name.to_string()))
}

/// The position of an axis, where one is named.
pub(super) fn axis(results: &Results, name: Option<&String>) -> Result<Option<usize>, RequestError> {
    let position = |name: &String| results.axis(name).ok_or_else(|| RequestError::NoAxis(name.clone()));
    name.map(position).transpose()
}

/// The value of a key that a kind needs.
pub(super) fn needed<T>(key: &'static str, value: Option<T>) -> Result<T, RequestError> {
    value.ok_or(RequestError::NoKey(key))
}

/// A figure that is asked for.
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

    /// The name of the figure's files without extension, which becomes one of those that are `taken`.
    pub fn file_stem(&self, results: &Results, taken: &mut HashSet<String>) -> String {
        self.0.file_stem(results).untaken(results, taken)
    }
}
