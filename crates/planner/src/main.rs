//! `gainsweep`: reads sweep files, plans, runs, gathers, plots and reports.

mod cells;
mod cli;
mod cluster;
mod local;
mod prediction;
mod programs;
mod results;
mod screen;
mod sealing;
mod sweep_file;

use std::process::ExitCode;

use gainsweep_contract::environment;

use crate::screen::diagnostics;

fn main() -> ExitCode {
    start_log();
    cli::main()
}

/// Logs are for debugging; without the variable nothing is logged.
fn start_log() {
    let Ok(filter) = std::env::var(environment::LOG) else { return };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(diagnostics::colours())
        .init();
}
