//! `gainsweep check`: is the sweep right, and how many cells is it?

use gainsweep_contract::exit::planner::FINE;

use crate::cli::CheckArgs;
use crate::commands::load;
use crate::failure::Failure;
use crate::screen;

pub(crate) fn execute(args: &CheckArgs) -> Result<u8, Failure> {
    let loaded = load(&args.sweep)?;
    screen::data(|out| writeln!(out, "{}: {} cells", loaded.name, loaded.sweep.count()))?;
    Ok(FINE)
}
