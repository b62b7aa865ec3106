//! The equations of [`super`] on libtorch: the reference.

use tch::Tensor;

use super::{Dale, HIGHER, INHIBITION_WEIGHTS, LOWER, LOWER_WEIGHTS, ModulationTarget};
use crate::network::weight;
use crate::torch::{Lstm, State, Step, Stepped, Weights, relax, through};

/// The network with its weights.
pub(crate) struct DaleStep {
    lstm: Lstm,
    input: Tensor,
    /// Its absolute value acts, so that learning keeps Dale's law.
    excitation: Tensor,
    inhibition: Tensor,
    readout: Tensor,
    kernel: Tensor,
    tau: f64,
    target: ModulationTarget,
}

impl Step for DaleStep {
    type Options = Dale;

    fn new(options: &Dale, lstm: Lstm, weights: &Weights) -> DaleStep {
        let weight = |name: &str| weights[name].shallow_clone();
        DaleStep {
            lstm,
            input: weight(LOWER_WEIGHTS),
            excitation: weights[weight::BASELINE].abs(),
            inhibition: weight(INHIBITION_WEIGHTS),
            readout: weight(weight::READOUT),
            kernel: weight(weight::KERNEL),
            tau: options.tau,
            target: options.target,
        }
    }

    fn step(&self, x: &Tensor, state: &State) -> Stepped {
        let (modulation, gain) = (&state.modulation[0], &state.modulation[1]);
        let lower = through(&self.input, x).relu();
        let excitation = through(&self.excitation, &lower);
        let inhibition = through(&self.inhibition, &lower);
        let higher = match self.target {
            ModulationTarget::Both => gain * (excitation - inhibition).relu(),
            ModulationTarget::Excitation => (gain * excitation - inhibition).relu(),
            ModulationTarget::Inhibition => (excitation - gain * inhibition).relu(),
        };
        let output = through(&self.readout, &higher);
        let (hidden, cell, feedback) = self.lstm.step(x, &output, state);
        let modulation = relax(modulation, &feedback, self.tau);
        let gain = 1.0 - through(&self.kernel, &modulation).sigmoid();
        Stepped {
            state: State { hidden, cell, modulation: vec![modulation, gain] },
            output,
            feedback,
            activity: vec![(LOWER, lower), (HIGHER, higher)],
        }
    }
}
