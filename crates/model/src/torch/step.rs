//! What the networks share: a pure step from state to state.

use std::collections::BTreeMap;

use tch::Tensor;

use super::lstm::Lstm;

/// Weights by the names of the published code.
pub(crate) type Weights = BTreeMap<String, Tensor>;

/// The state of a network between steps.
pub(crate) struct State {
    /// LSTM output h `[B, H]`.
    pub(crate) hidden: Tensor,
    /// LSTM cell c `[B, H]`.
    pub(crate) cell: Tensor,
    /// In the order of `Network::state_shapes`; the last one acts on the signals.
    pub(crate) modulation: Vec<Tensor>,
}

impl State {
    /// Freezes the feedback: the modulation that acts on the signals keeps its value.
    pub(crate) fn hold_modulation(&mut self, before: &State) {
        if let (Some(acting), Some(held)) = (self.modulation.last_mut(), before.modulation.last()) {
            *acting = held.shallow_clone();
        }
    }
}

/// One step's results.
pub(crate) struct Stepped {
    pub(crate) state: State,
    /// y `[B, S]`.
    pub(crate) output: Tensor,
    /// Readout of the LSTM `[B, outputs]`.
    pub(crate) feedback: Tensor,
    /// Activity of populations, by the name of its trace.
    pub(crate) activity: Vec<(&'static str, Tensor)>,
}

/// A network with its weights. The output of a step uses the modulation of the step before.
pub(crate) trait Step: Sized + 'static {
    /// The network's options.
    type Options: Clone;

    /// The network with these weights, which are already checked.
    fn new(options: &Self::Options, lstm: Lstm, weights: &Weights) -> Self;

    /// From stimuli x `[B, S]` and the state to the next state.
    fn step(&self, x: &Tensor, state: &State) -> Stepped;
}

/// `inputs` `[B, from]` through `weights` `[to, from]`: W a for every trial.
pub(crate) fn through(weights: &Tensor, inputs: &Tensor) -> Tensor {
    inputs.matmul(&weights.tr())
}

/// Euler step of tau dm/dt = target - m, with a time step of 1.
pub(crate) fn relax(modulation: &Tensor, target: &Tensor, tau: f64) -> Tensor {
    modulation + (target - modulation) / tau
}
