//! One metric against one axis, a series for each value of the others, with intervals over replicates.

use gainsweep_contract::Value;
use gainsweep_draw::{Axis, Band, Dashes, Layer, Line, Marks, Panel, Scale as Placed, colour, shape};

use super::{FigureError, Labels, Over, Scale, levels, others, position, replicates};
use crate::results::Results;
use crate::statistics::{Spread, summarise_with};
use crate::text::one_line;

/// A figure of lines before it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lines {
    x: Horizontal,
    series: Vec<Series>,
    /// What could not be drawn as asked, in words.
    pub(super) notes: Vec<String>,
}

/// The horizontal axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Horizontal {
    Linear,
    Log,
    /// Named values at 1, 2, 3, ...
    Categories(Vec<String>),
}

#[derive(Clone, Debug, PartialEq)]
struct Series {
    name: String,
    /// From left to right. `None` is a point without a value: lines stop there.
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

impl Lines {
    /// Arranges what is drawn.
    ///
    /// # Errors
    /// [`FigureError::NoNumbers`] when there is nothing to draw.
    pub(super) fn new(
        results: &Results,
        metric: usize,
        asked: &Over,
        labels: &Labels,
    ) -> Result<Lines, FigureError> {
        let over = levels(results, asked.over);
        let mut notes = Vec::new();
        let x = horizontal(&over, asked.scale, &labels.axes[asked.over], &mut notes);
        let places: Vec<f64> = match &x {
            Horizontal::Categories(names) => (1..=names.len()).map(|place| place as f64).collect(),
            _ => over.iter().filter_map(position).collect(),
        };
        let axes = others(results, &[Some(asked.over)], asked.by);
        let series = all_series(results, metric, asked.over, &axes, &over, &places);
        if series.iter().all(|series| series.marks.iter().all(Option::is_none)) {
            return Err(FigureError::NoNumbers(results.metrics[metric].clone()));
        }
        Ok(Lines { x, series, notes })
    }

    /// The panel.
    pub(super) fn panel(&self, results: &Results, asked: &Over, labels: &Labels) -> Panel {
        // All bands lie below all lines: none dims the line of another series.
        let (mut bands, mut above) = (Vec::new(), Vec::new());
        let series: Vec<&Series> =
            self.series.iter().filter(|series| series.marks.iter().any(Option::is_some)).collect();
        let count = series.len();
        for (number, series) in series.into_iter().enumerate() {
            let shift = match self.x {
                // Side by side, so that their intervals do not hide each other.
                Horizontal::Categories(_) => {
                    (number as f64 - (count - 1) as f64 / 2.0) * (0.7 / count as f64).min(0.2)
                }
                _ => 0.0,
            };
            let style = Style {
                number,
                connected: !matches!(self.x, Horizontal::Categories(_)),
                shift,
                legend: (count > 1).then(|| series.name.clone()),
            };
            draw_series(series, &style, &mut bands, &mut above);
        }
        bands.append(&mut above);
        let scale = match &self.x {
            Horizontal::Linear => Placed::Linear,
            Horizontal::Log => Placed::Log,
            Horizontal::Categories(names) => Placed::Categories(names.clone()),
        };
        let axes = others(results, &[Some(asked.over)], asked.by);
        Panel {
            subtitle: subtitle(results, asked.over),
            x: Axis { label: one_line(&labels.axes[asked.over]), scale, ends: None },
            layers: bands,
            legend_title: labels.legend(&axes),
            ..Panel::default()
        }
    }
}

/// The axis for these values: numbers where they can be placed, names otherwise.
fn horizontal(values: &[Value], scale: Scale, label: &str, notes: &mut Vec<String>) -> Horizontal {
    let numbers: Option<Vec<f64>> = values.iter().map(position).collect();
    let names = || Horizontal::Categories(values.iter().map(|value| one_line(&value.to_string())).collect());
    let Some(numbers) = numbers.filter(|numbers| numbers.len() > 1) else { return names() };
    match scale {
        Scale::Linear => Horizontal::Linear,
        Scale::Log if numbers.iter().all(|number| *number > 0.0) => Horizontal::Log,
        Scale::Log => {
            notes.push(format!("{label} has values that are not above 0: drawn on a linear axis"));
            Horizontal::Linear
        }
    }
}

fn all_series(
    results: &Results,
    metric: usize,
    on: usize,
    axes: &[usize],
    over: &[Value],
    places: &[f64],
) -> Vec<Series> {
    let mut order: Vec<usize> = (0..over.len()).collect();
    order.sort_by(|one, other| places[*one].total_cmp(&places[*other]));
    let column: std::collections::HashMap<String, usize> =
        over.iter().enumerate().map(|(place, value)| (value.canonical(), place)).collect();

    // The values of each series at each place, series in the order of the sweep.
    let mut found: Vec<(String, Vec<Vec<f64>>)> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for row in &results.rows {
        let key: Vec<String> = axes.iter().map(|axis| row.axes[*axis].canonical()).collect();
        let at = *known.entry(key).or_insert_with(|| {
            let name: Vec<String> = axes.iter().map(|axis| one_line(&row.axes[*axis].to_string())).collect();
            found.push((name.join(", "), vec![Vec::new(); over.len()]));
            found.len() - 1
        });
        if let Some(number) = row.number(metric).filter(|number| number.is_finite()) {
            found[at].1[column[&row.axes[on].canonical()]].push(number);
        }
    }
    let mark = |values: &Vec<f64>, place: usize| {
        summarise_with(results.interval, values.iter().copied()).map(|summary| Mark {
            x: places[place],
            mean: summary.mean,
            spread: summary.spread,
            values: values.clone(),
        })
    };
    found
        .into_iter()
        .map(|(name, values)| Series {
            name,
            marks: order.iter().map(|place| mark(&values[*place], *place)).collect(),
        })
        .collect()
}

/// What the marks mean.
fn subtitle(results: &Results, over: usize) -> String {
    match replicates(results).filter(|_| results.replicate != Some(over)) {
        Some(seeds) => {
            format!("mean and {} over {seeds}; dots: single {seeds}", results.interval.words())
        }
        None => "single values".to_string(),
    }
}

/// How a series looks.
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
    // Beside a bar of its interval a dot is seen, on it it is not.
    let aside = if style.connected { 0.0 } else { 0.05 };
    let dots: Vec<(f64, f64)> =
        single.flat_map(|mark| mark.values.iter().map(move |value| (at(mark) + aside, *value))).collect();
    if !dots.is_empty() {
        above.push(Layer::Marks(Marks { size: 2.2, opacity: 0.4, ..plain(dots, style.number, true) }));
    }
    let mean = |marks: &[&Mark]| {
        plain(marks.iter().map(|mark| (at(mark), mark.mean)).collect(), style.number, false)
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
fn plain(points: Vec<(f64, f64)>, number: usize, single: bool) -> Marks {
    let shape = if single { gainsweep_draw::Shape::Circle } else { shape(number) };
    Marks { points, bars: Vec::new(), colour: colour(number), shape, size: 4.0, opacity: 1.0, legend: None }
}

/// The marks with an interval that no band shows, since no neighbour has one.
fn lonely(series: &Series) -> Vec<&Mark> {
    let banded = |mark: &Option<Mark>| mark.as_ref().is_some_and(|mark| mark.spread.is_some());
    let runs = series.marks.split(|mark| !banded(mark)).filter(|run| run.len() == 1);
    runs.flatten().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::tests::labels;
    use crate::results::example;

    fn over(axis: usize, scale: Scale) -> Over {
        Over { over: axis, by: None, scale }
    }

    #[test]
    fn a_line_for_each_input_over_tau() {
        let asked = over(0, Scale::Log);
        let lines = Lines::new(&example(), 0, &asked, &labels()).expect("numbers");
        assert_eq!(lines.x, Horizontal::Log);
        assert_eq!(lines.series.iter().map(|series| series.name.as_str()).collect::<Vec<_>>(), ["xy", "x"]);
        assert_eq!(
            lines.panel(&example(), &asked, &labels()).subtitle,
            "mean and 95 % interval over seeds; dots: single seeds"
        );
    }

    #[test]
    fn no_axis_is_averaged_over_but_the_replicates() {
        let lines = Lines::new(&example(), 0, &over(1, Scale::Linear), &labels()).expect("numbers");
        assert_eq!(lines.x, Horizontal::Categories(vec!["xy".into(), "x".into()]));
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
        let lines = Lines::new(&results, 0, &over(0, Scale::Log), &labels()).expect("numbers");
        assert_eq!((lines.x, lines.notes.len()), (Horizontal::Linear, 1));
        for row in &mut results.rows {
            if row.axes[0] == Value::Float(0.0) {
                row.axes[0] = Value::Float(f64::INFINITY);
            }
        }
        let lines = Lines::new(&results, 0, &over(0, Scale::Log), &labels()).expect("numbers");
        assert!(matches!(lines.x, Horizontal::Categories(_)));
    }

    #[test]
    fn a_missing_point_is_a_gap_and_no_numbers_are_an_error() {
        let mut results = example();
        for row in &mut results.rows {
            row.done = row.axes[0] != Value::Float(10.0);
        }
        let lines = Lines::new(&results, 0, &over(0, Scale::Log), &labels()).expect("numbers");
        assert!(lines.series.iter().all(|series| series.marks[1].is_none()));
        for row in &mut results.rows {
            row.done = false;
        }
        let error = Lines::new(&results, 0, &over(0, Scale::Log), &labels()).expect_err("nothing to draw");
        assert_eq!(error, FigureError::NoNumbers("clarity".into()));
    }
}
