//! Hand-written forward and backward pass.
//!
//! ```text
//! forward    y(t) = W(t-1) x(t)          W(t) = f(t)
//! backward   dW(t-1) = dy(t) x(t)^T      df(t) = dW(t)
//! ```

use super::Unmixing;
use crate::array::{Array, Arrays};
use crate::fused::{Circuit, Loss, Tape};
use crate::kernels::{Lanes, Level, Vector};
use crate::network::Network;

/// It has no weights of its own.
pub(crate) struct UnmixingCircuit;

/// y = W x with a matrix W `[S * S]` for each trial.
#[inline(always)]
pub(crate) fn unmix<V: Vector>(matrix: &[Lanes], x: &[Lanes], y: &mut [Lanes]) {
    for (row, y) in matrix.chunks_exact(x.len()).zip(y) {
        let mut sum = V::splat(0.0);
        for (weight, x) in row.iter().zip(x) {
            sum = V::load(weight).mul_add(V::load(x), sum);
        }
        sum.store(y);
    }
}

/// Adds dy x^T to the gradient of W.
#[inline(always)]
pub(crate) fn unmix_back<V: Vector>(gradient: &mut [Lanes], x: &[Lanes], outputs: &[Lanes]) {
    for (row, output) in gradient.chunks_exact_mut(x.len()).zip(outputs) {
        for (weight, x) in row.iter_mut().zip(x) {
            V::load(output).mul_add(V::load(x), V::load(weight)).store(weight);
        }
    }
}

impl Circuit for UnmixingCircuit {
    type Options = Unmixing;
    /// dL/dW
    type Work = Vec<Lanes>;

    fn work(_: &Unmixing, network: &Network) -> Vec<Lanes> {
        vec![Lanes::ZERO; network.outputs()]
    }

    fn new(_: &Unmixing, _: &Network, _: &Arrays, _: Level) -> UnmixingCircuit {
        UnmixingCircuit
    }

    #[inline(always)]
    fn output<V: Vector>(&self, _: &mut Vec<Lanes>, tape: &mut Tape, step: usize) {
        unmix::<V>(tape.modulation[0].at(step), tape.stimulus.at(step), tape.output.at_mut(step));
    }

    #[inline(always)]
    fn modulate<V: Vector>(&self, _: &mut Vec<Lanes>, tape: &mut Tape, step: usize) {
        tape.modulation[0].at_mut(step + 1).copy_from_slice(tape.feedback.at(step));
    }

    fn clear(matrix: &mut Vec<Lanes>) {
        matrix.fill(Lanes::ZERO);
    }

    #[inline(always)]
    fn receive<V: Vector>(&self, matrix: &mut Vec<Lanes>, tape: &Tape, step: usize, outputs: &[Lanes]) {
        matrix.fill(Lanes::ZERO);
        unmix_back::<V>(matrix, tape.stimulus.at(step), outputs);
    }

    #[inline(always)]
    fn feedback_gradient<V: Vector>(
        &self,
        matrix: &mut Vec<Lanes>,
        _: &Tape,
        _: usize,
        _: &Loss,
        feedback: &mut [Lanes],
    ) {
        feedback.copy_from_slice(matrix);
    }

    fn gradients<V: Vector>(&self, _: &mut Vec<Lanes>) -> Vec<(&'static str, Array)> {
        Vec::new()
    }
}
