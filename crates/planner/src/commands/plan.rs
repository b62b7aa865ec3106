//! `gainsweep plan`: what is done, what would run.

use std::path::Path;

use gainsweep_contract::exit::planner::FINE;

use crate::cli::PlanArgs;
use crate::commands::load;
use crate::failure::Failure;

pub(crate) fn execute(args: &PlanArgs, _results: &Path) -> Result<u8, Failure> {
    let _loaded = load(&args.sweep)?;
    Ok(FINE)
}
