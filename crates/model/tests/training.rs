//! Training and data are pure functions of the parameters, the seed included. A training that is stored and
//! resumed continues bit for bit.

#![cfg(feature = "torch")]

mod support;

use gainsweep_contract::Value;
use gainsweep_contract::schema::{self, Model};
use gainsweep_model::trainer::{BatchReport, TrainError, Training};
use gainsweep_model::{Array, Engine, Experiment, sources};
use support::{parameters, text};

fn has_population(model: Model) -> bool {
    schema::find("population_units").is_some_and(|parameter| parameter.models.contains(&model))
}

fn experiment(model: Model, more: &[(&str, Value)]) -> Experiment {
    let mut given = vec![
        ("model", text(model.name())),
        ("hidden_units", Value::Integer(4)),
        ("trials_per_batch", Value::Integer(3)),
        ("samples_per_context", Value::Integer(15)),
        ("test_contexts", Value::Integer(2)),
        ("source_duration", Value::Float(0.02)),
        ("learning_rate", Value::Float(0.01)),
    ];
    if has_population(model) {
        given.push(("population_units", Value::Integer(6)));
    }
    given.extend(more.iter().cloned());
    Experiment::new(parameters(&given))
}

fn engine(experiment: &Experiment) -> Box<dyn Engine> {
    experiment.network().torch_engine("cpu", 1).expect("the CPU is there")
}

fn learn(training: &mut Training, experiment: &Experiment, batches: usize) -> Vec<BatchReport> {
    let mut engine = engine(experiment);
    (0..batches).map(|_| training.step(experiment, &mut *engine).expect("it learns")).collect()
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    for model in Model::ALL {
        let run = |seed| {
            let experiment = experiment(model, &[("seed", Value::Integer(seed))]);
            let mut training = Training::new(&experiment);
            let reports = learn(&mut training, &experiment, 4);
            let tested = training.test(&experiment, &mut *engine(&experiment)).expect("a test");
            (training, reports, tested)
        };
        let one = run(1);
        assert_eq!(one, run(1), "{model:?}");
        assert_ne!(one.1, run(2).1, "{model:?}");
        assert_eq!(one.1.iter().map(|report| report.batch).collect::<Vec<_>>(), [1, 2, 3, 4]);
    }
}

#[test]
fn a_stored_training_goes_on_bit_for_bit() {
    for model in Model::ALL {
        for carry in [true, false] {
            let experiment = experiment(model, &[("carry_state", Value::Boolean(carry))]);
            let mut whole = Training::new(&experiment);
            let reports = learn(&mut whole, &experiment, 6);
            for stop in [0, 1, 4] {
                let mut first = Training::new(&experiment);
                learn(&mut first, &experiment, stop);
                let mut second =
                    Training::from_arrays(&experiment, stop as u64, &first.to_arrays()).expect("it fits");
                assert_eq!(second, first);
                assert_eq!(learn(&mut second, &experiment, 6 - stop), reports[stop..], "{model:?}");
                assert_eq!(second, whole, "{model:?} stopped at {stop}");
            }
        }
    }
}

#[test]
fn stored_arrays_that_do_not_fit_are_errors() {
    let experiment = experiment(Model::Dale, &[]);
    let mut training = Training::new(&experiment);
    learn(&mut training, &experiment, 1);
    let arrays = training.to_arrays();
    for name in arrays.keys() {
        let mut fewer = arrays.clone();
        fewer.remove(name);
        assert!(Training::from_arrays(&experiment, 1, &fewer).is_err(), "without {name}");
        let mut misshapen = arrays.clone();
        misshapen.insert(name.clone(), Array::zeros(&[1, 2, 3]));
        assert!(Training::from_arrays(&experiment, 1, &misshapen).is_err(), "with another {name}");
    }
}

#[test]
fn the_state_is_carried_or_not() {
    for model in Model::ALL {
        let state = |carry| {
            let experiment = experiment(model, &[("carry_state", Value::Boolean(carry))]);
            let mut training = Training::new(&experiment);
            learn(&mut training, &experiment, 2);
            (training.state, experiment.initial_state())
        };
        let (carried, start) = state(true);
        assert_ne!(carried, start, "{model:?}");
        let (reset, start) = state(false);
        assert_eq!(reset, start, "{model:?}");
    }
}

#[test]
fn what_diverges_leaves_the_training_as_it_was() {
    let experiment = experiment(Model::Modulation, &[("noise", Value::Float(1e300))]);
    let mut training = Training::new(&experiment);
    let before = training.clone();
    let error = training.step(&experiment, &mut *engine(&experiment)).expect_err("no number");
    assert!(matches!(error, TrainError::Diverged { batch: 1, .. }), "{error}");
    assert_eq!(training, before);
}

#[test]
fn fixed_weights_stay_and_learned_ones_move() {
    for model in Model::ALL {
        let experiment = experiment(model, &[]);
        let start = Training::new(&experiment);
        let mut training = start.clone();
        learn(&mut training, &experiment, 3);
        for entry in experiment.network().weights() {
            let moved = training.weights[entry.name] != start.weights[entry.name];
            assert_eq!(moved, entry.learned, "{} of {model:?}", entry.name);
        }
    }
}

/// Each source of a batch is a piece of one source; the choice and the start change from batch to batch.
#[test]
fn batches_are_pieces_of_the_sources() {
    let text_of = "sine 100, square 130, sawtooth 170, sine 210 + sine 270";
    for (steps, wraps) in [(15, false), (160, true), (400, true)] {
        let experiment = experiment(
            Model::Unmixing,
            &[
                ("sources", text(text_of)),
                ("number_of_sources", Value::Integer(3)),
                ("samples_per_context", Value::Integer(steps)),
                ("determinant_threshold", Value::Float(0.01)),
            ],
        );
        let all = sources::generate(&text_of.parse().expect("sources"), 100.0, 8000.0, 0.02);
        let length = all.shape()[0];
        assert_eq!(length, 160);
        let mut seen = std::collections::BTreeSet::new();
        for index in 0..20 {
            let batch = experiment.batch(index).expect("a batch");
            assert_eq!(batch, experiment.batch(index).expect("a batch"), "a pure function of its index");
            assert!(batch.is_consistent() && batch.signals() == 3);
            let mut columns = Vec::new();
            for signal in 0..3 {
                let fits = |column: usize, start: usize| {
                    (0..batch.steps()).all(|step| {
                        batch.sources.row(step)[signal].to_bits()
                            == all.row((start + step) % length)[column].to_bits()
                    })
                };
                let starts = if wraps { length } else { length - batch.steps() };
                let found = (0..4).find(|column| (0..starts).any(|start| fits(*column, start)));
                columns.push(found.unwrap_or_else(|| panic!("signal {signal} of batch {index} is no piece")));
            }
            assert!(columns.is_sorted(), "{columns:?}");
            seen.insert(columns);
        }
        assert_eq!(seen.len(), 4, "every choice of three of four");
    }
}

#[test]
fn tests_are_on_fresh_contexts() {
    let experiment = experiment(Model::Spatial, &[]);
    let inputs = experiment.test_inputs(0).expect("inputs");
    assert_eq!(inputs.mixing, experiment.test_inputs(0).expect("inputs").mixing);
    assert_ne!(inputs.mixing, experiment.test_inputs(1).expect("inputs").mixing);
    assert_ne!(inputs.mixing.row(0), experiment.batch(0).expect("a batch").mixing.row(0));
    assert_eq!(inputs.running_sources().shape(), [30, 2]);
    // The sources continue from their first sample, whatever the contexts are.
    assert_eq!(inputs.running_sources().rows(0, 30), inputs.sources.rows(0, 30));
    assert_eq!(inputs.noise.shape(), [30, 2]);
}
