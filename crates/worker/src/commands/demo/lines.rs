//! The findings of each demo, line by line, with reference values.
//!
//! Keep two kinds of reference values apart: those of the paper's text, and those measured with the published
//! code on the authors' networks, in other test contexts than ours. The paper's text has few numbers.

use super::DemoName;

/// One line of a demo's table.
pub(super) struct Line {
    /// The name of the number.
    pub(super) metric: &'static str,
    /// The name of its standard deviation.
    pub(super) spread: Option<&'static str>,
    /// Its description.
    pub(super) words: &'static str,
    /// Digits after the point.
    pub(super) digits: usize,
    /// Measured on the published network; may be empty.
    pub(super) published: &'static str,
    /// In the paper's text; may be empty.
    pub(super) paper: &'static str,
}

const fn line(
    metric: &'static str,
    words: &'static str,
    digits: usize,
    published: &'static str,
    paper: &'static str,
) -> Line {
    Line { metric, spread: None, words, digits, published, paper }
}

impl Line {
    const fn with(self, spread: &'static str) -> Line {
        Line { spread: Some(spread), ..self }
    }
}

const PROOF_OF_CONCEPT: &[Line] = &[
    line("clarity_stimulus", "clarity of the stimuli x", 3, "0.516 to 0.539", "around 0.5")
        .with("clarity_stimulus_sd"),
    line("clarity", "clarity of the outputs y", 3, "0.965", "close to 1").with("clarity_sd"),
    line("clarity_ceiling", "clarity that perfect outputs would have", 3, "0.982", ""),
    line("error_onset_25", "error |s - y|, first 25 samples of a context", 3, "0.31", ""),
    line("error_late", "error |s - y|, last half of a context", 3, "0.034", ""),
    line("weight_deviation_onset_25", "distance of W from the inverse mixing, first 25", 2, "2.45", ""),
    line("weight_deviation_late", "distance of W from the inverse mixing, last half", 2, "0.28", ""),
];

const DIFFUSE_MODULATION: &[Line] = &[
    line("clarity_stimulus", "clarity of the stimuli x", 3, "0.516 to 0.539", "around 0.5")
        .with("clarity_stimulus_sd"),
    line("clarity", "clarity of the outputs y", 3, "0.942", "").with("clarity_sd"),
    line("clarity_ceiling", "clarity that perfect outputs would have", 3, "0.982", ""),
    line("error_onset_25", "error |s - y|, first 25 samples of a context", 3, "0.46", ""),
    line("error_late", "error |s - y|, last half of a context", 3, "0.039", ""),
    line("weight_deviation_late", "distance of effective W from the inverse, last half", 2, "0.25", ""),
    line("unit_clarity_min_z", "clarity of single units of z, least", 2, "0.05", ""),
    line("unit_clarity_z", "clarity of single units of z, mean", 2, "0.45", "low"),
    line("unit_clarity_max_z", "clarity of single units of z, most", 2, "0.77", ""),
    line("readout_r_z", "its correlation r with the readout weight", 2, "0.04 to 0.06", "none"),
    line("r2_x", "R2 of the sources decoded from x", 2, "0.18 to 0.46", "poor").with("r2_sd_x"),
    line("r2_z", "R2 of the sources decoded from z", 2, "0.95 to 0.97", "high").with("r2_sd_z"),
    line("r2_y", "R2 of the sources decoded from y", 2, "0.96 to 0.97", "").with("r2_sd_y"),
];

const INVARIANT_SUBSPACE: &[Line] = &[
    line("clarity_stimulus", "clarity of the stimuli x", 3, "0.519 to 0.540", "around 0.5")
        .with("clarity_stimulus_sd"),
    line("clarity", "clarity of the outputs y", 3, "0.980", "").with("clarity_sd"),
    line("error_feedback", "error |s - y| with feedback", 3, "", ""),
    line("error_frozen", "error |s - y|, context changed, feedback frozen", 3, "", ""),
    line("error_feedback_back", "error |s - y|, feedback back", 3, "", ""),
    line("angle_frozen", "angle after a change of context, degrees", 1, "3.2 (sd 1.9)", "hardly any")
        .with("angle_frozen_sd"),
    line("angle_feedback", "angle when the feedback is back, degrees", 1, "47.7 (sd 25.9)", "consistent")
        .with("angle_feedback_sd"),
    line("angle_feedback_same_side", "  contexts on the same side, degrees", 1, "22.8", ""),
    line("angle_feedback_other_side", "  contexts on other sides, degrees", 1, "70.1", ""),
    line("angle_distance_r", "r of that angle with the contexts' distance", 2, "0.77", "larger when far"),
    line("angle_distance_p", "  its p value", 4, "5e-9", ""),
];

impl DemoName {
    /// The lines of the demo's table.
    pub(super) fn lines(self) -> &'static [Line] {
        match self {
            DemoName::ProofOfConcept => PROOF_OF_CONCEPT,
            DemoName::DiffuseModulation => DIFFUSE_MODULATION,
            DemoName::InvariantSubspace => INVARIANT_SUBSPACE,
        }
    }

    /// What it shows, in one sentence.
    pub(super) fn claim(self) -> &'static str {
        match self {
            DemoName::ProofOfConcept => {
                "Proof of concept (paper, Figure 1): feedback that modulates the weights of a readout unmixes two sources."
            }
            DemoName::DiffuseModulation => {
                "Diffuse modulation (Figures 3 and 4): a few signals that reach many units do it, too; the sources are in the \
                 population, not in its units."
            }
            DemoName::InvariantSubspace => {
                "Invariant subspace (Figure 5): feedback turns the population's activity, so that a fixed readout stays right."
            }
        }
    }
}
