//! One file a command. Each takes what was typed and returns an exit code.

mod advance;
mod cancel;
mod check;
mod compare;
mod explain;
mod gather;
mod load;
mod manual;
mod networks;
mod new;
mod plan;
mod plan_json;
mod plot;
mod report;
mod retry;
mod run;
mod schema;
mod select;
mod show;
pub(crate) mod status;
mod submit;
mod task;

use crate::cli::{Cli, Command};
use crate::failure::Failure;

pub(crate) use load::{Loaded, load};

/// Does what was asked; the exit code.
pub(crate) fn execute(cli: &Cli) -> Result<u8, Failure> {
    let results = &cli.results;
    match &cli.command {
        Command::New(args) => new::execute(args),
        Command::Check(args) => check::execute(args, results),
        Command::Plan(args) => plan::execute(args, results),
        Command::Run(args) => run::execute(args, results),
        Command::Submit(args) => submit::execute(args, results),
        Command::Status(args) => status::execute(args, results),
        Command::Explain(args) => explain::execute(args, results),
        Command::Show(args) => show::execute(args, results),
        Command::Logs(args) => explain::logs(args, results),
        Command::Cancel(args) => cancel::execute(args, results),
        Command::Retry(args) => retry::execute(args, results),
        Command::Task(args) => task::execute(args),
        Command::Advance(args) => advance::execute(args),
        Command::Gather(args) => gather::execute(args, results),
        Command::Compare(args) => compare::execute(args, results),
        Command::Report(args) => report::execute(args, results),
        Command::Schema => schema::execute(),
        Command::Plot(args) => plot::execute(args, results),
        Command::Completions(args) => manual::completions(args),
        Command::Man(args) => manual::pages(args),
    }
}
