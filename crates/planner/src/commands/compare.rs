//! `gainsweep compare`: two values of an axis against each other, pair by pair.

use std::collections::BTreeSet;
use std::path::Path;

use gainsweep_contract::exit::planner::FINE;
use gainsweep_contract::schema::nearest;
use gainsweep_report::{Results, compare};

use crate::cli::CompareArgs;
use crate::collect::{collect, counts};
use crate::commands::gather::{existing, first_metric};
use crate::commands::select::Selection;
use crate::commands::{Loaded, load};
use crate::failure::Failure;
use crate::{screen, words};

pub(crate) fn execute(args: &CompareArgs, results: &Path) -> Result<u8, Failure> {
    let loaded = load(&args.sweep, results)?;
    let folder = existing(results, &loaded, &args.sweep.file)?;
    let indices = loaded.indices();
    let results = collect(&loaded.sweep, &indices, &folder)?.results;
    let metric = metric(args.metric.as_deref(), &loaded, &results)?;
    let sides = [side(&loaded, &args.first)?, side(&loaded, &args.second)?];
    let chosen: BTreeSet<usize> = sides.iter().flat_map(|(_, axes)| axes).copied().collect();
    if let Some(axis) = results.replicate.filter(|axis| chosen.contains(axis)) {
        return Err(Failure::user(format!(
            "cells are paired by `{}`: name other axes on the two sides",
            results.axes[axis]
        )));
    }
    let rows = |selection: &Selection| -> Vec<usize> {
        let fits = |row: &usize| selection.fits(&loaded.sweep, &loaded.sweep.cell(indices[*row]));
        (0..indices.len()).filter(fits).collect()
    };
    let [first, second] = [rows(&sides[0].0), rows(&sides[1].0)];
    for (typed, rows) in [(&args.first, &first), (&args.second, &second)] {
        if rows.is_empty() {
            return Err(super::select::none(std::slice::from_ref(typed)));
        }
    }
    if first.iter().any(|row| second.contains(row)) {
        return Err(Failure::user(
            "the two sides have cells in common: there is nothing to compare in these",
        ));
    }
    let chosen: Vec<usize> = chosen.into_iter().collect();
    let compared = compare(&results, metric, &first, &second, &chosen);
    let name = words::one_line(&results.metrics[metric]);
    let by = results.replicate.map_or_else(String::new, |axis| format!(", paired by {}", results.axes[axis]));
    screen::talk(&format!("{}: {}", loaded.name, counts(&results)));
    screen::talk(&format!("{name} of {} less that of {}{by}", args.second, args.first));
    screen::data(|out| {
        if args.csv {
            return out.write_all(&compared.csv(&results));
        }
        compared.lines(&results).iter().try_for_each(|line| writeln!(out, "{line}"))
    })?;
    if !args.csv {
        screen::talk("effect size: mean of the differences in units of their standard deviation");
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
            None => Failure::user_hint(message, format!("there are {}", words::some(&names))),
        }
    })
}

/// The cells of a side, and the axes that it is chosen by.
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
