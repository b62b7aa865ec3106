//! Weight modulation (`ModulationNet`; paper, eq. 4-6): the feedback modulates a baseline matrix, at once or slowly.
//!
//! ```text
//! y(t) = W(t-1) x(t)        tau dW/dt = W0 * LSTM(x, y) - W     (additive: W0 + LSTM(x, y) - W)
//! ```

use tch::Tensor;

use super::lstm::Lstm;
use super::step::{State, Step, Stepped, Weights, relax};
use super::unmixing::unmix;
use crate::network::weight;

pub(super) struct Modulation {
    lstm: Lstm,
    baseline: Tensor,
    tau: f64,
    additive: bool,
}

impl Modulation {
    pub(super) fn new(lstm: Lstm, weights: &Weights, tau: f64, additive: bool) -> Modulation {
        Modulation { lstm, baseline: weights[weight::BASELINE].shallow_clone(), tau, additive }
    }
}

impl Step for Modulation {
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
