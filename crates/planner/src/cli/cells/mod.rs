//! `gainsweep cells`: the list of cells, one a line.

mod json;
mod list;

use std::io::{self, Write};

use clap::Args;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_scheduler::of_this_machine;

use super::shared::SelectorArgs;
use crate::cells::sweep_cells::SweepCells;
use crate::screen::failure::Failure;
use crate::screen::terminal::{pad, width};
use crate::screen::{self, wording};
use crate::sweep_file::{ResultsChoice, SweepArgs, load};
use list::{List, ListedCell};

/// What stands where a cell has no value.
const NOTHING: &str = "-";

/// Numbers with more letters than this are rounded.
const LONG: usize = 8;

/// List the cells: id, state, values on the axes, metrics, and where or why.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    #[command(flatten)]
    pub(crate) cells: SelectorArgs,

    /// Print one JSON object (see docs/reference/json.md).
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let folder = loaded.folder();
    let cells = SweepCells::select(&*of_this_machine(), &loaded, &folder, &options.cells.selectors)?;
    for trouble in &cells.evidence.trouble {
        screen::talk(&format!("warning: {trouble}"));
    }
    let list = List::new(&loaded, &folder, &cells);
    screen::data(|out| if options.json { json::write(out, &list) } else { write_lines(out, &list) })?;
    Ok(FINE)
}

/// One line a cell, in columns, below a line with their names.
fn write_lines(out: &mut dyn Write, list: &List) -> io::Result<()> {
    let axes = list.loaded.sweep.axes().iter().map(|axis| axis.name.as_str());
    let metrics = list.metrics.iter().map(String::as_str);
    let header: Vec<String> = ["cell", "state"]
        .into_iter()
        .chain(axes)
        .chain(metrics)
        .chain(["where or why"])
        .map(wording::one_line)
        .collect();
    let lines: Vec<Vec<String>> =
        std::iter::once(header).chain(list.rows().map(|row| fields(&row))).collect();
    let mut widths = vec![0; lines[0].len()];
    for line in &lines {
        for (widest, field) in widths.iter_mut().zip(line) {
            *widest = width(field).max(*widest);
        }
    }
    for line in lines {
        let padded: Vec<String> =
            line.iter().zip(&widths).map(|(field, columns)| pad(field, *columns)).collect();
        writeln!(out, "{}", padded.join("  ").trim_end())?;
    }
    Ok(())
}

/// The fields of a cell's line.
fn fields(row: &ListedCell) -> Vec<String> {
    let text = |text: &str| match wording::one_line(text.trim()) {
        empty if empty.is_empty() => NOTHING.into(),
        line => line,
    };
    let axes = row.axes.iter();
    let axes =
        axes.map(|value| value.as_ref().map_or_else(|| NOTHING.into(), |value| text(&value.to_string())));
    let metrics = row.metrics.iter();
    let metrics =
        metrics.map(|metric| metric.as_deref().map_or_else(|| NOTHING.into(), |metric| text(&brief(metric))));
    let last = row.place.as_ref().or(row.reason.as_ref());
    [row.id.short(), row.state.key()]
        .into_iter()
        .chain(axes)
        .chain(metrics)
        .chain([last.map_or_else(String::new, |last| wording::one_line(last))])
        .collect()
}

/// A metric for people: five digits of a long number; all else as the worker wrote it.
fn brief(metric: &str) -> String {
    let number = metric.trim().parse().ok().filter(|number: &f64| metric.len() > LONG && number.is_finite());
    match number {
        Some(number) if metric.trim().parse::<i128>().is_err() => {
            let rounded: f64 = format!("{number:.4e}").parse().unwrap_or(number);
            format!("{rounded:?}")
        }
        _ => metric.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::brief;

    #[test]
    fn long_numbers_are_rounded_and_nothing_else_is() {
        for (written, shown) in [
            ("0.91000000000000003109", "0.91"),
            ("-1.23456789e-7", "-1.2346e-7"),
            ("0.971", "0.971"),
            ("1234567890", "1234567890"),
            ("0.5000000 of them", "0.5000000 of them"),
            ("nan", "nan"),
            ("", ""),
        ] {
            assert_eq!(brief(written), shown);
        }
    }
}
