//! The command line: one file a command, with its options and its action.

mod bench;
mod completions;
mod demo;
mod man;
mod params;
mod replay;
mod test;
mod train;

use clap::{Parser, Subcommand};

use crate::failure::Failure;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("GAINSWEEP_COMMIT"), ")");

/// Trains one parameterisation of a feedback-modulated network, and tests, replays and benchmarks such networks.
///
/// Exit codes: 0 done, 2 bad parameters or usage, 3 diverged, 75 stopped early (run it again to resume), 1 anything
/// else.
#[derive(Debug, Parser)]
#[command(version = VERSION, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Lists the commands: the module of each has `Options`, whose doc comment is the help text, and `run`.
macro_rules! commands {
    ($($name:ident => $module:ident,)+) => {
        #[derive(Debug, Subcommand)]
        pub(crate) enum Command {
            $($name($module::Options),)+
        }

        impl Command {
            /// Runs the command.
            pub(crate) fn run(&self) -> Result<(), Failure> {
                match self {
                    $(Command::$name(options) => $module::run(options),)+
                }
            }
        }
    };
}

commands! {
    Train => train,
    Test => test,
    Demo => demo,
    Replay => replay,
    Bench => bench,
    Params => params,
    Completions => completions,
    Man => man,
}
