//! The modulated population of the spatial and the Dale network: its sizes, its weights, the effect of its
//! gains.

use gainsweep_contract::{Parameters, Value};

use super::modulation_kernel::modulation_kernel;
use super::published::Published;
use crate::array::Array;
use crate::network::{WeightShape, weight};
use crate::random::Stream;

/// The population.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Population {
    /// Z.
    pub(super) units: usize,
    /// M.
    pub(super) feedback_signals: usize,
    /// Width of the modulation kernel.
    modulation_width: f64,
    /// Are the weights into the population trained?
    pub(super) learn_baseline: bool,
    /// Is the readout of the population trained?
    pub(super) learn_readout: bool,
}

impl Population {
    pub(super) fn from_parameters(parameters: &Parameters) -> Population {
        Population {
            units: parameters.count("population_units"),
            feedback_signals: parameters.count("feedback_signals"),
            modulation_width: parameters.number("modulation_width"),
            learn_baseline: parameters.flag("learn_baseline"),
            learn_readout: parameters.flag("learn_readout"),
        }
    }

    /// Our parameters for the published ones; the numbers of units and of signals are defaults.
    pub(super) fn from_published(
        published: &Published,
        units: i64,
        signals: i64,
    ) -> [(&'static str, Value); 5] {
        [
            ("population_units", Value::Integer(published.nz.unwrap_or(units))),
            ("feedback_signals", Value::Integer(published.nm.unwrap_or(signals))),
            ("modulation_width", Value::Float(published.mod_width.unwrap_or(1.0))),
            ("learn_baseline", Value::Boolean(published.learn_baseline)),
            ("learn_readout", Value::Boolean(published.learn_ro)),
        ]
    }

    /// Weights into it from this many inputs, its readout, and the modulation kernel.
    pub(super) fn weights(&self, signals: usize, inputs: usize) -> Vec<WeightShape> {
        vec![
            WeightShape::new(weight::BASELINE, &[self.units, inputs], self.learn_baseline),
            WeightShape::new(weight::READOUT, &[signals, self.units], self.learn_readout),
            WeightShape::new(weight::KERNEL, &[self.units, self.feedback_signals], false),
        ]
    }

    /// The modulation kernel.
    pub(super) fn kernel(&self) -> Array {
        modulation_kernel(self.units, self.feedback_signals, self.modulation_width)
    }
}

/// Normal random numbers.
pub(super) fn normal(shape: &[usize], mean: f64, deviation: f64, mut stream: Stream) -> Array {
    Array::fill_with(shape, || stream.normal(mean, deviation) as f32)
}

/// `readout diag(gains) into`, row by row.
pub(super) fn through_gains(readout: &Array, gains: &[f32], into: &Array) -> Vec<f32> {
    let signals = into.row_len();
    let mut product = vec![0.0_f64; readout.shape()[0] * signals];
    for (output, row) in product.chunks_mut(signals).enumerate() {
        for (unit, gain) in gains.iter().enumerate() {
            let weight = f64::from(readout.row(output)[unit]) * f64::from(*gain);
            for (entry, into) in row.iter_mut().zip(into.row(unit)) {
                *entry += weight * f64::from(*into);
            }
        }
    }
    product.into_iter().map(|entry| entry as f32).collect()
}
