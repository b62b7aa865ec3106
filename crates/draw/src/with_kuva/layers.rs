//! The layers of a panel, as plots of the library.

use kuva::plot::{BandPlot, BoxPlot, LinePlot, ScatterPlot, ViolinPlot};
use kuva::render::plots::Plot;

use super::colours::marker;
use super::heat_map;
use super::names::written;
use crate::panel::{Boxes, Dashes, Layer, Line, Marks, Panel, Scale};
use crate::style::Shape;

/// The fewest values for a violin; fewer are shown one by one.
const ENOUGH: usize = 5;

/// The plots of one layer.
pub(super) fn plots(panel: &Panel, layer: &Layer) -> Vec<Plot> {
    match layer {
        Layer::Band(band) => {
            let ends = |end: fn(&(f64, f64, f64)) -> f64| band.points.iter().map(end).collect::<Vec<f64>>();
            let plot = BandPlot::new(ends(|point| point.0), ends(|point| point.1), ends(|point| point.2));
            vec![Plot::Band(plot.with_color(&band.colour).with_opacity(0.16))]
        }
        Layer::Line(line) => vec![Plot::Line(line_plot(line))],
        Layer::Marks(marks) => vec![Plot::Scatter(marks_plot(marks))],
        Layer::Boxes(boxes) => boxes_plots(panel, boxes),
        Layer::Heat(heat) => {
            let frame = heat_map::frame(heat).map(|line| Plot::Line(line_plot(&line)));
            [heat_map::colours(heat)].into_iter().chain(frame).collect()
        }
        // The layout draws these.
        Layer::Reference(_) | Layer::Span(_) | Layer::Note(_) => Vec::new(),
    }
}

fn line_plot(line: &Line) -> LinePlot {
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
        Some(name) => plot.with_legend(written(name)),
        None => plot,
    }
}

fn marks_plot(marks: &Marks) -> ScatterPlot {
    let mut plot = ScatterPlot::new()
        .with_data(marks.points.iter().copied())
        .with_color(&marks.colour)
        .with_marker(marker(marks.shape))
        .with_size(marks.size)
        .with_marker_opacity(marks.opacity);
    if !marks.bars.is_empty() {
        plot = plot.with_y_err_asymmetric(marks.bars.iter().copied());
    }
    match &marks.legend {
        Some(name) => plot.with_legend(written(name)),
        None => plot,
    }
}

fn boxes_plots(panel: &Panel, boxes: &Boxes) -> Vec<Plot> {
    let name = |number: usize| match &panel.x.scale {
        Scale::Categories(names) => names.get(number).map(|name| written(name)).unwrap_or_default(),
        Scale::Linear | Scale::Log => (number + 1).to_string(),
    };
    let (mut violins, mut middle) = (ViolinPlot::new(), BoxPlot::new());
    let mut few = Vec::new();
    for (number, values) in boxes.groups.iter().enumerate() {
        let enough = values.len() >= ENOUGH;
        // A group without a violin keeps its place.
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
