//! The interface between the networks and everything else.
//!
//! An engine computes. It owns no weights, draws no random numbers, and keeps nothing between calls that a
//! caller could see. Two engines return the same numbers for the same arrays, up to float accuracy.

use crate::array::Arrays;
use crate::batch::Batch;

/// Loss, gradient and next state of one batch.
#[derive(Clone, Debug)]
pub struct Gradient {
    /// Smooth L1 (mean over trials and sources) between outputs and sources, summed over time.
    pub loss: f64,
    /// Sum of |feedback| over time, trials and signals, without its weight.
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
    /// During this many first steps the modulation is held at its previous value (`w`, `m`, or the Dale
    /// network's `p`, whose `m` continues). The LSTM continues, too.
    pub freeze_steps: usize,
}

/// Recorded traces, each `[T, B, ...]`, and the state after the last step.
#[derive(Clone, Debug)]
pub struct Trace {
    /// By name; modulations are those after the step, for the next step.
    pub traces: Arrays,
    /// The state after the last step.
    pub state: Arrays,
}

/// Why an engine could not compute.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EngineError {
    /// The given arrays do not fit each other or the network: a bug of the caller.
    #[error("the engine was given arrays that do not fit: {0}")]
    Arrays(String),
    /// The requested device does not exist.
    #[error("device `{device}` cannot be used: {reason}")]
    Device {
        /// The requested device.
        device: String,
        /// The reason.
        reason: String,
    },
    /// The library failed, for example because memory ran out.
    #[error("the {engine} engine failed: {reason}")]
    Library {
        /// Which engine.
        engine: &'static str,
        /// The library's message.
        reason: String,
    },
}

/// Computes one network on one device.
pub trait Engine {
    /// Name and version, for records (`torch 2.13.0`).
    fn describe(&self) -> String;

    /// Loss, gradient and next state of a batch, from `state`. The gradient stops at the batch's first step.
    ///
    /// # Errors
    /// [`EngineError`]; a loss that is not finite is not an error.
    fn gradient(
        &mut self,
        weights: &Arrays,
        state: &Arrays,
        batch: &Batch,
        regularisation: f64,
    ) -> Result<Gradient, EngineError>;

    /// A forward pass, with the traces of `request`.
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
