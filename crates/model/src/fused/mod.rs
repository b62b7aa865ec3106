//! The fused engine.

#![expect(
    clippy::inline_always,
    reason = "what a task calls must end up in the one function that may use its instructions"
)]

mod chunk;
mod circuit;
mod dale;
mod direct;
pub mod kernels;
mod loss;
mod lstm;
mod machine;
mod modulation;
mod pass;
mod spatial;
mod tape;
mod unmixing;
mod weight_sum;

use crate::array::Arrays;
use crate::batch::Batch;
use crate::engine::{Engine, EngineError, Gradient, Trace, TraceRequest};
use crate::network::{Architecture, Network};
use kernels::Level;
use machine::Machine;

/// Name in records and errors.
const NAME: &str = "fused";

/// The fused engine for one network.
pub struct FusedEngine {
    machine: Box<dyn Engine + Send>,
}

impl FusedEngine {
    /// An engine with so many threads and the best instructions that this machine has.
    pub fn new(network: Network, threads: usize) -> FusedEngine {
        Self::of(network, threads, Level::best())
    }

    /// An engine with the instructions of `level`.
    ///
    /// # Errors
    /// [`EngineError::Device`] when this machine does not have them.
    pub fn with_level(network: Network, threads: usize, level: Level) -> Result<FusedEngine, EngineError> {
        if level.is_available() {
            Ok(Self::of(network, threads, level))
        } else {
            let reason = format!("this machine has no {}", level.name());
            Err(EngineError::Device { device: "cpu".into(), reason })
        }
    }

    fn of(network: Network, threads: usize, level: Level) -> FusedEngine {
        let machine: Box<dyn Engine + Send> = match network.architecture {
            Architecture::Unmixing => Box::new(Machine::<unmixing::Unmixing>::new(network, threads, level)),
            Architecture::Modulation { .. } => {
                Box::new(Machine::<modulation::Modulation>::new(network, threads, level))
            }
            Architecture::Spatial { .. } => {
                Box::new(Machine::<spatial::Spatial>::new(network, threads, level))
            }
            Architecture::Dale { .. } => Box::new(Machine::<dale::Dale>::new(network, threads, level)),
            Architecture::Direct => Box::new(Machine::<direct::Direct>::new(network, threads, level)),
        };
        FusedEngine { machine }
    }
}

impl Engine for FusedEngine {
    fn describe(&self) -> String {
        self.machine.describe()
    }

    fn gradient(
        &mut self,
        weights: &Arrays,
        state: &Arrays,
        batch: &Batch,
        regularisation: f64,
    ) -> Result<Gradient, EngineError> {
        self.machine.gradient(weights, state, batch, regularisation)
    }

    fn trace(
        &mut self,
        weights: &Arrays,
        state: &Arrays,
        batch: &Batch,
        request: TraceRequest<'_>,
    ) -> Result<Trace, EngineError> {
        self.machine.trace(weights, state, batch, request)
    }
}
