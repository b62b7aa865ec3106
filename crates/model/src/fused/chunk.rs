//! From the arrays of a batch to the lanes of one chunk of its trials, and back.

use std::ops::Range;

use super::tape::Tape;
use crate::array::Arrays;
use crate::batch::Batch;
use crate::kernels::{LANES, Lanes};
use crate::network::Network;

/// Some trials of a batch: as many as a vector has lanes, or fewer in the last chunk.
///
/// The chunks do not depend on the number of threads, and each chunk is computed alone. So the results do not
/// depend on it either.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk {
    start: usize,
    end: usize,
}

impl Chunk {
    /// All chunks of this many trials.
    pub(crate) fn all(trials: usize) -> Vec<Chunk> {
        (0..trials).step_by(LANES).map(|start| Chunk { start, end: trials.min(start + LANES) }).collect()
    }

    pub(crate) fn len(self) -> usize {
        self.end - self.start
    }

    /// The trial in a lane. Spare lanes repeat the last trial, so they are finite if it is.
    fn trial(self, lane: usize) -> usize {
        (self.start + lane).min(self.end - 1)
    }

    /// Element `index` of each trial's row of `[trials, width]`.
    fn gather(self, data: &[f32], width: usize, index: usize) -> Lanes {
        Lanes(std::array::from_fn(|lane| data[self.trial(lane) * width + index]))
    }

    /// Appends `[trials, width]` of this chunk's trials.
    pub(crate) fn scatter(self, lanes: &[Lanes], data: &mut Vec<f32>) {
        for lane in 0..self.len() {
            data.extend(lanes.iter().map(|lanes| lanes.0[lane]));
        }
    }

    /// Writes the state before the first step and the stimuli x = A s + noise of steps `steps` onto the tape.
    pub(crate) fn load(
        self,
        network: &Network,
        state: &Arrays,
        batch: &Batch,
        steps: Range<usize>,
        tape: &mut Tape,
    ) {
        tape.resize(steps.len());
        let row = |name: &str, width: usize, index: usize| self.gather(state[name].data(), width, index);
        let shapes = network.state_shapes(1);
        let [(hidden, _), (cell, _), modulations @ ..] = &shapes[..] else {
            unreachable!("every state begins with h and c")
        };
        for unit in 0..network.hidden_units {
            tape.hidden[unit] = row(hidden, network.hidden_units, unit);
            tape.set_cell(unit, row(cell, network.hidden_units, unit));
        }
        for ((name, _), history) in modulations.iter().zip(&mut tape.modulation) {
            let width = history.width();
            for (index, lanes) in history.at_mut(0).iter_mut().enumerate() {
                *lanes = row(name, width, index);
            }
        }
        let signals = network.signals;
        let mixing: Vec<Lanes> = (0..signals * signals)
            .map(|index| self.gather(batch.mixing.data(), signals * signals, index))
            .collect();
        for (instant, step) in steps.enumerate() {
            let (sources, noise) = (batch.sources.row(step), batch.noise.row(step));
            for (signal, stimulus) in tape.stimulus.at_mut(instant).iter_mut().enumerate() {
                let mut sum = [0.0; LANES];
                for (weights, source) in mixing[signal * signals..].iter().zip(sources) {
                    for (sum, weight) in sum.iter_mut().zip(weights.0) {
                        *sum += weight * source;
                    }
                }
                for (lane, (stimulus, sum)) in stimulus.0.iter_mut().zip(sum).enumerate() {
                    *stimulus = sum + noise[self.trial(lane) * signals + signal];
                }
            }
        }
    }
}
