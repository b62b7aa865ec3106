//! Plain unmixing (`UnmixingModel`): the feedback is the unmixing matrix W of the next step.
//!
//! ```text
//! y(t) = W(t-1) x(t)        W(t) = LSTM(x(t), y(t))
//! ```

pub(super) mod fused;
#[cfg(feature = "torch")]
pub(super) mod torch;

use gainsweep_contract::Parameters;

use super::published::Published;
use super::{Given, Options};
use crate::array::Array;
use crate::engine::Engine;
#[cfg(feature = "torch")]
use crate::engine::EngineError;
use crate::fused::FusedEngine;
use crate::kernels::Level;
use crate::network::{Architecture, EffectiveWeights, Modulated, Network, WeightShape, state};
use crate::random::Stream;
#[cfg(feature = "torch")]
use crate::torch::TorchEngine;

/// It has no options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unmixing;

impl Options for Unmixing {
    fn from_parameters(_: &Parameters) -> Unmixing {
        Unmixing
    }

    fn from_published(_: &Published) -> Result<Given, String> {
        Ok(Vec::new())
    }
}

/// W = w, the matrix itself.
pub(super) fn matrix_is_effective() -> EffectiveWeights<'static> {
    EffectiveWeights {
        traces: &[state::MATRIX],
        words: "Modulated weights",
        rectified: false,
        at: Box::new(|_, step| step.acting(state::MATRIX).to_vec()),
    }
}

impl Architecture for Unmixing {
    fn feedback_signals(&self, signals: usize) -> usize {
        signals * signals
    }

    fn weights(&self, _: usize) -> Vec<WeightShape> {
        Vec::new()
    }

    fn initial_weight(&self, weight: &WeightShape, _: &dyn Fn(&str) -> Stream) -> Array {
        unreachable!("`{}` is none of its weights", weight.name)
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
        Box::new(FusedEngine::<fused::UnmixingCircuit>::new(*self, network.clone(), threads, level))
    }

    #[cfg(feature = "torch")]
    fn torch_engine(
        &self,
        network: &Network,
        device: &str,
        threads: usize,
    ) -> Result<Box<dyn Engine>, EngineError> {
        Ok(Box::new(TorchEngine::<torch::UnmixingStep>::new(*self, network.clone(), device, threads)?))
    }
}
