//! `gainsweep run`.

use std::path::Path;

use crate::cli::RunArgs;
use crate::commands::load;
use crate::failure::Failure;

pub(crate) fn execute(args: &RunArgs, _results: &Path) -> Result<u8, Failure> {
    let _loaded = load(&args.sweep)?;
    Err(Failure::user("`run` is being built"))
}
