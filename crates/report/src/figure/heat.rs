//! The mean of a metric over two axes, as colours.

use gainsweep_draw::{Axis, Heat, Panel, Scale as Placed, Sheet};

use super::{FigureError, Labels, groups, levels, levels_of, name, others, sorted};
use crate::results::Results;
use crate::statistics::summarise;
use crate::text::one_line;

/// Panels, rows and columns that fit.
const MOST: (usize, usize, usize) = (6, 40, 24);

/// One panel for each point of the axes besides the two.
pub(super) fn sheet(
    results: &Results,
    metric: usize,
    over: usize,
    by: usize,
    labels: &Labels,
) -> Result<Sheet, FigureError> {
    let rest = others(results, &[Some(over), Some(by)], None);
    let mut panels = Vec::new();
    for (_, rows) in groups(results, &rest) {
        if let Some(mut panel) = panel(results, &rows, metric, (over, by), labels)? {
            panel.title = match rest.as_slice() {
                [] => String::new(),
                _ => format!("{}: {}", labels.legend(&rest), name(results, rows[0], &rest)),
            };
            panels.push(panel);
        }
    }
    match panels.len() {
        0 => Err(FigureError::NoNumbers(results.metrics[metric].clone())),
        count if count > MOST.0 => Err(FigureError::TooMany { what: "heat maps", count, most: MOST.0 }),
        count => Ok(Sheet { title: String::new(), panels, columns: count.min(2), stacked: false }),
    }
}

/// `None` where no cell has a number.
fn panel(
    results: &Results,
    rows: &[usize],
    metric: usize,
    (over, by): (usize, usize),
    labels: &Labels,
) -> Result<Option<Panel>, FigureError> {
    // A row or column without any number would say no more than the count of what is missing.
    let measured = |row: &usize| results.rows[*row].number(metric).is_some_and(f64::is_finite);
    let rows: Vec<usize> = rows.iter().copied().filter(measured).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let values = |axis: usize| sorted(levels_of(rows.iter().map(|row| &results.rows[*row].axes[axis])));
    let (across, down) = (values(over), values(by));
    for (count, most) in [(down.len(), MOST.1), (across.len(), MOST.2)] {
        if count > most {
            return Err(FigureError::TooMany { what: "rows or columns of a heat map", count, most });
        }
    }
    // The largest number on top, names from the top.
    let downwards: Vec<_> =
        if down[0].as_number().is_some() { down.iter().rev().cloned().collect() } else { down.clone() };
    let mut places = vec![vec![Vec::new(); across.len()]; downwards.len()];
    let find = |values: &[gainsweep_contract::Value], row: usize, axis: usize| {
        values.iter().position(|value| *value == results.rows[row].axes[axis])
    };
    for row in &rows {
        let place = find(&downwards, *row, by).zip(find(&across, *row, over));
        if let Some(((high, right), number)) = place.zip(results.rows[*row].number(metric)) {
            places[high][right].push(number);
        }
    }
    let mean = |values: Vec<f64>| summarise(values).map_or(f64::NAN, |summary| summary.mean);
    let grid = places.into_iter().map(|row| row.into_iter().map(mean).collect()).collect();
    let default = |values: &[gainsweep_contract::Value], axis: usize| {
        let wanted = labels.defaults.get(axis)?.as_ref()?;
        values.iter().position(|value| value.canonical() == wanted.canonical())
    };
    let marked = default(&downwards, by).zip(default(&across, over));
    let names = |values: &[gainsweep_contract::Value]| {
        Placed::Categories(values.iter().map(|value| one_line(&value.to_string())).collect())
    };
    let frame = if marked.is_some() { "; framed: the defaults" } else { "" };
    let many = levels(results, results.replicate.unwrap_or(over)).len() > 1 && results.replicate.is_some();
    let mean = if many { "mean over " } else { "single values" };
    let seeds = super::replicates(results).filter(|_| many).unwrap_or_default();
    Ok(Some(Panel {
        subtitle: format!("{}: {mean}{seeds}{frame}", one_line(&results.metrics[metric])),
        x: Axis { label: one_line(&labels.axes[over]), scale: names(&across), ends: None },
        y: Axis { label: one_line(&labels.axes[by]), scale: names(&downwards), ends: None },
        size: Some((260.0 + 62.0 * across.len().max(5) as f64, 200.0 + 44.0 * downwards.len().max(4) as f64)),
        layers: vec![gainsweep_draw::Layer::Heat(Heat {
            rows: grid,
            label: one_line(&results.metrics[metric]),
            marked,
        })],
        ..Panel::default()
    }))
}
