//! Figures in words: a caption, and the numbers for who cannot see them.

use gainsweep_draw::{Axis, Layer, Panel, Scale, Sheet};

use super::{Labels, Request};
use crate::results::Results;
use crate::text::{brief, one_line};

/// Series, groups and points that are told; the tables have all.
const MOST: usize = 12;

/// What it shows.
pub(super) fn caption(results: &Results, request: &Request, sheet: &Sheet, labels: &Labels) -> String {
    let axis = |axis: usize| one_line(&labels.axes[axis]);
    let metric = |metric: usize| one_line(&results.metrics[metric]);
    let what = match request {
        Request::Line { metric: of, axes } => format!("{} over {}", metric(*of), axis(axes.over)),
        Request::Violin { axes, .. } => {
            let label = sheet.panels.first().map_or("", |panel| panel.y.label.as_str());
            format!("{label}, over {}", axis(axes.over))
        }
        Request::HeatMap { metric: of, over, by } => {
            format!("{} over {} and {}", metric(*of), axis(*over), axis(*by))
        }
        Request::History { column, .. } => format!("{} over the batches of the training", one_line(column)),
        Request::Onset { column, .. } => {
            format!("{} against the time since the context changed", one_line(column))
        }
        Request::Scatter { metric: of, against, .. } => {
            format!("{} against {}", metric(*of), metric(*against))
        }
        Request::ContextScatter { column, against, .. } => {
            format!("{} against {}", one_line(column), one_line(against))
        }
        Request::Status => "How each cell stands".into(),
    };
    let Some(panel) = sheet.panels.first() else { return what };
    let named = panel.layers.iter().any(|layer| layer.legend().is_some());
    let by = if named && !panel.legend_title.is_empty() {
        format!(", by {}", panel.legend_title)
    } else {
        String::new()
    };
    // The subtitle of a figure of states says the same once more.
    let how = match request {
        Request::Status => String::new(),
        // What it is of has been said.
        Request::HeatMap { metric: of, .. } => {
            let own = format!("{}: ", metric(*of));
            format!(": {}", panel.subtitle.strip_prefix(&own).unwrap_or(&panel.subtitle))
        }
        _ => format!(": {}", panel.subtitle),
    };
    let missing = match results.missing() {
        0 => String::new(),
        missing => format!("; {missing} of {} cells missing", results.rows.len()),
    };
    format!("{what}{by}{how}{missing}.")
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

/// What stands on a panel.
fn numbers(panel: &Panel) -> Vec<String> {
    let named = panel.layers.iter().any(|layer| layer.legend().is_some());
    let mut told = Vec::new();
    for layer in &panel.layers {
        match layer {
            Layer::Line(line) if line.legend.is_some() || !named => {
                told.extend(ends(panel, line.legend.as_deref(), &line.points));
            }
            // Marks on a line of the same name have been told with it.
            Layer::Marks(marks) if !has_line(panel, marks.legend.as_deref()) => {
                if let Some(name) = &marks.legend {
                    told.push(format!("{}: {}", one_line(name), spans(panel, &marks.points)));
                }
            }
            Layer::Boxes(boxes) => {
                told.extend(boxes.groups.iter().enumerate().filter_map(|(place, values)| {
                    let mut values = values.clone();
                    values.sort_by(f64::total_cmp);
                    let median =
                        f64::midpoint(*values.get((values.len().max(1) - 1) / 2)?, values[values.len() / 2]);
                    Some(format!("{}: median {}", at(&panel.x, place as f64 + 1.0), brief(median)))
                }));
            }
            Layer::Heat(heat) => {
                let field = |row: usize, column: usize| {
                    let (x, y) = (at(&panel.x, column as f64 + 1.0), name(&panel.y, row));
                    format!(
                        "{} at {} {x}, {} {y}",
                        brief(heat.rows[row][column]),
                        panel.x.label,
                        panel.y.label
                    )
                };
                let places = heat.rows.iter().enumerate().flat_map(|(row, values)| {
                    values
                        .iter()
                        .enumerate()
                        .filter(|(_, value)| value.is_finite())
                        .map(move |(column, _)| (row, column))
                });
                let value = |place: &(usize, usize)| heat.rows[place.0][place.1];
                let by_value =
                    |one: &(usize, usize), other: &(usize, usize)| value(one).total_cmp(&value(other));
                let ends = places.clone().min_by(by_value).zip(places.max_by(by_value));
                if let Some((low, high)) = ends {
                    let title =
                        if panel.title.is_empty() { String::new() } else { format!("{}: ", panel.title) };
                    told.push(format!("{title}lowest {}", field(low.0, low.1)));
                    told.push(format!("highest {}", field(high.0, high.1)));
                }
            }
            _ => {}
        }
    }
    told
}

fn has_line(panel: &Panel, name: Option<&str>) -> bool {
    panel.layers.iter().any(|layer| matches!(layer, Layer::Line(line) if line.legend.as_deref() == name))
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
        _ => brief(place),
    }
}

fn name(axis: &Axis, place: usize) -> String {
    match &axis.scale {
        Scale::Categories(names) => names.get(place).cloned().unwrap_or_default(),
        _ => String::new(),
    }
}
