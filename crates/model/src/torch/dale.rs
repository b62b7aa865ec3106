//! The Dalean rate network (`DaleRateNet`; paper, eq. 11-14): rectified units, positive excitation and inhibition,
//! gains p that fall with the modulation m.
//!
//! ```text
//! zL = [W_Lx x]+      E = |W_HL| zL      I = W_inh zL
//! zH = p * [E - I]+   (excitation only: [p * E - I]+,   inhibition only: [E - p * I]+)
//! y  = W_ro zH        tau dm/dt = LSTM(x, y) - m        p = 1 - sigmoid(K m)
//! ```

use tch::Tensor;

use super::lstm::Lstm;
use super::step::{State, Step, Stepped, Weights, relax, through};
use crate::network::{ModulationTarget, trace, weight};

pub(super) struct Dale {
    lstm: Lstm,
    input: Tensor,
    /// Its absolute value is what acts, so that learning keeps Dale's law.
    excitation: Tensor,
    inhibition: Tensor,
    readout: Tensor,
    kernel: Tensor,
    tau: f64,
    target: ModulationTarget,
}

impl Dale {
    pub(super) fn new(lstm: Lstm, weights: &Weights, tau: f64, target: ModulationTarget) -> Dale {
        let weight = |name: &str| weights[name].shallow_clone();
        Dale {
            lstm,
            input: weight(weight::LOWER),
            excitation: weights[weight::BASELINE].abs(),
            inhibition: weight(weight::INHIBITION),
            readout: weight(weight::READOUT),
            kernel: weight(weight::KERNEL),
            tau,
            target,
        }
    }
}

impl Step for Dale {
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
            activity: vec![(trace::LOWER, lower), (trace::HIGHER, higher)],
        }
    }
}
