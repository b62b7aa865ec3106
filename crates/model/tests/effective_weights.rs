//! Effective weights of every network with all options: they map each stimulus to its output.

mod support;

use gainsweep_contract::Value;
use gainsweep_model::analysis::effective_weights::{effective_weights, needed_traces};
use gainsweep_model::network::trace;
use gainsweep_model::testing::{self, Freeze};
use gainsweep_model::{Arrays, Experiment};
use support::{every_network, parameters};

#[test]
fn they_take_each_stimulus_to_its_output() {
    let (mut with, mut without) = (0, Vec::new());
    for options in every_network(&[1.0, 3.0]) {
        let mut given = options.clone();
        given.extend([
            ("hidden_units", Value::Integer(5)),
            ("test_contexts", Value::Integer(3)),
            ("test_samples_per_context", Value::Integer(20)),
            ("source_duration", Value::Float(0.01)),
        ]);
        let experiment = Experiment::new(parameters(&given));
        let network = experiment.network();
        if network.effective_weights().is_none() {
            let none = effective_weights(network, &Arrays::new(), &Arrays::new(), &Arrays::new());
            assert_eq!((none, needed_traces(network)), (None, &[][..]));
            without.push(experiment.parameters().model().name());
            continue;
        }
        let weights = experiment.initial_weights();
        let mut inputs = experiment.test_inputs(0).expect("inputs");
        inputs.freeze = Some(Freeze { from_context: 1, steps: 7 });
        let record = network.traces();
        let run = testing::run(&mut *network.fused_engine(1), &weights, &inputs, &record).expect("a run");
        let needed: Arrays = needed_traces(network)
            .iter()
            .map(|name| ((*name).to_string(), run.traces[*name].clone()))
            .collect();
        let effective =
            effective_weights(network, &weights, &inputs.state, &needed).expect("effective weights");
        assert_eq!(effective.shape(), [60, 2, 2]);
        let (stimuli, outputs) = (&run.traces[trace::STIMULUS], &run.traces[trace::OUTPUT]);
        let largest = outputs.data().iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        assert!(largest > 1e-6, "{options:?} is silent");
        for step in 0..60 {
            let (matrix, x) = (effective.row(step), stimuli.row(step));
            for output in 0..2 {
                let product = matrix[2 * output] * x[0] + matrix[2 * output + 1] * x[1];
                let found = outputs.row(step)[output];
                assert!((product - found).abs() <= 1e-5 * largest, "{options:?} step {step}");
            }
        }
        assert_eq!(effective_weights(network, &weights, &inputs.state, &Arrays::new()), None);
        with += 1;
    }
    assert!(with > 50, "{with}");
    without.dedup();
    assert_eq!(without, ["direct"]);
}
