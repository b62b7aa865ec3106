//! `gainsweep plot`.

use std::path::Path;

use crate::cli::PlotArgs;
use crate::commands::load;
use crate::failure::Failure;

pub(crate) fn execute(args: &PlotArgs, _results: &Path) -> Result<u8, Failure> {
    let _loaded = load(&args.sweep)?;
    Err(Failure::user("`plot` is being built"))
}
