//! Hand-written forward and backward pass.
//!
//! ```text
//! forward    y(t) = f(t)
//! backward   df(t) = dy(t)
//! ```

use super::Direct;
use crate::array::{Array, Arrays};
use crate::fused::{Circuit, Loss, Tape};
use crate::kernels::{Lanes, Level, Vector};
use crate::network::Network;

/// It has no weights of its own.
pub(crate) struct DirectCircuit;

impl Circuit for DirectCircuit {
    type Options = Direct;
    type Work = ();

    fn work(_: &Direct, _: &Network) {}

    fn new(_: &Direct, _: &Network, _: &Arrays, _: Level) -> DirectCircuit {
        DirectCircuit
    }

    #[inline(always)]
    fn output<V: Vector>(&self, (): &mut (), _: &mut Tape, _: usize) {}

    #[inline(always)]
    fn modulate<V: Vector>(&self, (): &mut (), tape: &mut Tape, step: usize) {
        tape.output.at_mut(step).copy_from_slice(tape.feedback.at(step));
    }

    fn clear((): &mut ()) {}

    #[inline(always)]
    fn receive<V: Vector>(&self, (): &mut (), _: &Tape, _: usize, _: &[Lanes]) {}

    #[inline(always)]
    fn feedback_gradient<V: Vector>(
        &self,
        (): &mut (),
        tape: &Tape,
        step: usize,
        loss: &Loss,
        feedback: &mut [Lanes],
    ) {
        for (signal, feedback) in feedback.iter_mut().enumerate() {
            loss.output_gradient::<V>(tape, step, signal).store(feedback);
        }
    }

    fn gradients<V: Vector>(&self, (): &mut ()) -> Vec<(&'static str, Array)> {
        Vec::new()
    }
}
