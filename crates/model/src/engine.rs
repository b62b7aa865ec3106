//! The seam between the networks and everything else.
//!
//! An engine computes; it owns no weights, draws no random numbers and keeps nothing between calls that a caller
//! could see. Two engines given the same arrays return the same numbers to float accuracy.

use crate::array::Arrays;
use crate::batch::Batch;

/// Loss, gradient and next state of one batch.
#[derive(Clone, Debug)]
pub struct Gradient {
    /// Smooth L1 (mean over trials and sources) between outputs and sources, summed over time.
    pub loss: f64,
    /// Sum of |feedback| over time, trials and signals, not yet weighted.
    pub regulariser: f64,
    /// Gradient of `loss + regularisation * regulariser` for each learned weight, before clipping.
    pub gradients: Arrays,
    /// The state after the last step.
    pub state: Arrays,
}

/// What to record of a forward pass.
#[derive(Clone, Copy, Debug)]
pub struct TraceRequest<'a> {
    /// Names of [`crate::network::Network::traces`].
    pub record: &'a [&'a str],
    /// During the first so many steps the modulation is held at its value from before (`w`, `m`, or the Dale
    /// network's `p`, whose `m` goes on below); the LSTM goes on unseen.
    pub freeze_steps: usize,
}

/// Recorded traces, each `[T, B, ...]`, and the state after the last step.
#[derive(Clone, Debug)]
pub struct Trace {
    /// By name; modulations are those after the step, which the next step uses.
    pub traces: Arrays,
    /// The state after the last step.
    pub state: Arrays,
}

/// An engine could not compute.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EngineError {
    /// The arrays that came in do not fit each other or the network: a fault of the caller.
    #[error("the engine was given arrays that do not fit: {0}")]
    Arrays(String),
    /// The device asked for is not there.
    #[error("device `{device}` cannot be used: {reason}")]
    Device {
        /// As it was asked for.
        device: String,
        /// Why not.
        reason: String,
    },
    /// The library below failed, for instance for want of memory.
    #[error("the {engine} engine failed: {reason}")]
    Library {
        /// Which engine.
        engine: &'static str,
        /// What the library said.
        reason: String,
    },
}

/// Computes one network on one device.
pub trait Engine {
    /// Name and version, for records (`torch 2.13.0`).
    fn describe(&self) -> String;

    /// Loss, gradient and next state of a batch, from `state`; the gradient stops at the batch's first step.
    ///
    /// # Errors
    /// [`EngineError`]; a loss that is not finite is none.
    fn gradient(
        &mut self,
        weights: &Arrays,
        state: &Arrays,
        batch: &Batch,
        regularisation: f64,
    ) -> Result<Gradient, EngineError>;

    /// A forward pass alone, with what `request` asks for.
    ///
    /// # Errors
    /// [`EngineError`].
    fn trace(
        &mut self,
        weights: &Arrays,
        state: &Arrays,
        batch: &Batch,
        request: TraceRequest<'_>,
    ) -> Result<Trace, EngineError>;
}
