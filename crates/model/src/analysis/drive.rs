//! Modulation units driven from outside (paper, Methods: an input of +3 or -3 activates or inactivates them).
//!
//! In the last half of each context the drive d is added to the target of the modulation units, tau dm/dt =
//! LSTM(x, y) + d - m. This equals a bias of the LSTM's readout. (In the spatial network it reaches the gains
//! through the kernel, as the feedback does.) The comparison is the same test without the drive.

use super::findings::{field, mixing};
use super::statistics::mean;
use super::{AnalysisError, Findings, Subject, column_means, undefined};
use crate::array::{Array, Arrays};
use crate::metrics;
use crate::network::{trace, weight};
use crate::testing::{self, TestInputs, TestRun};

pub(super) fn run(subject: &mut Subject<'_>) -> Result<Findings, AnalysisError> {
    let gain = subject.experiment.network().modulated_trace();
    let gain = gain.ok_or_else(|| undefined("nothing is modulated in this network"))?;
    let parameters = subject.experiment.parameters();
    let unit = parameters.optional_count("driven_unit");
    let driven = driven(subject.weights, parameters.number("drive") as f32, unit);
    let inputs = halves(&subject.experiment.test_inputs(0)?);
    let record = [trace::OUTPUT, gain];
    let without = subject.test(&inputs, &record)?;
    let weights = subject.weights;
    let by_half = |half: usize| if half % 2 == 1 { &driven } else { weights };
    let with = testing::run_with(subject.engine, &by_half, &inputs, &record)?;
    Ok(findings(&inputs, gain, &with, &without))
}

/// The weights with a drive of that modulation unit (counted from 1), or of all.
fn driven(weights: &Arrays, drive: f32, unit: Option<usize>) -> Arrays {
    let mut driven = weights.clone();
    if let Some(bias) = driven.get_mut(weight::FEEDBACK_BIAS) {
        for (index, bias) in bias.data_mut().iter_mut().enumerate() {
            if unit.is_none_or(|unit| unit == index + 1) {
                *bias += drive;
            }
        }
    }
    driven
}

/// The same test, with each half of a context as its own context. An odd sample is left out.
fn halves(inputs: &TestInputs) -> TestInputs {
    let (contexts, half) = (inputs.contexts(), inputs.samples / 2);
    let signals = inputs.noise.row_len();
    let mixing = (0..2 * contexts).flat_map(|index| inputs.mixing.row(index / 2).to_vec()).collect();
    TestInputs {
        mixing: Array::new(&[2 * contexts, signals, signals], mixing),
        noise: inputs.noise.rows(0, 2 * contexts * half),
        samples: half,
        ..inputs.clone()
    }
}

fn findings(inputs: &TestInputs, gain: &str, with: &TestRun, without: &TestRun) -> Findings {
    let runs = [("driven", with), ("undriven", without)];
    let mut found = Findings::default();
    let mut gains: Vec<Vec<f64>> = Vec::new();
    let driven_halves = || (1..inputs.contexts()).step_by(2);
    found.rows = driven_halves()
        .map(|half| {
            let mut row = vec![field("context", half / 2 + 1)];
            row.extend(mixing(inputs.mixing.row(half)));
            row
        })
        .collect();
    for (name, run) in runs {
        let outputs = &run.traces[trace::OUTPUT];
        let (mut gain_of, mut clarity, mut error) = (Vec::new(), Vec::new(), Vec::new());
        let mut units = vec![0.0; run.traces[gain].row_len()];
        for half in driven_halves() {
            let (start, end) = (half * run.samples, (half + 1) * run.samples);
            let means = column_means(&run.traces[gain], start, end);
            units.iter_mut().zip(&means).for_each(|(sum, value)| *sum += value);
            gain_of.push(mean(&means));
            clarity.push(metrics::clarity(&run.sources, outputs, start, end));
            error.push(metrics::error(&run.sources, outputs, start, end));
        }
        for (metric, values) in [("gain", &gain_of), ("clarity", &clarity), ("error", &error)] {
            found.metric(format!("{metric}_{name}"), mean(values));
            for (row, value) in found.rows.iter_mut().zip(values) {
                row.push(field(format!("{metric}_{name}"), *value));
            }
        }
        for sum in &mut units {
            *sum /= gain_of.len() as f64;
        }
        gains.push(units);
    }
    let change = metrics::of(&found.metrics, "gain_driven") - metrics::of(&found.metrics, "gain_undriven");
    found.metric("gain_change", change);
    for (unit, (driven, undriven)) in gains[0].iter().zip(&gains[1]).enumerate() {
        found.rows.push(vec![
            field("unit", unit + 1),
            field("unit_gain_driven", *driven),
            field("unit_gain_undriven", *undriven),
        ]);
    }
    found
}
