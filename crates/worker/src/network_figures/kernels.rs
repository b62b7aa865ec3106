//! How strongly each feedback signal reaches each unit of the population (paper, Figure 3b).

use gainsweep_draw::{Axis, Dashes, Layer, Line, Panel, Sheet, colour};
use gainsweep_model::Array;

/// Signals that are drawn; more cannot be distinguished by colour.
const MOST_SIGNALS: usize = 7;

/// Signals whose lines also have a dash pattern, so that colour is not the only difference.
const DASHES: [Dashes; 3] = [Dashes::Solid, Dashes::Dashed, Dashes::Dotted];

/// The kernel `[units, signals]` over the ring of units.
pub(crate) fn kernels(kernel: &Array) -> Sheet {
    let (units, signals) = (kernel.shape()[0], kernel.row_len());
    let line = |signal: usize| {
        let points = (0..units).map(|unit| (unit as f64 + 1.0, f64::from(kernel.row(unit)[signal])));
        Layer::Line(Line {
            points: points.collect(),
            colour: colour(signal),
            width: 2.2,
            dashes: DASHES[signal % DASHES.len()],
            legend: Some(format!("signal {}", signal + 1)),
        })
    };
    let shown = signals.min(MOST_SIGNALS);
    let first = if shown < signals { format!(" (the first {shown})") } else { String::new() };
    Sheet::of(Panel {
        title: format!("Kernels of {signals} feedback signals{first}"),
        subtitle: format!("units lie on a ring: unit {units} is beside unit 1"),
        x: Axis { label: "unit of the population (number)".into(), ..Axis::default() },
        y: Axis { label: "strength K (share of its peak)".into(), ends: Some((0.0, 1.0)), ..Axis::default() },
        layers: (0..shown).map(line).collect(),
        size: Some((760.0, 360.0)),
        ..Panel::default()
    })
}
