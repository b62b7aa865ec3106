//! Single units or population? Clarity of units, and R2 of a decoder of the sources, for each stage (paper,
//! Figures 4b and 4e).

use gainsweep_draw::{Axis, Panel, Sheet};

use super::violins;

/// The results for one stage.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stage {
    /// Its name on the figure.
    pub(crate) name: String,
    /// Clarity of each unit, its mean over contexts.
    pub(crate) unit_clarity: Vec<f64>,
    /// R2 of the decoder in each context that it was not fitted in.
    pub(crate) decoding: Vec<f64>,
}

/// Clarity of single units.
pub(crate) fn unit_clarity(stages: &[Stage]) -> Sheet {
    let named = stages.iter().map(|stage| {
        let units = stage.unit_clarity.len();
        let plural = if units == 1 { "unit" } else { "units" };
        (format!("{} ({units} {plural})", stage.name), stage.unit_clarity.clone())
    });
    let y = Axis { label: "signal clarity".into(), ends: Some((0.0, 1.0)), ..Axis::default() };
    Sheet::of(Panel {
        title: "Signal clarity of single units".into(),
        subtitle: "each value: one unit, mean over contexts".into(),
        ..violins::panel(named.collect(), y)
    })
}

/// R2 of one linear decoder of the sources for each stage.
pub(crate) fn source_decoding(stages: &[Stage]) -> Sheet {
    let groups: Vec<(String, Vec<f64>)> =
        stages.iter().map(|stage| (stage.name.clone(), stage.decoding.clone())).collect();
    let lowest = groups.iter().flat_map(|(_, values)| values).copied().fold(0.0, f64::min);
    // Below zero, a decoder is worse than none: then the axis is not limited.
    let ends = (lowest >= 0.0).then_some((0.0, 1.0));
    Sheet::of(Panel {
        title: "Sources read out by one linear decoder".into(),
        subtitle: "each value: one context that the decoder was not fitted in".into(),
        ..violins::panel(groups, Axis { label: "R² of the sources".into(), ends, ..Axis::default() })
    })
}
