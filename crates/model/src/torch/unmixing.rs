//! The plain unmixing network: the feedback is the unmixing matrix of the next step (`UnmixingModel`).
//!
//! ```text
//! y(t) = W(t-1) x(t)        W(t) = LSTM(x(t), y(t))
//! ```

use tch::Tensor;

use super::lstm::Lstm;
use super::step::{State, Step, Stepped};

pub(super) struct Unmixing {
    lstm: Lstm,
}

impl Unmixing {
    pub(super) fn new(lstm: Lstm) -> Unmixing {
        Unmixing { lstm }
    }
}

/// y = W x with a matrix `[B, S, S]` for each trial.
pub(super) fn unmix(matrix: &Tensor, x: &Tensor) -> Tensor {
    matrix.matmul(&x.unsqueeze(-1)).squeeze_dim(-1)
}

impl Step for Unmixing {
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
