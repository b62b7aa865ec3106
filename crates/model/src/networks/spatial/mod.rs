//! Spatially diffuse modulation (`SpatialNet`; paper, eq. 7-10): a few feedback signals l modulate the gains m of a
//! population z through the kernel K.
//!
//! ```text
//! z = m * (W_x x)        y = W_ro z        tau dm/dt = K l - m,   l = LSTM(x, y)
//! ```
//!
//! Its effective weights are `W_ro diag(m) W_x`.

mod fused;
#[cfg(feature = "torch")]
mod torch;

use gainsweep_contract::Parameters;

use super::population::{Population, normal, through_gains};
use super::published::Published;
use super::{Given, Options};
use crate::array::Array;
use crate::engine::Engine;
#[cfg(feature = "torch")]
use crate::engine::EngineError;
use crate::fused::FusedEngine;
use crate::kernels::Level;
use crate::network::{
    Activity, Architecture, EffectiveWeights, Gains, Modulated, Network, WeightShape, state, trace, weight,
};
use crate::random::Stream;
#[cfg(feature = "torch")]
use crate::torch::TorchEngine;

/// Trace of the population's activity `[T, B, Z]`.
const POPULATION: &str = "z";

/// Its options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spatial {
    /// Timescale in time steps, at least 1.
    tau: f64,
    /// The population.
    population: Population,
}

impl Options for Spatial {
    fn from_parameters(parameters: &Parameters) -> Spatial {
        Spatial { tau: parameters.number("tau"), population: Population::from_parameters(parameters) }
    }

    fn from_published(published: &Published) -> Result<Given, String> {
        let population = Population::from_published(published, 10, 2);
        Ok([published.tau()].into_iter().chain(population).collect())
    }
}

impl Architecture for Spatial {
    fn feedback_signals(&self, _: usize) -> usize {
        self.population.feedback_signals
    }

    fn weights(&self, signals: usize) -> Vec<WeightShape> {
        self.population.weights(signals, signals)
    }

    fn initial_weight(&self, weight: &WeightShape, stream: &dyn Fn(&str) -> Stream) -> Array {
        if weight.name == weight::KERNEL {
            return self.population.kernel();
        }
        normal(&weight.shape, 0.0, 0.5, stream(weight.name))
    }

    fn state(&self, _: usize) -> Vec<(&'static str, Vec<usize>)> {
        vec![(state::MODULATION, vec![self.population.units])]
    }

    fn populations(&self) -> Vec<Activity> {
        vec![Activity { name: POPULATION, units: self.population.units, words: "population z" }]
    }

    fn modulated(&self) -> Modulated {
        Modulated::Gains(Gains {
            population: POPULATION,
            gains: state::MODULATION,
            gains_words: "modulation m of units",
            range: None,
            signals: trace::FEEDBACK,
            signals_words: "feedback signals",
        })
    }

    fn effective_weights(&self) -> Option<EffectiveWeights<'_>> {
        Some(EffectiveWeights {
            traces: &[state::MODULATION],
            words: "Effective weights Wro diag(m) Wx",
            rectified: false,
            at: Box::new(|weights, step| {
                let gains = step.acting(state::MODULATION);
                through_gains(&weights[weight::READOUT], gains, &weights[weight::BASELINE])
            }),
        })
    }

    fn fused_engine(&self, network: &Network, threads: usize, level: Level) -> Box<dyn Engine + Send> {
        Box::new(FusedEngine::<fused::SpatialCircuit>::new(*self, network.clone(), threads, level))
    }

    #[cfg(feature = "torch")]
    fn torch_engine(
        &self,
        network: &Network,
        device: &str,
        threads: usize,
    ) -> Result<Box<dyn Engine>, EngineError> {
        Ok(Box::new(TorchEngine::<torch::SpatialStep>::new(*self, network.clone(), device, threads)?))
    }
}
