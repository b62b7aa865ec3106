//! Effective weights with the entries of the inverse mixing, and their distance (paper, Figures 1c, 2b and
//! 3-s1d).

use gainsweep_draw::{Dashes, Layer, Line, Sheet, colour};
use gainsweep_model::Array;
use gainsweep_model::analysis::effective_weights::{deviation, effective_weights, inverse_mixing};

use super::Observed;
use super::time_window::{Window, panel, shading, solid, upright};

/// Contexts that are shown.
const CONTEXTS: usize = 6;

/// With more outputs, there is one panel for all.
const MOST_OUTPUTS: usize = 4;

/// Segments that a line is thinned to.
const STRETCHES: usize = 700;

/// The slope of a rectified network is averaged over this many samples: it jumps whenever a unit becomes
/// silent.
const AVERAGED: usize = 100;

pub(crate) fn sheet(observed: &Observed<'_>) -> Result<Sheet, &'static str> {
    let Observed { network, weights, inputs, run } = observed;
    let effective = effective_weights(network, weights, &inputs.state, &run.traces)
        .ok_or("its output is no product of the stimulus, so that it has no effective weights")?;
    let (rectified, words) =
        network.effective_weights().map_or((false, ""), |effective| (effective.rectified, effective.words));
    let effective = if rectified { averaged(&effective, AVERAGED, inputs.samples) } else { effective };
    let inverse = inverse_mixing(&inputs.mixing);
    let window = Window::contexts(inputs, CONTEXTS);
    let x = || window.axis("time (samples)");
    let signals = network.signals;
    // Two outputs fit into one panel; otherwise each has its own.
    let groups: Vec<Vec<usize>> = match signals {
        1 | 2 => vec![(0..signals * signals).collect()],
        3..=MOST_OUTPUTS => (0..signals).map(|row| (row * signals..(row + 1) * signals).collect()).collect(),
        _ => Vec::new(),
    };
    let several = groups.len() > 1;
    let mut panels = Vec::new();
    for entries in groups {
        let mut layers = window.background(inputs);
        for (number, entry) in entries.iter().enumerate() {
            let value = |sample: usize| f64::from(effective.row(sample)[*entry]);
            let name = format!("W{}{}", entry / signals + 1, entry % signals + 1);
            layers.push(solid(window.line(value, STRETCHES), colour(number), 1.6, Some(name)));
        }
        for (number, entry) in entries.iter().enumerate() {
            let points = entry_of_inverse(&inverse, *entry, inputs.samples, &window);
            layers.push(Layer::Line(Line {
                points,
                colour: "#202020".into(),
                width: 1.3,
                dashes: Dashes::Dotted,
                legend: (number == 0).then(|| "A⁻¹".into()),
            }));
        }
        let height = if several { 170.0 } else { 300.0 };
        let label = if several { format!("weights to y{}", panels.len() + 1) } else { "weights".into() };
        panels.push(panel(x(), upright(&label), height, layers));
    }
    let distance = deviation(&effective, &inverse, inputs.samples);
    let mut layers = window.background(inputs);
    layers.push(solid(window.line(|sample| distance[sample], STRETCHES), "#000000".into(), 1.4, None));
    panels.push(panel(x(), upright("‖W − A⁻¹‖"), 190.0, layers));
    let means = if rectified { format!(" (means of {AVERAGED} samples)") } else { String::new() };
    let title = format!("{words}{means} and the inverse of the mixing{}", shading(inputs, &window));
    Ok(Sheet::stack(title, panels))
}

/// An entry of the inverse, as steps: its value from each change to the next.
fn entry_of_inverse(inverse: &Array, entry: usize, samples: usize, window: &Window) -> Vec<(f64, f64)> {
    (window.start / samples..window.end / samples)
        .flat_map(|context| {
            let value = f64::from(inverse.row(context)[entry]);
            [(window.place(context * samples), value), (window.place((context + 1) * samples), value)]
        })
        .filter(|(_, value)| value.is_finite())
        .collect()
}

/// Means over this many samples; no mean spans a change of the context.
fn averaged(array: &Array, stretch: usize, samples: usize) -> Array {
    let mut data = Vec::with_capacity(array.data().len());
    for start in (0..array.shape()[0]).step_by(samples) {
        for from in (start..start + samples).step_by(stretch) {
            let to = (from + stretch).min(start + samples);
            let mean: Vec<f32> = (0..array.row_len())
                .map(|entry| (from..to).map(|row| array.row(row)[entry]).sum::<f32>() / (to - from) as f32)
                .collect();
            (from..to).for_each(|_| data.extend(&mean));
        }
    }
    Array::new(array.shape(), data)
}
