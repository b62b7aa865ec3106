//! Clarity of each stage over contexts, and the clarity of perfect outputs (paper, Figures 1d, 4b and 6e).

use gainsweep_draw::{Axis, Dashes, Layer, Panel, Reference, Sheet};
use gainsweep_model::metrics::clarity;

use super::{Observed, violins};

pub(crate) fn sheet(observed: &Observed<'_>) -> Sheet {
    let Observed { network, run, inputs, .. } = observed;
    let contexts = inputs.contexts();
    let samples = run.samples;
    let of = |array| -> Vec<f64> {
        (0..contexts)
            .map(|context| clarity(&run.sources, array, context * samples, (context + 1) * samples))
            .filter(|value| value.is_finite())
            .collect()
    };
    let activities = network.activities().into_iter();
    let groups =
        activities.filter_map(|stage| Some((stage.words.to_string(), of(run.traces.get(stage.name)?))));
    let y = Axis { label: "signal clarity".into(), ends: Some((0.0, 1.0)), ..Axis::default() };
    let mut panel = violins::panel(groups.collect(), y);
    let ceilings = of(&run.sources);
    let ceiling = ceilings.iter().sum::<f64>() / ceilings.len() as f64;
    if ceiling.is_finite() {
        panel.layers.push(Layer::Reference(Reference {
            value: ceiling,
            horizontal: true,
            label: String::new(),
            dashes: Dashes::Dotted,
        }));
    }
    let plural = if contexts == 1 { "context" } else { "contexts" };
    Sheet::of(Panel {
        title: format!("Signal clarity in {contexts} {plural}"),
        subtitle: if ceiling.is_finite() {
            format!("each value: one context, mean over units; dotted: perfect outputs, {ceiling:.3}")
        } else {
            "each value: one context, mean over units".into()
        },
        ..panel
    })
}
