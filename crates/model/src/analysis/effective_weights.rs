//! Effective weights: the matrix that took the stimuli to the outputs at each step, and how far it is from the inverse
//! of the mixing (paper, Figures 1c, 2b, 2c and 3-s1d).
//!
//! ```text
//! y(t) = W(t) x(t)
//!
//! unmixing, modulation   W = w                                    the (modulated) readout itself
//! spatial                W = W_ro diag(m) W_x
//! Dale                   W = W_ro diag(a_H) G diag(a_L) W_Lx      G = diag(p) (|W_HL| - W_inh)
//!                                                                 excitation only: diag(p) |W_HL| - W_inh
//!                                                                 inhibition only: |W_HL| - diag(p) W_inh
//! ```
//!
//! where a is 1 for a unit that was active in that step, and 0 for one that rectification silenced: the rates have no
//! threshold, so that W is the slope of the output at that stimulus and gives it exactly. It differs from sample to sample with the
//! units that are active; its mean over some samples is what compares with the other networks. The direct network
//! has no such matrix: its output is not a product of the stimulus.

use nalgebra::DMatrix;

use crate::array::{Array, Arrays};
use crate::network::{Architecture, ModulationTarget, Network, state, trace, weight};

/// The traces that [`effective_weights`] reads; none for the direct network.
pub fn needed_traces(network: &Network) -> &'static [&'static str] {
    match network.architecture {
        Architecture::Unmixing | Architecture::Modulation { .. } => &[state::MATRIX],
        Architecture::Spatial { .. } => &[state::MODULATION],
        Architecture::Dale { .. } => &[state::GAIN, trace::LOWER, trace::HIGHER],
        Architecture::Direct => &[],
    }
}

/// W(t) `[T, S, S]` of a test of one trial: what took x(t) to y(t), so that it comes of the modulation after the step before.
///
/// `start` is the state before the first step, `traces` are those of a [`crate::testing::TestRun`], `[T, ...]`.
/// `None` for the direct network, or where one of [`needed_traces`] was not recorded.
pub fn effective_weights(
    network: &Network,
    weights: &Arrays,
    start: &Arrays,
    traces: &Arrays,
) -> Option<Array> {
    let signals = network.signals;
    let acting = |name: &str| Some((start.get(name)?, traces.get(name)?));
    // The value of a state that acted in step t.
    let before = |(start, trace): (&'_ Array, &'_ Array), step: usize| -> Vec<f32> {
        if step == 0 { start.data().to_vec() } else { trace.row(step - 1).to_vec() }
    };
    let (steps, data): (usize, Vec<f32>) = match network.architecture {
        Architecture::Direct => return None,
        Architecture::Unmixing | Architecture::Modulation { .. } => {
            let matrix = acting(state::MATRIX)?;
            let steps = matrix.1.shape()[0];
            (steps, (0..steps).flat_map(|step| before(matrix, step)).collect())
        }
        Architecture::Spatial { .. } => {
            let modulation = acting(state::MODULATION)?;
            let (into, readout) = (weights.get(weight::BASELINE)?, weights.get(weight::READOUT)?);
            let steps = modulation.1.shape()[0];
            let one = |step| through_gains(readout, &before(modulation, step), into);
            (steps, (0..steps).flat_map(one).collect())
        }
        Architecture::Dale { target, .. } => {
            let gain = acting(state::GAIN)?;
            let (lower, higher) = (traces.get(trace::LOWER)?, traces.get(trace::HIGHER)?);
            let rectified = Rectified {
                input: weights.get(weight::LOWER)?,
                excitation: weights.get(weight::BASELINE)?,
                inhibition: weights.get(weight::INHIBITION)?,
                readout: weights.get(weight::READOUT)?,
                target,
            };
            let steps = lower.shape()[0];
            let one = |step| rectified.slope(&before(gain, step), lower.row(step), higher.row(step));
            (steps, (0..steps).flat_map(one).collect())
        }
    };
    Some(Array::new(&[steps, signals, signals], data))
}

/// `readout diag(gains) into`, row by row.
fn through_gains(readout: &Array, gains: &[f32], into: &Array) -> Vec<f32> {
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

/// The weights of a Dale network.
struct Rectified<'a> {
    /// `[L, S]`
    input: &'a Array,
    /// `[Z, L]`, its absolute value acts.
    excitation: &'a Array,
    /// `[Z, L]`
    inhibition: &'a Array,
    /// `[S, Z]`
    readout: &'a Array,
    target: ModulationTarget,
}

impl Rectified<'_> {
    /// The slope of the output `[S, S]` with these gains `[Z]`, where these units are active.
    fn slope(&self, gains: &[f32], lower: &[f32], higher: &[f32]) -> Vec<f32> {
        let signals = self.input.row_len();
        let mut into = Array::zeros(&[higher.len(), signals]);
        for (unit, gain) in gains.iter().enumerate().filter(|(unit, _)| higher[*unit] > 0.0) {
            let (for_excitation, for_inhibition) = match self.target {
                ModulationTarget::Both => (*gain, *gain),
                ModulationTarget::Excitation => (*gain, 1.0),
                ModulationTarget::Inhibition => (1.0, *gain),
            };
            let row = &mut into.data_mut()[unit * signals..(unit + 1) * signals];
            for (below, _) in lower.iter().enumerate().filter(|(_, rate)| **rate > 0.0) {
                let weight = for_excitation * self.excitation.row(unit)[below].abs()
                    - for_inhibition * self.inhibition.row(unit)[below];
                for (entry, input) in row.iter_mut().zip(self.input.row(below)) {
                    *entry += weight * input;
                }
            }
        }
        through_gains(self.readout, &vec![1.0; higher.len()], &into)
    }
}

/// The inverse of each mixing matrix: `[C, S, S]` of `[C, S, S]`, not-a-number where there is none.
pub fn inverse_mixing(mixing: &Array) -> Array {
    let (contexts, signals) = (mixing.shape()[0], mixing.shape()[1]);
    let mut data = Vec::with_capacity(contexts * signals * signals);
    for context in 0..contexts {
        let entries = mixing.row(context).iter().map(|entry| f64::from(*entry));
        match DMatrix::from_row_iterator(signals, signals, entries).try_inverse() {
            // Column by column of the transposed is row by row.
            Some(inverse) => data.extend(inverse.transpose().iter().map(|entry| *entry as f32)),
            None => data.extend(vec![f32::NAN; signals * signals]),
        }
    }
    Array::new(mixing.shape(), data)
}

/// Frobenius norm of W(t) - A⁻¹ at each step: `effective` `[C * samples, S, S]` against the `inverse` `[C, S, S]` of the
/// context that the step is in.
pub fn deviation(effective: &Array, inverse: &Array, samples: usize) -> Vec<f64> {
    let difference = |step: usize| {
        let entries = effective.row(step).iter().zip(inverse.row(step / samples));
        entries.map(|(one, other)| f64::from(one - other).powi(2)).sum::<f64>().sqrt()
    };
    (0..effective.shape()[0]).map(difference).collect()
}

#[cfg(test)]
mod tests {
    use gainsweep_contract::{Parameters, Value, ValueMap};

    use super::*;
    use crate::experiment::Experiment;
    use crate::fused::FusedEngine;
    use crate::testing::{self, Freeze};

    fn experiment(model: &str, more: &[(&str, Value)]) -> Experiment {
        let mut values: ValueMap = [
            ("model", Value::Text(model.into())),
            ("hidden_units", Value::Integer(5)),
            ("test_contexts", Value::Integer(3)),
            ("test_samples_per_context", Value::Integer(20)),
            ("source_duration", Value::Float(0.01)),
        ]
        .into_iter()
        .chain(more.iter().cloned())
        .map(|(name, value)| (name.to_string(), value))
        .collect();
        if model == "spatial" || model == "dale" {
            values.insert("population_units".into(), Value::Integer(7));
        }
        Experiment::new(Parameters::resolve(&values).expect("parameters"))
    }

    #[test]
    fn they_take_each_stimulus_to_its_output() {
        let target = |name: &str| vec![("modulation_target", Value::Text(name.into()))];
        let cases = [
            ("unmixing", vec![]),
            ("modulation", vec![("tau", Value::Float(3.0))]),
            ("spatial", vec![]),
            ("dale", target("both")),
            ("dale", target("excitation")),
            ("dale", target("inhibition")),
        ];
        for (model, more) in cases {
            let experiment = experiment(model, &more);
            let network = experiment.network();
            let weights = experiment.initial_weights();
            let mut inputs = experiment.test_inputs(0).expect("inputs");
            inputs.freeze = Some(Freeze { from_context: 1, steps: 7 });
            let record = network.traces();
            let mut engine = FusedEngine::new(*network, 1);
            let run = testing::run(&mut engine, &weights, &inputs, &record).expect("a run");
            let needed: Arrays = needed_traces(network)
                .iter()
                .map(|name| ((*name).to_string(), run.traces[*name].clone()))
                .collect();
            let effective =
                effective_weights(network, &weights, &inputs.state, &needed).expect("effective weights");
            assert_eq!(effective.shape(), [60, 2, 2]);
            let (stimuli, outputs) = (&run.traces[trace::STIMULUS], &run.traces[trace::OUTPUT]);
            let largest = outputs.data().iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            assert!(largest > 1e-6, "{model} is silent");
            for step in 0..60 {
                let (matrix, x) = (effective.row(step), stimuli.row(step));
                for output in 0..2 {
                    let product = matrix[2 * output] * x[0] + matrix[2 * output + 1] * x[1];
                    let found = outputs.row(step)[output];
                    assert!((product - found).abs() <= 1e-5 * largest, "{model} {more:?} step {step}");
                }
            }
        }
        let direct = experiment("direct", &[]);
        assert_eq!(effective_weights(direct.network(), &Arrays::new(), &Arrays::new(), &Arrays::new()), None);
    }

    #[test]
    fn the_inverse_of_a_context_is_at_no_distance_from_itself() {
        let mixing = Array::new(&[2, 2, 2], vec![0.8, 0.2, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
        let inverse = inverse_mixing(&mixing);
        for (found, expected) in inverse.row(0).iter().zip([5.0 / 3.0, -2.0 / 3.0, -5.0 / 3.0, 8.0 / 3.0]) {
            assert!((found - expected).abs() < 1e-5, "{:?}", inverse.row(0));
        }
        assert!(inverse.row(1).iter().all(|entry| entry.is_nan()), "a singular matrix has no inverse");
        let mut data = [inverse.row(0), inverse.row(0)].concat();
        data[4] += 3.0;
        data[7] -= 4.0;
        let found = deviation(&Array::new(&[2, 2, 2], data), &inverse, 2);
        assert!(found[0] == 0.0 && (found[1] - 5.0).abs() < 1e-5, "{found:?}");
    }
}
