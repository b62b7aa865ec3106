//! `gainsweep plot`: figures from what the cells measured.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use gainsweep_contract::exit::planner::FINE;
use gainsweep_contract::schema;
use gainsweep_report::Results;
use gainsweep_report::figure::{Figure, FigureError, Labels, Request, Scale, sensible};
use gainsweep_store::{SweepFolder, atomic};
use gainsweep_sweep::{Plot, Scale as AskedScale};

use crate::cli::PlotArgs;
use crate::collect::collect;
use crate::commands::gather::{existing, first_metric};
use crate::commands::{Loaded, load};
use crate::failure::Failure;
use crate::{screen, words};

pub(crate) fn execute(args: &PlotArgs, results: &Path) -> Result<u8, Failure> {
    let loaded = load(&args.sweep, results)?;
    let folder = existing(results, &loaded, &args.sweep.file)?;
    let collected = collect(&loaded.sweep, &loaded.indices(), &folder)?;
    if draw(&loaded, &folder, &collected.results)?.is_empty() {
        return Err(Failure::user_hint(
            "there is nothing to draw",
            format!(
                "a figure needs an axis and a metric with numbers: see gainsweep gather {}",
                args.sweep.typed()
            ),
        ));
    }
    Ok(FINE)
}

/// Draws the figures that the sweep asks for, or a sensible one, and says where they are. What cannot be drawn is said
/// and stops nothing.
///
/// # Errors
/// A figure cannot be written.
pub(crate) fn draw(
    loaded: &Loaded,
    folder: &SweepFolder,
    results: &Results,
) -> Result<Vec<PathBuf>, Failure> {
    let labels = axis_labels(loaded);
    let mut names = HashSet::new();
    let mut written = Vec::new();
    for request in requests(loaded, results) {
        let labels = Labels {
            title: loaded.sweep.question.clone().unwrap_or_else(|| loaded.name.clone()),
            axes: labels.clone(),
            metric: results.metrics[request.metric].clone(),
        };
        let figure = match Figure::new(results, &request, &labels) {
            Ok(figure) => figure,
            Err(error @ FigureError::NoNumbers(_)) => {
                screen::talk(&format!("warning: {error}: not drawn"));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        for note in &figure.notes {
            screen::talk(&format!("warning: {note}"));
        }
        let stem = file_stem(results, &request, &mut names);
        fs_err::create_dir_all(folder.figures())?;
        for (extension, bytes) in [("svg", figure.svg().into_bytes()), ("png", figure.png()?)] {
            let path = folder.figures().join(format!("{stem}.{extension}"));
            atomic::write(&path, &bytes)?;
            written.push(path);
        }
        screen::talk(&format!(
            "figure    {}",
            folder.figures().join(format!("{stem}.{{svg,png}}")).display()
        ));
    }
    Ok(written)
}

/// What to draw.
fn requests(loaded: &Loaded, results: &Results) -> Vec<Request> {
    if loaded.sweep.plots.is_empty() {
        let metric = first_metric(loaded, results);
        return metric.and_then(|metric| sensible(results, metric)).into_iter().collect();
    }
    loaded.sweep.plots.iter().filter_map(|plot| request(loaded, results, plot)).collect()
}

fn request(loaded: &Loaded, results: &Results, plot: &Plot) -> Option<Request> {
    let Some(metric) = results.metric(&plot.metric) else {
        let known: Vec<String> =
            results.numeric_metrics().into_iter().map(|metric| results.metrics[metric].clone()).collect();
        let name = words::one_line(&plot.metric);
        let there = match schema::nearest(&plot.metric, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "no cell has measured anything yet".into(),
            None => format!("there are {}", words::some(&known)),
        };
        screen::talk(&format!("warning: [[plot]]: there is no metric `{name}`; {there}"));
        return None;
    };
    let scale = match plot.scale {
        AskedScale::Linear => Scale::Linear,
        AskedScale::Log => Scale::Log,
    };
    let over = loaded.sweep.axis(&plot.over)?;
    Some(Request { metric, over, by: plot.by.as_deref().and_then(|by| loaded.sweep.axis(by)), scale })
}

/// The axes with their units, where they are parameters of the built-in worker.
fn axis_labels(loaded: &Loaded) -> Vec<String> {
    let unit = |name: &str| {
        let parameter = if loaded.sweep.worker.is_none() { schema::find(name) } else { None };
        parameter.map(|parameter| parameter.unit).filter(|unit| !unit.is_empty())
    };
    let label = |name: &str| unit(name).map_or_else(|| name.to_string(), |unit| format!("{name} ({unit})"));
    loaded.sweep.axes().iter().map(|axis| label(&axis.name)).collect()
}

/// `clarity_over_tau`; where two figures would share it, `clarity_over_tau_by_seed`, `clarity_over_tau_2`, ...
fn file_stem(results: &Results, request: &Request, taken: &mut HashSet<String>) -> String {
    // Names of a foreign worker's metrics may hold anything.
    let plain = |name: &str| -> String {
        let allowed = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        name.chars().take(60).map(allowed).collect()
    };
    let stem =
        format!("{}_over_{}", plain(&results.metrics[request.metric]), plain(&results.axes[request.over]));
    let by = request.by.map(|by| format!("{stem}_by_{}", plain(&results.axes[by])));
    let numbered = (2..).map(|number| format!("{stem}_{number}"));
    let mut candidates = [Some(stem.clone()), by].into_iter().flatten().chain(numbered);
    // The last part of the chain never ends.
    candidates.find(|candidate| taken.insert(candidate.clone())).unwrap_or(stem)
}
