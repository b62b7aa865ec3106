//! The part in which networks differ: what a network does with the readout of its LSTM.

use super::loss::Loss;
use super::tape::Tape;
use crate::array::{Array, Arrays};
use crate::kernels::{Lanes, Level, Vector};
use crate::network::Network;

/// The part of a network around the LSTM, with its weights: its equations forward and backward.
///
/// Step t of the forward pass is [`Circuit::output`], the LSTM, then [`Circuit::modulate`]. The backward pass
/// goes from the last step to the first: [`Circuit::receive`], then [`Circuit::feedback_gradient`]. In
/// between, [`Circuit::Work`] keeps the gradient of the modulation.
pub(crate) trait Circuit: Sized + Send + Sync + 'static {
    /// The network's options.
    type Options: Clone + Send + Sync;

    /// Memory of one chunk of trials while it is computed.
    type Work: Send;

    /// Numbers for each trial and step that the tape keeps for the backward pass, besides states and
    /// populations.
    fn kept(_: &Self::Options) -> Option<usize> {
        None
    }

    /// Allocates the memory of a chunk.
    fn work(options: &Self::Options, network: &Network) -> Self::Work;

    /// The network with these weights, which are already checked.
    fn new(options: &Self::Options, network: &Network, weights: &Arrays, level: Level) -> Self;

    /// y(t) from x(t) and the modulation after step t - 1.
    fn output<V: Vector>(&self, work: &mut Self::Work, tape: &mut Tape, step: usize);

    /// The modulation after step t from the one before it and the feedback of step t.
    fn modulate<V: Vector>(&self, work: &mut Self::Work, tape: &mut Tape, step: usize);

    /// Before a backward pass: sets all gradients to zero.
    fn clear(work: &mut Self::Work);

    /// From the gradient of y(t) to that of the modulation after step t - 1.
    fn receive<V: Vector>(&self, work: &mut Self::Work, tape: &Tape, step: usize, outputs: &[Lanes]);

    /// From the gradient of the modulation after step t to that of the feedback of step t.
    fn feedback_gradient<V: Vector>(
        &self,
        work: &mut Self::Work,
        tape: &Tape,
        step: usize,
        loss: &Loss,
        feedback: &mut [Lanes],
    );

    /// After a backward pass: the gradients of the circuit's own learned weights.
    fn gradients<V: Vector>(&self, work: &mut Self::Work) -> Vec<(&'static str, Array)>;
}

/// A step of tau dm/dt = target - m, with a time step of 1, and its gradient.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relaxation {
    rate: f32,
}

impl Relaxation {
    pub(crate) fn new(tau: f64) -> Relaxation {
        Relaxation { rate: (1.0 / tau) as f32 }
    }

    /// m + (target - m) / tau
    #[inline(always)]
    pub(crate) fn step<V: Vector>(self, modulation: V, target: V) -> V {
        (target - modulation).mul_add(V::splat(self.rate), modulation)
    }

    /// From the gradient of m(t) to its part for m(t - 1): times 1 - 1 / tau.
    #[inline(always)]
    pub(crate) fn kept<V: Vector>(self, gradient: V) -> V {
        gradient * V::splat(1.0 - self.rate)
    }

    /// From the gradient of m(t) to that of the target: times 1 / tau.
    #[inline(always)]
    pub(crate) fn to_target<V: Vector>(self, gradient: V) -> V {
        gradient * V::splat(self.rate)
    }
}
