//! Figures of one network in a test: one file a figure, each a pure function from traces to panels.
//!
//! Nothing here opens a file, reads a clock or the environment, or prints: `plots.rs` writes the figures.
//! `gainsweep-draw` decides how panels look, `gainsweep-model` what a trace is.
//!
//! The figures correspond to those of the paper for one network: 1b (signals around a change of context), 1c
//! and 3-s1d (effective weights and the inverse mixing), 1d, 4b and 6e (clarity of each stage), 3c and 6c
//! (modulation). Trainings and analyses have others: the loss, 3b (kernels), 4b and 4e (units and decoders),
//! 5b, 5d and 5e (the subspace).

mod angles;
mod clarity;
mod kernels;
mod loss;
mod modulation;
mod signals;
mod stages;
mod subspace;
#[cfg(test)]
mod tests;
mod time_window;
mod violins;
mod weights;

pub(crate) use angles::{Turn, angle_distance, angles};
pub(crate) use kernels::kernels;
pub(crate) use loss::loss;
pub(crate) use stages::{Stage, source_decoding, unit_clarity};
pub(crate) use subspace::{Phases, subspace};

use gainsweep_draw::Sheet;
use gainsweep_model::analysis::effective_weights;
use gainsweep_model::network::trace;
use gainsweep_model::testing::{TestInputs, TestRun};
use gainsweep_model::{Arrays, Network};

/// A completed test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Observed<'a> {
    /// The network.
    pub(crate) network: &'a Network,
    /// Its weights.
    pub(crate) weights: &'a Arrays,
    /// Its inputs.
    pub(crate) inputs: &'a TestInputs,
    /// Its results, with the traces of [`record`].
    pub(crate) run: &'a TestRun,
}

/// One figure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    /// For the name of a file.
    pub(crate) name: &'static str,
    /// Its content.
    pub(crate) sheet: Sheet,
}

/// The figures of a test.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    /// In the order of the paper.
    pub(crate) drawn: Vec<Figure>,
    /// Names of figures that this network does not have, with the reason.
    pub(crate) left_out: Vec<(&'static str, &'static str)>,
}

/// The traces that figures of this network need.
pub(crate) fn record(network: &Network) -> Vec<&'static str> {
    let mut names = vec![trace::STIMULUS, trace::OUTPUT];
    names.extend(effective_weights::needed_traces(network));
    names.extend(network.gains().into_iter().flat_map(|gains| [gains.gains, gains.signals]));
    names.extend(network.activities().into_iter().map(|activity| activity.name));
    names.sort_unstable();
    names.dedup();
    names
}

/// Sources, stimuli, outputs and error around a change of the context, with frozen feedback shaded. The test
/// must have recorded stimuli and outputs.
pub(crate) fn signals(observed: &Observed<'_>) -> Sheet {
    signals::sheet(observed)
}

/// Draws all figures of this network.
pub(crate) fn figures(observed: &Observed<'_>) -> Figures {
    let mut figures = Figures::default();
    let mut add = |name, sheet: Result<Sheet, &'static str>| match sheet {
        Ok(sheet) => figures.drawn.push(Figure { name, sheet }),
        Err(reason) => figures.left_out.push((name, reason)),
    };
    add("signals", Ok(signals::sheet(observed)));
    add("weights", weights::sheet(observed));
    add("clarity", Ok(clarity::sheet(observed)));
    add("modulation", modulation::sheet(observed));
    figures
}
