//! Cells by the beginning of their ids.

use gainsweep_sweep::{Cell, Sweep};

use crate::failure::Failure;

/// The cells whose ids begin so; all of them without a word.
///
/// # Errors
/// A beginning that fits no cell, or more than one.
pub(crate) fn select(sweep: &Sweep, beginnings: &[String]) -> Result<Vec<Cell>, Failure> {
    if beginnings.is_empty() {
        return Ok(sweep.cells().collect());
    }
    beginnings.iter().map(|beginning| one(sweep, beginning)).collect()
}

/// The cell whose id begins so.
///
/// # Errors
/// No cell's id does, or more than one.
pub(crate) fn one(sweep: &Sweep, beginning: &str) -> Result<Cell, Failure> {
    let wanted = beginning.to_lowercase();
    let mut found = sweep.cells().filter(|cell| cell.id.to_string().starts_with(&wanted));
    match (found.next(), found.next()) {
        (Some(cell), None) => Ok(cell),
        (Some(_), Some(_)) => Err(Failure::user_hint(
            format!("more than one cell's id begins with `{beginning}`"),
            "give more of its letters",
        )),
        (None, _) => Err(Failure::user_hint(
            format!("no cell of the sweep has an id that begins with `{beginning}`"),
            "`gainsweep plan FILE --json` lists the cells with their ids",
        )),
    }
}
