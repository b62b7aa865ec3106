//! The axes of results, as figures use them: values, names, and rows that share values.

use std::collections::{HashMap, HashSet};

use gainsweep_contract::Value;

use crate::formatting::one_line;
use crate::results::Results;

/// The values of an axis, each once, in the order of the sweep.
pub(super) fn levels(results: &Results, axis: usize) -> Vec<Value> {
    levels_of(results.rows.iter().map(|row| &row.axes[axis]))
}

/// These values, each once.
pub(super) fn levels_of<'a>(values: impl Iterator<Item = &'a Value>) -> Vec<Value> {
    let mut seen = HashSet::new();
    values.filter(|value| seen.insert(value.canonical())).cloned().collect()
}

/// Numbers in ascending order, then names in the order of the sweep.
pub(super) fn sorted(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by(|one, other| match (one.as_number(), other.as_number()) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        (one, other) => other.is_some().cmp(&one.is_some()),
    });
    values
}

/// A value's place on an axis of numbers.
pub(super) fn position(value: &Value) -> Option<f64> {
    value.as_number().filter(|number| number.is_finite())
}

/// The axes of points on which done cells differ, except `but`; `first` comes before the others. Means are
/// taken only over the replicate axis.
pub(super) fn others(results: &Results, but: &[Option<usize>], first: Option<usize>) -> Vec<usize> {
    let done = |axis: usize| results.rows.iter().filter(|row| row.done).map(move |row| &row.axes[axis]);
    let varies = |axis: usize| levels_of(done(axis)).len() > 1;
    let mut axes: Vec<usize> = results
        .point_axes()
        .into_iter()
        .filter(|axis| !but.contains(&Some(*axis)) && varies(*axis))
        .collect();
    axes.sort_by_key(|axis| Some(*axis) != first);
    axes
}

/// `seeds`, if there are several.
pub(super) fn replicates(results: &Results) -> Option<String> {
    let axis = results.replicate.filter(|axis| levels(results, *axis).len() > 1)?;
    let name = one_line(&results.axes[axis]);
    Some(if name.ends_with('s') { name } else { format!("{name}s") })
}

/// The values of a row on these axes, as a name.
pub(super) fn name(results: &Results, row: usize, axes: &[usize]) -> String {
    let values: Vec<String> =
        axes.iter().map(|axis| one_line(&results.rows[row].axes[*axis].to_string())).collect();
    values.join(", ")
}

/// Groups of rows with the same values on these axes, by name, in the order of the sweep.
pub(super) fn groups(results: &Results, axes: &[usize]) -> Vec<(String, Vec<usize>)> {
    let mut found: Vec<(String, Vec<usize>)> = Vec::new();
    let mut known = HashMap::new();
    for (place, row) in results.rows.iter().enumerate() {
        let key: Vec<String> = axes.iter().map(|axis| row.axes[*axis].canonical()).collect();
        let at = *known.entry(key).or_insert_with(|| {
            found.push((name(results, place, axes), Vec::new()));
            found.len() - 1
        });
        found[at].1.push(place);
    }
    found
}

/// The axes that distinguish the groups of a figure: the requested one, else all on which cells differ.
pub(super) fn grouping(results: &Results, by: Option<usize>) -> Vec<usize> {
    by.map_or_else(|| others(results, &[], None), |by| vec![by])
}
