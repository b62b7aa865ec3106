//! `gainsweep completions`.

use clap::{Args, CommandFactory};
use gainsweep_contract::exit::planner::FINE;

use super::Cli;
use crate::screen;
use crate::screen::failure::Failure;

/// Print completions for a shell.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// The shell.
    shell: gainsweep_manual::Shell,
}

pub(crate) fn execute(options: &Options) -> Result<u8, Failure> {
    let script = gainsweep_manual::completions(Cli::command(), options.shell);
    screen::data(|out| out.write_all(&script))?;
    Ok(FINE)
}
