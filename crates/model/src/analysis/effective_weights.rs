//! The weights from stimuli to outputs that a network has at each instant, and the inverse of a context that they ought
//! to be (paper, Figures 1c and 3-figure supplement 1d).

use nalgebra::DMatrix;

use crate::array::{Array, Arrays};
use crate::network::{Architecture, Network, state, weight};

/// The trace that effective weights are made of; `None` for networks without weights of that kind.
pub fn trace_of(network: &Network) -> Option<&'static str> {
    match network.architecture {
        Architecture::Unmixing | Architecture::Modulation { .. } => Some(state::MATRIX),
        Architecture::Spatial { .. } => Some(state::MODULATION),
        Architecture::Dale { .. } | Architecture::Direct => None,
    }
}

/// Effective weights `[steps, S, S]`, output by stimulus, after each step: W itself where the feedback makes or modulates
/// it, `W_ro diag(m) W_x` of the spatial network. `modulation` is the trace of [`trace_of`], `[steps, ...]`. `None` for the
/// Dale network, whose rectification is no matrix, and for the direct one.
pub fn effective_weights(network: &Network, weights: &Arrays, modulation: &Array) -> Option<Array> {
    match network.architecture {
        Architecture::Unmixing | Architecture::Modulation { .. } => Some(modulation.clone()),
        Architecture::Spatial { .. } => {
            let (readout, baseline) = (weights.get(weight::READOUT)?, weights.get(weight::BASELINE)?);
            let signals = network.signals;
            let (steps, units) = (modulation.shape()[0], modulation.row_len());
            // The product of the two fixed weights of each unit, by entry: one sum a step is left.
            let fixed: Vec<Vec<f64>> = (0..signals * signals)
                .map(|entry| {
                    let (output, stimulus) = (entry / signals, entry % signals);
                    let unit = |unit: usize| {
                        f64::from(readout.row(output)[unit]) * f64::from(baseline.row(unit)[stimulus])
                    };
                    (0..units).map(unit).collect()
                })
                .collect();
            let at = |step: usize| {
                let gains = modulation.row(step);
                fixed.iter().map(move |fixed| {
                    fixed.iter().zip(gains).map(|(fixed, gain)| fixed * f64::from(*gain)).sum::<f64>() as f32
                })
            };
            Some(Array::new(&[steps, signals, signals], (0..steps).flat_map(at).collect()))
        }
        Architecture::Dale { .. } | Architecture::Direct => None,
    }
}

/// The inverse of a context, row by row; `None` where it has none.
pub fn inverse(context: &[f32]) -> Option<Vec<f64>> {
    let signals = context.len().isqrt();
    let matrix = DMatrix::from_row_iterator(signals, signals, context.iter().map(|entry| f64::from(*entry)));
    Some(matrix.try_inverse()?.transpose().iter().copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{ModulatorInput, Population};

    #[test]
    fn gains_weigh_the_paths_through_each_unit() {
        let population =
            Population { units: 2, feedback_signals: 1, learn_baseline: false, learn_readout: false };
        let network = Network {
            signals: 2,
            hidden_units: 1,
            input: ModulatorInput::StimulusAndOutput,
            architecture: Architecture::Spatial { tau: 1.0, population },
        };
        // W_ro = [[1, 2], [3, 4]], W_x = [[5, 6], [7, 8]], m = (10, 100).
        let weights = Arrays::from([
            (weight::READOUT.to_string(), Array::new(&[2, 2], vec![1.0, 2.0, 3.0, 4.0])),
            (weight::BASELINE.to_string(), Array::new(&[2, 2], vec![5.0, 6.0, 7.0, 8.0])),
        ]);
        let gains = Array::new(&[1, 2], vec![10.0, 100.0]);
        let effective = effective_weights(&network, &weights, &gains).expect("weights");
        assert_eq!(effective.shape(), [1, 2, 2]);
        assert_eq!(effective.data(), [1450.0, 1660.0, 2950.0, 3380.0]);
    }

    #[test]
    fn inverses_are_row_by_row() {
        let inverse = inverse(&[0.8, 0.2, 0.5, 0.5]).expect("an inverse");
        let expected = [5.0 / 3.0, -2.0 / 3.0, -5.0 / 3.0, 8.0 / 3.0];
        assert!(inverse.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6));
        assert_eq!(super::inverse(&[1.0, 1.0, 1.0, 1.0]), None);
    }
}
