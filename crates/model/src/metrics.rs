//! The metrics of a test: signal clarity (paper, eq. 18-19) and errors by phase of the context.

use crate::array::Array;
use crate::network::trace;
use crate::testing::{TestInputs, TestRun};

/// Samples after a context change that count as its onset.
pub const ONSETS: [usize; 3] = [50, 100, 200];

/// Number of losses for `loss_final` (paper, Figure 3-s1: the last 200 batches).
pub const FINAL_BATCHES: usize = 200;

/// Pearson correlations between the columns of two arrays over rows `start..end`, `[columns of one][columns
/// of other]`. Not-a-number for a constant column.
pub fn correlations(one: &Array, other: &Array, start: usize, end: usize) -> Vec<Vec<f64>> {
    let centred = |array: &Array| -> Vec<Vec<f64>> {
        (0..array.row_len())
            .map(|column| {
                let values: Vec<f64> = (start..end).map(|row| f64::from(array.row(row)[column])).collect();
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                values.into_iter().map(|value| value - mean).collect()
            })
            .collect()
    };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (one, other) = (centred(one), centred(other));
    let lengths: Vec<f64> = other.iter().map(|b| dot(b, b).sqrt()).collect();
    one.iter()
        .map(|a| {
            let length = dot(a, a).sqrt();
            other.iter().zip(&lengths).map(|(b, other)| dot(a, b) / length / other).collect()
        })
        .collect()
}

/// Signal clarity of each unit (paper, eq. 19): the largest absolute correlation with a source minus the
/// second largest. With two sources that is | |`r_1j`| - |`r_2j`| |; with one it is |`r_1j`|.
pub fn unit_clarity(sources: &Array, activity: &Array, start: usize, end: usize) -> Vec<f64> {
    let correlations = correlations(sources, activity, start, end);
    (0..activity.row_len())
        .map(|unit| {
            let mut strengths: Vec<f64> = correlations.iter().map(|row| row[unit].abs()).collect();
            if strengths.iter().any(|strength| strength.is_nan()) {
                return f64::NAN;
            }
            strengths.sort_by(|a, b| b.total_cmp(a));
            strengths[0] - strengths.get(1).unwrap_or(&0.0)
        })
        .collect()
}

/// Mean clarity over the units that vary; not-a-number without any.
pub fn clarity(sources: &Array, activity: &Array, start: usize, end: usize) -> f64 {
    mean(unit_clarity(sources, activity, start, end).into_iter().filter(|value| !value.is_nan()))
}

/// Mean over rows `start..end` of the Euclidean distance |s - y|.
pub fn error(sources: &Array, outputs: &Array, start: usize, end: usize) -> f64 {
    mean((start..end).map(|row| {
        let squares = sources.row(row).iter().zip(outputs.row(row)).map(|(s, y)| f64::from(s - y).powi(2));
        squares.sum::<f64>().sqrt()
    }))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0usize, 0.0), |(count, sum), value| (count + 1, sum + value));
    sum / count as f64
}

/// The results of one context.
#[derive(Clone, Debug, PartialEq)]
pub struct ContextResult {
    /// Clarity of the outputs, over the whole context, its onset included.
    pub clarity: f64,
    /// Clarity of the stimuli.
    pub clarity_stimulus: f64,
    /// Clarity of perfect outputs: the sources themselves correlate a little in a window.
    pub clarity_ceiling: f64,
    /// Mean |s - y|.
    pub error: f64,
    /// Mean |s - y| over the first 50, 100, 200 samples (or as many as there are).
    pub error_onset: [f64; ONSETS.len()],
    /// Mean |s - y| over the second half of the context.
    pub error_late: f64,
    /// Standard deviation of the stimuli without their noise, about zero.
    pub stimulus_deviation: f64,
    /// Standard deviation of their noise.
    pub noise_deviation: f64,
    /// The mixing matrix, row by row.
    pub mixing: Vec<f32>,
}

/// The results of each context. The run must have recorded `x` and `y`.
pub fn contexts(inputs: &TestInputs, run: &TestRun) -> Vec<ContextResult> {
    let (stimuli, outputs) = (&run.traces[trace::STIMULUS], &run.traces[trace::OUTPUT]);
    (0..inputs.contexts())
        .map(|context| {
            let (start, end) = (context * run.samples, (context + 1) * run.samples);
            ContextResult {
                clarity: clarity(&run.sources, outputs, start, end),
                clarity_stimulus: clarity(&run.sources, stimuli, start, end),
                clarity_ceiling: clarity(&run.sources, &run.sources, start, end),
                error: error(&run.sources, outputs, start, end),
                error_onset: ONSETS
                    .map(|onset| error(&run.sources, outputs, start, (start + onset).min(end))),
                error_late: error(&run.sources, outputs, start + run.samples / 2, end),
                stimulus_deviation: stimulus_deviation(&run.sources, inputs.mixing.row(context), start, end),
                noise_deviation: root_mean_square(
                    inputs.noise.rows(start, end).data().iter().map(|noise| f64::from(*noise)),
                ),
                mixing: inputs.mixing.row(context).to_vec(),
            }
        })
        .collect()
}

fn root_mean_square(values: impl Iterator<Item = f64>) -> f64 {
    mean(values.map(|value| value * value)).sqrt()
}

fn stimulus_deviation(sources: &Array, mixing: &[f32], start: usize, end: usize) -> f64 {
    root_mean_square((start..end).flat_map(|row| {
        let sources = sources.row(row);
        mixing.chunks(sources.len()).map(move |weights| {
            weights.iter().zip(sources).map(|(weight, source)| f64::from(weight * source)).sum::<f64>()
        })
    }))
}

/// 10 log10 of the ratio of the variances of the stimuli without noise and of the noise; infinite without
/// noise.
fn noise_decibel(signal: f64, noise: f64) -> f64 {
    20.0 * (signal / noise).log10()
}

/// The scalar results of a training, by name, in the order of `metrics.csv`.
pub fn summary(losses: &[f64], contexts: &[ContextResult]) -> Vec<(String, f64)> {
    let last = &losses[losses.len().saturating_sub(FINAL_BATCHES)..];
    let over = |value: fn(&ContextResult) -> f64| mean(contexts.iter().map(value));
    let clarity = over(|context| context.clarity);
    let spread = {
        let squares: f64 = contexts.iter().map(|context| (context.clarity - clarity).powi(2)).sum();
        (squares / (contexts.len() as f64 - 1.0)).sqrt()
    };
    let named = |name: &str, value: f64| (name.to_string(), value);
    let mut summary = vec![
        named("clarity", clarity),
        named("clarity_sd", spread),
        named("clarity_min", contexts.iter().map(|context| context.clarity).fold(f64::NAN, f64::min)),
        named("clarity_stimulus", over(|context| context.clarity_stimulus)),
        named("clarity_ceiling", over(|context| context.clarity_ceiling)),
        named("error", over(|context| context.error)),
    ];
    for (index, onset) in ONSETS.iter().enumerate() {
        let value = mean(contexts.iter().map(|context| context.error_onset[index]));
        summary.push((format!("error_onset_{onset}"), value));
    }
    let deviation = |of: fn(&ContextResult) -> f64| root_mean_square(contexts.iter().map(of));
    let signal = deviation(|context| context.stimulus_deviation);
    let noise = deviation(|context| context.noise_deviation);
    summary.extend([
        named("error_late", over(|context| context.error_late)),
        named("stimulus_deviation", signal),
        named("noise_decibel", noise_decibel(signal, noise)),
        named("loss_final", mean(last.iter().copied())),
        named("loss_final_log10", mean(last.iter().map(|loss| loss.log10()))),
        named("batches", losses.len() as f64),
    ]);
    summary
}

/// The metric of that name; not-a-number if it is missing.
pub fn of(metrics: &[(String, f64)], name: &str) -> f64 {
    metrics.iter().find(|(known, _)| known == name).map_or(f64::NAN, |(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(columns: &[&[f32]]) -> Array {
        let rows = columns[0].len();
        let data = (0..rows).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
        Array::new(&[rows, columns.len()], data)
    }

    #[test]
    fn clarity_is_one_for_a_pure_copy_and_zero_for_an_equal_mixture() {
        let (one, other) = ([1.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0]);
        let sources = columns(&[&one, &other]);
        let equal = [2.0, 0.0, 0.0, -2.0];
        let activity = columns(&[&one, &equal, &[3.0; 4]]);
        let clarity = unit_clarity(&sources, &activity, 0, 4);
        assert!((clarity[0] - 1.0).abs() < 1e-12 && clarity[1].abs() < 1e-12 && clarity[2].is_nan());
        assert!((super::clarity(&sources, &activity, 0, 4) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn errors_are_euclidean() {
        let sources = columns(&[&[3.0, 0.0], &[4.0, 0.0]]);
        let outputs = columns(&[&[0.0, 0.0], &[0.0, 0.0]]);
        assert!((error(&sources, &outputs, 0, 2) - 2.5).abs() < 1e-12);
    }
}
