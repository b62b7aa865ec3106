//! Tables for the report page: each number with the digits that matter.

use gainsweep_contract::Value;
use gainsweep_draw::shortened;

use crate::csv_tables::columns;
use crate::formatting::{Digits, one_line};
use crate::results::{Point, Results, Row};
use crate::statistics::{Spread, Summary};
use crate::terminal_table::telling_axes;

/// The longest shown text of a value.
const LONGEST: usize = 120;

/// A table as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Its columns, from left to right.
    pub columns: Vec<ShownColumn>,
    /// The number of rows; a column has the first of them.
    pub all: usize,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownColumn {
    /// Its name, as in the CSV.
    pub name: String,
    /// Are all its fields numbers, or empty?
    pub numeric: bool,
    /// Its fields, from the first row on.
    pub fields: Vec<String>,
}

impl ShownColumn {
    /// Names, numbers and other written values.
    pub fn texts(name: impl Into<String>, fields: impl Iterator<Item = String>) -> ShownColumn {
        let fields: Vec<String> = fields.map(|text| shortened(&one_line(&text), LONGEST)).collect();
        let numeric = fields.iter().any(|text| !text.is_empty())
            && fields.iter().all(|text| text.is_empty() || text.parse::<f64>().is_ok());
        ShownColumn { name: name.into(), numeric, fields }
    }

    /// Numbers with an uncertainty: all with the same number of digits; a missing one is empty.
    pub fn numbers(name: impl Into<String>, values: &[Option<f64>]) -> ShownColumn {
        let digits = Digits::for_column(largest(values.iter().copied()), None);
        let text = |value: &Option<f64>| value.map(|value| digits.write(value)).unwrap_or_default();
        ShownColumn { name: name.into(), numeric: true, fields: values.iter().map(text).collect() }
    }
}

fn largest(values: impl Iterator<Item = Option<f64>>) -> f64 {
    values.flatten().map(f64::abs).filter(|value| value.is_finite()).fold(0.0, f64::max)
}

/// The first points: their values on the axes that distinguish them, their numbers of cells and missing
/// cells, and mean, standard deviation and interval of these metrics.
pub fn shown_points(results: &Results, metrics: &[usize], most: usize) -> Shown {
    let points = results.points();
    let shown = &points[..points.len().min(most)];
    let names = columns(results);
    let axes = results.point_axes();
    let mut told = telling_axes(&points);
    if told.is_empty() {
        told = (0..axes.len()).collect();
    }
    let mut columns: Vec<ShownColumn> = told
        .into_iter()
        .map(|place| axis(&names.axes[axes[place]], shown.iter().map(|point| &point.axes[place])))
        .collect();
    let count = |name: &str, of: fn(&Point) -> usize| {
        ShownColumn::texts(name, shown.iter().map(|point| of(point).to_string()))
    };
    columns.push(count("n_cells", |point| point.rows.len()));
    if results.missing() > 0 {
        columns.push(count("n_missing", |point| point.missing));
    }
    for metric in metrics {
        let summaries: Vec<Option<Summary>> =
            shown.iter().map(|point| results.summary(point, *metric)).collect();
        statistics(&names.metrics[*metric], &summaries, &mut columns);
    }
    Shown { columns, all: points.len() }
}

/// Mean, standard deviation and the ends of the interval, with the same digits; only the mean without
/// replicates.
fn statistics(metric: &str, summaries: &[Option<Summary>], columns: &mut Vec<ShownColumn>) {
    let means = || summaries.iter().map(|summary| summary.map(|summary| summary.mean));
    let spreads = || summaries.iter().map(|summary| summary.and_then(|summary| summary.spread));
    let widths: Vec<f64> = spreads().flatten().map(|spread| spread.sem).filter(|sem| *sem > 0.0).collect();
    let uncertainty = widths.into_iter().reduce(f64::min);
    let digits = Digits::for_column(largest(means()), uncertainty);
    let mut column = |name: &str, values: &mut dyn Iterator<Item = Option<f64>>| {
        let fields = values.map(|value| value.map(|value| digits.write(value)).unwrap_or_default());
        columns.push(ShownColumn {
            name: format!("{metric}_{name}"),
            numeric: true,
            fields: fields.collect(),
        });
    };
    column("mean", &mut means());
    if spreads().flatten().next().is_none() {
        return;
    }
    let of = |take: fn(Spread) -> f64| spreads().map(move |spread| spread.map(take));
    column("sd", &mut of(|spread| spread.sd));
    column("ci95_low", &mut of(|spread| spread.low));
    column("ci95_high", &mut of(|spread| spread.high));
}

/// The first cells: the beginning of their ids, their values on all axes, state and attempts, the caller's
/// columns, and these metrics.
pub fn shown_cells(results: &Results, metrics: &[usize], most: usize, besides: Vec<ShownColumn>) -> Shown {
    let rows = &results.rows[..results.rows.len().min(most)];
    let names = columns(results);
    let text = |name: &str, of: &dyn Fn(&Row) -> String| ShownColumn::texts(name, rows.iter().map(of));
    let mut columns = vec![text("cell", &|row| row.cell.chars().take(8).collect())];
    // Eight digits are a name, even without a letter among them.
    columns[0].numeric = false;
    columns.extend(
        (0..results.axes.len()).map(|at| axis(&names.axes[at], rows.iter().map(|row| &row.axes[at]))),
    );
    columns.push(text("state", &|row| row.state.to_string()));
    columns.push(text("attempts", &|row| row.attempts.to_string()));
    columns.extend(besides);
    columns.extend(metrics.iter().map(|metric| {
        let written = |row: &Row| row.metrics.get(*metric).unwrap_or_default().to_string();
        let values: Vec<Option<f64>> = rows.iter().map(|row| row.number(*metric)).collect();
        // A text that is not a number, such as `a, b`, is shown unchanged.
        let all = rows.iter().zip(&values).all(|(row, value)| value.is_some() || written(row).is_empty());
        if all {
            ShownColumn::numbers(&names.metrics[*metric], &values)
        } else {
            ShownColumn::texts(&names.metrics[*metric], rows.iter().map(written))
        }
    }));
    Shown { columns, all: results.rows.len() }
}

fn axis<'a>(name: &str, values: impl Iterator<Item = &'a Value>) -> ShownColumn {
    ShownColumn::texts(name, values.map(ToString::to_string))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::example;

    fn lines(shown: &Shown) -> String {
        let header: Vec<String> = shown
            .columns
            .iter()
            .map(|column| format!("{}{}", column.name, if column.numeric { "#" } else { "" }))
            .collect();
        let rows = (0..shown.columns[0].fields.len()).map(|row| {
            shown.columns.iter().map(|column| column.fields[row].clone()).collect::<Vec<_>>().join(" | ")
        });
        [header.join(" | ")].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn points_have_the_digits_that_are_known() {
        let shown = shown_points(&example(), &[0, 1], 3);
        assert_eq!(shown.all, 6);
        insta::assert_snapshot!(lines(&shown), @"
        tau# | modulator_input | n_cells# | n_missing# | clarity_mean# | clarity_sd# | clarity_ci95_low# | clarity_ci95_high# | loss_mean# | loss_sd# | loss_ci95_low# | loss_ci95_high#
        1 | xy | 3 | 0 | 0.971 | 0.003 | 0.964 | 0.978 | 10.00 | 0.00 | 10.00 | 10.00
        1 | x | 3 | 0 | 0.951 | 0.003 | 0.944 | 0.958 | 10.00 | 0.00 | 10.00 | 10.00
        10 | xy | 3 | 0 | 0.942 | 0.006 | 0.927 | 0.957 | 20.00 | 0.00 | 20.00 | 20.00
        ");
    }

    #[test]
    fn cells_without_numbers_have_empty_fields() {
        let mut results = example();
        let clarity = results.rows[1].metrics.get(0).map(String::from);
        results.rows[1].metrics = vec![clarity, None].into();
        let hours = ShownColumn::numbers("wall_seconds", &[Some(1.25), None]);
        insta::assert_snapshot!(lines(&shown_cells(&results, &[0, 1], 2, vec![hours])), @"
        cell | tau# | modulator_input | seed# | state | attempts# | wall_seconds# | clarity# | loss#
        00000000 | 1 | xy | 1 | done | 1 | 1.250 | 0.9740 | 10.00
        00000000 | 1 | xy | 2 | done | 1 |  | 0.9680 | 
        ");
    }
}
