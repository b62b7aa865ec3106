//! `gainsweep gather`.

use std::path::Path;

use crate::cli::GatherArgs;
use crate::commands::load;
use crate::failure::Failure;

pub(crate) fn execute(args: &GatherArgs, _results: &Path) -> Result<u8, Failure> {
    let _loaded = load(&args.sweep)?;
    Err(Failure::user("`gather` is being built"))
}
