//! What the five networks have in common: a pure step from state to state.

use std::collections::BTreeMap;

use tch::Tensor;

/// Weights by the names of the published code.
pub(super) type Weights = BTreeMap<String, Tensor>;

/// What a network carries from step to step.
pub(super) struct State {
    /// LSTM output h `[B, H]`.
    pub(super) hidden: Tensor,
    /// LSTM cell c `[B, H]`.
    pub(super) cell: Tensor,
    /// In the order of `Network::state_shapes`; the last is what acts on the signals.
    pub(super) modulation: Vec<Tensor>,
}

impl State {
    /// Freezes the feedback: what acts on the signals stays what it was before.
    pub(super) fn hold_modulation(&mut self, before: &State) {
        if let (Some(acting), Some(held)) = (self.modulation.last_mut(), before.modulation.last()) {
            *acting = held.shallow_clone();
        }
    }
}

/// One step's results.
pub(super) struct Stepped {
    pub(super) state: State,
    /// y `[B, S]`.
    pub(super) output: Tensor,
    /// Readout of the LSTM `[B, outputs]`.
    pub(super) feedback: Tensor,
    /// Activity of populations, by the name of its trace.
    pub(super) activity: Vec<(&'static str, Tensor)>,
}

/// A network with its weights. The output of a step uses the modulation of the step before.
pub(super) trait Step {
    /// From stimuli x `[B, S]` and the state to the next state.
    fn step(&self, x: &Tensor, state: &State) -> Stepped;
}

/// `inputs` `[B, from]` through `weights` `[to, from]`: W a for every trial.
pub(super) fn through(weights: &Tensor, inputs: &Tensor) -> Tensor {
    inputs.matmul(&weights.tr())
}

/// Euler step of tau dm/dt = target - m, with a time step of 1.
pub(super) fn relax(modulation: &Tensor, target: &Tensor, tau: f64) -> Tensor {
    modulation + (target - modulation) / tau
}
