//! Colour scales, and shapes in the library's types.

use kuva::plot::ColorMap;
use kuva::plot::scatter::MarkerShape;

use crate::style::Shape;

/// The colour of a place without a value.
const ABSENT: &str = "#e8e8e8";

pub(super) fn marker(shape: Shape) -> MarkerShape {
    match shape {
        Shape::Circle => MarkerShape::Circle,
        Shape::Square => MarkerShape::Square,
        Shape::Triangle => MarkerShape::Triangle,
        Shape::Diamond => MarkerShape::Diamond,
        Shape::TriangleDown => MarkerShape::TriangleDown,
        Shape::Cross => MarkerShape::Cross,
        Shape::Plus => MarkerShape::Plus,
    }
}

/// A colour for an ordered quantity, from dark (0) to light (1): `viridis` without its lightest end, which is
/// hard to see on white.
pub fn gradient(share: f64) -> String {
    ColorMap::Viridis.map(0.88 * share.clamp(0.0, 1.0))
}

/// The colours of a heat map: `viridis` without its darkest part, on which black numbers would not be
/// readable.
pub(super) fn heat_colours() -> ColorMap {
    let map = |share: f64| {
        if share.is_finite() { ColorMap::Viridis.map(0.42 + 0.58 * share) } else { ABSENT.into() }
    };
    ColorMap::Custom(std::sync::Arc::new(map))
}
