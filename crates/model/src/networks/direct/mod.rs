//! No modulation at all (`DirectDemixNet`): the readout of the LSTM, which sees stimuli only, is the output.
//!
//! ```text
//! y = LSTM(x)
//! ```

mod fused;
#[cfg(feature = "torch")]
mod torch;

use gainsweep_contract::Parameters;

use super::published::Published;
use super::{Given, Options};
use crate::array::Array;
use crate::engine::Engine;
#[cfg(feature = "torch")]
use crate::engine::EngineError;
use crate::fused::FusedEngine;
use crate::kernels::Level;
use crate::network::{Architecture, EffectiveWeights, Modulated, Network, WeightShape};
use crate::random::Stream;
#[cfg(feature = "torch")]
use crate::torch::TorchEngine;

/// It has no options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Direct;

impl Options for Direct {
    fn from_parameters(_: &Parameters) -> Direct {
        Direct
    }

    fn from_published(_: &Published) -> Result<Given, String> {
        Ok(Vec::new())
    }
}

impl Architecture for Direct {
    fn feedback_signals(&self, signals: usize) -> usize {
        signals
    }

    fn weights(&self, _: usize) -> Vec<WeightShape> {
        Vec::new()
    }

    fn initial_weight(&self, weight: &WeightShape, _: &dyn Fn(&str) -> Stream) -> Array {
        unreachable!("`{}` is none of its weights", weight.name)
    }

    fn state(&self, _: usize) -> Vec<(&'static str, Vec<usize>)> {
        Vec::new()
    }

    fn modulated(&self) -> Modulated {
        Modulated::Nothing
    }

    /// Its output is not a product of the stimulus.
    fn effective_weights(&self) -> Option<EffectiveWeights<'_>> {
        None
    }

    fn fused_engine(&self, network: &Network, threads: usize, level: Level) -> Box<dyn Engine + Send> {
        Box::new(FusedEngine::<fused::DirectCircuit>::new(*self, network.clone(), threads, level))
    }

    #[cfg(feature = "torch")]
    fn torch_engine(
        &self,
        network: &Network,
        device: &str,
        threads: usize,
    ) -> Result<Box<dyn Engine>, EngineError> {
        Ok(Box::new(TorchEngine::<torch::DirectStep>::new(*self, network.clone(), device, threads)?))
    }
}
