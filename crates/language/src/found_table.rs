//! The table that says which trained networks were found.

use std::fmt::Write as _;
use std::path::Path;

use gainsweep_contract::Value;
use gainsweep_contract::params_file;

use crate::axis::{BLOCK_AXIS, CASE_AXIS};
use crate::networks::{NETWORK, Networks};
use crate::sweep::{Cell, Sweep};

/// The found networks, as a table to append to a sweep file with `[networks]`: these cells of `source`, whose
/// folder is `folder`.
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
            let _ = write!(table, ", {} = {}", params_file::key(&name), value.to_toml());
        }
        table.push_str(" },\n");
    }
    table.push_str("]\n");
    table
}
