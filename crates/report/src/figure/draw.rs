//! Figures by way of `kuva`. Whoever wants another library changes this file only.

use kuva::backend::png::PngBackend;
use kuva::backend::svg::SvgBackend;
use kuva::plot::legend::LegendPosition;
use kuva::plot::scatter::MarkerShape;
use kuva::plot::{BandPlot, LinePlot, ScatterPlot};
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::render::{Scene, render_multiple};

use super::ticks::ticks;
use super::{Figure, Horizontal, Mark, Series};
use crate::text::shortened;

/// Colours that colour-blind people tell apart (Okabe & Ito 2008), the strongest on white first.
const COLOURS: [&str; 8] =
    ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"];

/// Shapes, so that colour never carries meaning alone. Their number and that of colours have no common divisor: the
/// pairs repeat after all combinations only.
const SHAPES: [MarkerShape; 5] = [
    MarkerShape::Circle,
    MarkerShape::Square,
    MarkerShape::Triangle,
    MarkerShape::Diamond,
    MarkerShape::TriangleDown,
];

/// Width and height of a figure in px, a legend of short names included.
const SIZE: (f64, f64) = (760.0, 460.0);

/// The longest label that is written out, in characters.
const LONGEST_LABEL: usize = 32;

/// A name in the legend up to this length makes the figure no wider, in characters.
const SHORT_LABEL: usize = 14;

/// About the width of a character in the legend, in px.
const CHARACTER: f64 = 7.0;

pub(super) fn svg(figure: &Figure) -> String {
    renumbered(&SvgBackend::new().render_scene(&scene(figure)))
}

pub(super) fn png(figure: &Figure) -> Result<Vec<u8>, String> {
    PngBackend::new().with_scale(2.0).render_scene(&scene(figure))
}

/// The ids of clip paths come from a counter of the whole process: numbered anew, the same figure has the same bytes.
fn renumbered(svg: &str) -> String {
    const PREFIX: &str = "kuva-clip-";
    let mut numbers: Vec<&str> = Vec::new();
    let mut pieces = svg.split(PREFIX);
    let mut text = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let (number, rest) = piece.split_at(piece.find(|c: char| !c.is_ascii_digit()).unwrap_or(piece.len()));
        let at = numbers.iter().position(|known| *known == number).unwrap_or_else(|| {
            numbers.push(number);
            numbers.len() - 1
        });
        text += PREFIX;
        text += &at.to_string();
        text += rest;
    }
    text
}

fn scene(figure: &Figure) -> Scene {
    // All bands lie below all lines: none dims the line of another series.
    let (mut bands, mut above) = (Vec::new(), Vec::new());
    let count = figure.series.len();
    for (number, series) in figure.series.iter().enumerate() {
        let shift = match figure.x {
            // Side by side, so that their intervals do not hide each other.
            Horizontal::Categories(_) => {
                (number as f64 - (count - 1) as f64 / 2.0) * (0.7 / count as f64).min(0.2)
            }
            _ => 0.0,
        };
        let style = Style {
            colour: COLOURS[number % COLOURS.len()],
            shape: SHAPES[number % SHAPES.len()],
            connected: !matches!(figure.x, Horizontal::Categories(_)),
            shift,
            legend: (count > 1).then(|| escaped(&shortened(&series.name, LONGEST_LABEL))),
        };
        draw_series(series, &style, &mut bands, &mut above);
    }
    let mut plots = bands;
    plots.append(&mut above);
    let layout = layout(figure, &plots);
    render_multiple(plots, layout)
}

/// How a series looks.
struct Style {
    colour: &'static str,
    shape: MarkerShape,
    /// Lines and bands, or marks with bars?
    connected: bool,
    /// Added to the place of each mark.
    shift: f64,
    legend: Option<String>,
}

fn draw_series(series: &Series, style: &Style, bands: &mut Vec<Plot>, plots: &mut Vec<Plot>) {
    let colour = style.colour;
    let at = |mark: &Mark| mark.x + style.shift;
    if style.connected {
        for run in series.marks.split(Option::is_none) {
            let run: Vec<&Mark> = run.iter().flatten().collect();
            for banded in run.split(|mark| mark.spread.is_none()).filter(|banded| banded.len() > 1) {
                let ends =
                    |end: fn(&Mark) -> f64| banded.iter().map(move |mark| end(mark)).collect::<Vec<f64>>();
                let low = ends(|mark| mark.spread.map_or(mark.mean, |spread| spread.low));
                let high = ends(|mark| mark.spread.map_or(mark.mean, |spread| spread.high));
                let band = BandPlot::new(ends(|mark| mark.x), low, high);
                bands.push(Plot::Band(band.with_color(colour).with_opacity(0.16)));
            }
            if run.len() > 1 {
                let line = LinePlot::new().with_data(run.iter().map(|mark| (at(mark), mark.mean)));
                plots.push(Plot::Line(line.with_color(colour).with_stroke_width(1.8)));
            }
        }
    }
    let marks: Vec<&Mark> = series.marks.iter().flatten().collect();
    let single = marks.iter().filter(|mark| mark.values.len() > 1);
    // Beside a bar of its interval a dot is seen, on it it is not.
    let aside = if style.connected { 0.0 } else { 0.05 };
    let dots: Vec<(f64, f64)> =
        single.flat_map(|mark| mark.values.iter().map(move |value| (at(mark) + aside, *value))).collect();
    if !dots.is_empty() {
        let dots = ScatterPlot::new().with_data(dots).with_color(colour).with_size(2.2);
        plots.push(Plot::Scatter(dots.with_marker_opacity(0.4)));
    }
    let mark_plot = |marks: &[&Mark]| {
        ScatterPlot::new()
            .with_data(marks.iter().map(|mark| (at(mark), mark.mean)))
            .with_color(colour)
            .with_marker(style.shape)
            .with_size(4.0)
    };
    let barred = if style.connected { lonely(series) } else { marks.clone() };
    let bars = barred.iter().map(|mark| {
        mark.spread.map_or((0.0, 0.0), |spread| (mark.mean - spread.low, spread.high - mark.mean))
    });
    if !barred.is_empty() {
        plots.push(Plot::Scatter(mark_plot(&barred).with_y_err_asymmetric(bars)));
    }
    let mut means = mark_plot(&marks);
    if let Some(legend) = &style.legend {
        means = means.with_legend(legend);
    }
    plots.push(Plot::Scatter(means));
}

/// The marks with an interval that no band shows, since no neighbour has one.
fn lonely(series: &Series) -> Vec<&Mark> {
    let banded = |mark: &Option<Mark>| mark.as_ref().is_some_and(|mark| mark.spread.is_some());
    let runs = series.marks.split(|mark| !banded(mark)).filter(|run| run.len() == 1);
    runs.flatten().flatten().collect()
}

fn layout(figure: &Figure, plots: &[Plot]) -> Layout {
    let mut layout = Layout::auto_from_plots(plots)
        .with_x_label(escaped(&shortened(&figure.x_label, 80)))
        .with_y_label(escaped(&shortened(&figure.y_label, 50)))
        .with_subtitle(escaped(&figure.subtitle))
        .with_legend_position(LegendPosition::OutsideRightTop)
        .with_legend_box(false)
        .with_width(SIZE.0 + legend_beyond(figure))
        .with_height(SIZE.1)
        .with_title_size(17)
        .with_label_size(14)
        .with_tick_size(12)
        .with_body_size(12);
    if !figure.title.is_empty() {
        layout = layout.with_title(escaped(&figure.title)).with_title_wrap(56);
    }
    if figure.series.len() > 1 && !figure.legend_title.is_empty() {
        layout = layout.with_legend_title(escaped(&shortened(&figure.legend_title, LONGEST_LABEL)));
    }
    layout = vertical(figure, layout);
    let places: Vec<f64> =
        figure.series.iter().flat_map(|series| series.marks.iter().flatten().map(|mark| mark.x)).collect();
    let low = places.iter().copied().fold(f64::INFINITY, f64::min);
    let high = places.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // A margin, so that marks at the ends are whole.
    match &figure.x {
        Horizontal::Categories(names) => {
            let names: Vec<String> =
                names.iter().map(|name| escaped(&shortened(name, LONGEST_LABEL))).collect();
            let last = names.len() as f64;
            layout.with_x_categories(names).with_x_axis_min(0.5).with_x_axis_max(last + 0.5)
        }
        Horizontal::Linear => {
            let margin = 0.03 * (high - low);
            layout.with_x_axis_min(low - margin).with_x_axis_max(high + margin)
        }
        Horizontal::Log => {
            let margin = (high / low).powf(0.03);
            layout.with_log_x().with_x_axis_min(low / margin).with_x_axis_max(high * margin)
        }
    }
}

/// The vertical axis: room for every value and every interval, ticks that all have as many digits.
fn vertical(figure: &Figure, layout: Layout) -> Layout {
    let marks = figure.series.iter().flat_map(|series| series.marks.iter().flatten());
    let all = marks.flat_map(|mark| {
        let ends = mark.spread.map(|spread| [spread.low, spread.high]);
        mark.values.iter().copied().chain(ends.into_iter().flatten())
    });
    let ticks = ticks(all);
    let layout = layout.with_y_axis_min(ticks.low).with_y_axis_max(ticks.high).with_y_tick_step(ticks.step);
    match ticks.digits {
        Some(digits) => layout.with_y_tick_format(TickFormat::Fixed(digits)),
        None => layout.with_y_tick_format(TickFormat::Sci),
    }
}

/// How much wider a figure is for the long names in its legend, in px, so that they do not squeeze the plot.
fn legend_beyond(figure: &Figure) -> f64 {
    if figure.series.len() < 2 {
        return 0.0;
    }
    let names = figure.series.iter().map(|series| &series.name).chain([&figure.legend_title]);
    let longest = names.map(|name| name.chars().count().min(LONGEST_LABEL)).max().unwrap_or(0);
    longest.saturating_sub(SHORT_LABEL) as f64 * CHARACTER
}

/// `kuva` takes what stands between dollar signs for mathematics; names are text.
fn escaped(text: &str) -> String {
    text.replace('$', "\\$")
}
