//! Invariance only at the population level (paper, Figure 4, 6e,f): clarity of single units, and R2 of a
//! linear decoder of the sources, for each stage.

use super::decoding::source_decoding;
use super::findings::{field, mixing, tagged};
use super::statistics::{deviation, maximum, mean, minimum, pearson};
use super::{AnalysisError, Findings, Subject};
use crate::array::Array;
use crate::metrics;
use crate::network::weight;
use crate::testing::TestRun;

pub(super) fn run(subject: &mut Subject<'_>) -> Result<Findings, AnalysisError> {
    let parameters = subject.experiment.parameters();
    let chosen = parameters.optional_text("stage");
    let record: Vec<&str> = match chosen {
        Some(stage) => vec![stage],
        None => parameters.model().stages().to_vec(),
    };
    let inputs = subject.experiment.test_inputs(0)?;
    let training = parameters.optional_count("training_contexts").unwrap_or(inputs.contexts() / 2);
    let run = subject.test(&inputs, &record)?;
    let readout = readout_weights(subject);
    let population = subject.experiment.network().population_trace();
    let mut found = Findings::default();
    for stage in record {
        let measured = Stage::new(&run, stage, inputs.contexts(), training);
        let readout = readout.as_deref().filter(|_| Some(stage) == population);
        measured.add_metrics(&mut found, stage, chosen.is_some(), readout);
        measured.add_rows(&mut found, stage, &inputs.mixing, training, readout);
    }
    Ok(found)
}

/// How strongly each unit is read out: the Euclidean norm of its column of `W_ro`.
fn readout_weights(subject: &Subject<'_>) -> Option<Vec<f64>> {
    let readout = subject.weights.get(weight::READOUT)?;
    let norm = |unit: usize| {
        let column = (0..readout.shape()[0]).map(|output| f64::from(readout.row(output)[unit]).powi(2));
        column.sum::<f64>().sqrt()
    };
    Some((0..readout.row_len()).map(norm).collect())
}

/// One stage.
struct Stage {
    /// By context and unit; not-a-number for a unit that is silent in a context.
    clarity: Vec<Vec<f64>>,
    /// By unit, over the contexts in which it is active.
    of_units: Vec<f64>,
    /// By context, over the active units.
    of_contexts: Vec<f64>,
    /// R2 in the contexts that the decoder was not fitted in; not-a-number if it cannot be fitted.
    r2: Vec<f64>,
}

impl Stage {
    fn new(run: &TestRun, stage: &str, contexts: usize, training: usize) -> Stage {
        let activity = &run.traces[stage];
        let clarity: Vec<Vec<f64>> = (0..contexts)
            .map(|context| {
                let (start, end) = (context * run.samples, (context + 1) * run.samples);
                metrics::unit_clarity(&run.sources, activity, start, end)
            })
            .collect();
        let of_unit = |unit: usize| mean(&clarity.iter().map(|units| units[unit]).collect::<Vec<_>>());
        let of_units = (0..activity.row_len()).map(of_unit).collect();
        let of_contexts = clarity.iter().map(|units| mean(units)).collect();
        let r2 = source_decoding(activity, &run.sources, training, run.samples);
        let r2 = r2.unwrap_or_else(|| vec![f64::NAN; contexts - training]);
        Stage { clarity, of_units, of_contexts, r2 }
    }

    fn add_metrics(&self, found: &mut Findings, stage: &str, chosen: bool, readout: Option<&[f64]>) {
        let mut add = |metric: &str, value: f64| found.metric(tagged(metric, &[(stage, chosen)]), value);
        add("clarity", mean(&self.of_contexts));
        add("clarity_sd", deviation(&self.of_contexts));
        add("unit_clarity_min", minimum(&self.of_units));
        add("unit_clarity", mean(&self.of_units));
        add("unit_clarity_max", maximum(&self.of_units));
        add("r2", mean(&self.r2));
        add("r2_sd", deviation(&self.r2));
        add("r2_min", minimum(&self.r2));
        add("r2_max", maximum(&self.r2));
        if let Some(readout) = readout {
            let correlation = pearson(&self.of_units, readout);
            add("readout_r", correlation.r);
            add("readout_p", correlation.p);
        }
    }

    /// Adds rows of contexts, of units, and of each unit in each context.
    fn add_rows(
        &self,
        found: &mut Findings,
        stage: &str,
        contexts: &Array,
        training: usize,
        readout: Option<&[f64]>,
    ) {
        for (index, clarity) in self.of_contexts.iter().enumerate() {
            let r2 = index.checked_sub(training).map_or(f64::NAN, |test| self.r2[test]);
            let mut row = vec![
                field("stage", stage),
                field("context", index + 1),
                field("clarity", *clarity),
                field("r2", r2),
            ];
            row.extend(mixing(contexts.row(index)));
            found.rows.push(row);
        }
        for (unit, clarity) in self.of_units.iter().enumerate() {
            let mut row =
                vec![field("stage", stage), field("unit", unit + 1), field("unit_clarity", *clarity)];
            row.extend(readout.map(|readout| field("readout_weight", readout[unit])));
            found.rows.push(row);
        }
        for (index, units) in self.clarity.iter().enumerate() {
            found.rows.extend(units.iter().enumerate().map(|(unit, clarity)| {
                vec![
                    field("stage", stage),
                    field("context", index + 1),
                    field("unit", unit + 1),
                    field("unit_clarity_in_context", *clarity),
                ]
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Arrays;

    /// Two contexts of 100 samples; a stage of three units: a copy of s1, an equal mixture, and one that is
    /// silent at first.
    #[test]
    fn units_contexts_and_decoders_are_told_apart() {
        let waves = |i: usize| [(i as f32 * 0.2).sin(), (i as f32 * 0.2).cos()];
        let sources = Array::new(&[200, 2], (0..200).flat_map(waves).collect());
        let activity = (0..200).flat_map(|i| {
            let [one, other] = waves(i);
            [one, one + other, if i < 100 { 0.0 } else { other }]
        });
        let activity = Array::new(&[200, 3], activity.collect());
        let run = TestRun { sources, traces: Arrays::from([("z".to_string(), activity)]), samples: 100 };
        let stage = Stage::new(&run, "z", 2, 1);
        assert!(stage.of_units[0] > 0.9 && stage.of_units[1] < 0.1 && stage.of_units[2] > 0.9);
        assert!(stage.clarity[0][2].is_nan());
        assert!(
            (stage.of_contexts[0] - f64::midpoint(stage.clarity[0][0], stage.clarity[0][1])).abs() < 1e-12
        );
        assert_eq!(stage.r2.len(), 1);
        assert!(stage.r2[0] > 0.999, "{:?}", stage.r2);
        let mut found = Findings::default();
        stage.add_metrics(&mut found, "z", false, Some(&[1.0, 0.0, 0.9]));
        assert!(metrics::of(&found.metrics, "readout_r_z") > 0.9);
        stage.add_rows(&mut found, "z", &Array::zeros(&[2, 2, 2]), 1, None);
        assert_eq!(found.rows.len(), 2 + 3 + 6);
    }
}
