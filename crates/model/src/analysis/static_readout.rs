//! Baseline: a linear readout that is fitted in one context and tested in another (paper, Figure 1-figure supplement
//! 1a-c). It has no network.
//!
//! With n = `test_samples_per_context`, each readout is fitted to the first n samples of the sources in one context by
//! ordinary least squares, and tested on the next n samples in every context.

use super::decoding::LinearDecoder;
use super::findings::field;
use super::statistics::{deviation, maximum, mean, minimum, pearson};
use super::{AnalysisError, Findings, distance, undefined};
use crate::array::Array;
use crate::experiment::Experiment;
use crate::metrics;

/// One pair of contexts.
struct Pair {
    fitted_in: usize,
    tested_in: usize,
    distance: f64,
    clarity: f64,
    r2: f64,
}

pub(super) fn run(experiment: &Experiment) -> Result<Findings, AnalysisError> {
    let inputs = experiment.test_inputs(0)?;
    let (contexts, samples) = (inputs.contexts(), inputs.samples);
    let length = inputs.sources.shape()[0];
    let piece = |start: usize| {
        let rows = (start..start + samples).flat_map(|row| inputs.sources.row(row % length).to_vec());
        Array::new(&[samples, inputs.sources.row_len()], rows.collect())
    };
    let (fitting, testing) = (piece(0), piece(samples));
    let noise = |part: u64| experiment.test_in(inputs.mixing.clone(), part).noise;
    let (fitting_noise, testing_noise) = (noise(0), noise(1));
    let stimuli = |sources: &Array, noise: &Array, context: usize| {
        mixed(sources, inputs.mixing.row(context), &noise.rows(context * samples, (context + 1) * samples))
    };
    let tests: Vec<Array> = (0..contexts).map(|context| stimuli(&testing, &testing_noise, context)).collect();
    let mut pairs = Vec::new();
    for fitted_in in 0..contexts {
        let readout = LinearDecoder::fit(&stimuli(&fitting, &fitting_noise, fitted_in), &fitting)
            .ok_or_else(|| undefined("a readout cannot be fitted: the stimuli are not finite"))?;
        for (tested_in, test) in tests.iter().enumerate() {
            let outputs = readout.outputs(test);
            pairs.push(Pair {
                fitted_in,
                tested_in,
                distance: distance(inputs.mixing.row(fitted_in), inputs.mixing.row(tested_in)),
                clarity: metrics::clarity(&testing, &outputs, 0, samples),
                r2: readout.score(test, &testing),
            });
        }
    }
    Ok(findings(&pairs))
}

/// x = A s + noise.
pub(super) fn mixed(sources: &Array, context: &[f32], noise: &Array) -> Array {
    let signals = sources.row_len();
    let row = |index: usize| {
        let sources = sources.row(index);
        let noise = noise.row(index);
        context.chunks(signals).zip(noise).map(move |(weights, noise)| {
            weights.iter().zip(sources).map(|(weight, source)| weight * source).sum::<f32>() + noise
        })
    };
    Array::new(sources.shape(), (0..sources.shape()[0]).flat_map(row).collect())
}

fn findings(pairs: &[Pair]) -> Findings {
    let of = |same: bool, value: fn(&Pair) -> f64| -> Vec<f64> {
        let pairs = pairs.iter().filter(|pair| (pair.fitted_in == pair.tested_in) == same);
        pairs.map(value).collect()
    };
    let (same, other) = (of(true, |pair| pair.clarity), of(false, |pair| pair.clarity));
    let correlation = pearson(&of(false, |pair| pair.distance), &other);
    let mut found = Findings::default();
    for (name, value) in [
        ("clarity_same_context", mean(&same)),
        ("clarity_other_context", mean(&other)),
        ("clarity_other_context_sd", deviation(&other)),
        ("clarity_other_context_min", minimum(&other)),
        ("clarity_other_context_max", maximum(&other)),
        ("r2_same_context", mean(&of(true, |pair| pair.r2))),
        ("r2_other_context", mean(&of(false, |pair| pair.r2))),
        ("clarity_distance_r", correlation.r),
        ("clarity_distance_p", correlation.p),
    ] {
        found.metric(name, value);
    }
    found.rows = pairs
        .iter()
        .map(|pair| {
            vec![
                field("fitted_in", pair.fitted_in + 1),
                field("tested_in", pair.tested_in + 1),
                field("context_distance", pair.distance),
                field("clarity", pair.clarity),
                field("r2", pair.r2),
            ]
        })
        .collect();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use gainsweep_contract::{Parameters, ValueMap};

    #[test]
    fn a_readout_is_good_where_it_was_fitted() {
        let experiment = Experiment::new(Parameters::resolve(&ValueMap::new()).expect("defaults"));
        let found = run(&experiment).expect("findings");
        let metric = |name: &str| metrics::of(&found.metrics, name);
        assert_eq!(found.rows.len(), 400);
        // paper.md: .974 and .679 (sd .165) for one draw of contexts, windows of 1024 samples.
        assert!((metric("clarity_same_context") - 0.98).abs() < 0.02, "{:?}", found.metrics);
        assert!((metric("clarity_other_context") - 0.68).abs() < 0.12, "{:?}", found.metrics);
        assert!(metric("r2_same_context") > 0.999 && metric("r2_other_context") < 0.7);
    }
}
