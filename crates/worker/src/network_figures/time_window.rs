//! Segments of a test, in samples.

use gainsweep_draw::{Axis, Dashes, Layer, Line, Panel, Reference, Span};
use gainsweep_model::testing::{Freeze, TestInputs};

/// Width of figures over time, in px.
pub(crate) const WIDTH: f64 = 900.0;

/// Samples `start..end` of a test, counted from `zero`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) zero: usize,
}

impl Window {
    /// This many whole contexts from the start; if feedback is frozen later, from the context before that.
    pub(crate) fn contexts(inputs: &TestInputs, most: usize) -> Window {
        let contexts = inputs.contexts();
        let first = inputs.freeze.map_or(0, |freeze| freeze.from_context.saturating_sub(1));
        let first = first.min(contexts.saturating_sub(most));
        let last = contexts.min(first + most);
        Window { start: first * inputs.samples, end: last * inputs.samples, zero: 0 }
    }

    /// Around the change to a context: this many samples before and after it, within the two contexts.
    pub(crate) fn around(inputs: &TestInputs, context: usize, before: usize, after: usize) -> Window {
        let zero = context * inputs.samples;
        let before = if context == 0 { 0 } else { before.min(inputs.samples) };
        Window { start: zero - before, end: zero + after.min(inputs.samples), zero }
    }

    /// The position of a sample on the axis.
    pub(crate) fn place(&self, sample: usize) -> f64 {
        sample as f64 - self.zero as f64
    }

    /// The horizontal axis.
    pub(crate) fn axis(&self, label: &str) -> Axis {
        Axis {
            label: label.into(),
            ends: Some((self.place(self.start), self.place(self.end))),
            ..Axis::default()
        }
    }

    /// A line through the values of the window's samples, thinned to the smallest and the largest of each
    /// segment.
    pub(crate) fn line(&self, value: impl Fn(usize) -> f64, stretches: usize) -> Vec<(f64, f64)> {
        let length = (self.end - self.start).div_ceil(stretches.max(1)).max(1);
        let mut points = Vec::new();
        for start in (self.start..self.end).step_by(length) {
            let samples =
                || (start..(start + length).min(self.end)).filter(|sample| value(*sample).is_finite());
            let by_value = |one: &usize, other: &usize| value(*one).total_cmp(&value(*other));
            let (Some(low), Some(high)) = (samples().min_by(by_value), samples().max_by(by_value)) else {
                continue;
            };
            points.push((self.place(low.min(high)), value(low.min(high))));
            if low != high {
                points.push((self.place(low.max(high)), value(low.max(high))));
            }
        }
        points
    }

    /// A line through means of this many samples; no mean spans a change of the context.
    pub(crate) fn means(
        &self,
        value: impl Fn(usize) -> f64,
        length: usize,
        samples: usize,
    ) -> Vec<(f64, f64)> {
        let mut points = Vec::new();
        let mut start = self.start;
        while start < self.end {
            let change = (start / samples + 1) * samples;
            let end = (start + length).min(change).min(self.end);
            let mean = (start..end).map(&value).sum::<f64>() / (end - start) as f64;
            points.push((f64::midpoint(self.place(start), self.place(end)), mean));
            start = end;
        }
        points
    }

    /// The background of every panel over time: frozen feedback shaded, changes of the context as lines.
    pub(crate) fn background(&self, inputs: &TestInputs) -> Vec<Layer> {
        let mut layers: Vec<Layer> = frozen(inputs, self)
            .map(|(from, to)| Layer::Span(Span { from: self.place(from), to: self.place(to) }))
            .collect();
        let changes = (1..inputs.contexts()).map(|context| context * inputs.samples);
        layers.extend(changes.filter(|sample| (self.start + 1..self.end).contains(sample)).map(|sample| {
            Layer::Reference(Reference {
                value: self.place(sample),
                horizontal: false,
                label: String::new(),
                dashes: Dashes::Dashed,
            })
        }));
        layers
    }
}

/// The parts of the window in which the feedback is held.
pub(crate) fn frozen<'a>(
    inputs: &'a TestInputs,
    window: &'a Window,
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let freeze = inputs.freeze.unwrap_or(Freeze { from_context: inputs.contexts(), steps: 0 });
    (freeze.from_context..inputs.contexts()).filter_map(move |context| {
        let start = context * inputs.samples;
        let (from, to) =
            (start.max(window.start), (start + freeze.steps.min(inputs.samples)).min(window.end));
        (from < to).then_some((from, to))
    })
}

/// An addition to the title if feedback is frozen.
pub(crate) fn shading(inputs: &TestInputs, window: &Window) -> &'static str {
    if frozen(inputs, window).next().is_some() { "; grey: feedback frozen" } else { "" }
}

/// A panel of a stack, over time.
pub(crate) fn panel(x: Axis, y: Axis, height: f64, layers: Vec<Layer>) -> Panel {
    Panel { x, y, layers, size: Some((WIDTH, height)), ..Panel::default() }
}

/// A vertical axis.
pub(crate) fn upright(label: &str) -> Axis {
    Axis { label: label.into(), ..Axis::default() }
}

/// A solid line.
pub(crate) fn solid(points: Vec<(f64, f64)>, colour: String, width: f64, legend: Option<String>) -> Layer {
    Layer::Line(Line { points, colour, width, dashes: Dashes::Solid, legend })
}
