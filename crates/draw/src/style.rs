//! Colours and shapes that distinguish series.

/// Colours that colour-blind people can distinguish (Okabe & Ito 2008), those with the best contrast on white
/// first.
const COLOURS: [&str; 8] =
    ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"];

/// The numbers of shapes and colours have no common divisor, so pairs repeat only after all combinations.
const SHAPES: [Shape; 5] =
    [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond, Shape::TriangleDown];

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

/// The colour of the series with this number.
pub fn colour(number: usize) -> String {
    COLOURS[number % COLOURS.len()].into()
}

/// The shape of the marks of the series with this number.
pub fn shape(number: usize) -> Shape {
    SHAPES[number % SHAPES.len()]
}
