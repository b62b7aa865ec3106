//! Hand-written forward and backward pass.
//!
//! ```text
//! forward    y(t) = W(t-1) x(t)
//!            W(t) = W(t-1) + (W0 * f(t) - W(t-1)) / tau             additive: W0 + f(t)
//! backward   dW(t-1) = (1 - 1/tau) dW(t) + dy(t) x(t)^T
//!            df(t) = W0 * dW(t) / tau                               additive: dW(t) / tau
//! ```
//!
//! `*` is elementwise. W0 is never learned.

use super::Modulation;
use crate::array::{Array, Arrays};
use crate::fused::{Circuit, Loss, Relaxation, Tape};
use crate::kernels::{Lanes, Level, Vector};
use crate::network::{Network, weight};
use crate::networks::unmixing::fused::{unmix, unmix_back};

/// The network with its weights.
pub(crate) struct ModulationCircuit {
    /// The factor of the feedback: W0, or 1 if the modulation is additive.
    factor: Vec<f32>,
    /// The term added to that: W0 if the modulation is additive.
    offset: Vec<f32>,
    relaxation: Relaxation,
}

impl Circuit for ModulationCircuit {
    type Options = Modulation;
    /// dL/dW
    type Work = Vec<Lanes>;

    fn work(_: &Modulation, network: &Network) -> Vec<Lanes> {
        vec![Lanes::ZERO; network.outputs()]
    }

    fn new(options: &Modulation, _: &Network, weights: &Arrays, _: Level) -> ModulationCircuit {
        let baseline = weights[weight::BASELINE].data().to_vec();
        let same = |value: f32| vec![value; baseline.len()];
        let relaxation = Relaxation::new(options.tau);
        if options.additive {
            ModulationCircuit { factor: same(1.0), offset: baseline, relaxation }
        } else {
            ModulationCircuit { offset: same(0.0), factor: baseline, relaxation }
        }
    }

    #[inline(always)]
    fn output<V: Vector>(&self, _: &mut Vec<Lanes>, tape: &mut Tape, step: usize) {
        unmix::<V>(tape.modulation[0].at(step), tape.stimulus.at(step), tape.output.at_mut(step));
    }

    #[inline(always)]
    fn modulate<V: Vector>(&self, _: &mut Vec<Lanes>, tape: &mut Tape, step: usize) {
        let (before, after) = tape.modulation[0].pair(step);
        let weights = self.factor.iter().zip(&self.offset);
        let states = before.iter().zip(after);
        for (((before, after), feedback), (factor, offset)) in states.zip(tape.feedback.at(step)).zip(weights)
        {
            let target = V::load(feedback).mul_add(V::splat(*factor), V::splat(*offset));
            self.relaxation.step(V::load(before), target).store(after);
        }
    }

    fn clear(matrix: &mut Vec<Lanes>) {
        matrix.fill(Lanes::ZERO);
    }

    #[inline(always)]
    fn receive<V: Vector>(&self, matrix: &mut Vec<Lanes>, tape: &Tape, step: usize, outputs: &[Lanes]) {
        for gradient in matrix.iter_mut() {
            self.relaxation.kept(V::load(gradient)).store(gradient);
        }
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
        for ((feedback, gradient), factor) in feedback.iter_mut().zip(matrix).zip(&self.factor) {
            (self.relaxation.to_target(V::load(gradient)) * V::splat(*factor)).store(feedback);
        }
    }

    fn gradients<V: Vector>(&self, _: &mut Vec<Lanes>) -> Vec<(&'static str, Array)> {
        Vec::new()
    }
}
