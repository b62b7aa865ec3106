//! `kind = "line"`: one metric over one axis, one series for each value of the others, with intervals over
//! replicates.

use std::collections::HashMap;

use gainsweep_contract::Value;
use gainsweep_draw::{Axis, Band, Dashes, Layer, Line, Marks, Panel, Scale, Shape, colour, shape};
use gainsweep_language::{Plot, PlotKind};

use super::axes::{groups, levels, others, position, replicates};
use super::default_plots::{Choice, is_wide};
use super::file_stem::{FileStem, plain};
use super::labels::Labels;
use super::request::{Arranged, Data, FigureError, FigureKind, RequestError, axis, metric, needed};
use crate::formatting::one_line;
use crate::results::Results;
use crate::statistics::{Spread, summarise_with};

/// A metric over an axis: means with intervals, single values as dots.
#[derive(Debug)]
pub(super) struct LineFigure {
    /// The metric on the vertical axis.
    metric: usize,
    /// The axis on the horizontal axis.
    over: usize,
    /// The axis that comes first in the names of series.
    by: Option<usize>,
    /// Is the horizontal axis logarithmic, if its values allow it?
    logarithmic: bool,
}

impl FigureKind for LineFigure {
    fn from_plot(plot: &Plot, results: &Results) -> Result<LineFigure, RequestError> {
        Ok(LineFigure {
            metric: metric(results, &plot.metric)?,
            over: needed("over", axis(results, plot.over.as_ref())?)?,
            by: axis(results, plot.by.as_ref())?,
            logarithmic: plot.logarithmic,
        })
    }

    fn by_default(choice: &Choice<'_>) -> Option<Plot> {
        let logarithmic = is_wide(&levels(choice.results, choice.over()?));
        Some(Plot { kind: PlotKind::Line, logarithmic, ..choice.plot()? })
    }

    fn file_stem(&self, results: &Results) -> FileStem {
        let (metric, over) = (plain(&results.metrics[self.metric]), plain(&results.axes[self.over]));
        FileStem::new(format!("{metric}_over_{over}"), self.by)
    }

    fn arrange(&self, data: &Data<'_>) -> Result<Arranged, FigureError> {
        let Data { results, labels, .. } = *data;
        let Lines { x, series, notes } = self.lines(results, labels)?;
        let metric = one_line(&results.metrics[self.metric]);
        let shows = format!("{metric} over {}", labels.axis(self.over));
        let panel = Panel {
            subtitle: subtitle(results, self.over),
            layers: layers(&series, &x),
            x: Axis { label: labels.axis(self.over), scale: x, ends: None },
            y: Axis { label: metric, ..Axis::default() },
            legend_title: labels.legend(&self.series_axes(results)),
            ..Panel::default()
        };
        Ok(Arranged { notes, ..Arranged::panel(panel, shows) })
    }
}

/// The series, and the axis below them.
#[derive(Debug)]
struct Lines {
    x: Scale,
    series: Vec<Series>,
    /// Messages about what could not be drawn as requested.
    notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Series {
    name: String,
    /// From left to right. `None` is a point without a value: lines are interrupted there.
    marks: Vec<Option<Mark>>,
}

/// One point of a series.
#[derive(Clone, Debug, PartialEq)]
struct Mark {
    x: f64,
    mean: f64,
    spread: Option<Spread>,
    /// The single values.
    values: Vec<f64>,
}

impl LineFigure {
    /// The axes whose values name the series.
    fn series_axes(&self, results: &Results) -> Vec<usize> {
        others(results, &[Some(self.over)], self.by)
    }

    fn lines(&self, results: &Results, labels: &Labels) -> Result<Lines, FigureError> {
        let over = levels(results, self.over);
        let mut notes = Vec::new();
        let x = horizontal(&over, self.logarithmic, &labels.axes[self.over], &mut notes);
        let places: Vec<f64> = match &x {
            Scale::Categories(names) => (1..=names.len()).map(|place| place as f64).collect(),
            Scale::Linear | Scale::Log => over.iter().filter_map(position).collect(),
        };
        let series = self.series(results, &over, &places);
        if series.iter().all(|series| series.marks.iter().all(Option::is_none)) {
            return Err(FigureError::NoNumbers(results.metrics[self.metric].clone()));
        }
        Ok(Lines { x, series, notes })
    }

    /// Each series with a mark at each of these places, in the order of the sweep.
    fn series(&self, results: &Results, over: &[Value], places: &[f64]) -> Vec<Series> {
        let mut order: Vec<usize> = (0..over.len()).collect();
        order.sort_by(|one, other| places[*one].total_cmp(&places[*other]));
        let column: HashMap<String, usize> =
            over.iter().enumerate().map(|(place, value)| (value.canonical(), place)).collect();
        let mark = |values: &Vec<f64>, place: usize| {
            summarise_with(results.interval, values.iter().copied()).map(|summary| Mark {
                x: places[place],
                mean: summary.mean,
                spread: summary.spread,
                values: values.clone(),
            })
        };
        let one = |(name, rows): (String, Vec<usize>)| {
            let mut values = vec![Vec::new(); over.len()];
            for row in rows.into_iter().map(|row| &results.rows[row]) {
                if let Some(number) = row.number(self.metric).filter(|number| number.is_finite()) {
                    values[column[&row.axes[self.over].canonical()]].push(number);
                }
            }
            Series { name, marks: order.iter().map(|place| mark(&values[*place], *place)).collect() }
        };
        groups(results, &self.series_axes(results)).into_iter().map(one).collect()
    }
}

/// The layers of the series. All bands lie below all lines, so no band dims the line of another series.
fn layers(series: &[Series], x: &Scale) -> Vec<Layer> {
    let (mut bands, mut above) = (Vec::new(), Vec::new());
    let series: Vec<&Series> =
        series.iter().filter(|series| series.marks.iter().any(Option::is_some)).collect();
    let count = series.len();
    let connected = !matches!(x, Scale::Categories(_));
    for (number, series) in series.into_iter().enumerate() {
        // Over names, series are shifted sideways, so that their intervals do not hide each other.
        let aside = (number as f64 - (count - 1) as f64 / 2.0) * (0.7 / count as f64).min(0.2);
        let style = Style {
            number,
            connected,
            shift: if connected { 0.0 } else { aside },
            legend: (count > 1).then(|| series.name.clone()),
        };
        draw_series(series, &style, &mut bands, &mut above);
    }
    bands.append(&mut above);
    bands
}

/// The axis for these values: numbers if possible, names otherwise.
fn horizontal(values: &[Value], logarithmic: bool, label: &str, notes: &mut Vec<String>) -> Scale {
    let numbers: Option<Vec<f64>> = values.iter().map(position).collect();
    let Some(numbers) = numbers.filter(|numbers| numbers.len() > 1) else {
        return Scale::Categories(values.iter().map(|value| one_line(&value.to_string())).collect());
    };
    if !logarithmic {
        return Scale::Linear;
    }
    if numbers.iter().all(|number| *number > 0.0) {
        return Scale::Log;
    }
    notes.push(format!("{label} has values that are not above 0: drawn on a linear axis"));
    Scale::Linear
}

/// The meaning of the marks.
fn subtitle(results: &Results, over: usize) -> String {
    match replicates(results).filter(|_| results.replicate != Some(over)) {
        Some(seeds) => {
            format!("mean and {} over {seeds}; dots: single {seeds}", results.interval.words())
        }
        None => "single values".to_string(),
    }
}

/// The look of a series.
struct Style {
    /// Its colour and shape.
    number: usize,
    /// Lines and bands, or marks with bars?
    connected: bool,
    /// Added to the place of each mark.
    shift: f64,
    legend: Option<String>,
}

fn draw_series(series: &Series, style: &Style, bands: &mut Vec<Layer>, above: &mut Vec<Layer>) {
    let at = |mark: &Mark| mark.x + style.shift;
    if style.connected {
        for run in series.marks.split(Option::is_none) {
            let run: Vec<&Mark> = run.iter().flatten().collect();
            for banded in run.split(|mark| mark.spread.is_none()).filter(|banded| banded.len() > 1) {
                let ends = |mark: &&Mark| {
                    let (low, high) =
                        mark.spread.map_or((mark.mean, mark.mean), |spread| (spread.low, spread.high));
                    (mark.x, low, high)
                };
                let points = banded.iter().map(ends).collect();
                bands.push(Layer::Band(Band { points, colour: colour(style.number) }));
            }
            if run.len() > 1 {
                above.push(Layer::Line(Line {
                    points: run.iter().map(|mark| (at(mark), mark.mean)).collect(),
                    colour: colour(style.number),
                    width: 1.8,
                    dashes: Dashes::Solid,
                    legend: None,
                }));
            }
        }
    }
    let marks: Vec<&Mark> = series.marks.iter().flatten().collect();
    let single = marks.iter().filter(|mark| mark.values.len() > 1);
    // A dot beside the bar of its interval is visible; on the bar it is not.
    let aside = if style.connected { 0.0 } else { 0.05 };
    let dots: Vec<(f64, f64)> =
        single.flat_map(|mark| mark.values.iter().map(move |value| (at(mark) + aside, *value))).collect();
    if !dots.is_empty() {
        above.push(Layer::Marks(Marks { size: 2.2, opacity: 0.4, ..marks_of(dots, style.number, true) }));
    }
    let mean = |marks: &[&Mark]| {
        marks_of(marks.iter().map(|mark| (at(mark), mark.mean)).collect(), style.number, false)
    };
    let barred = if style.connected { lonely(series) } else { marks.clone() };
    if !barred.is_empty() {
        let bars = barred.iter().map(|mark| {
            mark.spread.map_or((0.0, 0.0), |spread| (mark.mean - spread.low, spread.high - mark.mean))
        });
        above.push(Layer::Marks(Marks { bars: bars.collect(), ..mean(&barred) }));
    }
    above.push(Layer::Marks(Marks { legend: style.legend.clone(), ..mean(&marks) }));
}

/// Marks of a series; single values are circles.
fn marks_of(points: Vec<(f64, f64)>, number: usize, single: bool) -> Marks {
    let shape = if single { Shape::Circle } else { shape(number) };
    Marks { points, bars: Vec::new(), colour: colour(number), shape, size: 4.0, opacity: 1.0, legend: None }
}

/// The marks with an interval that no band shows, because no neighbour has one.
fn lonely(series: &Series) -> Vec<&Mark> {
    let banded = |mark: &Option<Mark>| mark.as_ref().is_some_and(|mark| mark.spread.is_some());
    let runs = series.marks.split(|mark| !banded(mark)).filter(|run| run.len() == 1);
    runs.flatten().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::tests::labels;
    use crate::results::example;

    fn over(axis: usize, logarithmic: bool) -> LineFigure {
        LineFigure { metric: 0, over: axis, by: None, logarithmic }
    }

    #[test]
    fn a_line_for_each_input_over_tau() {
        let lines = over(0, true).lines(&example(), &labels()).expect("numbers");
        assert_eq!(lines.x, Scale::Log);
        assert_eq!(lines.series.iter().map(|series| series.name.as_str()).collect::<Vec<_>>(), ["xy", "x"]);
        assert_eq!(subtitle(&example(), 0), "mean and 95 % interval over seeds; dots: single seeds");
    }

    #[test]
    fn no_axis_is_averaged_over_but_the_replicates() {
        let lines = over(1, false).lines(&example(), &labels()).expect("numbers");
        assert_eq!(lines.x, Scale::Categories(vec!["xy".into(), "x".into()]));
        assert_eq!(lines.series.len(), 3);
        let marks = lines.series.iter().flat_map(|series| series.marks.iter().flatten());
        assert!(marks.into_iter().all(|mark| mark.values.len() <= 3));
    }

    #[test]
    fn infinity_and_zero_have_no_place_on_some_axes() {
        let mut results = example();
        for row in &mut results.rows {
            if row.axes[0] == Value::Float(1.0) {
                row.axes[0] = Value::Float(0.0);
            }
        }
        let lines = over(0, true).lines(&results, &labels()).expect("numbers");
        assert_eq!((lines.x, lines.notes.len()), (Scale::Linear, 1));
        for row in &mut results.rows {
            if row.axes[0] == Value::Float(0.0) {
                row.axes[0] = Value::Float(f64::INFINITY);
            }
        }
        let lines = over(0, true).lines(&results, &labels()).expect("numbers");
        assert!(matches!(lines.x, Scale::Categories(_)));
    }

    #[test]
    fn a_missing_point_is_a_gap_and_no_numbers_are_an_error() {
        let mut results = example();
        for row in &mut results.rows {
            row.done = row.axes[0] != Value::Float(10.0);
        }
        let lines = over(0, true).lines(&results, &labels()).expect("numbers");
        assert!(lines.series.iter().all(|series| series.marks[1].is_none()));
        for row in &mut results.rows {
            row.done = false;
        }
        let error = over(0, true).lines(&results, &labels()).expect_err("nothing to draw");
        assert_eq!(error, FigureError::NoNumbers("clarity".into()));
    }
}
