//! What all networks share: an LSTM that sees stimuli and outputs, and the names and shapes of weights, state
//! and traces. Each network is defined in its folder in `networks/`, behind `Architecture`.
//!
//! Symbols: T time steps, B trials, S sources, H hidden units of the LSTM, Z units of the population, L units
//! of the lower-level population, M feedback signals.

mod architecture;
mod names;

use std::sync::Arc;

pub(crate) use architecture::Architecture;
pub use architecture::{
    Activity, DrawnState, EffectiveWeights, Gains, MatrixOfStep, Modulated, RecordedStep, WeightShape,
};
pub use names::{state, trace, weight};

use crate::array::{Array, Arrays};
use crate::engine::{Engine, EngineError};
use crate::kernels::Level;
use crate::random::Stream;

/// The inputs of the LSTM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModulatorInput {
    /// Stimuli x and outputs y.
    StimulusAndOutput,
    /// Stimuli x only.
    Stimulus,
    /// Outputs y only.
    Output,
}

/// A network: sizes and options, no weights.
#[derive(Clone, Debug)]
pub struct Network {
    /// S: sources, stimuli and outputs.
    pub signals: usize,
    /// H.
    pub hidden_units: usize,
    /// The inputs of the LSTM.
    pub input: ModulatorInput,
    /// What the feedback does.
    pub(crate) architecture: Arc<dyn Architecture>,
}

/// A weight that is missing, or has another shape than the network's.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WeightError {
    /// It is missing.
    #[error("weight `{0}` is missing")]
    Missing(&'static str),
    /// Its shape is not the network's.
    #[error("weight `{name}` has shape {found:?}, the network's is {expected:?}")]
    Shape {
        /// Its name.
        name: &'static str,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that follows from the parameters.
        expected: Vec<usize>,
    },
}

impl Network {
    /// Inputs of the LSTM.
    pub fn inputs(&self) -> usize {
        match self.input {
            ModulatorInput::StimulusAndOutput => 2 * self.signals,
            ModulatorInput::Stimulus | ModulatorInput::Output => self.signals,
        }
    }

    /// Outputs of the LSTM's readout.
    pub fn outputs(&self) -> usize {
        self.architecture.feedback_signals(self.signals)
    }

    /// Every weight, the LSTM's first.
    pub fn weights(&self) -> Vec<WeightShape> {
        let mut weights = self.lstm_weights();
        weights.extend(self.architecture.weights(self.signals));
        weights
    }

    fn lstm_weights(&self) -> Vec<WeightShape> {
        let (hidden, gates, outputs) = (self.hidden_units, 4 * self.hidden_units, self.outputs());
        vec![
            WeightShape::new(weight::LSTM_INPUT, &[gates, self.inputs()], true),
            WeightShape::new(weight::LSTM_HIDDEN, &[gates, hidden], true),
            WeightShape::new(weight::LSTM_INPUT_BIAS, &[gates], true),
            WeightShape::new(weight::LSTM_HIDDEN_BIAS, &[gates], true),
            WeightShape::new(weight::FEEDBACK, &[outputs, hidden], true),
            WeightShape::new(weight::FEEDBACK_BIAS, &[outputs], true),
        ]
    }

    /// The initial weights, fixed ones included (paper, Table 3, with the values of the published code). Each
    /// has its own random stream.
    pub fn initial_weights(&self, seed: u64) -> Arrays {
        let stream = |name: &str| Stream::new(seed, &format!("weights/{name}"), 0);
        // PyTorch's defaults for LSTM and linear layers.
        let bound = 1.0 / (self.hidden_units as f64).sqrt();
        let of_lstm = self.lstm_weights().into_iter().map(|entry| {
            let mut stream = stream(entry.name);
            (entry.name, Array::fill_with(&entry.shape, || stream.uniform(-bound, bound) as f32))
        });
        let own = self.architecture.weights(self.signals).into_iter();
        let own = own.map(|entry| (entry.name, self.architecture.initial_weight(&entry, &stream)));
        of_lstm.chain(own).map(|(name, array)| (name.to_string(), array)).collect()
    }

    /// Names and shapes of the state of `trials` trials.
    pub fn state_shapes(&self, trials: usize) -> Vec<(&'static str, Vec<usize>)> {
        let of_trials = |(name, shape): (&'static str, Vec<usize>)| (name, [vec![trials], shape].concat());
        let lstm = [state::HIDDEN, state::CELL].map(|name| (name, vec![self.hidden_units]));
        lstm.into_iter().chain(self.architecture.state(self.signals)).map(of_trials).collect()
    }

    /// A state that is all zero.
    pub fn zero_state(&self, trials: usize) -> Arrays {
        let zero = |(name, shape): (&str, Vec<usize>)| (name.to_string(), Array::zeros(&shape));
        self.state_shapes(trials).into_iter().map(zero).collect()
    }

    /// The part of the state that does not begin at zero, if any.
    pub fn drawn_state(&self) -> Option<DrawnState> {
        self.architecture.drawn_state()
    }

    /// Names of all traces of a forward pass: those of every network, the network's state, its activities.
    pub fn traces(&self) -> Vec<&'static str> {
        let mut names = vec![trace::STIMULUS, trace::OUTPUT, trace::FEEDBACK];
        names.extend(self.state_shapes(0).into_iter().map(|(name, _)| name));
        names.extend(self.architecture.populations().into_iter().map(|activity| activity.name));
        names
    }

    /// Shape of a trace, without time and trials.
    pub fn trace_shape(&self, name: &str) -> Vec<usize> {
        if let Some((_, shape)) = self.state_shapes(0).into_iter().find(|(known, _)| *known == name) {
            return shape[1..].to_vec();
        }
        let activity = self.architecture.populations().into_iter().find(|activity| activity.name == name);
        let others = if name == trace::FEEDBACK { self.outputs() } else { self.signals };
        vec![activity.map_or(others, |activity| activity.units)]
    }

    /// The activities from stimulus to output.
    pub fn activities(&self) -> Vec<Activity> {
        let signals = |name, words| Activity { name, units: self.signals, words };
        let mut activities = vec![signals(trace::STIMULUS, "stimuli x")];
        activities.extend(self.architecture.populations());
        activities.push(signals(trace::OUTPUT, "outputs y"));
        activities
    }

    /// What the feedback modulates.
    pub fn modulated(&self) -> Modulated {
        self.architecture.modulated()
    }

    /// The gains that the feedback modulates, if it modulates gains.
    pub fn gains(&self) -> Option<Gains> {
        match self.modulated() {
            Modulated::Gains(gains) => Some(gains),
            Modulated::Nothing | Modulated::Weights(_) => None,
        }
    }

    /// The trace of the modulated population, if there is one.
    pub fn population_trace(&self) -> Option<&'static str> {
        self.gains().map(|gains| gains.population)
    }

    /// The trace of the modulated weights or gains, if there are any.
    pub fn modulated_trace(&self) -> Option<&'static str> {
        match self.modulated() {
            Modulated::Nothing => None,
            Modulated::Weights(matrix) => Some(matrix),
            Modulated::Gains(gains) => Some(gains.gains),
        }
    }

    /// The matrix from stimulus to output, if there is one.
    pub fn effective_weights(&self) -> Option<EffectiveWeights<'_>> {
        self.architecture.effective_weights()
    }

    /// Checks whether `weights` are this network's.
    ///
    /// # Errors
    /// The first weight that is missing or has another shape.
    pub fn check_weights(&self, weights: &Arrays) -> Result<(), WeightError> {
        for WeightShape { name, shape, .. } in self.weights() {
            let found = weights.get(name).ok_or(WeightError::Missing(name))?.shape();
            if found != shape {
                return Err(WeightError::Shape { name, found: found.to_vec(), expected: shape });
            }
        }
        Ok(())
    }

    /// The fused engine with this many threads and the best instructions of this machine.
    pub fn fused_engine(&self, threads: usize) -> Box<dyn Engine + Send> {
        self.architecture.fused_engine(self, threads, Level::best())
    }

    /// The fused engine with the instructions of `level`.
    ///
    /// # Errors
    /// [`EngineError::Device`] if this machine does not have them.
    pub fn fused_engine_at(
        &self,
        level: Level,
        threads: usize,
    ) -> Result<Box<dyn Engine + Send>, EngineError> {
        if level.is_available() {
            return Ok(self.architecture.fused_engine(self, threads, level));
        }
        let reason = format!("this machine has no {}", level.name());
        Err(EngineError::Device { device: "cpu".into(), reason })
    }

    /// The torch engine on `device` (`cpu`, `cuda:N`) with this many threads for operations on the CPU.
    ///
    /// # Errors
    /// [`EngineError::Device`] for a device that does not exist.
    #[cfg(feature = "torch")]
    pub fn torch_engine(&self, device: &str, threads: usize) -> Result<Box<dyn Engine>, EngineError> {
        self.architecture.torch_engine(self, device, threads)
    }
}
