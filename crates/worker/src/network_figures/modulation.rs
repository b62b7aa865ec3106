//! The modulation over contexts (paper, Figures 3c and 6c), and the feedback that makes it.

use gainsweep_draw::{Axis, Layer, Sheet, colour, gradient};
use gainsweep_model::Array;
use gainsweep_model::network::Modulated;

use super::Observed;
use super::time_window::{Window, panel, shading, solid, upright};

/// Contexts that are shown.
const CONTEXTS: usize = 8;

/// Units that are drawn; of more, this many evenly spaced ones.
const MOST_UNITS: usize = 100;

/// Feedback signals that are drawn; more cannot be distinguished by colour.
const MOST_SIGNALS: usize = 7;

/// Points of a unit's line; each is a mean.
const POINTS: usize = 320;

/// Segments that a signal's line is thinned to.
const STRETCHES: usize = 500;

pub(crate) fn sheet(observed: &Observed<'_>) -> Result<Sheet, &'static str> {
    let Observed { network, inputs, run, .. } = observed;
    let gains = match network.modulated() {
        Modulated::Gains(gains) => gains,
        Modulated::Weights(_) => {
            return Err("its modulation is that of the weights, which are another figure");
        }
        Modulated::Nothing => return Err("nothing is modulated in it"),
    };
    let window = Window::contexts(inputs, CONTEXTS);
    let x = || window.axis("time (samples)");
    let with = |layers: Vec<Layer>| window.background(inputs).into_iter().chain(layers).collect::<Vec<_>>();
    let averaged = (window.end - window.start).div_ceil(POINTS);
    let (units, signals) = (&run.traces[gains.gains], &run.traces[gains.signals]);
    let panels = vec![
        panel(
            x(),
            Axis { ends: gains.range, ..upright(gains.gains_words) },
            300.0,
            with(units_lines(units, &window, averaged, inputs.samples)),
        ),
        panel(x(), upright(gains.signals_words), 220.0, with(signals_lines(signals, &window))),
    ];
    let means = if averaged > 1 { format!(" (units: means of {averaged} samples)") } else { String::new() };
    Ok(Sheet::stack(format!("Modulation over contexts{means}{}", shading(inputs, &window)), panels))
}

/// Units from dark to light; the first, the middle and the last are in the legend.
fn units_lines(units: &Array, window: &Window, averaged: usize, samples: usize) -> Vec<Layer> {
    let count = units.row_len();
    let shown: Vec<usize> = if count <= MOST_UNITS {
        (0..count).collect()
    } else {
        (0..MOST_UNITS).map(|number| number * (count - 1) / (MOST_UNITS - 1)).collect()
    };
    let named = [shown[0], shown[shown.len() / 2], shown[shown.len() - 1]];
    shown
        .iter()
        .map(|unit| {
            let points = window.means(|sample| f64::from(units.row(sample)[*unit]), averaged, samples);
            let share = *unit as f64 / (count.max(2) - 1) as f64;
            let name = named.contains(unit).then(|| format!("unit {}", unit + 1));
            solid(points, gradient(share), if name.is_some() { 1.6 } else { 0.8 }, name)
        })
        .collect()
}

fn signals_lines(signals: &Array, window: &Window) -> Vec<Layer> {
    (0..signals.row_len().min(MOST_SIGNALS))
        .map(|signal| {
            let points = window.line(|sample| f64::from(signals.row(sample)[signal]), STRETCHES);
            solid(points, colour(signal), 1.3, Some(format!("signal {}", signal + 1)))
        })
        .collect()
}
