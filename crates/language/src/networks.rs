//! The trained networks that a sweep of analyses reads.

use std::path::PathBuf;

use crate::diagnostic::Span;

/// The parameter that names the cell whose network is read.
pub(crate) const NETWORK: &str = "network";

/// The `[networks]` table of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks {
    /// The name of the sweep that trained them.
    pub sweep: String,
    /// Selectors of its cells, as on the command line: `tau=100`, the beginning of an id; empty for all.
    pub only: Vec<String>,
    /// Read only those that are already trained?
    pub finished: bool,
    /// Does another program read them? It has no built-in defaults.
    pub foreign: bool,
    /// Its place in the file.
    pub place: Span,
}

/// The networks that a sweep reads, after the look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundNetworks {
    /// The name of the sweep that trained them.
    pub sweep: String,
    /// Its folder of cells.
    pub folder: PathBuf,
    /// The axis that its statistics are taken over.
    pub(crate) replicates: Option<String>,
}
