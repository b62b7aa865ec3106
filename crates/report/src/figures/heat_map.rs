//! `kind = "heat_map"`: the mean of a metric over two axes, as colours.

use gainsweep_contract::Value;
use gainsweep_draw::{Axis, Heat, Layer, Panel, Scale, Sheet};
use gainsweep_language::{Plot, PlotKind};

use super::axes::{groups, levels, levels_of, name, others, replicates, sorted};
use super::default_plots::Choice;
use super::file_stem::{FileStem, plain};
use super::request::{Arranged, Data, FigureError, FigureKind, RequestError, at_most, axis, metric, needed};
use crate::formatting::one_line;
use crate::results::Results;
use crate::statistics::summarise;

/// Panels, rows and columns that fit.
const MOST: (usize, usize, usize) = (6, 40, 24);

/// The mean of a metric as a colour, over two axes. There is one panel for each point of the other axes. The
/// point of all defaults is marked.
#[derive(Debug)]
pub(super) struct HeatMapFigure {
    metric: usize,
    /// The horizontal axis.
    over: usize,
    /// The vertical axis.
    by: usize,
}

impl FigureKind for HeatMapFigure {
    fn from_plot(plot: &Plot, results: &Results) -> Result<HeatMapFigure, RequestError> {
        Ok(HeatMapFigure {
            metric: metric(results, &plot.metric)?,
            over: needed("over", axis(results, plot.over.as_ref())?)?,
            by: needed("by", axis(results, plot.by.as_ref())?)?,
        })
    }

    fn by_default(choice: &Choice<'_>) -> Option<Plot> {
        let numeric = choice.numeric();
        let [over, by] = *numeric.first_chunk()?;
        let several = |axis: usize| levels(choice.results, axis).len() > 2;
        let name = |axis: usize| Some(choice.results.axes[axis].clone());
        let metric = choice.metric.into();
        let plot =
            Plot { kind: PlotKind::HeatMap, metric, over: name(over), by: name(by), ..Plot::default() };
        (several(over) && several(by)).then_some(plot)
    }

    fn file_stem(&self, results: &Results) -> FileStem {
        let (metric, axis) = (plain(&results.metrics[self.metric]), |axis: usize| plain(&results.axes[axis]));
        FileStem::new(format!("{metric}_heat_map_{}_{}", axis(self.over), axis(self.by)), None)
    }

    fn arrange(&self, data: &Data<'_>) -> Result<Arranged, FigureError> {
        let Data { results, labels, .. } = *data;
        let rest = others(results, &[Some(self.over), Some(self.by)], None);
        let (mut panels, mut first) = (Vec::new(), None);
        for (_, rows) in groups(results, &rest) {
            if let Some((mut panel, how)) = self.panel(data, &rows)? {
                panel.title = match rest.as_slice() {
                    [] => String::new(),
                    _ => format!("{}: {}", labels.legend(&rest), name(results, rows[0], &rest)),
                };
                panels.push(panel);
                first.get_or_insert(how);
            }
        }
        let metric = &results.metrics[self.metric];
        let count = panels.len();
        let Some(how) = first else { return Err(FigureError::NoNumbers(metric.clone())) };
        at_most(MOST.0, "heat maps", count)?;
        let axes = format!("{} and {}", labels.axis(self.over), labels.axis(self.by));
        let sheet = Sheet { title: String::new(), panels, columns: count.min(2), stacked: false };
        let shows = format!("{} over {axes}", one_line(metric));
        Ok(Arranged { sheet, shows, how, notes: Vec::new() })
    }
}

impl HeatMapFigure {
    /// A panel of these rows, and the text for the caption; `None` if no cell has a number.
    fn panel(&self, data: &Data<'_>, rows: &[usize]) -> Result<Option<(Panel, String)>, FigureError> {
        let Data { results, labels, .. } = *data;
        // Leave out rows and columns without any number: the caption counts the missing cells.
        let measured = |row: &usize| results.rows[*row].number(self.metric).is_some_and(f64::is_finite);
        let rows: Vec<usize> = rows.iter().copied().filter(measured).collect();
        if rows.is_empty() {
            return Ok(None);
        }
        let values = |axis: usize| sorted(levels_of(rows.iter().map(|row| &results.rows[*row].axes[axis])));
        let (across, down) = (values(self.over), values(self.by));
        at_most(MOST.1, "rows or columns of a heat map", down.len())?;
        at_most(MOST.2, "rows or columns of a heat map", across.len())?;
        // The largest number at the top; names from the top down.
        let downwards: Vec<_> =
            if down[0].as_number().is_some() { down.iter().rev().cloned().collect() } else { down.clone() };
        let mut places = vec![vec![Vec::new(); across.len()]; downwards.len()];
        let find = |values: &[Value], row: usize, axis: usize| {
            values.iter().position(|value| *value == results.rows[row].axes[axis])
        };
        for row in &rows {
            let place = find(&downwards, *row, self.by).zip(find(&across, *row, self.over));
            if let Some(((high, right), number)) = place.zip(results.rows[*row].number(self.metric)) {
                places[high][right].push(number);
            }
        }
        let mean = |values: Vec<f64>| summarise(values).map_or(f64::NAN, |summary| summary.mean);
        let grid = places.into_iter().map(|row| row.into_iter().map(mean).collect()).collect();
        let default = |values: &[Value], axis: usize| {
            let wanted = labels.defaults.get(axis)?.as_ref()?;
            values.iter().position(|value| value.canonical() == wanted.canonical())
        };
        let marked = default(&downwards, self.by).zip(default(&across, self.over));
        let names = |values: &[Value]| {
            Scale::Categories(values.iter().map(|value| one_line(&value.to_string())).collect())
        };
        let frame = if marked.is_some() { "; framed: the defaults" } else { "" };
        let how = match replicates(results) {
            Some(seeds) => format!("mean over {seeds}{frame}"),
            None => format!("single values{frame}"),
        };
        let metric = one_line(&results.metrics[self.metric]);
        let panel = Panel {
            subtitle: format!("{metric}: {how}"),
            x: Axis { label: labels.axis(self.over), scale: names(&across), ends: None },
            y: Axis { label: labels.axis(self.by), scale: names(&downwards), ends: None },
            size: Some((
                260.0 + 62.0 * across.len().max(5) as f64,
                200.0 + 44.0 * downwards.len().max(4) as f64,
            )),
            layers: vec![Layer::Heat(Heat { rows: grid, label: metric, marked })],
            ..Panel::default()
        };
        Ok(Some((panel, how)))
    }
}
