//! Spatially diffuse modulation (`SpatialNet`; paper, eq. 7-10): a few feedback signals l modulate the gains m of a
//! population z through the kernel K.
//!
//! ```text
//! z = m * (W_x x)        y = W_ro z        tau dm/dt = K l - m,   l = LSTM(x, y)
//! ```

use tch::Tensor;

use super::lstm::Lstm;
use super::step::{State, Step, Stepped, Weights, relax, through};
use crate::network::{trace, weight};

pub(super) struct Spatial {
    lstm: Lstm,
    baseline: Tensor,
    readout: Tensor,
    kernel: Tensor,
    tau: f64,
}

impl Spatial {
    pub(super) fn new(lstm: Lstm, weights: &Weights, tau: f64) -> Spatial {
        let weight = |name: &str| weights[name].shallow_clone();
        Spatial {
            lstm,
            baseline: weight(weight::BASELINE),
            readout: weight(weight::READOUT),
            kernel: weight(weight::KERNEL),
            tau,
        }
    }
}

impl Step for Spatial {
    fn step(&self, x: &Tensor, state: &State) -> Stepped {
        let modulation = &state.modulation[0];
        let population = modulation * through(&self.baseline, x);
        let output = through(&self.readout, &population);
        let (hidden, cell, feedback) = self.lstm.step(x, &output, state);
        let modulation = relax(modulation, &through(&self.kernel, &feedback), self.tau);
        Stepped {
            state: State { hidden, cell, modulation: vec![modulation] },
            output,
            feedback,
            activity: vec![(trace::POPULATION, population)],
        }
    }
}
