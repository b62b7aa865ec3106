//! What can be typed.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use gainsweep_contract::environment;

use crate::words;

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

/// Parameter explorations of feedback-modulated networks: plan, run, gather, plot, report.
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
    /// Send the cells that are not done to Slurm.
    Submit(SubmitArgs),
    /// The cells by state, with reasons, and what to do next.
    Status(StatusArgs),
    /// All that is known of one cell.
    Explain(ExplainArgs),
    /// What one cell measured; with --reproduce, the commands that measure it again.
    Show(ShowArgs),
    /// What the worker of a cell said; without a cell, the log files.
    Logs(LogsArgs),
    /// End what waits or runs on Slurm.
    Cancel(CancelArgs),
    /// Send cells that failed once more, with more memory or time where that was the cause.
    Retry(RetryArgs),
    /// What a Slurm task runs.
    #[command(hide = true)]
    Task(TaskArgs),
    /// What the small job between two waves runs.
    #[command(hide = true)]
    Advance(AdvanceArgs),
    /// Write the tables from what there is.
    Gather(GatherArgs),
    /// Compare two values of an axis, pair by pair: difference, interval, effect size.
    Compare(CompareArgs),
    /// Draw the figures from the cells' results.
    Plot(PlotArgs),
    /// Write one HTML page: question, parameters, figures, tables, failures, costs, provenance.
    Report(ReportArgs),
    /// Print the JSON Schema of sweep files, for editors.
    Schema,
    /// Print completions for a shell.
    Completions(CompletionsArgs),
    /// Print the manual page; with --dir, write those of all commands.
    Man(ManArgs),
}

/// A sweep file and how large it may be.
#[derive(Args, Clone, Debug)]
pub(crate) struct SweepArgs {
    /// A sweep file, or the name of a sweep in sweeps/.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Refuse a sweep of more cells than this.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) limit: u64,

    /// Say something else than the file: `batches=10`, `tau=[1,10]`, `model=spatial`.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,

    /// Another name for the sweep, and so another folder of results.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}

impl SweepArgs {
    /// The sweep as it was typed, for the commands that come next.
    pub(crate) fn typed(&self) -> String {
        let mut words = vec![words::quoted(&self.file)];
        words.extend(self.set.iter().map(|set| format!("--set {}", words::quoted(Path::new(set)))));
        words.extend(self.name.iter().map(|name| format!("--name {name}")));
        words.join(" ")
    }
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

/// Which cells, and what they may cost.
#[derive(Args, Debug)]
pub(crate) struct CellsArgs {
    /// Only these cells: tau=100, noise=0,0.1, state=failed, the beginning of an id.
    #[arg(long, value_name = "SELECTOR")]
    pub(crate) only: Vec<String>,

    /// Only as many cells, in the order of the sweep, as are predicted to take no more than this.
    #[arg(long, value_name = "CORE_HOURS", value_parser = hours)]
    pub(crate) budget: Option<f64>,

    /// Where no cell is finished yet: time some batches here first, and predict from that.
    #[arg(long)]
    pub(crate) bench: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    #[command(flatten)]
    pub(crate) cells: CellsArgs,

    /// Print one JSON object (see docs/sweep-files.md).
    #[arg(long)]
    pub(crate) json: bool,

    /// End with 1 when there are cells to run, with 0 when there is nothing to do.
    #[arg(long)]
    pub(crate) exit_code: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    #[command(flatten)]
    pub(crate) cells: CellsArgs,

    /// Cells that run at a time (default: the cores of this machine).
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<std::num::NonZeroUsize>,
}

#[derive(Args, Debug)]
pub(crate) struct SubmitArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    #[command(flatten)]
    pub(crate) cells: CellsArgs,

    /// Print the scripts and commands that would be sent; send nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Send without a question.
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Send one task first, and the rest when its cells are done.
    #[arg(long)]
    pub(crate) canary: bool,

    /// Settings of the site: ~/.config/gainsweep/NAME.toml (default: profile.toml, if it is there).
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// Stay and show what changes, until nothing does any more; `q` or Ctrl-C ends it, and the cells go on.
    ///
    /// Files are looked at every few seconds, Slurm is asked every 30 seconds, and more seldom while it does not answer. In a
    /// pipe: one line a change.
    #[arg(long, conflicts_with = "json")]
    pub(crate) watch: bool,

    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,

    /// Do not send what waits for the next wave.
    #[arg(long)]
    pub(crate) look_only: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// The beginning of a cell's id.
    pub(crate) cell: String,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// The beginning of a cell's id.
    pub(crate) cell: String,

    /// Print a shell script that makes these numbers again and compares them.
    #[arg(long)]
    pub(crate) reproduce: bool,
}

#[derive(Args, Debug)]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// The beginning of a cell's id.
    pub(crate) cell: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct CancelArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// Which cells: beginnings of ids, tau=100, noise=0,0.1, state=pending (default: all).
    #[arg(value_name = "CELL")]
    pub(crate) cells: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// Which cells: beginnings of ids, tau=100, noise=0,0.1, state=pending (default: all).
    #[arg(value_name = "CELL")]
    pub(crate) cells: Vec<String>,

    /// Only cells in these states (default: all that ended badly, but not those that diverged).
    #[arg(long, value_delimiter = ',', value_name = "STATES")]
    pub(crate) state: Vec<String>,

    /// Memory is multiplied by this.
    #[arg(long, value_name = "F")]
    pub(crate) mem_factor: Option<f64>,

    /// Time is multiplied by this.
    #[arg(long, value_name = "F")]
    pub(crate) time_factor: Option<f64>,

    /// Also when many cells failed with the same error.
    #[arg(long)]
    pub(crate) force: bool,

    /// Settings of the site: ~/.config/gainsweep/NAME.toml (default: profile.toml, if it is there).
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct TaskArgs {
    /// The submission's folder.
    pub(crate) submission: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct AdvanceArgs {
    /// The sweep's folder.
    pub(crate) folder: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct GatherArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// Write the tables as Parquet, too, and keep these up to date from now on.
    #[arg(long)]
    pub(crate) parquet: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CompareArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// One side: `tau=1`, or several in quotes, `"tau=1 noise=0"`.
    pub(crate) first: String,

    /// The other side, of which the first is taken away: `tau=100`.
    pub(crate) second: String,

    /// The metric (default: the first that the sweep names, else clarity).
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: Option<String>,

    /// Print CSV, with all digits.
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PlotArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: gainsweep_manual::Shell,
}

#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// Write one page for each command into this folder.
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
}

/// Hours: more than none.
fn hours(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|hours: &f64| *hours > 0.0 && hours.is_finite())
        .ok_or_else(|| "a number above 0".into())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
