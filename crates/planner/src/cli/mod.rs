//! The command line. Each command is one file with its options and its action. [`Command`] lists them.

mod advance;
mod cancel;
mod cells;
mod check;
mod compare;
mod completions;
mod explain;
mod gather;
mod guard;
mod json_values;
mod logs;
mod man;
mod new;
mod plan;
mod plot;
mod process_limits;
mod release;
mod report;
mod retry;
mod run;
mod schema;
mod shared;
mod show;
mod status;
mod submit;
mod task;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use gainsweep_contract::environment;
use gainsweep_contract::exit::planner as exit;

use crate::screen::failure::Failure;
use crate::screen::{self, VERSION, diagnostics};
use crate::sweep_file::ResultsChoice;

const AFTER_HELP: &str = "\
Exit codes: 0 fine, 1 some cells failed, 2 your mistake, 3 system error (a full disk, a read-only folder).
Environment: GAINSWEEP_RESULTS (folder of results), GAINSWEEP_WORKER (worker program), GAINSWEEP_LOG \
(log filter, for example debug), NO_COLOR.

A first sweep:
  gainsweep new timescale       write sweeps/timescale.toml, then edit it
  gainsweep check timescale     validate it and count its cells
  gainsweep run timescale       run it here, gather tables, draw figures";

/// Parameter explorations of feedback-modulated networks: plan, run, gather, plot, report.
#[derive(Debug, Parser)]
#[command(name = "gainsweep", version = VERSION, after_help = AFTER_HELP, max_term_width = 110)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
struct Cli {
    /// Folder of results, relative to the current folder (default: `results` in the sweep's project).
    #[arg(long, global = true, value_name = "DIR", env = environment::RESULTS)]
    results: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

/// Every command, in the order of `--help`. The help text of a command is at the options in its file.
#[derive(Debug, Subcommand)]
enum Command {
    New(new::Options),
    Check(check::Options),
    Plan(plan::Options),
    Run(run::Options),
    Submit(submit::Options),
    Status(status::Options),
    Cells(cells::Options),
    Explain(explain::Options),
    Show(show::Options),
    Logs(logs::Options),
    Cancel(cancel::Options),
    Retry(retry::Options),
    Release(release::Options),
    Task(task::Options),
    Advance(advance::Options),
    Guard(guard::Options),
    Gather(gather::Options),
    Compare(compare::Options),
    Plot(plot::Options),
    Report(report::Options),
    Schema(schema::Options),
    Completions(completions::Options),
    Man(man::Options),
}

impl Command {
    /// Does it need threads that compute?
    fn computes(&self) -> bool {
        !matches!(self, Command::Guard(_))
    }

    /// Runs the command and returns the exit code.
    fn execute(&self, results: &ResultsChoice) -> Result<u8, Failure> {
        match self {
            Command::New(options) => new::execute(options),
            Command::Check(options) => check::execute(options, results),
            Command::Plan(options) => plan::execute(options, results),
            Command::Run(options) => run::execute(options, results),
            Command::Submit(options) => submit::execute(options, results),
            Command::Status(options) => status::execute(options, results),
            Command::Cells(options) => cells::execute(options, results),
            Command::Explain(options) => explain::execute(options, results),
            Command::Show(options) => show::execute(options, results),
            Command::Logs(options) => logs::execute(options, results),
            Command::Cancel(options) => cancel::execute(options, results),
            Command::Retry(options) => retry::execute(options, results),
            Command::Release(options) => release::execute(options, results),
            Command::Task(options) => task::execute(options),
            Command::Advance(options) => advance::execute(options),
            Command::Guard(options) => guard::execute(options),
            Command::Gather(options) => gather::execute(options, results),
            Command::Compare(options) => compare::execute(options, results),
            Command::Plot(options) => plot::execute(options, results),
            Command::Report(options) => report::execute(options, results),
            Command::Schema(options) => schema::execute(options),
            Command::Completions(options) => completions::execute(options),
            Command::Man(options) => man::execute(options),
        }
    }
}

/// Parses the command line, runs the command, and prints its error.
pub(crate) fn main() -> ExitCode {
    let parsed = Cli::command()
        .try_get_matches()
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, is_typed(&matches, "results"))));
    let (cli, is_typed) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            let code = if error.use_stderr() { exit::USER } else { exit::FINE };
            // A closed pipe (`--help | head`) is not an error.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let results = ResultsChoice { folder: cli.results, is_typed };
    let prepared = if cli.command.computes() { process_limits::respect() } else { Ok(()) };
    let ended = prepared.and_then(|()| cli.command.execute(&results));
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            if let Some(text) = diagnostics::text(&failure, diagnostics::colours()) {
                screen::talk_painted(&text);
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Was this option typed, not taken from the environment?
fn is_typed(matches: &ArgMatches, option: &str) -> bool {
    matches.value_source(option) == Some(ValueSource::CommandLine)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_does() {
        for command in super::Cli::command().get_subcommands() {
            assert!(command.get_about().is_some(), "`{}` has no help", command.get_name());
        }
    }
}
