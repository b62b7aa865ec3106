//! Effective weights: the matrix from stimuli to outputs at each step, and its distance from the inverse of
//! the mixing (paper, Figures 1c, 2b, 2c and 3-s1d).
//!
//! ```text
//! y(t) = W(t) x(t)
//! ```
//!
//! Each network defines its W. The direct network has none, because its output is not a product of the
//! stimulus.

use nalgebra::DMatrix;

use crate::array::{Array, Arrays};
use crate::network::{Network, RecordedStep};

/// The traces that [`effective_weights`] reads; empty if a network has no such matrix.
pub fn needed_traces(network: &Network) -> &'static [&'static str] {
    network.effective_weights().map_or(&[], |effective| effective.traces)
}

/// W(t) `[T, S, S]` of a test of one trial: the matrix from x(t) to y(t). It depends on the modulation after
/// the step before.
///
/// `start` is the state before the first step, `traces` are those of a [`crate::testing::TestRun`], `[T,
/// ...]`. `None` if a network has no such matrix, or if one of [`needed_traces`] was not recorded.
pub fn effective_weights(
    network: &Network,
    weights: &Arrays,
    start: &Arrays,
    traces: &Arrays,
) -> Option<Array> {
    let effective = network.effective_weights()?;
    if !effective.traces.iter().all(|name| traces.contains_key(*name)) {
        return None;
    }
    let steps = traces[*effective.traces.first()?].shape()[0];
    let at = |step| (effective.at)(weights, &RecordedStep { start, traces, step });
    Some(Array::new(&[steps, network.signals, network.signals], (0..steps).flat_map(at).collect()))
}

/// The inverse of each mixing matrix: `[C, S, S]` of `[C, S, S]`; not-a-number for a singular matrix.
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

/// Frobenius norm of W(t) - A⁻¹ at each step: `effective` is `[C * samples, S, S]`, `inverse` `[C, S, S]`;
/// each step uses the inverse of its context.
pub fn deviation(effective: &Array, inverse: &Array, samples: usize) -> Vec<f64> {
    let difference = |step: usize| {
        let entries = effective.row(step).iter().zip(inverse.row(step / samples));
        entries.map(|(one, other)| f64::from(one - other).powi(2)).sum::<f64>().sqrt()
    };
    (0..effective.shape()[0]).map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
