//! The trait that each network's folder implements.

use std::fmt;

use super::Network;
use crate::array::{Array, Arrays};
use crate::engine::Engine;
#[cfg(feature = "torch")]
use crate::engine::EngineError;
use crate::kernels::Level;
use crate::random::Stream;

/// What a network does with the feedback, the readout of its LSTM. Each folder in `networks/` implements this
/// once, for the type of its options.
pub(crate) trait Architecture: fmt::Debug + Send + Sync {
    /// M: outputs of the LSTM's readout.
    fn feedback_signals(&self, signals: usize) -> usize;

    /// Its own weights, besides those of the LSTM.
    fn weights(&self, signals: usize) -> Vec<WeightShape>;

    /// The initial value of one of its own weights. `stream` makes a stream of random numbers by name; each
    /// weight has its own stream, so that no weight depends on another.
    fn initial_weight(&self, weight: &WeightShape, stream: &dyn Fn(&str) -> Stream) -> Array;

    /// Name and shape, for one trial, of its own state besides the LSTM's. The last one acts on the signals:
    /// frozen feedback holds it.
    fn state(&self, signals: usize) -> Vec<(&'static str, Vec<usize>)>;

    /// The part of its state that does not begin at zero, if any.
    fn drawn_state(&self) -> Option<DrawnState> {
        None
    }

    /// Its populations from stimulus to output, each a trace, if any.
    fn populations(&self) -> Vec<Activity> {
        Vec::new()
    }

    /// What the feedback modulates.
    fn modulated(&self) -> Modulated;

    /// The matrix from stimulus to output, if there is one.
    fn effective_weights(&self) -> Option<EffectiveWeights<'_>>;

    /// Its fused engine, see [`crate::fused`].
    fn fused_engine(&self, network: &Network, threads: usize, level: Level) -> Box<dyn Engine + Send>;

    /// Its engine on libtorch, see [`crate::torch`].
    #[cfg(feature = "torch")]
    fn torch_engine(
        &self,
        network: &Network,
        device: &str,
        threads: usize,
    ) -> Result<Box<dyn Engine>, EngineError>;
}

/// One weight of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightShape {
    /// Name in the published code's state dict.
    pub name: &'static str,
    /// Sizes of the dimensions.
    pub shape: Vec<usize>,
    /// Is it trained?
    pub learned: bool,
}

impl WeightShape {
    /// A weight that is trained if `learned`.
    pub(crate) fn new(name: &'static str, shape: &[usize], learned: bool) -> WeightShape {
        WeightShape { name, shape: shape.to_vec(), learned }
    }
}

/// A part of the state that begins with normal random numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawnState {
    /// Its name.
    pub name: &'static str,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation at the start of a training.
    pub deviation_in_training: f64,
    /// The same at the start of a test.
    pub deviation_in_test: f64,
}

/// The activity of some units, as a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Name of the trace.
    pub name: &'static str,
    /// Number of units.
    pub units: usize,
    /// Its name in figures.
    pub words: &'static str,
}

/// What the feedback modulates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Modulated {
    /// Nothing: the feedback does not modulate.
    Nothing,
    /// The matrix from stimulus to output: this state.
    Weights(&'static str),
    /// The gains of a population.
    Gains(Gains),
}

/// Modulated gains, and the signals behind them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gains {
    /// Trace of the population.
    pub population: &'static str,
    /// Trace of its gains.
    pub gains: &'static str,
    /// Their name in figures.
    pub gains_words: &'static str,
    /// The range of their values, if known.
    pub range: Option<(f64, f64)>,
    /// Trace of the few signals behind the gains.
    pub signals: &'static str,
    /// The name of these in figures.
    pub signals_words: &'static str,
}

/// How to compute the matrix W of y(t) = W(t) x(t), see [`crate::analysis::effective_weights`].
pub struct EffectiveWeights<'a> {
    /// Traces that it is computed from.
    pub traces: &'static [&'static str],
    /// Its name in figures.
    pub words: &'static str,
    /// Does it jump from step to step, with the active units?
    pub rectified: bool,
    /// W in one step.
    pub at: Box<MatrixOfStep<'a>>,
}

/// The entries of a matrix, row by row, from the weights of a network and the record of one step.
pub type MatrixOfStep<'a> = dyn Fn(&Arrays, &RecordedStep<'_>) -> Vec<f32> + 'a;

/// One step of a test of one trial.
#[derive(Clone, Copy, Debug)]
pub struct RecordedStep<'a> {
    /// The state before the first step.
    pub start: &'a Arrays,
    /// Traces `[T, ...]`.
    pub traces: &'a Arrays,
    /// Which step.
    pub step: usize,
}

impl RecordedStep<'_> {
    /// A part of the state as it acts in this step: its value after the step before.
    pub fn acting(&self, state: &str) -> &[f32] {
        match self.step.checked_sub(1) {
            None => self.start[state].data(),
            Some(before) => self.traces[state].row(before),
        }
    }

    /// A trace in this step.
    pub fn trace(&self, name: &str) -> &[f32] {
        self.traces[name].row(self.step)
    }
}
