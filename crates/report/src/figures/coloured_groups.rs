//! Groups of cells as curves show them: by name and colour.

use gainsweep_draw::{colour, gradient};

use super::axes::{groups, levels, levels_of, sorted};
use super::request::{FigureError, at_most};
use crate::results::Results;

/// Names of groups that fit into a legend.
const NAMES: usize = 16;

/// The groups of rows with the same values on these axes that have a finished cell, each with a name and a
/// colour: shades from dark to light for one axis of numbers.
pub(super) fn coloured(
    results: &Results,
    axes: &[usize],
) -> Result<Vec<(String, String, Vec<usize>)>, FigureError> {
    let mut found = groups(results, axes);
    found.retain(|(_, rows)| rows.iter().any(|row| results.rows[*row].done));
    at_most(NAMES, "groups of curves", found.len())?;
    let shades = match axes {
        [axis] => {
            let used = levels_of(found.iter().map(|(_, rows)| &results.rows[rows[0]].axes[*axis]));
            let values = sorted(used);
            let numbers = values.len() > 2 && levels(results, *axis).iter().all(|v| v.as_number().is_some());
            numbers.then_some((*axis, values))
        }
        _ => None,
    };
    if let Some((axis, values)) = &shades {
        let rank = |rows: &[usize]| values.iter().position(|v| *v == results.rows[rows[0]].axes[*axis]);
        found.sort_by_key(|(_, rows)| rank(rows));
    }
    let count = found.len().max(2) - 1;
    let shade = |number: usize| match &shades {
        Some(_) => gradient(number as f64 / count as f64),
        None => colour(number),
    };
    Ok(found.into_iter().enumerate().map(|(number, (name, rows))| (name, shade(number), rows)).collect())
}
