//! The trained networks that a sweep of analyses reads.

use std::path::PathBuf;

use crate::diagnostic::Span;

/// The parameter that names the cell whose network is read.
pub(crate) const NETWORK: &str = "network";

/// What `[networks]` of a file asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks {
    /// The name of the sweep that trained them.
    pub sweep: String,
    /// Which of its cells, as on the command line: `tau=100`, the beginning of an id; all without a word.
    pub only: Vec<String>,
    /// Only those that are trained by now?
    pub finished: bool,
    /// Does another program than the built-in worker read them? It knows no defaults.
    pub foreign: bool,
    /// Where the file says so.
    pub place: Span,
}

/// The networks that a sweep reads, as they were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundNetworks {
    /// The name of the sweep that trained them.
    pub sweep: String,
    /// Its folder of cells.
    pub folder: PathBuf,
    /// The axis that its statistics are taken over.
    pub(crate) replicates: Option<String>,
}
