//! Colours and shapes.

use kuva::plot::ColorMap;
use kuva::plot::scatter::MarkerShape;

/// Colours that colour-blind people tell apart (Okabe & Ito 2008), the strongest on white first.
const COLOURS: [&str; 8] =
    ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"];

/// Their number and that of colours have no common divisor: the pairs repeat after all combinations only.
const SHAPES: [Shape; 5] =
    [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond, Shape::TriangleDown];

/// What a place without a value looks like.
const ABSENT: &str = "#e8e8e8";

/// The shape of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    TriangleDown,
    Cross,
    Plus,
}

impl Shape {
    pub(crate) fn marker(self) -> MarkerShape {
        match self {
            Shape::Circle => MarkerShape::Circle,
            Shape::Square => MarkerShape::Square,
            Shape::Triangle => MarkerShape::Triangle,
            Shape::Diamond => MarkerShape::Diamond,
            Shape::TriangleDown => MarkerShape::TriangleDown,
            Shape::Cross => MarkerShape::Cross,
            Shape::Plus => MarkerShape::Plus,
        }
    }
}

/// The colour of the series with this number.
pub fn colour(number: usize) -> String {
    COLOURS[number % COLOURS.len()].into()
}

/// The shape of the marks of the series with this number.
pub fn shape(number: usize) -> Shape {
    SHAPES[number % SHAPES.len()]
}

/// A colour for an ordered quantity, from dark (0) to light (1): `viridis` without its lightest end, which white paper
/// swallows.
pub fn gradient(share: f64) -> String {
    ColorMap::Viridis.map(0.88 * share.clamp(0.0, 1.0))
}

/// The colours of a heat map: `viridis` without its darkest part, on which black numbers would not be read.
pub(crate) fn heat() -> ColorMap {
    let map = |share: f64| {
        if share.is_finite() { ColorMap::Viridis.map(0.42 + 0.58 * share) } else { ABSENT.into() }
    };
    ColorMap::Custom(std::sync::Arc::new(map))
}
