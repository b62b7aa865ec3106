//! `gainsweep-worker`: trains, tests, replays and benchmarks one parameterisation.

mod cell;
mod checkpoint;
mod commands;
mod engine;
mod event_log;
mod failure;
mod memory;
mod network_figures;
mod network_file;
mod output;
mod parameters;
mod plots;
mod progress;
mod results;
mod signals;
mod tensorboard;
mod tensors;
mod training;

use std::process::ExitCode;

use clap::Parser;
use commands::Cli;
use gainsweep_contract::environment;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return failure::usage(&error),
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env(environment::LOG)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    failure::silence_panics();
    signals::survive_file_size_limit();
    failure::exit_code(failure::guarded(|| cli.command.run()))
}
