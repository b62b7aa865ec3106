//! `gainsweep schema`: the JSON Schema of sweep files.

use gainsweep_contract::exit::planner::FINE;

use crate::failure::Failure;
use crate::screen;

pub(crate) fn execute() -> Result<u8, Failure> {
    let text = serde_json::to_string_pretty(&gainsweep_language::json_schema())?;
    screen::data(|out| writeln!(out, "{text}"))?;
    Ok(FINE)
}
