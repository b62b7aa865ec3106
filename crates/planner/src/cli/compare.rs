//! `gainsweep compare`: compares two values of an axis, pair by pair.

use std::collections::BTreeSet;

use clap::Args;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_contract::schema::nearest;
use gainsweep_report::{Results, compare};

use crate::results::gather::{existing, first_metric};
use crate::results::read::{collect, counts};
use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::selectors::{self, Selection};
use crate::sweep_file::{Loaded, ResultsChoice, SweepArgs, load};

/// Compare two values of an axis, pair by pair: difference, interval, effect size.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// One side: `tau=1`, or several conditions in quotes, `"tau=1 noise=0"`.
    pub(crate) first: String,

    /// The other side: `tau=100`. The difference is this side minus the first.
    pub(crate) second: String,

    /// The metric (default: the first in the sweep file, else clarity).
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: Option<String>,

    /// Print CSV with all digits.
    #[arg(long)]
    pub(crate) csv: bool,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let folder = existing(&loaded)?;
    let indices = loaded.indices();
    let results = collect(&loaded.sweep, &indices, &folder)?.results;
    let metric = metric(options.metric.as_deref(), &loaded, &results)?;
    let sides = [side(&loaded, &options.first)?, side(&loaded, &options.second)?];
    let chosen: BTreeSet<usize> = sides.iter().flat_map(|(_, axes)| axes).copied().collect();
    if let Some(axis) = results.replicate.filter(|axis| chosen.contains(axis)) {
        return Err(Failure::user(format!(
            "cells are paired by `{}`: name other axes on the two sides",
            results.axes[axis]
        )));
    }
    let rows = |selection: &Selection| -> Vec<usize> {
        let fits = |row: &usize| selection.fits(&loaded.sweep, indices[*row]);
        (0..indices.len()).filter(fits).collect()
    };
    let [first, second] = [rows(&sides[0].0), rows(&sides[1].0)];
    for (typed, rows) in [(&options.first, &first), (&options.second, &second)] {
        if rows.is_empty() {
            return Err(selectors::none(std::slice::from_ref(typed)));
        }
    }
    if first.iter().any(|row| second.contains(row)) {
        return Err(Failure::user("some cells are on both sides"));
    }
    let chosen: Vec<usize> = chosen.into_iter().collect();
    let compared = compare(&results, metric, &first, &second, &chosen);
    let name = wording::one_line(&results.metrics[metric]);
    let by = results.replicate.map_or_else(String::new, |axis| format!(", paired by {}", results.axes[axis]));
    screen::talk(&format!("{}: {}", loaded.name, counts(&results)));
    screen::talk(&format!("{name}: {} minus {}{by}", options.second, options.first));
    screen::data(|out| {
        if options.csv {
            return out.write_all(&compared.csv(&results));
        }
        compared.lines(&results).iter().try_for_each(|line| writeln!(out, "{line}"))
    })?;
    if !options.csv {
        screen::talk("effect size: mean difference / standard deviation of the differences");
    }
    Ok(FINE)
}

fn metric(typed: Option<&str>, loaded: &Loaded, results: &Results) -> Result<usize, Failure> {
    let numeric = results.numeric_metrics();
    let names: Vec<String> = numeric.iter().map(|metric| results.metrics[*metric].clone()).collect();
    let Some(typed) = typed else {
        return first_metric(loaded, results)
            .ok_or_else(|| Failure::user("no cell has measured a number yet"));
    };
    results.metric(typed).filter(|metric| numeric.contains(metric)).ok_or_else(|| {
        let message = format!("no cell has a number for a metric `{typed}`");
        match nearest(typed, names.iter().map(String::as_str)) {
            Some(near) => Failure::user_hint(message, format!("did you mean `{near}`?")),
            None => Failure::user_hint(message, format!("the metrics are {}", wording::some(&names))),
        }
    })
}

/// The cells of a side, and the axes that select them.
fn side(loaded: &Loaded, typed: &str) -> Result<(Selection, Vec<usize>), Failure> {
    let words: Vec<String> = typed.split_whitespace().map(String::from).collect();
    let selection = Selection::read(&loaded.sweep, &words)?;
    let axes = selection.names().map(|names| names.map(|name| loaded.sweep.axis(name)).collect());
    match axes {
        Some(Some(axes)) if !selection.is_all() => Ok((selection, axes)),
        _ => Err(Failure::user_hint(
            format!("`{typed}` does not name values of axes"),
            "for example tau=1; `gainsweep check FILE` shows the axes",
        )),
    }
}
