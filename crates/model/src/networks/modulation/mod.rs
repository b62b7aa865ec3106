//! Weight modulation (`ModulationNet`; paper, eq. 4-6): the feedback modulates a baseline matrix W0, at once or slowly.
//!
//! ```text
//! y(t) = W(t-1) x(t)        tau dW/dt = W0 * LSTM(x, y) - W     (additive: W0 + LSTM(x, y) - W)
//! ```
//!
//! `*` is elementwise. W0 is never learned.

mod fused;
#[cfg(feature = "torch")]
mod torch;

use gainsweep_contract::{Parameters, Value};

use super::population::normal;
use super::published::Published;
use super::unmixing::matrix_is_effective;
use super::{Given, Options};
use crate::array::Array;
use crate::engine::Engine;
#[cfg(feature = "torch")]
use crate::engine::EngineError;
use crate::fused::FusedEngine;
use crate::kernels::Level;
use crate::network::{Architecture, EffectiveWeights, Modulated, Network, WeightShape, state, weight};
use crate::random::Stream;
#[cfg(feature = "torch")]
use crate::torch::TorchEngine;

/// Its options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Modulation {
    /// Timescale in time steps, at least 1.
    tau: f64,
    /// W0 + M instead of W0 * M.
    additive: bool,
    /// Standard deviation of W0.
    baseline_deviation: f64,
}

impl Options for Modulation {
    fn from_parameters(parameters: &Parameters) -> Modulation {
        Modulation {
            tau: parameters.number("tau"),
            additive: parameters.flag("additive"),
            baseline_deviation: parameters.number("baseline_deviation"),
        }
    }

    fn from_published(published: &Published) -> Result<Given, String> {
        Ok(vec![
            published.tau(),
            ("additive", Value::Boolean(published.add.unwrap_or(0.0) != 0.0)),
            ("baseline_deviation", Value::Float(published.w0_var.unwrap_or(0.001))),
        ])
    }
}

impl Architecture for Modulation {
    fn feedback_signals(&self, signals: usize) -> usize {
        signals * signals
    }

    fn weights(&self, signals: usize) -> Vec<WeightShape> {
        vec![WeightShape::new(weight::BASELINE, &[signals, signals], false)]
    }

    /// N(1, .) for a product, N(0, .) for a sum.
    fn initial_weight(&self, weight: &WeightShape, stream: &dyn Fn(&str) -> Stream) -> Array {
        let mean = if self.additive { 0.0 } else { 1.0 };
        normal(&weight.shape, mean, self.baseline_deviation, stream(weight.name))
    }

    fn state(&self, signals: usize) -> Vec<(&'static str, Vec<usize>)> {
        vec![(state::MATRIX, vec![signals, signals])]
    }

    fn modulated(&self) -> Modulated {
        Modulated::Weights(state::MATRIX)
    }

    fn effective_weights(&self) -> Option<EffectiveWeights<'_>> {
        Some(matrix_is_effective())
    }

    fn fused_engine(&self, network: &Network, threads: usize, level: Level) -> Box<dyn Engine + Send> {
        Box::new(FusedEngine::<fused::ModulationCircuit>::new(*self, network.clone(), threads, level))
    }

    #[cfg(feature = "torch")]
    fn torch_engine(
        &self,
        network: &Network,
        device: &str,
        threads: usize,
    ) -> Result<Box<dyn Engine>, EngineError> {
        Ok(Box::new(TorchEngine::<torch::ModulationStep>::new(*self, network.clone(), device, threads)?))
    }
}
