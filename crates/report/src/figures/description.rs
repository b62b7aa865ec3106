//! A figure as text: its caption, and its numbers for readers who cannot see it.

use gainsweep_draw::{Axis, Boxes, Heat, Layer, Panel, Scale, Sheet};

use super::request::Arranged;
use crate::formatting::{brief, one_line};
use crate::results::Results;

/// Series, groups and points that are described; the tables have all.
const MOST: usize = 12;

/// `clarity over tau, by seed: mean and 95 % interval; 1 of 18 cells missing.`
pub(super) fn caption(results: &Results, arranged: &Arranged) -> String {
    let Arranged { sheet, shows, how, .. } = arranged;
    let Some(panel) = sheet.panels.first() else { return shows.clone() };
    let by = if has_names(panel) && !panel.legend_title.is_empty() {
        format!(", by {}", panel.legend_title)
    } else {
        String::new()
    };
    let how = if how.is_empty() { String::new() } else { format!(": {how}") };
    let missing = match results.missing() {
        0 => String::new(),
        missing => format!("; {missing} of {} cells missing", results.rows.len()),
    };
    format!("{shows}{by}{how}{missing}.")
}

/// The caption, and the numbers.
pub(super) fn alternative(caption: &str, sheet: &Sheet) -> String {
    let mut told: Vec<String> = sheet.panels.iter().flat_map(numbers).collect();
    let more = told.len().saturating_sub(MOST);
    told.truncate(MOST);
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    if told.is_empty() { caption.to_string() } else { format!("{caption} {}.", told.join("; ")) }
}

/// The numbers on a panel.
fn numbers(panel: &Panel) -> Vec<String> {
    let named = has_names(panel);
    let mut told = Vec::new();
    for layer in &panel.layers {
        match layer {
            Layer::Line(line) => {
                if line.legend.is_some() || !named {
                    told.extend(ends(panel, line.legend.as_deref(), &line.points));
                }
            }
            Layer::Marks(marks) => {
                // Marks with the name of a line were described with the line.
                if let Some(name) = marks.legend.as_deref().filter(|name| !has_line(panel, name)) {
                    told.push(format!("{}: {}", one_line(name), spans(panel, &marks.points)));
                }
            }
            Layer::Boxes(boxes) => told.extend(medians(panel, boxes)),
            Layer::Heat(heat) => told.extend(extremes(panel, heat)),
            Layer::Band(_) | Layer::Reference(_) | Layer::Span(_) | Layer::Note(_) => {}
        }
    }
    told
}

fn has_names(panel: &Panel) -> bool {
    panel.layers.iter().any(|layer| layer.legend().is_some())
}

fn has_line(panel: &Panel, name: &str) -> bool {
    panel
        .layers
        .iter()
        .any(|layer| matches!(layer, Layer::Line(line) if line.legend.as_deref() == Some(name)))
}

/// `10: median 0.97`
fn medians(panel: &Panel, boxes: &Boxes) -> Vec<String> {
    let median = |(place, values): (usize, &Vec<f64>)| {
        let mut values = values.clone();
        values.sort_by(f64::total_cmp);
        let median = f64::midpoint(*values.get((values.len().max(1) - 1) / 2)?, values[values.len() / 2]);
        Some(format!("{}: median {}", at(&panel.x, place as f64 + 1.0), brief(median)))
    };
    boxes.groups.iter().enumerate().filter_map(median).collect()
}

/// `lowest 0.4 at tau 1000, size 10`, and the highest.
fn extremes(panel: &Panel, heat: &Heat) -> Vec<String> {
    let value = |place: &(usize, usize)| heat.rows[place.0][place.1];
    let field = |place: (usize, usize)| {
        let (x, y) = (at(&panel.x, place.1 as f64 + 1.0), name(&panel.y, place.0));
        format!("{} at {} {x}, {} {y}", brief(value(&place)), panel.x.label, panel.y.label)
    };
    let columns = |row: usize| (0..heat.rows[row].len()).map(move |column| (row, column));
    let places = || (0..heat.rows.len()).flat_map(columns).filter(|place| value(place).is_finite());
    let by_value = |one: &(usize, usize), other: &(usize, usize)| value(one).total_cmp(&value(other));
    let Some((low, high)) = places().min_by(by_value).zip(places().max_by(by_value)) else {
        return Vec::new();
    };
    let title = if panel.title.is_empty() { String::new() } else { format!("{}: ", panel.title) };
    vec![format!("{title}lowest {}", field(low)), format!("highest {}", field(high))]
}

/// `10: 0.97 at 1, 0.42 at 1000`
fn ends(panel: &Panel, name: Option<&str>, points: &[(f64, f64)]) -> Option<String> {
    let (first, last) = (points.first()?, points.last()?);
    let name = name.map_or_else(String::new, |name| format!("{}: ", one_line(name)));
    let told = |point: &(f64, f64)| format!("{} at {}", brief(point.1), at(&panel.x, point.0));
    Some(if points.len() == 1 {
        name + &told(first)
    } else {
        format!("{name}{}, {}", told(first), told(last))
    })
}

/// `5 marks from 0.1 to 0.3`
fn spans(panel: &Panel, points: &[(f64, f64)]) -> String {
    let count = format!("{} {}", points.len(), if points.len() == 1 { "mark" } else { "marks" });
    if matches!(panel.y.scale, Scale::Categories(_)) {
        return count;
    }
    let heights = || points.iter().map(|point| point.1);
    let ends = heights().reduce(f64::min).zip(heights().reduce(f64::max));
    ends.map_or(count.clone(), |(low, high)| format!("{count} from {} to {}", brief(low), brief(high)))
}

/// A place on the horizontal axis: its name, or the number.
fn at(axis: &Axis, place: f64) -> String {
    match &axis.scale {
        Scale::Categories(_) => name(axis, (place.round() as usize).saturating_sub(1)),
        Scale::Linear | Scale::Log => brief(place),
    }
}

fn name(axis: &Axis, place: usize) -> String {
    match &axis.scale {
        Scale::Categories(names) => names.get(place).cloned().unwrap_or_default(),
        Scale::Linear | Scale::Log => String::new(),
    }
}
