//! Does the modulation switch with the context, or fluctuate within it (paper, Figures 3c, 6c,d, 6-figure
//! supplement 1e)?
//!
//! For each modulated weight or gain g, B is the variance over contexts (n - 1) of its mean over the last
//! half of a context, and W the mean over contexts of its variance over time in that half. The switching
//! index is sum B / sum W over all g. It is far above 1 if the modulation is constant within contexts and
//! differs between them.

use super::findings::field;
use super::statistics::{deviation, mean};
use super::{AnalysisError, Findings, Subject, column_means, undefined};
use crate::array::Array;

pub(super) fn run(subject: &mut Subject<'_>) -> Result<Findings, AnalysisError> {
    let name = subject.experiment.network().modulated_trace();
    let name = name.ok_or_else(|| undefined("nothing is modulated in this network"))?;
    let inputs = subject.experiment.test_inputs(0)?;
    let run = subject.test(&inputs, &[name])?;
    Ok(findings(&run.traces[name], run.samples))
}

/// The results for a modulation `[contexts * samples, ...]`.
fn findings(modulation: &Array, samples: usize) -> Findings {
    let contexts = modulation.shape()[0] / samples;
    let halves: Vec<(usize, usize)> =
        (0..contexts).map(|context| (context * samples + samples / 2, (context + 1) * samples)).collect();
    let means: Vec<Vec<f64>> =
        halves.iter().map(|(start, end)| column_means(modulation, *start, *end)).collect();
    let units = modulation.row_len();
    let variance_in = |context: usize, unit: usize| {
        let (start, end) = halves[context];
        let squares =
            (start..end).map(|row| (f64::from(modulation.row(row)[unit]) - means[context][unit]).powi(2));
        squares.sum::<f64>() / (end - start) as f64
    };
    let of_unit = |unit: usize| means.iter().map(|means| means[unit]).collect::<Vec<f64>>();
    let between: Vec<f64> = (0..units).map(|unit| deviation(&of_unit(unit)).powi(2)).collect();
    let within: Vec<f64> = (0..units)
        .map(|unit| mean(&(0..contexts).map(|context| variance_in(context, unit)).collect::<Vec<_>>()))
        .collect();
    let (all_between, all_within) = (between.iter().sum::<f64>(), within.iter().sum::<f64>());
    let unit_means: Vec<f64> = (0..units).map(|unit| mean(&of_unit(unit))).collect();
    let mut found = Findings::default();
    found.metric("switching_index", all_between / all_within);
    found.metric("variance_between_share", all_between / (all_between + all_within));
    found.metric("modulation", mean(&unit_means));
    // Averages over contexts are similar; within a context they are spread out (Figure 6d).
    found.metric("modulation_sd_of_averages", deviation(&unit_means));
    let spreads: Vec<f64> = means.iter().map(|means| deviation(means)).collect();
    found.metric("modulation_sd_in_context", mean(&spreads));
    for unit in 0..units {
        found.rows.push(vec![
            field("unit", unit + 1),
            field("modulation_average", unit_means[unit]),
            field("variance_between", between[unit]),
            field("variance_within", within[unit]),
        ]);
    }
    for (context, means) in means.iter().enumerate() {
        found.rows.extend(means.iter().enumerate().map(|(unit, value)| {
            vec![field("unit", unit + 1), field("context", context + 1), field("modulation", *value)]
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics;

    /// Two contexts of 8 samples; means of 0 and 2 in the last halves; +-0.1 within.
    #[test]
    fn variances_between_and_within_are_told_apart() {
        let value = |row: usize| {
            let (context, step) = (row / 8, row % 8);
            // The first half does not count.
            if step < 4 { 100.0 } else { 2.0 * context as f32 + if step % 2 == 0 { 0.1 } else { -0.1 } }
        };
        let modulation = Array::new(&[16, 1], (0..16).map(value).collect());
        let found = findings(&modulation, 8);
        // Variance between: ((0 - 1)^2 + (2 - 1)^2) / 1 = 2; within: 0.01.
        assert!((metrics::of(&found.metrics, "switching_index") - 200.0).abs() < 1e-3);
        assert!((metrics::of(&found.metrics, "modulation") - 1.0).abs() < 1e-6);
        assert_eq!(found.column("variance_between").len(), 1);
        assert_eq!(found.rows.len(), 1 + 2);
    }
}
