//! Groups of cells or rows, as marks with one colour and shape for each group.

use gainsweep_draw::{Axis, Layer, Marks, Panel, colour, shape};

use super::request::{Arranged, FigureError, at_most};

/// Names that fit into a legend.
const MOST: usize = 16;

/// A group's name and its points.
pub(super) type Group = (String, Vec<(f64, f64)>);

/// A panel with each group of points in its colour and shape. The caption says that `y` is shown against `x`.
pub(super) fn marks_of_groups(
    found: Vec<Group>,
    subtitle: String,
    [y, x]: [String; 2],
    legend_title: String,
) -> Result<Arranged, FigureError> {
    let count = found.len();
    if count == 0 {
        return Err(FigureError::NoNumbers(y));
    }
    at_most(MOST, "groups", count)?;
    let layer = |(number, (name, points)): (usize, Group)| {
        Layer::Marks(Marks {
            points,
            bars: Vec::new(),
            colour: colour(number),
            shape: shape(number),
            size: 4.0,
            opacity: 0.75,
            legend: (count > 1).then_some(name),
        })
    };
    let shows = format!("{y} against {x}");
    let panel = Panel {
        subtitle,
        x: Axis { label: x, ..Axis::default() },
        y: Axis { label: y, ..Axis::default() },
        layers: found.into_iter().enumerate().map(layer).collect(),
        legend_title,
        ..Panel::default()
    };
    Ok(Arranged::panel(panel, shows))
}
