//! What can be drawn: sheets of panels, with axes and layers.

use crate::style::Shape;

/// Panels in rows, or stacked on one horizontal axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// Above all panels; a sheet of one panel shows its panel's own title.
    pub title: String,
    /// From left to right, from top to bottom.
    pub panels: Vec<Panel>,
    /// Panels in a row, at least 1.
    pub columns: usize,
    /// One panel below the other, each with its own height. They share the horizontal axis; only the lowest
    /// one has labels.
    pub stacked: bool,
}

/// Two axes and the layers between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// Above the panel, wrapped.
    pub title: String,
    /// Below the title, smaller: the meaning of bands and dots.
    pub subtitle: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// From the lowest to the topmost.
    pub layers: Vec<Layer>,
    /// Above the names of series.
    pub legend_title: String,
    /// Width and height in px, including a legend of short names; default 760 x 460.
    pub size: Option<(f64, f64)>,
    /// Without axes, because the drawing has its own; units are equally long in both directions.
    pub bare: bool,
}

/// An axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    /// The quantity, with its unit.
    pub label: String,
    /// How values are placed.
    pub scale: Scale,
    /// Its ends, if they do not follow from the values.
    pub ends: Option<(f64, f64)>,
}

/// How values are placed on an axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Scale {
    /// Equal steps are equal differences.
    #[default]
    Linear,
    /// Equal steps are equal ratios: all values are above 0.
    Log,
    /// Names at 1, 2, 3, ...
    Categories(Vec<String>),
}

/// One layer of a panel.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each stands at its type")]
pub enum Layer {
    Band(Band),
    Line(Line),
    Marks(Marks),
    Boxes(Boxes),
    Heat(Heat),
    Reference(Reference),
    Span(Span),
    Note(Note),
}

/// An area between two lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Place, lower and upper end.
    pub points: Vec<(f64, f64, f64)>,
    /// As `#rrggbb`.
    pub colour: String,
}

/// A line through points.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Horizontal and vertical places.
    pub points: Vec<(f64, f64)>,
    /// As `#rrggbb`.
    pub colour: String,
    /// In px.
    pub width: f64,
    /// Solid or dashed.
    pub dashes: Dashes,
    /// Its name in the legend.
    pub legend: Option<String>,
}

/// The dash pattern of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Dashes {
    #[default]
    Solid,
    Dashed,
    Dotted,
}

/// Single marks.
#[derive(Clone, Debug, PartialEq)]
pub struct Marks {
    /// Horizontal and vertical places.
    pub points: Vec<(f64, f64)>,
    /// Bars below and above each point, in units of the vertical axis; empty for none.
    pub bars: Vec<(f64, f64)>,
    /// As `#rrggbb`.
    pub colour: String,
    /// The shape of each mark.
    pub shape: Shape,
    /// Half its width, in px.
    pub size: f64,
    /// From 0 (invisible) to 1.
    pub opacity: f64,
    /// Its name in the legend.
    pub legend: Option<String>,
}

/// Distributions side by side: a violin, with a box from quartile to quartile, a line at the median, and
/// whiskers to the last value within 1.5 times the box. With fewer than five values, only the values are
/// shown, as dots.
#[derive(Clone, Debug, PartialEq)]
pub struct Boxes {
    /// The values at the categories 1, 2, 3, ... of the horizontal axis.
    pub groups: Vec<Vec<f64>>,
    /// One for each group, as `#rrggbb`.
    pub colours: Vec<String>,
}

/// A grid of values as colours.
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    /// Rows from the top, values from the left, at the categories of both axes; not a number for a missing
    /// value.
    pub rows: Vec<Vec<f64>>,
    /// The quantity, with its unit, beside the scale of colours.
    pub label: String,
    /// A place that is marked: row and column.
    pub marked: Option<(usize, usize)>,
}

/// A line across the panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Its value on the axis that it crosses.
    pub value: f64,
    /// From left to right, or from bottom to top?
    pub horizontal: bool,
    /// Its label.
    pub label: String,
    /// Solid or dashed.
    pub dashes: Dashes,
}

/// A segment of the horizontal axis, shaded from bottom to top, below all else.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Its ends.
    pub from: f64,
    /// Its ends.
    pub to: f64,
}

/// A black text at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Its middle, in units of the axes.
    pub at: (f64, f64),
    /// The text.
    pub text: String,
}

impl Sheet {
    /// A sheet of one panel.
    pub fn of(panel: Panel) -> Sheet {
        Sheet { title: String::new(), panels: vec![panel], columns: 1, stacked: false }
    }

    /// A sheet of panels below each other, on the horizontal axis of the lowest one.
    pub fn stack(title: impl Into<String>, panels: Vec<Panel>) -> Sheet {
        Sheet { title: title.into(), panels, columns: 1, stacked: true }
    }
}

impl Layer {
    /// All values on the vertical axis.
    pub(crate) fn heights(&self) -> Vec<f64> {
        match self {
            Layer::Band(band) => band.points.iter().flat_map(|(_, low, high)| [*low, *high]).collect(),
            Layer::Line(line) => line.points.iter().map(|(_, y)| *y).collect(),
            Layer::Marks(marks) => {
                let bars = marks.points.iter().zip(&marks.bars);
                let ends = bars.flat_map(|((_, y), (below, above))| [y - below, y + above]);
                marks.points.iter().map(|(_, y)| *y).chain(ends).collect()
            }
            Layer::Boxes(boxes) => boxes.groups.iter().flatten().copied().collect(),
            Layer::Reference(line) if line.horizontal => vec![line.value],
            Layer::Heat(_) | Layer::Reference(_) | Layer::Span(_) | Layer::Note(_) => Vec::new(),
        }
    }

    /// All values on the horizontal axis.
    pub(crate) fn places(&self) -> Vec<f64> {
        match self {
            Layer::Band(band) => band.points.iter().map(|(x, ..)| *x).collect(),
            Layer::Line(Line { points, .. }) | Layer::Marks(Marks { points, .. }) => {
                points.iter().map(|(x, _)| *x).collect()
            }
            Layer::Reference(line) if !line.horizontal => vec![line.value],
            Layer::Boxes(_) | Layer::Heat(_) | Layer::Reference(_) | Layer::Span(_) | Layer::Note(_) => {
                Vec::new()
            }
        }
    }

    /// Its name in the legend.
    pub fn legend(&self) -> Option<&str> {
        match self {
            Layer::Line(Line { legend, .. }) | Layer::Marks(Marks { legend, .. }) => legend.as_deref(),
            Layer::Band(_)
            | Layer::Boxes(_)
            | Layer::Heat(_)
            | Layer::Reference(_)
            | Layer::Span(_)
            | Layer::Note(_) => None,
        }
    }
}
