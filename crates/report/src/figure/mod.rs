//! A figure: one metric against one axis, a series for each value of the others, with 95 % intervals over replicates.

mod draw;
mod ticks;

use gainsweep_contract::Value;

use crate::results::Results;
use crate::statistics::{Spread, summarise_with};
use crate::text::one_line;

/// What to draw. Axes and metric are positions in the [`Results`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The metric on the vertical axis.
    pub metric: usize,
    /// The axis on the horizontal axis.
    pub over: usize,
    /// The axis that comes first in the names of series.
    pub by: Option<usize>,
    /// The scale of the horizontal axis, where numbers can be shown on it at all.
    pub scale: Scale,
}

/// The scale of the horizontal axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps are equal differences.
    Linear,
    /// Equal steps are equal ratios.
    Log,
}

/// What is written on a figure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Above the figure, for example the sweep's question.
    pub title: String,
    /// For each axis of the results, its name with its unit.
    pub axes: Vec<String>,
    /// The metric with its unit.
    pub metric: String,
}

/// Why there is no figure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FigureError {
    /// No cell that is done has a number for the metric.
    #[error("no finished cell has a number for `{0}`")]
    NoNumbers(String),
    /// The library that draws gave up.
    #[error("the figure cannot be drawn: {0}")]
    Draw(String),
}

/// A figure before it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    title: String,
    subtitle: String,
    x_label: String,
    y_label: String,
    x: Horizontal,
    legend_title: String,
    series: Vec<Series>,
    /// What could not be drawn as asked, in words.
    pub notes: Vec<String>,
}

/// The horizontal axis.
#[derive(Clone, Debug, PartialEq)]
enum Horizontal {
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

/// What to draw when nobody says: the metric over the first axis of numbers (else the first axis), one series for each
/// value of the others; logarithmic where the values span a lot. `None` without an axis besides the replicates'.
pub fn sensible(results: &Results, metric: usize) -> Option<Request> {
    let axes = results.point_axes();
    let varied: Vec<usize> = axes.iter().copied().filter(|axis| levels(results, *axis).len() > 1).collect();
    let numeric = |axis: &usize| levels(results, *axis).iter().all(|value| position(value).is_some());
    let over = varied.iter().copied().find(numeric).or(varied.first().copied()).or(axes.first().copied())?;
    let numbers: Vec<f64> = levels(results, over).iter().filter_map(Value::as_number).collect();
    let smallest = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = numbers.iter().copied().fold(0.0, f64::max);
    let wide = numbers.len() > 2 && smallest > 0.0 && largest / smallest >= 30.0;
    let by = varied.into_iter().find(|axis| *axis != over);
    Some(Request { metric, over, by, scale: if wide { Scale::Log } else { Scale::Linear } })
}

/// The values that an axis takes, each once, in the order of the sweep.
fn levels(results: &Results, axis: usize) -> Vec<Value> {
    let mut seen = std::collections::HashSet::new();
    let values = results.rows.iter().map(|row| &row.axes[axis]);
    values.filter(|value| seen.insert(value.canonical())).cloned().collect()
}

/// A value's place on an axis of numbers.
fn position(value: &Value) -> Option<f64> {
    value.as_number().filter(|number| number.is_finite())
}

impl Figure {
    /// Arranges what is drawn.
    ///
    /// # Errors
    /// [`FigureError::NoNumbers`] when there is nothing to draw.
    pub fn new(results: &Results, request: &Request, labels: &Labels) -> Result<Figure, FigureError> {
        let over = levels(results, request.over);
        let mut notes = Vec::new();
        let x = horizontal(&over, request.scale, &labels.axes[request.over], &mut notes);
        let places: Vec<f64> = match &x {
            Horizontal::Categories(names) => (1..=names.len()).map(|place| place as f64).collect(),
            _ => over.iter().filter_map(position).collect(),
        };
        let axes = series_axes(results, request);
        let series = all_series(results, request, &axes, &over, &places);
        if series.iter().all(|series| series.marks.iter().all(Option::is_none)) {
            return Err(FigureError::NoNumbers(results.metrics[request.metric].clone()));
        }
        let legend: Vec<&str> = axes.iter().map(|axis| labels.axes[*axis].as_str()).collect();
        Ok(Figure {
            title: one_line(&labels.title),
            subtitle: subtitle(results, request),
            x_label: one_line(&labels.axes[request.over]),
            y_label: one_line(&labels.metric),
            x,
            legend_title: one_line(&legend.join(", ")),
            series,
            notes,
        })
    }

    /// The figure as SVG. The same figure gives the same bytes.
    pub fn svg(&self) -> String {
        draw::svg(self)
    }

    /// The figure as PNG, with twice the SVG's size in pixels.
    ///
    /// # Errors
    /// [`FigureError::Draw`] when the library gives up.
    pub fn png(&self) -> Result<Vec<u8>, FigureError> {
        draw::png(self).map_err(FigureError::Draw)
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

/// The axes that series differ on, `by` first. All of them: no mean is taken over an axis that is not the replicates'.
fn series_axes(results: &Results, request: &Request) -> Vec<usize> {
    let mut axes: Vec<usize> = results
        .point_axes()
        .into_iter()
        .filter(|axis| *axis != request.over && levels(results, *axis).len() > 1)
        .collect();
    axes.sort_by_key(|axis| Some(*axis) != request.by);
    axes
}

fn all_series(
    results: &Results,
    request: &Request,
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
        if let Some(number) = row.number(request.metric).filter(|number| number.is_finite()) {
            found[at].1[column[&row.axes[request.over].canonical()]].push(number);
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

/// What the marks mean, and what is missing.
fn subtitle(results: &Results, request: &Request) -> String {
    let mut text = match results.replicate {
        Some(axis) if axis != request.over && levels(results, axis).len() > 1 => {
            let axis = one_line(&results.axes[axis]);
            let plural = if axis.ends_with('s') { "" } else { "s" };
            let interval = results.interval.words();
            format!("mean and {interval} over {axis}{plural}; dots: single {axis}{plural}")
        }
        _ => "single values".to_string(),
    };
    let missing = results.missing();
    if missing > 0 {
        text = format!("{text}; {missing} of {} cells missing", results.rows.len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::example;

    fn labels() -> Labels {
        Labels {
            title: "How slow may the modulation be?".into(),
            axes: ["tau (time steps)", "modulator_input", "seed"].map(String::from).to_vec(),
            metric: "clarity".into(),
        }
    }

    #[test]
    fn the_sensible_figure_is_a_line_for_each_input_over_tau() {
        let request = sensible(&example(), 0).expect("an axis");
        assert_eq!(request, Request { metric: 0, over: 0, by: Some(1), scale: Scale::Log });
        let figure = Figure::new(&example(), &request, &labels()).expect("numbers");
        assert_eq!(figure.x, Horizontal::Log);
        assert_eq!(figure.series.iter().map(|series| series.name.as_str()).collect::<Vec<_>>(), ["xy", "x"]);
        assert_eq!(
            figure.subtitle,
            "mean and 95 % interval over seeds; dots: single seeds; 1 of 18 cells missing"
        );
    }

    #[test]
    fn the_same_figure_gives_the_same_bytes() {
        let request = sensible(&example(), 0).expect("an axis");
        let figure = Figure::new(&example(), &request, &labels()).expect("numbers");
        assert_eq!(figure.svg(), figure.svg());
        assert_eq!(figure.png().expect("drawn"), figure.png().expect("drawn"));
    }

    #[test]
    fn no_axis_is_averaged_over_but_the_replicates() {
        let results = example();
        let request = Request { metric: 0, over: 1, by: None, scale: Scale::Linear };
        let figure = Figure::new(&results, &request, &labels()).expect("numbers");
        assert_eq!(figure.x, Horizontal::Categories(vec!["xy".into(), "x".into()]));
        assert_eq!(figure.series.len(), 3);
        assert!(
            figure
                .series
                .iter()
                .flat_map(|series| series.marks.iter().flatten())
                .all(|mark| mark.values.len() <= 3)
        );
    }

    #[test]
    fn infinity_and_zero_have_no_place_on_some_axes() {
        let mut results = example();
        for row in &mut results.rows {
            if row.axes[0] == Value::Float(1.0) {
                row.axes[0] = Value::Float(0.0);
            }
        }
        let request = Request { metric: 0, over: 0, by: None, scale: Scale::Log };
        let figure = Figure::new(&results, &request, &labels()).expect("numbers");
        assert_eq!((figure.x, figure.notes.len()), (Horizontal::Linear, 1));
        for row in &mut results.rows {
            if row.axes[0] == Value::Float(0.0) {
                row.axes[0] = Value::Float(f64::INFINITY);
            }
        }
        let figure = Figure::new(&results, &request, &labels()).expect("numbers");
        assert!(matches!(figure.x, Horizontal::Categories(_)));
    }

    #[test]
    fn a_missing_point_is_a_gap_and_no_numbers_are_an_error() {
        let mut results = example();
        for row in &mut results.rows {
            row.done = row.axes[0] != Value::Float(10.0);
        }
        let request = sensible(&results, 0).expect("an axis");
        let figure = Figure::new(&results, &request, &labels()).expect("numbers");
        assert!(figure.series.iter().all(|series| series.marks[1].is_none()));
        for row in &mut results.rows {
            row.done = false;
        }
        let error = Figure::new(&results, &request, &labels()).expect_err("nothing to draw");
        assert_eq!(error, FigureError::NoNumbers("clarity".into()));
    }

    #[test]
    fn hostile_names_stay_text() {
        let mut labels = labels();
        labels.title = "<script>alert(1)</script> & $x^2$ $(rm -rf) \n\"'".into();
        let request = sensible(&example(), 0).expect("an axis");
        let svg = Figure::new(&example(), &request, &labels).expect("numbers").svg();
        assert!(!svg.contains("<script>"));
        assert!(svg.contains("$x^2$ $(rm -rf)"), "{svg}");
    }
}
