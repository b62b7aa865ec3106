//! `gainsweep completions` and `gainsweep man`.

use clap::CommandFactory;
use gainsweep_contract::exit::planner::FINE;

use crate::cli::{Cli, CompletionsArgs};
use crate::failure::Failure;
use crate::screen;

pub(crate) fn completions(args: &CompletionsArgs) -> Result<u8, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "gainsweep", &mut text);
    screen::data(|out| out.write_all(&text))?;
    Ok(FINE)
}

pub(crate) fn page() -> Result<u8, Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut text)?;
    screen::data(|out| out.write_all(&text))?;
    Ok(FINE)
}
