//! The effective weights of the Dale network.
//!
//! ```text
//! W = W_ro diag(a_H) G diag(a_L) W_Lx      G = diag(p) (|W_HL| - W_inh)
//!                                          excitation only: diag(p) |W_HL| - W_inh
//!                                          inhibition only: |W_HL| - diag(p) W_inh
//! ```
//!
//! Here a is 1 for a unit that was active in that step, and 0 for one that rectification silenced. The rates
//! have no threshold, so W is the slope of the output at that stimulus and gives the output exactly. It
//! changes from sample to sample with the active units; compare its mean over some samples with other
//! networks.

use super::{GAIN, HIGHER, INHIBITION_WEIGHTS, LOWER, LOWER_WEIGHTS, ModulationTarget};
use crate::array::{Array, Arrays};
use crate::network::{RecordedStep, weight};
use crate::networks::population::through_gains;

/// The slope of the output `[S, S]` in a step.
pub(super) fn slope(target: ModulationTarget, weights: &Arrays, step: &RecordedStep<'_>) -> Vec<f32> {
    let (input, readout) = (&weights[LOWER_WEIGHTS], &weights[weight::READOUT]);
    let (excitation, inhibition) = (&weights[weight::BASELINE], &weights[INHIBITION_WEIGHTS]);
    let (gains, lower, higher) = (step.acting(GAIN), step.trace(LOWER), step.trace(HIGHER));
    let signals = input.row_len();
    let mut into = Array::zeros(&[higher.len(), signals]);
    for (unit, gain) in gains.iter().enumerate().filter(|(unit, _)| higher[*unit] > 0.0) {
        let (for_excitation, for_inhibition) = match target {
            ModulationTarget::Both => (*gain, *gain),
            ModulationTarget::Excitation => (*gain, 1.0),
            ModulationTarget::Inhibition => (1.0, *gain),
        };
        let row = &mut into.data_mut()[unit * signals..(unit + 1) * signals];
        for (below, _) in lower.iter().enumerate().filter(|(_, rate)| **rate > 0.0) {
            let weight = for_excitation * excitation.row(unit)[below].abs()
                - for_inhibition * inhibition.row(unit)[below];
            for (entry, input) in row.iter_mut().zip(input.row(below)) {
                *entry += weight * input;
            }
        }
    }
    through_gains(readout, &vec![1.0; higher.len()], &into)
}
