//! `completions`.

use clap::CommandFactory;

use super::Cli;
use crate::failure::Failure;

pub(crate) use gainsweep_manual::CompletionsOptions as Options;

/// `completions`.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    Ok(options.run(Cli::command(), &mut std::io::stdout().lock())?)
}
