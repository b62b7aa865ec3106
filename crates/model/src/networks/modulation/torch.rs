//! The equations of [`super`] on libtorch: the reference.

use tch::Tensor;

use super::Modulation;
use crate::network::weight;
use crate::networks::unmixing::torch::unmix;
use crate::torch::{Lstm, State, Step, Stepped, Weights, relax};

/// The network with its weights.
pub(crate) struct ModulationStep {
    lstm: Lstm,
    baseline: Tensor,
    tau: f64,
    additive: bool,
}

impl Step for ModulationStep {
    type Options = Modulation;

    fn new(options: &Modulation, lstm: Lstm, weights: &Weights) -> ModulationStep {
        ModulationStep {
            lstm,
            baseline: weights[weight::BASELINE].shallow_clone(),
            tau: options.tau,
            additive: options.additive,
        }
    }

    fn step(&self, x: &Tensor, state: &State) -> Stepped {
        let matrix = &state.modulation[0];
        let output = unmix(matrix, x);
        let (hidden, cell, feedback) = self.lstm.step(x, &output, state);
        let modulation = feedback.view_as(matrix);
        let target = if self.additive { &self.baseline + modulation } else { &self.baseline * modulation };
        let matrix = relax(matrix, &target, self.tau);
        Stepped {
            state: State { hidden, cell, modulation: vec![matrix] },
            output,
            feedback,
            activity: Vec::new(),
        }
    }
}
