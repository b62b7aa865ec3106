//! `gainsweep schema`.

use clap::Args;
use gainsweep_contract::exit::planner::FINE;

use crate::screen;
use crate::screen::failure::Failure;

/// Print the JSON Schema of sweep files, for editors.
#[derive(Args, Debug)]
pub(crate) struct Options {}

pub(crate) fn execute(_: &Options) -> Result<u8, Failure> {
    let text = serde_json::to_string_pretty(&gainsweep_language::json_schema())?;
    screen::data(|out| writeln!(out, "{text}"))?;
    Ok(FINE)
}
