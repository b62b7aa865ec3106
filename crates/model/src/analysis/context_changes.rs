//! What happens after a change of context (paper, Figures 1c, 2c, 1-figure supplement 6a, 2-figure supplement
//! 1c): errors, and the distance of the effective weights from the inverse context, over the time since the
//! change.

use super::effective_weights::{self, effective_weights, inverse_mixing, needed_traces};
use super::findings::{field, mixing};
use super::statistics::{deviation, mean};
use super::{AnalysisError, Findings, Subject, distance};
use crate::network::trace;

/// Numbers of samples after a change for means.
const ONSETS: [usize; 4] = [25, 50, 100, 200];

/// Time steps of one point of the mean course.
const BIN: usize = 25;

/// The network has found a context when the error in a window of [`BIN`] steps is at most this many times the
/// late error.
const FOUND: f64 = 2.0;

/// A quantity by context and time step.
struct Course {
    name: &'static str,
    /// One list a context.
    values: Vec<Vec<f64>>,
}

impl Course {
    /// Mean over the first steps of a context, at most `steps`.
    fn onset(&self, context: usize, steps: usize) -> f64 {
        let values = &self.values[context];
        mean(&values[..steps.min(values.len())])
    }

    /// Mean over the second half of a context.
    fn late(&self, context: usize) -> f64 {
        let values = &self.values[context];
        mean(&values[values.len() / 2..])
    }
}

pub(super) fn run(subject: &mut Subject<'_>) -> Result<Findings, AnalysisError> {
    let inputs = subject.experiment.test_inputs(0)?;
    let network = subject.experiment.network();
    // The weights of rectified units change from step to step, with the active units.
    let smooth = network.effective_weights().is_some_and(|effective| !effective.rectified);
    let needed = if smooth { needed_traces(network) } else { &[] };
    let record: Vec<&str> = [trace::OUTPUT].iter().chain(needed).copied().collect();
    let run = subject.test(&inputs, &record)?;
    let samples = run.samples;
    let by_context = |value: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
        let context = |context| {
            (context * samples..(context + 1) * samples).map(|row| value(context, row)).collect::<Vec<f64>>()
        };
        (0..inputs.contexts()).map(context).collect()
    };
    let outputs = &run.traces[trace::OUTPUT];
    let error = Course {
        name: "error",
        values: by_context(&|_, row| distance(run.sources.row(row), outputs.row(row))),
    };
    let latencies: Vec<f64> = (0..inputs.contexts()).map(|context| latency(&error, context)).collect();
    let mut courses = vec![error];
    if smooth && let Some(effective) = effective_weights(network, subject.weights, &inputs.state, &run.traces)
    {
        let deviation = effective_weights::deviation(&effective, &inverse_mixing(&inputs.mixing), samples);
        courses.push(Course { name: "weight_deviation", values: by_context(&|_, row| deviation[row]) });
    }
    let mut found = Findings::default();
    add_metrics(&mut found, &courses, &latencies);
    for (context, latency) in latencies.iter().enumerate() {
        let mut row = vec![field("context", context + 1), field("latency", *latency)];
        row.extend((context > 0).then(|| {
            let (one, other) = (inputs.mixing.row(context - 1), inputs.mixing.row(context));
            field("context_distance", distance(one, other))
        }));
        for course in &courses {
            row.extend(
                ONSETS.map(|steps| {
                    field(format!("{}_onset_{steps}", course.name), course.onset(context, steps))
                }),
            );
            row.push(field(format!("{}_late", course.name), course.late(context)));
        }
        row.extend(mixing(inputs.mixing.row(context)));
        found.rows.push(row);
    }
    add_time(&mut found, &courses, samples);
    Ok(found)
}

/// Time steps until the error is near its late value in the context; not-a-number if it never is.
fn latency(error: &Course, context: usize) -> f64 {
    let late = error.late(context);
    let windows = error.values[context].windows(BIN);
    let found = windows.enumerate().find(|(_, window)| mean(window) <= FOUND * late);
    found.map_or(f64::NAN, |(step, _)| step as f64)
}

/// The contexts after a change: all but the first, which begins with a zero state.
fn changes(values: impl Iterator<Item = f64>) -> Vec<f64> {
    values.skip(1).collect()
}

fn add_metrics(found: &mut Findings, courses: &[Course], latencies: &[f64]) {
    let latencies = changes(latencies.iter().copied());
    found.metric("latency", mean(&latencies));
    found.metric("latency_sd", deviation(&latencies));
    for course in courses {
        let contexts = course.values.len();
        for steps in ONSETS {
            let onset = changes((0..contexts).map(|context| course.onset(context, steps)));
            found.metric(format!("{}_onset_{steps}", course.name), mean(&onset));
        }
        let late = changes((0..contexts).map(|context| course.late(context)));
        found.metric(format!("{}_late", course.name), mean(&late));
    }
    found.metric("changes", latencies.len() as f64);
}

/// Rows of the mean course: one for each bin of time.
fn add_time(found: &mut Findings, courses: &[Course], samples: usize) {
    for start in (0..samples).step_by(BIN) {
        let end = (start + BIN).min(samples);
        let mut row = vec![field("time", start)];
        for course in courses {
            let bins = changes(course.values.iter().map(|values| mean(&values[start..end])));
            row.push(field(format!("{}_at_time", course.name), mean(&bins)));
        }
        found.rows.push(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_ends_where_the_error_is_late_enough() {
        // An error of 1 for 100 steps, then of 0.1.
        let values: Vec<f64> = (0..1000).map(|step| if step < 100 { 1.0 } else { 0.1 }).collect();
        let error = Course { name: "error", values: vec![values, vec![0.1; 1000], vec![f64::NAN; 1000]] };
        // The first window of 25 steps with a mean of at most 0.2 has two steps of 1: (2 + 23 * 0.1) / 25 = 0.172.
        assert!((latency(&error, 0) - 98.0).abs() < 1e-9, "{}", latency(&error, 0));
        assert!(latency(&error, 1).abs() < 1e-9);
        assert!(latency(&error, 2).is_nan());
        assert!((error.onset(0, 200) - 0.55).abs() < 1e-9 && (error.late(0) - 0.1).abs() < 1e-9);
        let mut found = Findings::default();
        add_time(&mut found, &[error], 990);
        assert_eq!(found.rows.len(), 40);
    }
}
