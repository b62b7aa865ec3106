//! Writes figures of what a network does.

use std::path::Path;

use gainsweep_draw::Sheet;
use gainsweep_model::testing;
use gainsweep_model::{Arrays, Engine, Experiment};
use gainsweep_store::atomic;

use crate::failure::{Failure, guarded, tell};
use crate::network_figures::{self, Figures, Observed};

/// Most contexts in the figures of a training.
const CONTEXTS: usize = 20;

/// Runs the experiment's test with these weights, and collects the data for figures.
pub(crate) fn observe(
    experiment: &Experiment,
    engine: &mut dyn Engine,
    weights: &Arrays,
) -> Result<Figures, Failure> {
    let network = experiment.network();
    let inputs =
        experiment.test_inputs(0).map_err(|error| Failure::Usage(error.to_string()))?.first(CONTEXTS);
    let run = testing::run(engine, weights, &inputs, &network_figures::record(network))?;
    Ok(network_figures::figures(&Observed { network, weights, inputs: &inputs, run: &run }))
}

/// A figure as PNG. A panic of the drawing library is only an error of the drawing.
pub(crate) fn png(sheet: &Sheet) -> Result<Vec<u8>, Failure> {
    guarded(|| sheet.png().map_err(|error| Failure::Other(error.to_string())))
}

/// Writes every figure as SVG and PNG, and prints which were written and which not.
pub(crate) fn write(folder: &Path, figures: &Figures) -> Result<(), Failure> {
    fs_err::create_dir_all(folder)?;
    let mut names = Vec::new();
    for figure in &figures.drawn {
        let svg = guarded(|| Ok(figure.sheet.svg()))?;
        atomic::write(&folder.join(format!("{}.svg", figure.name)), svg.as_bytes())?;
        atomic::write(&folder.join(format!("{}.png", figure.name)), &png(&figure.sheet)?)?;
        names.push(figure.name);
    }
    tell(&format!("drawn in {}, as SVG and PNG: {}", folder.display(), names.join(", ")));
    for (name, reason) in &figures.left_out {
        tell(&format!("left out: {name} ({reason})"));
    }
    Ok(())
}
