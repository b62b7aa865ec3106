//! Distributions side by side, with room for their names.

use gainsweep_draw::{Axis, Boxes, Layer, Panel, Scale, colour};

/// Width of a violin with its name, and of the margin, in px.
const ROOM: (f64, f64) = (165.0, 110.0);

/// Width of a character of a name, so that names fit side by side without rotation, in px.
const CHARACTER: f64 = 10.0;

/// The least width, and the height, in px.
const SIZE: (f64, f64) = (580.0, 430.0);

/// A panel with one violin for each of these named groups. Values that are not numbers are left out.
pub(crate) fn panel(groups: Vec<(String, Vec<f64>)>, y: Axis) -> Panel {
    let (names, groups): (Vec<String>, Vec<Vec<f64>>) = groups
        .into_iter()
        .map(|(name, values)| (name, values.into_iter().filter(|value| value.is_finite()).collect()))
        .unzip();
    let colours = (0..groups.len()).map(colour).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) as f64;
    let each = ROOM.0.max(CHARACTER * (longest + 1.5));
    let width = each * groups.len() as f64 + ROOM.1;
    Panel {
        x: Axis { scale: Scale::Categories(names), ..Axis::default() },
        y,
        layers: vec![Layer::Boxes(Boxes { groups, colours })],
        size: Some((width.max(SIZE.0), SIZE.1)),
        ..Panel::default()
    }
}
