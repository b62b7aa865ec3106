//! `gainsweep-worker`: trains, tests, replays and benchmarks one parameterisation.

mod analysis;
mod arguments;
mod bench;
mod cell;
mod checkpoint;
mod demo;
mod engine;
mod event_log;
mod failure;
mod manual;
mod memory;
mod network_figures;
mod output;
mod parameters;
mod plots;
mod progress;
mod replay;
mod signals;
mod tensorboard;
mod tensors;
mod test;
mod train;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use gainsweep_contract::environment;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return failure::usage(&error),
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env(environment::LOG)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    failure::silence_panics();
    signals::survive_file_size_limit();
    failure::exit_code(failure::guarded(|| match arguments.command {
        Command::Train(train) => train::run(&train),
        Command::Test(test) => test::run(&test),
        Command::Demo(demo) => demo::run(&demo),
        Command::Replay(replay) => replay::run(&replay),
        Command::Bench(bench) => bench::run(&bench),
        Command::Params(params) => parameters::list(&params),
        Command::Completions(completions) => manual::completions(&completions),
        Command::Man(man) => manual::pages(&man),
    }))
}
