//! How each cell stands.

use gainsweep_draw::{Axis, Layer, Marks, Panel, Scale as Placed, Shape};

use super::{FigureError, Labels, levels, name};
use crate::results::Results;
use crate::text::one_line;

/// Rows and columns that fit.
const MOST: (usize, usize) = (80, 60);

/// The width of a cell, and its height, in px.
const CELL: (f64, f64) = (26.0, 18.0);

/// States with a mark of their own, those that are known on Slurm alone included; all others share the last.
const STATES: [(&str, &str, Shape); 13] = [
    ("done", "#0072B2", Shape::Square),
    ("failed", "#D55E00", Shape::Cross),
    ("diverged", "#CC79A7", Shape::TriangleDown),
    ("killed", "#000000", Shape::Plus),
    ("missing", "#999999", Shape::Circle),
    ("new", "#999999", Shape::Circle),
    ("out of memory", "#D55E00", Shape::TriangleDown),
    ("timeout", "#E69F00", Shape::Triangle),
    ("stopped", "#E69F00", Shape::Square),
    ("running", "#009E73", Shape::Triangle),
    ("pending", "#56B4E9", Shape::Circle),
    ("unsent", "#56B4E9", Shape::Plus),
    ("", "#E69F00", Shape::Diamond),
];

/// A row a point, a column a replicate.
pub(super) fn panel(results: &Results, labels: &Labels) -> Result<Panel, FigureError> {
    let points = results.points();
    // Of all cells, also of those that are not done.
    let axes: Vec<usize> =
        results.point_axes().into_iter().filter(|axis| levels(results, *axis).len() > 1).collect();
    let seeds = results.replicate.map(|axis| levels(results, axis)).unwrap_or_default();
    let columns = seeds.len().max(1);
    for (what, count, most) in
        [("rows of cells", points.len(), MOST.0), ("columns of cells", columns, MOST.1)]
    {
        if count > most {
            return Err(FigureError::TooMany { what, count, most });
        }
    }
    let mut marks: Vec<Marks> = Vec::new();
    let mut states: Vec<&str> = Vec::new();
    for (number, point) in points.iter().enumerate() {
        for row in &point.rows {
            let row = &results.rows[*row];
            let own = STATES.iter().find(|(state, ..)| *state == row.state);
            let (_, colour, shape) = own.copied().unwrap_or(STATES[STATES.len() - 1]);
            let seed = results.replicate.map(|axis| &row.axes[axis]);
            let column = seed.and_then(|seed| seeds.iter().position(|known| known == seed)).unwrap_or(0);
            let place = (column as f64 + 1.0, (points.len() - number) as f64);
            if let Some(at) = states.iter().position(|state| *state == row.state) {
                marks[at].points.push(place);
                continue;
            }
            states.push(&row.state);
            marks.push(Marks {
                points: vec![place],
                bars: Vec::new(),
                colour: colour.into(),
                shape,
                size: 5.5,
                opacity: 1.0,
                legend: None,
            });
        }
    }
    for (marks, state) in marks.iter_mut().zip(states) {
        marks.legend = Some(format!("{state} ({})", marks.points.len()));
    }
    let rows: Vec<String> = points.iter().map(|point| name(results, point.rows[0], &axes)).collect();
    let longest = rows.iter().map(|row| row.chars().count().min(32)).max().unwrap_or(0) as f64;
    let names = |values: Vec<String>| Placed::Categories(values);
    let across: Vec<String> = match results.replicate {
        Some(_) => seeds.iter().map(|seed| one_line(&seed.to_string())).collect(),
        None => vec![String::new()],
    };
    let label = |axis: Option<usize>| axis.map(|axis| one_line(&labels.axes[axis])).unwrap_or_default();
    Ok(Panel {
        subtitle: "how each cell stands".into(),
        x: Axis { label: label(results.replicate), scale: names(across), ends: None },
        y: Axis { label: labels.legend(&axes), scale: names(rows), ends: None },
        size: Some((
            (280.0 + 7.0 * longest + CELL.0 * columns as f64).max(520.0),
            170.0 + CELL.1 * points.len() as f64,
        )),
        layers: marks.into_iter().map(Layer::Marks).collect(),
        ..Panel::default()
    })
}
