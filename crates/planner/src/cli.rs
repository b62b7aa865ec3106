//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use gainsweep_contract::environment;

/// Version and commit, as `--version` shows them.
pub(crate) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("GAINSWEEP_COMMIT"), ")");

const AFTER_HELP: &str = "\
Exit codes: 0 fine, 1 some cells failed, 2 your mistake, 3 the system (a full disk, a folder that cannot be written).
Environment: GAINSWEEP_RESULTS (folder of results), GAINSWEEP_WORKER (worker program), GAINSWEEP_LOG (log filter, \
for example debug), NO_COLOR.

A first sweep:
  gainsweep new timescale       write sweeps/timescale.toml, then edit it
  gainsweep check timescale     is it right, and how many cells is it?
  gainsweep run timescale       run it here, gather tables, draw figures";

/// Parameter explorations of feedback-modulated networks: plan, run, gather, plot.
#[derive(Debug, Parser)]
#[command(name = "gainsweep", version = VERSION, after_help = AFTER_HELP, max_term_width = 110)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Folder that results go to.
    #[arg(long, global = true, value_name = "DIR", env = environment::RESULTS, default_value = "results")]
    pub(crate) results: PathBuf,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a commented sweep file to start from: sweeps/NAME.toml.
    New(NewArgs),
    /// Is the sweep file right, and how many cells is it?
    Check(CheckArgs),
    /// The cells: what is done, what would run, how long that takes.
    Plan(PlanArgs),
    /// Run the cells that are not done on this machine, then gather and plot.
    Run(RunArgs),
    /// Write the tables from what there is.
    Gather(GatherArgs),
    /// Draw the figures from the tables.
    Plot(PlotArgs),
    /// Print completions for a shell.
    Completions(CompletionsArgs),
    /// Print the manual page.
    Man,
}

/// A sweep file and how large it may be.
#[derive(Args, Debug)]
pub(crate) struct SweepArgs {
    /// A sweep file, or the name of a sweep in sweeps/.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Refuse a sweep of more cells than this.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) limit: u64,
}

#[derive(Args, Debug)]
pub(crate) struct NewArgs {
    /// The sweep's name: letters, digits, `-`, `_` and `.`.
    pub(crate) name: String,
}

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,
}

#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// Print one JSON object (see docs/sweep-files.md).
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// Cells that run at a time (default: the cores of this machine).
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<std::num::NonZeroUsize>,
}

#[derive(Args, Debug)]
pub(crate) struct GatherArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,
}

#[derive(Args, Debug)]
pub(crate) struct PlotArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
