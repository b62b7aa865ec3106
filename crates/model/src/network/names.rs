//! Names of weights, state and traces that several networks share; those of the published code, if it has
//! them.

/// Names of the weights that several networks share, as in the published code's state dict. LSTM gates:
/// input, forget, cell, output.
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
    /// Weights that the feedback modulates, or those into the modulated population.
    pub const BASELINE: &str = "w0";
    /// Readout of the population `[S, Z]`.
    pub const READOUT: &str = "Wro";
    /// Modulation kernel `[Z, M]`.
    pub const KERNEL: &str = "Wm";
}

/// Names of the state's arrays that several networks share. They are also names of traces.
pub mod state {
    /// LSTM output `[B, H]`.
    pub const HIDDEN: &str = "h";
    /// LSTM cell `[B, H]`.
    pub const CELL: &str = "c";
    /// Matrix from stimulus to output `[B, S, S]`.
    pub const MATRIX: &str = "w";
    /// Modulation: `[B, Z]` or `[B, M]`.
    pub const MODULATION: &str = "m";
}

/// Names of the traces that every network has and that are not states.
pub mod trace {
    /// Stimuli `[T, B, S]`.
    pub const STIMULUS: &str = "x";
    /// Outputs `[T, B, S]`.
    pub const OUTPUT: &str = "y";
    /// Readout of the LSTM, the feedback signals.
    pub const FEEDBACK: &str = "net_out";
}
