//! `gainsweep`: reads sweep files, plans, runs, gathers, plots and reports.

mod accounts;
mod cli;
mod cluster;
mod collect;
mod commands;
mod costs;
mod eta;
mod executor;
mod failure;
mod forecast;
mod logs;
mod overview;
mod parquet;
mod reasons;
mod render;
mod rounds;
mod running;
mod screen;
mod stale;
mod standing;
mod tables;
mod terminal;
mod turn;
mod watch;
mod words;

use std::process::ExitCode;

use clap::Parser;
use gainsweep_contract::{environment, exit::planner as exit};

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { exit::USER } else { exit::FINE };
            // A reader that has left (`--help | head`) is no error.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    start_log();
    match commands::execute(&cli) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            if let Some(text) = render::failure(&failure, render::colours()) {
                screen::talk(&text);
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Logs are for finding faults; without the variable there are none.
fn start_log() {
    let Ok(filter) = std::env::var(environment::LOG) else { return };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(render::colours())
        .init();
}
