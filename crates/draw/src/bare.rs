//! Panels without axes, for drawings that bring their own.

use kuva::render::layout::Layout;
use kuva::render::theme::Theme;

use crate::draw::extent;
use crate::panel::{Layer, Panel};

/// The layout of a panel without axes, ticks and grid.
pub(crate) fn bare(panel: &Panel, mut layout: Layout) -> Layout {
    let across = panel.x.ends.unwrap_or_else(|| extent(panel.layers.iter().flat_map(Layer::places)));
    let upwards = panel.y.ends.unwrap_or_else(|| extent(panel.layers.iter().flat_map(Layer::heights)));
    layout.suppress_x_ticks = true;
    layout.suppress_y_ticks = true;
    // The library draws the two lines of the axes in any case, and one of width 0 is a hair line: in the colour of the paper.
    let theme = Theme { axis_color: "white".into(), show_grid: false, ..Theme::light() };
    layout
        .with_theme(theme)
        .with_x_axis_min(across.0)
        .with_x_axis_max(across.1)
        .with_y_axis_min(upwards.0)
        .with_y_axis_max(upwards.1)
        .with_equal_aspect()
}

#[cfg(test)]
mod tests {
    use crate::{Axis, Dashes, Line, Note, Panel, Sheet};

    use super::*;

    #[test]
    fn nothing_but_the_drawing_is_seen() {
        let line = Line {
            points: vec![(0.0, 0.0), (3.0, 1.0)],
            colour: "#000000".into(),
            width: 1.0,
            dashes: Dashes::Solid,
            legend: None,
        };
        let note = Note { at: (1.0, 1.0), text: "arm".into() };
        let panel = |bare| Panel {
            layers: vec![Layer::Line(line.clone()), Layer::Note(note.clone())],
            x: Axis { ends: Some((0.0, 3.0)), ..Axis::default() },
            bare,
            ..Panel::default()
        };
        let numbered = |bare| {
            let svg = Sheet::of(panel(bare)).svg();
            assert!(svg.contains("arm"));
            svg.split("</text>").filter(|text| text.ends_with(|last: char| last.is_ascii_digit())).count()
        };
        assert_eq!(numbered(true), 0);
        assert!(numbered(false) > 5);
    }
}
