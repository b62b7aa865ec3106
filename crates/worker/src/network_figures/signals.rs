//! Sources, stimuli, outputs and the error around a change of context (paper, Figure 1b; 5a with frozen feedback).

use gainsweep_draw::{Layer, Sheet, colour};
use gainsweep_model::Array;
use gainsweep_model::network::trace;

use super::Observed;
use super::time_window::{Window, panel, shading, solid, upright};

/// Samples before and after the change.
const BEFORE: usize = 200;
const AFTER: usize = 400;

/// Samples after the end of frozen feedback.
const AFTER_FROZEN: usize = 250;

/// Height of a panel, and of the lowest one, which has the axis, in px.
const HEIGHT: f64 = 130.0;
const LOWEST: f64 = 175.0;

/// Most sources whose mixing matrices fit into a title.
const IN_TITLE: usize = 2;

pub(crate) fn sheet(observed: &Observed<'_>) -> Sheet {
    let Observed { inputs, run, network, .. } = observed;
    let context = inputs.freeze.map_or(2, |freeze| freeze.from_context).min(inputs.contexts() - 1);
    let after = inputs.freeze.map_or(0, |freeze| freeze.steps)
        + if inputs.freeze.is_some() { AFTER_FROZEN } else { AFTER };
    let window = Window::around(inputs, context, BEFORE, after);
    let x = || window.axis("time since the change of context (samples)");
    let (stimuli, outputs) = (&run.traces[trace::STIMULUS], &run.traces[trace::OUTPUT]);
    let lines = |array: &Array, symbol: &str| -> Vec<Layer> {
        (0..network.signals)
            .map(|signal| {
                let points = window.line(|sample| f64::from(array.row(sample)[signal]), 1200);
                solid(points, colour(signal), 1.6, Some(format!("{symbol}{}", signal + 1)))
            })
            .collect()
    };
    // The sources again, wide and pale below the outputs: where both agree, they form a rim.
    let aims = (0..network.signals).map(|signal| {
        let points = window.line(|sample| f64::from(run.sources.row(sample)[signal]), 1200);
        solid(points, "#b4b4b4".into(), 4.5, (signal == 0).then(|| "sources".into()))
    });
    let error = window.line(
        |sample| {
            let pairs = run.sources.row(sample).iter().zip(outputs.row(sample));
            pairs.map(|(source, output)| f64::from(source - output).powi(2)).sum::<f64>().sqrt()
        },
        1200,
    );
    let stack = [
        ("sources s", lines(&run.sources, "s")),
        ("stimuli x", lines(stimuli, "x")),
        ("outputs y", aims.chain(lines(outputs, "y")).collect()),
        ("error |s − y|", vec![solid(error, "#000000".into(), 1.4, None)]),
    ];
    let last = stack.len() - 1;
    let panels = stack.into_iter().enumerate().map(|(number, (label, layers))| {
        let height = if number == last { LOWEST } else { HEIGHT };
        let layers = window.background(inputs).into_iter().chain(layers).collect();
        panel(x(), upright(label), height, layers)
    });
    Sheet::stack(format!("{}{}", title(observed, context), shading(inputs, &window)), panels.collect())
}

/// The change of context, with the mixing before and after it.
fn title(observed: &Observed<'_>, context: usize) -> String {
    let mixing = |context: usize| -> String {
        let row = observed.inputs.mixing.row(context);
        let rows = row
            .chunks(observed.network.signals)
            .map(|row| row.iter().map(|entry| format!("{entry:.2}")).collect::<Vec<_>>().join(" "));
        format!("({})", rows.collect::<Vec<_>>().join(", "))
    };
    let shown = observed.network.signals <= IN_TITLE;
    match context {
        0 if shown => format!("Context 1, from rest: A = {}", mixing(0)),
        0 => "Context 1, from rest".into(),
        _ if shown => {
            let (before, after) = (mixing(context - 1), mixing(context));
            format!("Context {context} to {}: A = {before} to {after}", context + 1)
        }
        _ => format!("Context {context} to {}", context + 1),
    }
}
