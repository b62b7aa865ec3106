//! No modulation at all: the readout of the LSTM, which sees stimuli only, is the output.
//!
//! ```text
//! forward    y(t) = f(t)
//! backward   df(t) = dy(t)
//! ```

use super::circuit::Circuit;
use super::kernels::{Lanes, Level, Vector};
use super::loss::Loss;
use super::tape::Tape;
use crate::array::{Array, Arrays};
use crate::network::Network;

/// The network; it has no weights of its own.
pub(super) struct Direct;

impl Circuit for Direct {
    type Work = ();

    fn activities(_: &Network) -> Vec<usize> {
        Vec::new()
    }

    fn work(_: &Network) {}

    fn new(_: &Network, _: &Arrays, _: Level) -> Direct {
        Direct
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
