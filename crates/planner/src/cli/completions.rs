//! `gainsweep completions`.

use clap::CommandFactory;
use gainsweep_contract::exit::planner::FINE;
pub(crate) use gainsweep_manual::CompletionsOptions as Options;

use super::Cli;
use crate::screen;
use crate::screen::failure::Failure;

pub(crate) fn execute(options: &Options) -> Result<u8, Failure> {
    screen::data(|out| options.run(Cli::command(), out))?;
    Ok(FINE)
}
