//! Analyses of trained networks (paper, Methods): each is a function of a network, its weights and a test.
//! `docs/reference/analyses.md` defines each one, with its place in the paper.

mod context_changes;
mod context_decoding;
mod correlations;
pub mod decoding;
mod drive;
pub mod effective_weights;
mod feedforward;
mod findings;
pub mod frozen_feedback;
mod principal_components;
mod stages;
mod static_readout;
pub mod statistics;
pub mod subspace;
mod switching;

use gainsweep_contract::Analysis;

pub use findings::{Field, Findings};

use crate::array::{Array, Arrays};
use crate::contexts::NoContext;
use crate::engine::{Engine, EngineError};
use crate::experiment::Experiment;
use crate::network::{Network, state};
use crate::testing::{self, TestInputs, TestRun};

/// Why an analysis failed.
#[derive(Debug, thiserror::Error)]
pub enum AnalysisError {
    /// No context can be drawn.
    #[error(transparent)]
    NoContext(#[from] NoContext),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The numbers do not allow this analysis.
    #[error("{0}")]
    Undefined(String),
    /// The training of a baseline diverged.
    #[error("{0}")]
    Diverged(String),
}

fn undefined(reason: &str) -> AnalysisError {
    AnalysisError::Undefined(reason.into())
}

/// A trained network, ready to be tested.
struct Subject<'a> {
    engine: &'a mut dyn Engine,
    weights: &'a Arrays,
    experiment: &'a Experiment,
}

impl Subject<'_> {
    fn test(&mut self, inputs: &TestInputs, record: &[&str]) -> Result<TestRun, AnalysisError> {
        Ok(testing::run(self.engine, self.weights, inputs, record)?)
    }

    /// The trace of the modulated population.
    fn population(&self) -> Result<&'static str, AnalysisError> {
        let trace = self.experiment.network().population_trace();
        trace.ok_or_else(|| undefined("this network has no modulated population"))
    }

    /// A parameter that is a count.
    fn count(&self, name: &str) -> usize {
        self.experiment.parameters().count(name)
    }
}

/// Runs the analysis of the experiment's parameters on a trained network.
///
/// # Errors
/// [`AnalysisError`].
///
/// # Panics
/// With an analysis that reads no network: a bug of the caller.
pub fn of_network(
    analysis: Analysis,
    engine: &mut dyn Engine,
    weights: &Arrays,
    experiment: &Experiment,
) -> Result<Findings, AnalysisError> {
    let mut subject = Subject { engine, weights, experiment };
    match analysis {
        Analysis::FrozenFeedback => frozen_feedback::run(&mut subject),
        Analysis::Stages => stages::run(&mut subject),
        Analysis::ContextDecoding => context_decoding::run(&mut subject),
        Analysis::PrincipalComponents => principal_components::run(&mut subject),
        Analysis::ContextChanges => context_changes::run(&mut subject),
        Analysis::Correlations => correlations::run(&mut subject),
        Analysis::Switching => switching::run(&mut subject),
        Analysis::Drive => drive::run(&mut subject),
        Analysis::StaticReadout | Analysis::Feedforward => unreachable!("it reads no network"),
    }
}

/// The same for the baselines without a network. `stop` is called now and then; the result is `None` if it
/// returns `true`.
///
/// # Errors
/// [`AnalysisError`].
///
/// # Panics
/// With an analysis that reads a network: a bug of the caller.
pub fn of_baseline(
    analysis: Analysis,
    experiment: &Experiment,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Findings>, AnalysisError> {
    match analysis {
        Analysis::StaticReadout => static_readout::run(experiment).map(Some),
        Analysis::Feedforward => feedforward::run(experiment, stop),
        Analysis::FrozenFeedback
        | Analysis::Stages
        | Analysis::ContextDecoding
        | Analysis::PrincipalComponents
        | Analysis::ContextChanges
        | Analysis::Correlations
        | Analysis::Switching
        | Analysis::Drive => unreachable!("it reads a network"),
    }
}

/// The most that an analysis records of a test, to estimate the needed memory.
pub fn recorded_width(network: &Network) -> usize {
    let traces = network.traces();
    let recorded = traces.iter().filter(|name| ![state::HIDDEN, state::CELL].contains(name));
    recorded.map(|name| network.trace_shape(name).iter().product::<usize>()).sum()
}

/// Distance of two contexts: the Frobenius norm of their difference.
fn distance(one: &[f32], other: &[f32]) -> f64 {
    one.iter().zip(other).map(|(one, other)| f64::from(one - other).powi(2)).sum::<f64>().sqrt()
}

/// The diagonal of context space separates contexts by the sign of their determinant (rows of two sources).
fn same_side(one: &[f32], other: &[f32]) -> bool {
    let sign = |context: &[f32]| context[0] * context[3] > context[1] * context[2];
    sign(one) == sign(other)
}

/// Mean of each column over rows `start..end`.
fn column_means(array: &Array, start: usize, end: usize) -> Vec<f64> {
    let mut means = vec![0.0; array.row_len()];
    for row in start..end {
        means.iter_mut().zip(array.row(row)).for_each(|(mean, value)| *mean += f64::from(*value));
    }
    for mean in &mut means {
        *mean /= (end - start) as f64;
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_have_sides_and_distances() {
        let (one, mirrored) = ([0.8, 0.2, 0.3, 0.7], [0.3, 0.7, 0.8, 0.2]);
        assert!(same_side(&one, &one) && !same_side(&one, &mirrored));
        assert!((distance(&one, &mirrored) - 1.0).abs() < 1e-6);
        assert!((distance(&mirrored, &one) - distance(&one, &mirrored)).abs() < 1e-12);
    }
}
