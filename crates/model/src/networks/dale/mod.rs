//! The Dalean rate network (`DaleRateNet`; paper, eq. 11-14): rectified units, positive excitation and inhibition,
//! gains p that fall with the modulation m.
//!
//! ```text
//! zL = [W_Lx x]+      E = |W_HL| zL      I = W_inh zL
//! zH = p * [E - I]+   (excitation only: [p * E - I]+,   inhibition only: [E - p * I]+)
//! y  = W_ro zH        tau dm/dt = LSTM(x, y) - m        p = 1 - sigmoid(K m)
//! ```
//!
//! `W_inh` is never learned. The absolute value of `W_HL` acts, so that learning keeps Dale's law. `slope.rs`
//! defines the effective weights, `initial.rs` the initial ones.

mod fused;
mod initial;
mod slope;
#[cfg(feature = "torch")]
mod torch;

use gainsweep_contract::schema::MODULATION_TARGETS;
use gainsweep_contract::{Parameters, Value};

use super::population::{Population, normal};
use super::published::Published;
use super::{Given, Options};
use crate::array::Array;
use crate::engine::Engine;
#[cfg(feature = "torch")]
use crate::engine::EngineError;
use crate::fused::FusedEngine;
use crate::kernels::Level;
use crate::network::{
    Activity, Architecture, DrawnState, EffectiveWeights, Gains, Modulated, Network, WeightShape, state,
    weight,
};
use crate::random::Stream;
#[cfg(feature = "torch")]
use crate::torch::TorchEngine;

/// Weights into the lower-level population `[L, S]`.
pub const LOWER_WEIGHTS: &str = "wx";
/// Effective feedforward inhibition `[Z, L]`.
pub const INHIBITION_WEIGHTS: &str = "w_inh";
/// The gain's state and trace `[B, Z]`.
const GAIN: &str = "p";
/// Trace of the lower-level activity `[T, B, L]`.
const LOWER: &str = "z_L";
/// Trace of the higher-level activity `[T, B, Z]`.
const HIGHER: &str = "z_H";

/// Which inputs of the population the feedback modulates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ModulationTarget {
    /// Excitation and inhibition: a gain of the unit.
    Both,
    /// Excitation only.
    Excitation,
    /// Inhibition only.
    Inhibition,
}

/// Its options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dale {
    /// Timescale in time steps, at least 1.
    tau: f64,
    /// The higher-level population zH.
    population: Population,
    /// L.
    lower_units: usize,
    /// Inhibitory units between the populations.
    inhibitory_units: usize,
    /// The modulated inputs.
    target: ModulationTarget,
    /// Are the weights into the lower-level population trained?
    learn_input: bool,
}

impl Options for Dale {
    fn from_parameters(parameters: &Parameters) -> Dale {
        Dale {
            tau: parameters.number("tau"),
            population: Population::from_parameters(parameters),
            lower_units: parameters.count("lower_population_units"),
            inhibitory_units: parameters.count("inhibitory_units"),
            target: match parameters.text("modulation_target") {
                "both" => ModulationTarget::Both,
                "excitation" => ModulationTarget::Excitation,
                "inhibition" => ModulationTarget::Inhibition,
                other => unreachable!("`modulation_target` was checked, and is {other}"),
            },
            learn_input: parameters.flag("learn_input"),
        }
    }

    fn from_published(published: &Published) -> Result<Given, String> {
        let lower = published.nzl.unwrap_or(40);
        let inhibitory = (published.inh_frac.unwrap_or(1.0) * lower as f64).round_ties_even();
        let target = MODULATION_TARGETS
            .get(published.mod_target.unwrap_or(0))
            .ok_or("`mod_target` must be 0, 1 or 2")?;
        let own = [
            published.tau(),
            ("lower_population_units", Value::Integer(lower)),
            ("inhibitory_units", Value::Integer(inhibitory as i64)),
            ("modulation_target", Value::Text((*target).to_string())),
            ("learn_input", Value::Boolean(published.learn_wx)),
        ];
        Ok(own.into_iter().chain(Population::from_published(published, 40, 4)).collect())
    }
}

impl Architecture for Dale {
    fn feedback_signals(&self, _: usize) -> usize {
        self.population.feedback_signals
    }

    fn weights(&self, signals: usize) -> Vec<WeightShape> {
        let mut weights = self.population.weights(signals, self.lower_units);
        weights.push(WeightShape::new(LOWER_WEIGHTS, &[self.lower_units, signals], self.learn_input));
        let inhibition = [self.population.units, self.lower_units];
        weights.push(WeightShape::new(INHIBITION_WEIGHTS, &inhibition, false));
        weights
    }

    fn initial_weight(&self, weight: &WeightShape, stream: &dyn Fn(&str) -> Stream) -> Array {
        match weight.name {
            weight::KERNEL => self.population.kernel(),
            weight::BASELINE => self.excitation(&weight.shape, stream(weight.name)),
            INHIBITION_WEIGHTS => self.inhibition(stream("inhibition")),
            _ => normal(&weight.shape, 0.0, 0.5, stream(weight.name)),
        }
    }

    fn state(&self, _: usize) -> Vec<(&'static str, Vec<usize>)> {
        vec![(state::MODULATION, vec![self.population.feedback_signals]), (GAIN, vec![self.population.units])]
    }

    /// As in the published code.
    fn drawn_state(&self) -> Option<DrawnState> {
        Some(DrawnState { name: GAIN, mean: 0.5, deviation_in_training: 0.01, deviation_in_test: 0.1 })
    }

    fn populations(&self) -> Vec<Activity> {
        vec![
            Activity { name: LOWER, units: self.lower_units, words: "lower units zL" },
            Activity { name: HIGHER, units: self.population.units, words: "higher units zH" },
        ]
    }

    fn modulated(&self) -> Modulated {
        Modulated::Gains(Gains {
            population: HIGHER,
            gains: GAIN,
            gains_words: "gain p of units",
            range: Some((0.0, 1.0)),
            signals: state::MODULATION,
            signals_words: "modulation m",
        })
    }

    fn effective_weights(&self) -> Option<EffectiveWeights<'_>> {
        Some(EffectiveWeights {
            traces: &[GAIN, LOWER, HIGHER],
            words: "Slope dy/dx",
            rectified: true,
            at: Box::new(|weights, step| slope::slope(self.target, weights, step)),
        })
    }

    fn fused_engine(&self, network: &Network, threads: usize, level: Level) -> Box<dyn Engine + Send> {
        Box::new(FusedEngine::<fused::DaleCircuit>::new(*self, network.clone(), threads, level))
    }

    #[cfg(feature = "torch")]
    fn torch_engine(
        &self,
        network: &Network,
        device: &str,
        threads: usize,
    ) -> Result<Box<dyn Engine>, EngineError> {
        Ok(Box::new(TorchEngine::<torch::DaleStep>::new(*self, network.clone(), device, threads)?))
    }
}
