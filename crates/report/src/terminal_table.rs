//! A short table for the terminal: one metric, one line a point.

use comfy_table::{CellAlignment, Table, presets};
use gainsweep_contract::Value;
use gainsweep_draw::shortened;

use crate::formatting::{Digits, one_line};
use crate::results::{Point, Results};
use crate::statistics::Summary;

/// The longest shown text of an axis value.
const LONGEST_VALUE: usize = 32;

/// The short table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compact {
    /// Its lines, header first.
    pub lines: Vec<String>,
    /// Points that were left out at the end.
    pub left_out: usize,
}

/// The short table of one metric, with at most this many points.
pub fn compact(results: &Results, metric: usize, most: usize) -> Compact {
    let points = results.points();
    let shown = &points[..points.len().min(most)];
    let axes = telling_axes(&points);
    let names = results.point_axes();
    let summaries: Vec<Option<Summary>> = shown.iter().map(|point| results.summary(point, metric)).collect();
    let digits = digits(&summaries);
    // The number of replicates if nothing is missing: it is in the header, and in a row only if it differs.
    let full = points.iter().map(|point| point.rows.len()).max().unwrap_or(0);

    let mut header: Vec<String> =
        axes.iter().map(|axis| shortened(&one_line(&results.axes[names[*axis]]), LONGEST_VALUE)).collect();
    header.push(heading(results, metric, full));
    let rows = shown.iter().zip(&summaries).map(|(point, summary)| {
        let mut fields: Vec<String> = axes
            .iter()
            .map(|axis| shortened(&one_line(&point.axes[*axis].to_string()), LONGEST_VALUE))
            .collect();
        fields.push(measured(point, *summary, digits, full));
        fields
    });
    Compact { lines: lines(header, rows), left_out: points.len() - shown.len() }
}

/// Aligned columns, header first; columns of numbers are right-aligned.
pub(crate) fn lines(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> Vec<String> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(comfy_table::ContentArrangement::Disabled);
    let columns = header.len();
    table.set_header(header);
    let mut numeric = vec![true; columns];
    for row in rows {
        for (numeric, field) in numeric.iter_mut().zip(&row) {
            *numeric &= field == "-" || field.parse::<f64>().is_ok();
        }
        table.add_row(row);
    }
    for (position, column) in table.column_iter_mut().enumerate() {
        column.set_padding((2, 0));
        if numeric[position] {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_string()).collect()
}

/// The axes on which points differ, as positions in [`Point::axes`]; an axis with one value is left out.
pub(crate) fn telling_axes(points: &[Point]) -> Vec<usize> {
    let count = points.first().map_or(0, |point| point.axes.len());
    let differs =
        |axis: usize| points.iter().any(|point: &Point| differ(&point.axes[axis], &points[0].axes[axis]));
    (0..count).filter(|axis| differs(*axis)).collect()
}

fn differ(one: &Value, other: &Value) -> bool {
    one.canonical() != other.canonical()
}

fn heading(results: &Results, metric: usize, full: usize) -> String {
    let name = shortened(&one_line(&results.metrics[metric]), LONGEST_VALUE);
    match results.replicate {
        Some(axis) if full > 1 => {
            let replicates = one_line(&results.axes[axis]);
            let plural = if replicates.ends_with('s') { "" } else { "s" };
            let interval = results.interval.words();
            format!("{name} (mean of {full} {replicates}{plural}, {interval})")
        }
        _ => name,
    }
}

fn measured(point: &Point, summary: Option<Summary>, digits: Digits, full: usize) -> String {
    let Some(summary) = summary else {
        let reason = if point.missing == 0 {
            "no number".into()
        } else {
            let failed = if point.failed > 0 {
                format!(", {} failed or diverged", point.failed)
            } else {
                String::new()
            };
            format!("{} of {} missing{failed}", point.missing, point.rows.len())
        };
        return format!("-  {reason}");
    };
    let mut text = digits.write(summary.mean);
    if let Some(spread) = summary.spread {
        text = format!("{text}  [{}, {}]", digits.write(spread.low), digits.write(spread.high));
    }
    if summary.n < full {
        text = format!("{text}  n={}", summary.n);
        if point.failed > 0 {
            text = format!("{text}, {} failed or diverged", point.failed);
        }
    }
    text
}

/// The format of the whole column, from its largest mean and its median interval.
pub(crate) fn digits(summaries: &[Option<Summary>]) -> Digits {
    let known = summaries.iter().flatten();
    let largest = known.clone().map(|summary| summary.mean.abs()).fold(0.0, f64::max);
    let mut widths: Vec<f64> = known
        .filter_map(|summary| summary.spread.map(|spread| (spread.high - spread.low) / 2.0))
        .filter(|width| *width > 0.0)
        .collect();
    widths.sort_by(f64::total_cmp);
    Digits::for_column(largest, widths.get(widths.len() / 2).copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric_texts::Measured;
    use crate::results::example;

    #[test]
    fn the_table_says_where_values_are_missing() {
        let compact = compact(&example(), 0, 40);
        assert_eq!(compact.left_out, 0);
        insta::assert_snapshot!(compact.lines.join("\n"), @"
        tau  modulator_input  clarity (mean of 3 seeds, 95 % interval)
          1  xy               0.971  [0.964, 0.978]
          1  x                0.951  [0.944, 0.958]
         10  xy               0.942  [0.927, 0.957]
         10  x                0.922  [0.907, 0.937]
        100  xy               0.913  [0.891, 0.935]
        100  x                0.897  [0.840, 0.955]  n=2, 1 failed or diverged
        ");
    }

    #[test]
    fn a_long_table_is_cut_and_says_so() {
        let compact = compact(&example(), 0, 2);
        assert_eq!((compact.lines.len(), compact.left_out), (3, 4));
    }

    #[test]
    fn nothing_done_yet_is_shown_as_such() {
        let mut results = example();
        for row in &mut results.rows {
            row.done = false;
        }
        assert!(compact_text(&results).contains("-  3 of 3 missing"));
        for row in &mut results.rows {
            row.done = true;
            row.metrics = Measured::default();
        }
        assert!(compact_text(&results).contains("no number"), "{}", compact_text(&results));
    }

    fn compact_text(results: &Results) -> String {
        super::compact(results, 0, 40).lines.join("\n")
    }
}
