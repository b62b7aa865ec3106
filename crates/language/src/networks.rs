//! The trained networks that a sweep of analyses reads.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gainsweep_contract::Value;

use crate::diagnostic::Span;
use crate::read;
use crate::sweep::{BLOCK_AXIS, CASE_AXIS, Cell, Sweep};

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

/// What the sweep file of this text asks for; `None` where it reads no networks, or says so in a wrong way.
pub fn networks(text: &str) -> Option<Networks> {
    read::networks_asked(text)
}

/// What was found, as a table to append to the text of a sweep file that asks for networks: these cells of `source`,
/// whose folder is `folder`.
pub fn found_table(asked: &Networks, folder: &Path, source: &Sweep, cells: &[Cell]) -> String {
    let text = |text: &str| Value::Text(text.into()).to_toml();
    let axes = source.axes().iter().map(|axis| axis.name.as_str());
    let axes: Vec<String> = axes.filter(|name| ![CASE_AXIS, BLOCK_AXIS].contains(name)).map(text).collect();
    let mut table = format!(
        "\n\n# the networks that were found\n[found]\nfolder = {}\naxes = [{}]\n",
        text(&folder.to_string_lossy()),
        axes.join(", ")
    );
    if let Some(replicate) = source.replicate_axis() {
        let _ = writeln!(table, "replicates = {}", text(&source.axes()[replicate].name));
    }
    table.push_str("cells = [\n");
    for cell in cells {
        let _ = write!(table, "  {{ {NETWORK} = {}", text(&cell.id.to_string()));
        let values = if asked.foreign { cell.parameters.clone() } else { source.given(cell.index) };
        for (name, value) in values {
            let _ = write!(table, ", {} = {}", gainsweep_contract::params_file::key(&name), value.to_toml());
        }
        table.push_str(" },\n");
    }
    table.push_str("]\n");
    table
}
