//! `gainsweep run`.

use std::path::Path;

use crate::cli::RunArgs;
use crate::commands::load;
use crate::failure::Failure;

pub(crate) fn execute(args: &RunArgs, _results: &Path) -> Result<u8, Failure> {
    let loaded = load(&args.sweep)?;
    tracing::debug!(bytes = loaded.text.len(), "would snapshot the sweep file");
    Err(Failure::user("`run` is being built"))
}
