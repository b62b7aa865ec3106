//! The equations of [`super`] on libtorch: the reference.

use tch::Tensor;

use super::{POPULATION, Spatial};
use crate::network::weight;
use crate::torch::{Lstm, State, Step, Stepped, Weights, relax, through};

/// The network with its weights.
pub(crate) struct SpatialStep {
    lstm: Lstm,
    baseline: Tensor,
    readout: Tensor,
    kernel: Tensor,
    tau: f64,
}

impl Step for SpatialStep {
    type Options = Spatial;

    fn new(options: &Spatial, lstm: Lstm, weights: &Weights) -> SpatialStep {
        let weight = |name: &str| weights[name].shallow_clone();
        SpatialStep {
            lstm,
            baseline: weight(weight::BASELINE),
            readout: weight(weight::READOUT),
            kernel: weight(weight::KERNEL),
            tau: options.tau,
        }
    }

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
            activity: vec![(POPULATION, population)],
        }
    }
}
