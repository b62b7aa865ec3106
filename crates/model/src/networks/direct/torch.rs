//! The equations of [`super`] on libtorch: the reference.

use tch::Tensor;

use super::Direct;
use crate::torch::{Lstm, State, Step, Stepped, Weights};

/// The network with its weights.
pub(crate) struct DirectStep {
    lstm: Lstm,
}

impl Step for DirectStep {
    type Options = Direct;

    fn new(_: &Direct, lstm: Lstm, _: &Weights) -> DirectStep {
        DirectStep { lstm }
    }

    fn step(&self, x: &Tensor, state: &State) -> Stepped {
        // The LSTM does not see the output, so its place may hold anything.
        let (hidden, cell, feedback) = self.lstm.step(x, x, state);
        Stepped {
            state: State { hidden, cell, modulation: Vec::new() },
            output: feedback.shallow_clone(),
            feedback,
            activity: Vec::new(),
        }
    }
}
