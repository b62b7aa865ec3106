//! Panels by way of `kuva`. Whoever wants another library changes this file and the shapes of `style.rs` only.

use kuva::backend::png::PngBackend;
use kuva::backend::svg::SvgBackend;
use kuva::plot::legend::LegendPosition;
use kuva::plot::{BandPlot, BoxPlot, LinePlot, ScatterPlot, ViolinPlot};
use kuva::render::annotations::{ReferenceLine, ShadedRegion, TextAnnotation};
use kuva::render::figure::Figure;
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::render::{Scene, render_multiple};

use crate::legend::{LONGEST_LABEL, beyond};
use crate::panel::{Axis, Boxes, Dashes, Layer, Line, Marks, Panel, Reference, Scale, Sheet, Span};
use crate::style::Shape;
use crate::ticks::ticks;
use crate::{bare::bare, heat, shortened, stack};

/// Width and height of a panel in px, a legend of short names included.
pub(crate) const SIZE: (f64, f64) = (760.0, 460.0);

/// A distribution is drawn for so many values; fewer are shown one by one.
const ENOUGH: usize = 5;

/// What the library begins the ids of clip paths with.
const CLIPS: &str = "kuva-clip-";

/// The grey of what is not data.
const GREY: &str = "#606060";

/// The grey of a stretch of the axis.
const SHADE: &str = "#e3e3e3";

pub(crate) fn svg(sheet: &Sheet) -> String {
    renumbered(&SvgBackend::new().render_scene(&scene(sheet)), CLIPS)
}

pub(crate) fn svg_element(sheet: &Sheet, ids: &str) -> String {
    let scene = scene(sheet);
    let svg = renumbered(&SvgBackend::new().render_scene(&scene), ids);
    // With a view box it scales.
    svg.replacen("<svg ", &format!("<svg viewBox=\"0 0 {} {}\" ", scene.width, scene.height), 1)
}

pub(crate) fn png(sheet: &Sheet) -> Result<Vec<u8>, String> {
    PngBackend::new().with_scale(2.0).render_scene(&scene(sheet))
}

/// The ids of clip paths come from a counter of the whole process: numbered anew, the same figure has the same bytes.
/// Each begins with `ids`.
fn renumbered(svg: &str, ids: &str) -> String {
    let mut numbers: Vec<&str> = Vec::new();
    let mut pieces = svg.split(CLIPS);
    let mut text = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let (number, rest) = piece.split_at(piece.find(|c: char| !c.is_ascii_digit()).unwrap_or(piece.len()));
        let at = numbers.iter().position(|known| *known == number).unwrap_or_else(|| {
            numbers.push(number);
            numbers.len() - 1
        });
        text += ids;
        text += &at.to_string();
        text += rest;
    }
    text
}

fn scene(sheet: &Sheet) -> Scene {
    if sheet.stacked {
        return stack::scene(sheet);
    }
    if let [panel] = sheet.panels.as_slice() {
        let (plots, layout) = drawn(panel);
        return render_multiple(plots, layout);
    }
    let columns = sheet.columns.clamp(1, sheet.panels.len().max(1));
    let (mut width, mut height) = (0.0_f64, 0.0_f64);
    let (mut plots, mut layouts) = (Vec::new(), Vec::new());
    for panel in &sheet.panels {
        let (wide, high) = panel.size.unwrap_or(SIZE);
        (width, height) = (width.max(wide + beyond(panel)), height.max(high));
        let (layers, layout) = drawn(panel);
        plots.push(layers);
        layouts.push(layout);
    }
    Figure::new(sheet.panels.len().div_ceil(columns), columns)
        .with_plots(plots)
        .with_layouts(layouts)
        .with_cell_size(width, height)
        .with_title(escaped(&shortened(&sheet.title, 110)))
        .with_title_size(17)
        .with_keep_panel_legends()
        .render()
}

/// The plots of a panel, and where they stand.
pub(crate) fn drawn(panel: &Panel) -> (Vec<Plot>, Layout) {
    let plots: Vec<Plot> = panel.layers.iter().flat_map(|layer| plots(panel, layer)).collect();
    let layout = layout(panel, &plots);
    (plots, layout)
}

fn plots(panel: &Panel, layer: &Layer) -> Vec<Plot> {
    match layer {
        Layer::Band(band) => {
            let ends = |end: fn(&(f64, f64, f64)) -> f64| band.points.iter().map(end).collect::<Vec<f64>>();
            let plot = BandPlot::new(ends(|point| point.0), ends(|point| point.1), ends(|point| point.2));
            vec![Plot::Band(plot.with_color(&band.colour).with_opacity(0.16))]
        }
        Layer::Line(line) => vec![Plot::Line(line_plot(line))],
        Layer::Marks(marks) => vec![Plot::Scatter(marks_plot(marks))],
        Layer::Boxes(boxes) => boxes_plots(panel, boxes),
        Layer::Heat(heat) => heat::plots(heat),
        // These belong to the layout.
        Layer::Reference(_) | Layer::Span(_) | Layer::Note(_) => Vec::new(),
    }
}

pub(crate) fn line_plot(line: &Line) -> LinePlot {
    let mut plot = LinePlot::new()
        .with_data(line.points.iter().copied())
        .with_color(&line.colour)
        .with_stroke_width(line.width);
    plot = match line.dashes {
        Dashes::Solid => plot,
        Dashes::Dashed => plot.with_dashed(),
        Dashes::Dotted => plot.with_dotted(),
    };
    match &line.legend {
        Some(name) => plot.with_legend(escaped(&shortened(name, LONGEST_LABEL))),
        None => plot,
    }
}

fn marks_plot(marks: &Marks) -> ScatterPlot {
    let mut plot = ScatterPlot::new()
        .with_data(marks.points.iter().copied())
        .with_color(&marks.colour)
        .with_marker(marks.shape.marker())
        .with_size(marks.size)
        .with_marker_opacity(marks.opacity);
    if !marks.bars.is_empty() {
        plot = plot.with_y_err_asymmetric(marks.bars.iter().copied());
    }
    match &marks.legend {
        Some(name) => plot.with_legend(escaped(&shortened(name, LONGEST_LABEL))),
        None => plot,
    }
}

fn boxes_plots(panel: &Panel, boxes: &Boxes) -> Vec<Plot> {
    let name = |number: usize| match &panel.x.scale {
        Scale::Categories(names) => names.get(number).map(|name| written(name)).unwrap_or_default(),
        _ => (number + 1).to_string(),
    };
    let (mut violins, mut middle) = (ViolinPlot::new(), BoxPlot::new());
    let mut few = Vec::new();
    for (number, values) in boxes.groups.iter().enumerate() {
        let enough = values.len() >= ENOUGH;
        // A group without a shape keeps its place.
        let shown: &[f64] = if enough { values } else { &[] };
        violins = violins.with_group(name(number), shown.iter().copied());
        middle = middle.with_group(name(number), shown.iter().copied());
        if !enough && !values.is_empty() {
            few.push(Plot::Scatter(marks_plot(&Marks {
                points: values.iter().map(|value| (number as f64 + 1.0, *value)).collect(),
                bars: Vec::new(),
                colour: boxes.colours[number].clone(),
                shape: Shape::Circle,
                size: 3.0,
                opacity: 0.7,
                legend: None,
            })));
        }
    }
    let violins = violins.with_group_colors(boxes.colours.clone()).with_width(0.85);
    // Dark: the line at the median is white.
    let middle = middle.with_color("#303030").with_width(0.14);
    let mut plots = vec![Plot::Violin(violins), Plot::Box(middle)];
    plots.append(&mut few);
    plots
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
            Layer::Heat(heat) => heat::notes(heat).into_iter().fold(layout, Layout::with_annotation),
            _ => layout,
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
    // A margin, so that marks at the ends are whole.
    match scale {
        Scale::Categories(names) => {
            let names: Vec<String> = names.iter().map(|name| written(name)).collect();
            let last = names.len() as f64;
            // Names that would run into each other lean.
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

/// The vertical axis: room for every value and every interval, ticks that all have as many digits.
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

/// The smallest and the largest of these; 1 to 2 when there is none, and some room around one alone.
pub(crate) fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
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

/// A name as far as there is room for it.
pub(crate) fn written(name: &str) -> String {
    escaped(&shortened(name, LONGEST_LABEL))
}

/// `kuva` takes what stands between dollar signs for mathematics; names are text.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('$', "\\$")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::Heat;
    use crate::panel::Note;
    use crate::style;

    fn panel() -> Panel {
        Panel {
            title: "<script>alert(1)</script> & $x^2$".into(),
            layers: vec![
                Layer::Line(Line {
                    points: vec![(1.0, 2.0), (2.0, 4.0)],
                    colour: style::colour(0),
                    width: 2.0,
                    dashes: Dashes::Dashed,
                    legend: Some("one".into()),
                }),
                Layer::Reference(Reference {
                    value: 3.0,
                    horizontal: true,
                    label: "three".into(),
                    dashes: Dashes::Dashed,
                }),
                Layer::Note(Note { at: (1.5, 2.5), text: "here".into() }),
            ],
            ..Panel::default()
        }
    }

    #[test]
    fn the_same_sheet_has_the_same_bytes_and_texts_stay_texts() {
        let sheet =
            Sheet { title: "two".into(), panels: vec![panel(), panel()], columns: 2, ..Sheet::default() };
        let svg = sheet.svg();
        assert_eq!(svg, sheet.svg());
        assert!(!svg.contains("<script>") && svg.contains("$x^2$"), "{svg}");
        assert!(svg.contains("three") && svg.contains("here") && svg.contains("one"));
        let element = sheet.svg_element("figure-1-clip-");
        assert!(element.contains("\"figure-1-clip-0\"") && !element.contains("kuva-clip-"), "{element}");
        assert!(element.starts_with("<svg viewBox=\"0 0 "), "{element}");
        assert!(sheet.png().is_ok_and(|bytes| bytes.starts_with(b"\x89PNG")));
    }

    #[test]
    fn groups_without_values_and_heat_without_numbers_are_drawn() {
        let names = Scale::Categories(["a", "b", "c"].map(String::from).to_vec());
        let boxes = Boxes {
            groups: vec![vec![], vec![1.0, 2.0], vec![1.0, 1.0, 1.0, 1.0, 1.0, 1.0]],
            colours: vec![style::colour(0); 3],
        };
        let heat = Heat {
            rows: vec![vec![f64::NAN, 1.0, 2.0], vec![0.5, f64::NAN, 0.1], vec![f64::NAN; 3]],
            label: "clarity".into(),
            marked: Some((1, 0)),
        };
        for (layer, y) in [(Layer::Boxes(boxes), Scale::Linear), (Layer::Heat(heat), names.clone())] {
            let axis = |scale: &Scale| Axis { label: "axis".into(), scale: scale.clone(), ends: None };
            let panel = Panel { x: axis(&names), y: axis(&y), layers: vec![layer], ..Panel::default() };
            let svg = Sheet::of(panel).svg();
            assert!(svg.contains("axis") && !svg.contains("NaN"), "{svg}");
        }
    }
}
