//! The modulator: an LSTM that sees stimuli and outputs, and its linear readout, the feedback.

use tch::Tensor;

use crate::network::{ModulatorInput, weight};
use crate::torch::step::{State, Weights, through};

pub(crate) struct Lstm {
    input: ModulatorInput,
    input_weights: Tensor,
    hidden_weights: Tensor,
    input_bias: Tensor,
    hidden_bias: Tensor,
    readout: Tensor,
    readout_bias: Tensor,
}

impl Lstm {
    pub(crate) fn new(weights: &Weights, input: ModulatorInput) -> Lstm {
        let weight = |name: &str| weights[name].shallow_clone();
        Lstm {
            input,
            input_weights: weight(weight::LSTM_INPUT),
            hidden_weights: weight(weight::LSTM_HIDDEN),
            input_bias: weight(weight::LSTM_INPUT_BIAS),
            hidden_bias: weight(weight::LSTM_HIDDEN_BIAS),
            readout: weight(weight::FEEDBACK),
            readout_bias: weight(weight::FEEDBACK_BIAS),
        }
    }

    /// New h and c, and the feedback `[B, outputs]`. Gates in PyTorch's order: input, forget, cell, output.
    pub(crate) fn step(&self, x: &Tensor, y: &Tensor, state: &State) -> (Tensor, Tensor, Tensor) {
        let input = match self.input {
            ModulatorInput::StimulusAndOutput => Tensor::cat(&[x, y], 1),
            ModulatorInput::Stimulus => x.shallow_clone(),
            ModulatorInput::Output => y.shallow_clone(),
        };
        let (hidden, cell) = input.lstm_cell(
            &[&state.hidden, &state.cell],
            &self.input_weights,
            &self.hidden_weights,
            Some(&self.input_bias),
            Some(&self.hidden_bias),
        );
        let feedback = through(&self.readout, &hidden) + &self.readout_bias;
        (hidden, cell, feedback)
    }
}
