//! No modulation at all: the readout of the LSTM is the output (`DirectDemixNet`). The LSTM sees stimuli only.
//!
//! ```text
//! y = LSTM(x)
//! ```

use tch::Tensor;

use super::lstm::Lstm;
use super::step::{State, Step, Stepped};

pub(super) struct Direct {
    lstm: Lstm,
}

impl Direct {
    pub(super) fn new(lstm: Lstm) -> Direct {
        Direct { lstm }
    }
}

impl Step for Direct {
    fn step(&self, x: &Tensor, state: &State) -> Stepped {
        // The output is not an input, so what stands in its place is not looked at.
        let (hidden, cell, feedback) = self.lstm.step(x, x, state);
        Stepped {
            state: State { hidden, cell, modulation: Vec::new() },
            output: feedback.shallow_clone(),
            feedback,
            activity: Vec::new(),
        }
    }
}
