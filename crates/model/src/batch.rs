//! The inputs of one pass: sources, contexts and noise of some trials.

use crate::array::Array;

/// The inputs of one pass over T time steps of B trials.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Sources `[T, S]`, the same for all trials.
    pub sources: Array,
    /// Context of each trial `[B, S, S]`.
    pub mixing: Array,
    /// Noise on the stimuli, already scaled `[T, B, S]`.
    pub noise: Array,
}

impl Batch {
    /// T.
    pub fn steps(&self) -> usize {
        self.sources.shape()[0]
    }

    /// B.
    pub fn trials(&self) -> usize {
        self.mixing.shape()[0]
    }

    /// S.
    pub fn signals(&self) -> usize {
        self.sources.shape()[1]
    }

    /// Do the three arrays agree in T, B and S?
    pub fn is_consistent(&self) -> bool {
        let (steps, trials, signals) = (self.steps(), self.trials(), self.signals());
        self.mixing.shape() == [trials, signals, signals] && self.noise.shape() == [steps, trials, signals]
    }
}
