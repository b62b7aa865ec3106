//! Figures of what a network does, as files.

use std::path::Path;

use gainsweep_draw::Sheet;
use gainsweep_model::testing;
use gainsweep_model::{Arrays, Engine, Experiment};
use gainsweep_store::atomic;

use crate::failure::{Failure, guarded, tell};
use crate::network_figures::{self, Figures, Observed};

/// Contexts that the figures of a training come from, at most.
const CONTEXTS: usize = 20;

/// Runs the experiment's test with these weights, and says what there is to see.
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

/// A figure as PNG. A fault of the library that draws is an error of the drawing alone.
pub(crate) fn png(sheet: &Sheet) -> Result<Vec<u8>, Failure> {
    guarded(|| sheet.png().map_err(|error| Failure::Other(error.to_string())))
}

/// Writes every figure as SVG and PNG, and says which and which not.
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
