//! What surrounds the layers of a panel: titles, axes, legend, reference lines, shaded segments and notes.

use kuva::plot::legend::LegendPosition;
use kuva::render::annotations::{ReferenceLine, ShadedRegion, TextAnnotation};
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::theme::Theme;

use super::heat_map;
use super::layers::plots;
use super::legend_room::beyond;
use super::names::{escaped, written};
use crate::panel::{Axis, Dashes, Layer, Panel, Reference, Scale, Span};
use crate::round_ticks::ticks;
use crate::shortened_text::shortened;

/// Width and height of a panel in px, a legend of short names included.
pub(super) const SIZE: (f64, f64) = (760.0, 460.0);

/// The grey of everything that is not data.
const GREY: &str = "#606060";

/// The grey of a shaded segment.
const SHADE: &str = "#e3e3e3";

/// The plots of a panel, and their layout.
pub(super) fn drawn(panel: &Panel) -> (Vec<Plot>, Layout) {
    let plots: Vec<Plot> = panel.layers.iter().flat_map(|layer| plots(panel, layer)).collect();
    let layout = layout(panel, &plots);
    (plots, layout)
}

fn layout(panel: &Panel, plots: &[Plot]) -> Layout {
    let (width, height) = panel.size.unwrap_or(SIZE);
    let mut layout = Layout::auto_from_plots(plots)
        .with_x_label(escaped(&shortened(&panel.x.label, 80)))
        .with_y_label(escaped(&shortened(&panel.y.label, 50)))
        .with_legend_position(LegendPosition::OutsideRightTop)
        .with_legend_box(false)
        .with_width(width + beyond(panel))
        .with_height(height)
        .with_title_size(17)
        .with_label_size(14)
        .with_tick_size(12)
        .with_body_size(12);
    if !panel.subtitle.is_empty() {
        layout = layout.with_subtitle(escaped(&panel.subtitle)).with_subtitle_wrap((width / 7.5) as usize);
    }
    if !panel.title.is_empty() {
        layout = layout.with_title(escaped(&panel.title)).with_title_wrap((width / 13.5) as usize);
    }
    let named = panel.layers.iter().any(|layer| layer.legend().is_some());
    if named && !panel.legend_title.is_empty() {
        layout = layout.with_legend_title(written(&panel.legend_title));
    }
    for layer in &panel.layers {
        layout = match layer {
            Layer::Reference(line) => layout.with_reference_line(reference(line)),
            Layer::Span(Span { from, to }) => layout
                .with_shaded_region(ShadedRegion::vertical(*from, *to).with_color(SHADE).with_opacity(1.0)),
            Layer::Note(note) => layout.with_annotation(
                TextAnnotation::new(escaped(&note.text), note.at.0, note.at.1).with_font_size(12),
            ),
            Layer::Heat(heat) => heat_map::notes(heat).into_iter().fold(layout, Layout::with_annotation),
            Layer::Band(_) | Layer::Line(_) | Layer::Marks(_) | Layer::Boxes(_) => layout,
        };
    }
    if panel.bare { bare(panel, layout) } else { horizontal(panel, vertical(panel, layout)) }
}

fn reference(line: &Reference) -> ReferenceLine {
    let plain = if line.horizontal {
        ReferenceLine::horizontal(line.value)
    } else {
        ReferenceLine::vertical(line.value)
    };
    let plain = plain.with_color(GREY).with_stroke_width(1.2).with_dasharray(match line.dashes {
        Dashes::Solid => "none",
        Dashes::Dashed => "6 4",
        Dashes::Dotted => "2 3",
    });
    if line.label.is_empty() { plain } else { plain.with_label(written(&line.label)) }
}

fn horizontal(panel: &Panel, layout: Layout) -> Layout {
    let Axis { scale, ends, .. } = &panel.x;
    let (low, high) = ends.unwrap_or_else(|| extent(panel.layers.iter().flat_map(Layer::places)));
    // A margin, so that marks at the ends are fully visible.
    match scale {
        Scale::Categories(names) => {
            let names: Vec<String> = names.iter().map(|name| written(name)).collect();
            let last = names.len() as f64;
            // Names that would overlap are rotated.
            let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) as f64;
            let room = 0.75 * panel.size.unwrap_or(SIZE).0 / last.max(1.0);
            let layout = if 7.5 * (longest + 1.0) > room { layout.with_x_tick_rotate(-45.0) } else { layout };
            layout.with_x_categories(names).with_x_axis_min(0.5).with_x_axis_max(last + 0.5)
        }
        Scale::Linear => {
            let margin = if ends.is_some() { 0.0 } else { 0.03 * (high - low) };
            layout.with_x_axis_min(low - margin).with_x_axis_max(high + margin)
        }
        Scale::Log => {
            let margin = (high / low).powf(0.03);
            layout.with_log_x().with_x_axis_min(low / margin).with_x_axis_max(high * margin)
        }
    }
}

/// The vertical axis: room for every value and every interval, and ticks with the same number of digits.
fn vertical(panel: &Panel, layout: Layout) -> Layout {
    let values = || panel.layers.iter().flat_map(Layer::heights);
    match &panel.y.scale {
        Scale::Categories(names) => {
            let names: Vec<String> = names.iter().rev().map(|name| written(name)).collect();
            let last = names.len() as f64;
            layout.with_y_categories(names).with_y_axis_min(0.5).with_y_axis_max(last + 0.5)
        }
        Scale::Log => {
            let (low, high) = panel.y.ends.unwrap_or_else(|| extent(values()));
            let margin = (high / low).powf(0.05);
            layout.with_log_y().with_y_axis_min(low / margin).with_y_axis_max(high * margin)
        }
        Scale::Linear => {
            let ends = panel.y.ends.map(|(low, high)| [low, high]);
            let ticks = match ends {
                Some(ends) => ticks(ends.into_iter()),
                None => ticks(values()),
            };
            let layout =
                layout.with_y_axis_min(ticks.low).with_y_axis_max(ticks.high).with_y_tick_step(ticks.step);
            match ticks.digits {
                Some(digits) => layout.with_y_tick_format(TickFormat::Fixed(digits)),
                None => layout.with_y_tick_format(TickFormat::Sci),
            }
        }
    }
}

/// The smallest and the largest value; 1 to 2 without values, and some room around a single one.
fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.filter(|value| value.is_finite()) {
        low = low.min(value);
        high = high.max(value);
    }
    match () {
        () if low > high => (1.0, 2.0),
        () if low < high => (low, high),
        () if low == 0.0 => (-0.5, 0.5),
        () => (low - 0.1 * low.abs(), high + 0.1 * high.abs()),
    }
}

/// The layout of a panel without axes, ticks and grid.
fn bare(panel: &Panel, mut layout: Layout) -> Layout {
    let across = panel.x.ends.unwrap_or_else(|| extent(panel.layers.iter().flat_map(Layer::places)));
    let upwards = panel.y.ends.unwrap_or_else(|| extent(panel.layers.iter().flat_map(Layer::heights)));
    layout.suppress_x_ticks = true;
    layout.suppress_y_ticks = true;
    // The library always draws the two axis lines, and width 0 is a hair line: draw them in white.
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
    use super::*;
    use crate::panel::{Line, Note, Sheet};

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
