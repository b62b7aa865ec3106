//! Which network: its sizes and options, the names and shapes of its weights and of its state.
//!
//! Symbols: T time steps, B trials, S sources, H hidden units of the LSTM, Z units of the population, L units of the
//! lower-level population, M feedback signals.

use gainsweep_contract::Parameters;
use gainsweep_contract::schema::Model;

use crate::array::{Array, Arrays};

/// What the LSTM sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModulatorInput {
    /// Stimuli x and outputs y.
    StimulusAndOutput,
    /// Stimuli x only.
    Stimulus,
    /// Outputs y only.
    Output,
}

/// Which inputs of the population the feedback modulates in the Dale network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModulationTarget {
    /// Excitation and inhibition: a gain of the unit.
    Both,
    /// Excitation only.
    Excitation,
    /// Inhibition only.
    Inhibition,
}

/// The modulated population of the spatial and the Dale network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Population {
    /// Z.
    pub units: usize,
    /// M.
    pub feedback_signals: usize,
    /// Are the weights into the population trained?
    pub learn_baseline: bool,
    /// Is the readout of the population trained?
    pub learn_readout: bool,
}

/// What the LSTM's readout does to the signals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Architecture {
    /// It is the unmixing matrix.
    Unmixing,
    /// It modulates a fixed matrix W0.
    Modulation {
        /// Timescale in time steps, at least 1.
        tau: f64,
        /// W0 + M instead of W0 * M.
        additive: bool,
    },
    /// It modulates a population z through a kernel.
    Spatial {
        /// Timescale in time steps, at least 1.
        tau: f64,
        /// The population.
        population: Population,
    },
    /// The same with rectified units and Dale's law.
    Dale {
        /// Timescale in time steps, at least 1.
        tau: f64,
        /// The higher-level population z^H.
        population: Population,
        /// L.
        lower_units: usize,
        /// What is modulated.
        target: ModulationTarget,
        /// Are the weights into the lower-level population trained?
        learn_input: bool,
    },
    /// It is the output.
    Direct,
}

/// A network: sizes and options, no weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Network {
    /// S: sources, stimuli and outputs.
    pub signals: usize,
    /// H.
    pub hidden_units: usize,
    /// What the LSTM sees (the direct network always sees x).
    pub input: ModulatorInput,
    /// What the feedback does.
    pub architecture: Architecture,
}

/// One weight of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightShape {
    /// Name in the published code's state dict.
    pub name: &'static str,
    /// Sizes of the dimensions.
    pub shape: Vec<usize>,
    /// Is it trained?
    pub learned: bool,
}

/// Names of the weights, as in the published code's state dict. LSTM gates: input, forget, cell, output.
pub mod weight {
    /// `[4H, inputs]`
    pub const LSTM_INPUT: &str = "rec_net.weight_ih_l0";
    /// `[4H, H]`
    pub const LSTM_HIDDEN: &str = "rec_net.weight_hh_l0";
    /// `[4H]`
    pub const LSTM_INPUT_BIAS: &str = "rec_net.bias_ih_l0";
    /// `[4H]`
    pub const LSTM_HIDDEN_BIAS: &str = "rec_net.bias_hh_l0";
    /// `[outputs, H]`
    pub const FEEDBACK: &str = "hidden2out.weight";
    /// `[outputs]`
    pub const FEEDBACK_BIAS: &str = "hidden2out.bias";
    /// Baseline weights: `[S, S]` (modulation), `[Z, S]` (spatial), `[Z, L]` (Dale).
    pub const BASELINE: &str = "w0";
    /// Readout of the population `[S, Z]`.
    pub const READOUT: &str = "Wro";
    /// Modulation kernel `[Z, M]`.
    pub const KERNEL: &str = "Wm";
    /// Weights into the lower-level population `[L, S]`.
    pub const LOWER: &str = "wx";
    /// Effective feedforward inhibition `[Z, L]`.
    pub const INHIBITION: &str = "w_inh";
}

/// Names of the state's arrays. They are the names of traces, too.
pub mod state {
    /// LSTM output `[B, H]`.
    pub const HIDDEN: &str = "h";
    /// LSTM cell `[B, H]`.
    pub const CELL: &str = "c";
    /// Unmixing matrix `[B, S, S]` (unmixing, modulation).
    pub const MATRIX: &str = "w";
    /// Modulation: `[B, Z]` (spatial), `[B, M]` (Dale).
    pub const MODULATION: &str = "m";
    /// Gain `[B, Z]` (Dale).
    pub const GAIN: &str = "p";
}

/// Names of the traces that are not states.
pub mod trace {
    /// Stimuli `[T, B, S]`.
    pub const STIMULUS: &str = "x";
    /// Outputs `[T, B, S]`.
    pub const OUTPUT: &str = "y";
    /// Readout of the LSTM, the feedback signals.
    pub const FEEDBACK: &str = "net_out";
    /// Population activity `[T, B, Z]` (spatial).
    pub const POPULATION: &str = "z";
    /// Lower-level activity `[T, B, L]` (Dale).
    pub const LOWER: &str = "z_L";
    /// Higher-level activity `[T, B, Z]` (Dale).
    pub const HIGHER: &str = "z_H";
}

/// A weight that is missing, superfluous or of another shape than the network's.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WeightError {
    /// It is not there.
    #[error("weight `{0}` is missing")]
    Missing(&'static str),
    /// Its shape is not the network's.
    #[error("weight `{name}` has shape {found:?}, the network's is {expected:?}")]
    Shape {
        /// Its name.
        name: &'static str,
        /// The shape it has.
        found: Vec<usize>,
        /// The shape that the parameters ask for.
        expected: Vec<usize>,
    },
}

impl Network {
    /// The network that resolved parameters describe.
    pub fn from_parameters(parameters: &Parameters) -> Network {
        let population = || Population {
            units: parameters.count("population_units"),
            feedback_signals: parameters.count("feedback_signals"),
            learn_baseline: parameters.flag("learn_baseline"),
            learn_readout: parameters.flag("learn_readout"),
        };
        let tau = || parameters.number("tau");
        let architecture = match parameters.model() {
            Model::Unmixing => Architecture::Unmixing,
            Model::Modulation => {
                Architecture::Modulation { tau: tau(), additive: parameters.flag("additive") }
            }
            Model::Spatial => Architecture::Spatial { tau: tau(), population: population() },
            Model::Dale => Architecture::Dale {
                tau: tau(),
                population: population(),
                lower_units: parameters.count("lower_population_units"),
                target: match parameters.text("modulation_target") {
                    "excitation" => ModulationTarget::Excitation,
                    "inhibition" => ModulationTarget::Inhibition,
                    _ => ModulationTarget::Both,
                },
                learn_input: parameters.flag("learn_input"),
            },
            Model::Direct => Architecture::Direct,
        };
        let input = match parameters.model() {
            Model::Direct => ModulatorInput::Stimulus,
            _ => match parameters.text("modulator_input") {
                "x" => ModulatorInput::Stimulus,
                "y" => ModulatorInput::Output,
                _ => ModulatorInput::StimulusAndOutput,
            },
        };
        Network {
            signals: parameters.count("number_of_sources"),
            hidden_units: parameters.count("hidden_units"),
            input,
            architecture,
        }
    }

    /// Inputs of the LSTM.
    pub fn inputs(&self) -> usize {
        match self.input {
            ModulatorInput::StimulusAndOutput => 2 * self.signals,
            ModulatorInput::Stimulus | ModulatorInput::Output => self.signals,
        }
    }

    /// Outputs of the LSTM's readout.
    pub fn outputs(&self) -> usize {
        match self.architecture {
            Architecture::Unmixing | Architecture::Modulation { .. } => self.signals * self.signals,
            Architecture::Spatial { population, .. } | Architecture::Dale { population, .. } => {
                population.feedback_signals
            }
            Architecture::Direct => self.signals,
        }
    }

    /// Every weight, the LSTM's first.
    pub fn weights(&self) -> Vec<WeightShape> {
        let gates = 4 * self.hidden_units;
        let (signals, outputs) = (self.signals, self.outputs());
        let entry = |name, shape: &[usize], learned| WeightShape { name, shape: shape.to_vec(), learned };
        let mut weights = vec![
            entry(weight::LSTM_INPUT, &[gates, self.inputs()], true),
            entry(weight::LSTM_HIDDEN, &[gates, self.hidden_units], true),
            entry(weight::LSTM_INPUT_BIAS, &[gates], true),
            entry(weight::LSTM_HIDDEN_BIAS, &[gates], true),
            entry(weight::FEEDBACK, &[outputs, self.hidden_units], true),
            entry(weight::FEEDBACK_BIAS, &[outputs], true),
        ];
        match self.architecture {
            Architecture::Unmixing | Architecture::Direct => {}
            Architecture::Modulation { .. } => {
                weights.push(entry(weight::BASELINE, &[signals, signals], false));
            }
            Architecture::Spatial { population, .. } => weights.extend([
                entry(weight::BASELINE, &[population.units, signals], population.learn_baseline),
                entry(weight::READOUT, &[signals, population.units], population.learn_readout),
                entry(weight::KERNEL, &[population.units, population.feedback_signals], false),
            ]),
            Architecture::Dale { population, lower_units, learn_input, .. } => weights.extend([
                entry(weight::BASELINE, &[population.units, lower_units], population.learn_baseline),
                entry(weight::READOUT, &[signals, population.units], population.learn_readout),
                entry(weight::KERNEL, &[population.units, population.feedback_signals], false),
                entry(weight::LOWER, &[lower_units, signals], learn_input),
                entry(weight::INHIBITION, &[population.units, lower_units], false),
            ]),
        }
        weights
    }

    /// Names and shapes of the state of `trials` trials.
    pub fn state_shapes(&self, trials: usize) -> Vec<(&'static str, Vec<usize>)> {
        let mut shapes = vec![
            (state::HIDDEN, vec![trials, self.hidden_units]),
            (state::CELL, vec![trials, self.hidden_units]),
        ];
        match self.architecture {
            Architecture::Unmixing | Architecture::Modulation { .. } => {
                shapes.push((state::MATRIX, vec![trials, self.signals, self.signals]));
            }
            Architecture::Spatial { population, .. } => {
                shapes.push((state::MODULATION, vec![trials, population.units]));
            }
            Architecture::Dale { population, .. } => {
                shapes.push((state::MODULATION, vec![trials, population.feedback_signals]));
                shapes.push((state::GAIN, vec![trials, population.units]));
            }
            Architecture::Direct => {}
        }
        shapes
    }

    /// The state at the start: all zero. The Dale network's gain is then usually drawn, see
    /// [`crate::experiment::Experiment::initial_state`].
    pub fn zero_state(&self, trials: usize) -> Arrays {
        let zero = |(name, shape): (&str, Vec<usize>)| (name.to_string(), Array::zeros(&shape));
        self.state_shapes(trials).into_iter().map(zero).collect()
    }

    /// Names of all traces that a forward pass can record: those of every network first.
    pub fn traces(&self) -> Vec<&'static str> {
        let mut names = vec![trace::STIMULUS, trace::OUTPUT, trace::FEEDBACK, state::HIDDEN, state::CELL];
        match self.architecture {
            Architecture::Unmixing | Architecture::Modulation { .. } => names.push(state::MATRIX),
            Architecture::Spatial { .. } => names.extend([state::MODULATION, trace::POPULATION]),
            Architecture::Dale { .. } => {
                names.extend([state::MODULATION, state::GAIN, trace::LOWER, trace::HIGHER]);
            }
            Architecture::Direct => {}
        }
        names
    }

    /// The trace of the modulated population, where there is one.
    pub fn population_trace(&self) -> Option<&'static str> {
        match self.architecture {
            Architecture::Spatial { .. } => Some(trace::POPULATION),
            Architecture::Dale { .. } => Some(trace::HIGHER),
            Architecture::Unmixing | Architecture::Modulation { .. } | Architecture::Direct => None,
        }
    }

    /// The trace of what the feedback modulates: weights or gains, where there are any.
    pub fn modulated_trace(&self) -> Option<&'static str> {
        match self.architecture {
            Architecture::Unmixing | Architecture::Modulation { .. } => Some(state::MATRIX),
            Architecture::Spatial { .. } => Some(state::MODULATION),
            Architecture::Dale { .. } => Some(state::GAIN),
            Architecture::Direct => None,
        }
    }

    /// Shape of a trace, without time and trials.
    pub fn trace_shape(&self, name: &str) -> Vec<usize> {
        let state = self.state_shapes(0).into_iter().find(|(known, _)| *known == name);
        if let Some((_, shape)) = state {
            return shape[1..].to_vec();
        }
        let width = match (name, self.architecture) {
            (trace::FEEDBACK, _) => self.outputs(),
            (trace::LOWER, Architecture::Dale { lower_units, .. }) => lower_units,
            (
                trace::POPULATION | trace::HIGHER,
                Architecture::Spatial { population, .. } | Architecture::Dale { population, .. },
            ) => population.units,
            _ => self.signals,
        };
        vec![width]
    }

    /// Checks that `weights` are this network's.
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
}
