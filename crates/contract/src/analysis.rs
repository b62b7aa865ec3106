//! The analyses of a trained network besides the plain test, and two baselines without a network.

use crate::model::{Model, WITH_MODULATION, WITH_POPULATION};

/// An analysis; `docs/reference/analyses.md` defines each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Analysis {
    /// Planes of the population's activity when the context changes under frozen feedback, and when feedback
    /// returns.
    FrozenFeedback,
    /// Clarity and decoding of the sources, stage by stage.
    Stages,
    /// Decoding of the context from mean activity.
    ContextDecoding,
    /// Variance of the population along its principal components.
    PrincipalComponents,
    /// Errors, and deviations of the weights from the inverse context, over the time since the change of
    /// context.
    ContextChanges,
    /// Correlations of the sources with stimuli and outputs.
    Correlations,
    /// Does the modulation switch between contexts, or fluctuate within them?
    Switching,
    /// Modulation units driven from outside.
    Drive,
    /// A linear readout fitted in one context and tested in another. No network.
    StaticReadout,
    /// A feedforward network on windows of the stimuli. It reads no network, but trains one.
    Feedforward,
}

use Analysis::{
    ContextChanges, ContextDecoding, Correlations, Drive, Feedforward, FrozenFeedback, PrincipalComponents,
    Stages, StaticReadout, Switching,
};

impl Analysis {
    /// All of them.
    pub const ALL: [Analysis; 10] = [
        FrozenFeedback,
        Stages,
        ContextDecoding,
        PrincipalComponents,
        ContextChanges,
        Correlations,
        Switching,
        Drive,
        StaticReadout,
        Feedforward,
    ];
    /// Their names in parameter files, in the same order.
    pub const NAMES: [&str; 10] = [
        "frozen_feedback",
        "stages",
        "context_decoding",
        "principal_components",
        "context_changes",
        "correlations",
        "switching",
        "drive",
        "static_readout",
        "feedforward",
    ];

    /// The name in parameter files.
    pub fn name(self) -> &'static str {
        Analysis::NAMES[self as usize]
    }

    /// The analysis of that name.
    pub fn from_name(name: &str) -> Option<Analysis> {
        Analysis::ALL.into_iter().find(|analysis| analysis.name() == name)
    }

    /// Does it read a trained network? The others are baselines without one.
    pub fn reads_network(self) -> bool {
        !matches!(self, StaticReadout | Feedforward)
    }

    /// The networks that it is defined for.
    pub fn models(self) -> &'static [Model] {
        match self {
            FrozenFeedback | PrincipalComponents | Drive => WITH_POPULATION,
            Switching => WITH_MODULATION,
            Stages | ContextDecoding | ContextChanges | Correlations | StaticReadout | Feedforward => {
                &Model::ALL
            }
        }
    }

    /// Is it defined only for two sources?
    pub fn needs_two_sources(self) -> bool {
        matches!(self, FrozenFeedback | ContextDecoding)
    }
}

/// The stages of a network from stimulus to output, by the names of the parameter `stage`.
pub const STAGES: [&str; 6] = ["x", "z", "z_L", "z_H", "m", "y"];

/// How the context is decoded.
pub const DECODERS: [&str; 3] = ["linear", "quadratic", "inverse"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order() {
        for analysis in Analysis::ALL {
            assert_eq!(Analysis::from_name(analysis.name()), Some(analysis));
        }
    }
}
