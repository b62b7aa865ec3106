//! Clarity of each stage over contexts, with what perfect outputs would have (paper, Figures 1d, 4b and 6e).

use gainsweep_figure::{Axis, Boxes, Dashes, Layer, Panel, Reference, Scale, Sheet, colour};
use gainsweep_model::metrics::clarity;
use gainsweep_model::network::trace;

use crate::Observed;

/// Name of a stage's trace, and in words.
const STAGES: [(&str, &str); 5] = [
    (trace::STIMULUS, "stimuli x"),
    (trace::POPULATION, "population z"),
    (trace::LOWER, "lower units zL"),
    (trace::HIGHER, "higher units zH"),
    (trace::OUTPUT, "outputs y"),
];

/// Width of a violin with its name, and of what stands beside them, in px.
const ROOM: (f64, f64) = (165.0, 110.0);

pub(crate) fn sheet(observed: &Observed<'_>) -> Sheet {
    let Observed { run, inputs, .. } = observed;
    let contexts = inputs.contexts();
    let samples = run.samples;
    let of = |array| -> Vec<f64> {
        (0..contexts)
            .map(|context| clarity(&run.sources, array, context * samples, (context + 1) * samples))
            .filter(|value| value.is_finite())
            .collect()
    };
    let (mut names, mut groups) = (Vec::new(), Vec::new());
    for (name, words) in STAGES {
        if let Some(activity) = run.traces.get(name) {
            names.push(words.to_string());
            groups.push(of(activity));
        }
    }
    let ceilings = of(&run.sources);
    let ceiling = ceilings.iter().sum::<f64>() / ceilings.len() as f64;
    let colours = (0..groups.len()).map(colour).collect();
    let width = ROOM.0 * groups.len() as f64 + ROOM.1;
    let mut layers = vec![Layer::Boxes(Boxes { groups, colours })];
    if ceiling.is_finite() {
        layers.push(Layer::Reference(Reference {
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
        x: Axis { scale: Scale::Categories(names), ..Axis::default() },
        y: Axis { label: "signal clarity".into(), ends: Some((0.0, 1.0)), ..Axis::default() },
        layers,
        size: Some((width.max(520.0), 430.0)),
        ..Panel::default()
    })
}
