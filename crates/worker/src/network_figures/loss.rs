//! The loss over a training (paper, Figures 1-s2a, 3-s1c, 6-s1a).

use gainsweep_draw::{Axis, Panel, Scale, Sheet, colour};

use super::time_window::{Window, solid};

/// Number of batches in a mean of the smooth line.
const SMOOTHED: usize = 50;

/// The fewest means for a line.
const ENOUGH: usize = 10;

/// Segments that the pale line is thinned to.
const STRETCHES: usize = 800;

/// The loss of each batch, pale, and its mean over segments, on a logarithmic axis.
pub(crate) fn loss(losses: &[f64]) -> Sheet {
    // The first batch is number 1.
    let batches = Window { start: 1, end: losses.len() + 1, zero: 0 };
    // A logarithmic axis cannot show a loss of zero.
    let value = |batch: usize| if losses[batch - 1] > 0.0 { losses[batch - 1] } else { f64::NAN };
    let smooths = losses.len() >= ENOUGH * SMOOTHED;
    let (pale, legend) = if smooths { ("#9cc4dc".into(), None) } else { (colour(0), None) };
    let mut layers =
        vec![solid(batches.line(value, STRETCHES), pale, if smooths { 0.9 } else { 1.6 }, legend)];
    if smooths {
        layers.push(solid(means(losses), colour(0), 2.2, None));
    }
    Sheet::of(Panel {
        title: format!("Loss over {} batches", losses.len()),
        subtitle: if smooths {
            format!("pale: each batch; dark: means of {SMOOTHED}")
        } else {
            "each batch".into()
        },
        x: Axis { label: "batch".into(), ..Axis::default() },
        y: Axis {
            label: "loss (smooth L1, summed over time)".into(),
            scale: Scale::Log,
            ends: decades(losses),
        },
        layers,
        ..Panel::default()
    })
}

/// The powers of ten around the losses: only these have a number on the axis.
fn decades(losses: &[f64]) -> Option<(f64, f64)> {
    let logarithms =
        || losses.iter().filter(|loss| **loss > 0.0 && loss.is_finite()).map(|loss| loss.log10());
    let low = logarithms().fold(f64::INFINITY, f64::min).floor();
    let high = logarithms().fold(f64::NEG_INFINITY, f64::max).ceil();
    low.is_finite().then(|| (10f64.powf(low), 10f64.powf(high.max(low + 1.0))))
}

/// The mean of each segment, at its middle.
fn means(losses: &[f64]) -> Vec<(f64, f64)> {
    let stretches = losses.chunks(SMOOTHED).enumerate();
    let point = |(number, stretch): (usize, &[f64])| {
        let mean = stretch.iter().sum::<f64>() / stretch.len() as f64;
        let before = (number * SMOOTHED) as f64;
        (before + f64::midpoint(1.0, stretch.len() as f64), mean)
    };
    stretches.map(point).filter(|(_, mean)| *mean > 0.0 && mean.is_finite()).collect()
}
