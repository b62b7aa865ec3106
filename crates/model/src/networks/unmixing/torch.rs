//! The equations of [`super`] on libtorch: the reference.

use tch::Tensor;

use super::Unmixing;
use crate::torch::{Lstm, State, Step, Stepped, Weights};

/// The network with its weights.
pub(crate) struct UnmixingStep {
    lstm: Lstm,
}

/// y = W x with a matrix `[B, S, S]` for each trial.
pub(crate) fn unmix(matrix: &Tensor, x: &Tensor) -> Tensor {
    matrix.matmul(&x.unsqueeze(-1)).squeeze_dim(-1)
}

impl Step for UnmixingStep {
    type Options = Unmixing;

    fn new(_: &Unmixing, lstm: Lstm, _: &Weights) -> UnmixingStep {
        UnmixingStep { lstm }
    }

    fn step(&self, x: &Tensor, state: &State) -> Stepped {
        let matrix = &state.modulation[0];
        let output = unmix(matrix, x);
        let (hidden, cell, feedback) = self.lstm.step(x, &output, state);
        let matrix = feedback.view_as(matrix);
        Stepped {
            state: State { hidden, cell, modulation: vec![matrix] },
            output,
            feedback,
            activity: Vec::new(),
        }
    }
}
