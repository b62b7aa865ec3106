//! Requirements for every engine, on tiny networks of all kinds with all options: gradients against finite
//! differences, and invariants over random configurations.

#![cfg(feature = "torch")]

mod support;

use gainsweep_model::batch::Batch;
use gainsweep_model::engine::{EngineError, Trace, TraceRequest};
use gainsweep_model::kernels::Level;
use gainsweep_model::network::{state, trace, weight};
use gainsweep_model::random::Stream;
use gainsweep_model::{Array, Arrays, Engine, Network};
use proptest::prelude::*;
use support::{
    any_network, difference, every_network, random_batch, random_state, random_weights, text, tiny_network,
};

/// Makes an engine for a network.
type Make = fn(&Network) -> Box<dyn Engine>;

/// The reference.
fn torch(network: &Network) -> Box<dyn Engine> {
    network.torch_engine("cpu", 1).expect("the CPU is there")
}

fn fused(network: &Network, level: Level, threads: usize) -> Box<dyn Engine> {
    network.fused_engine_at(level, threads).expect("the level was asked for")
}

/// The fused engine with all instructions of this machine; the best one with two threads.
fn fused_engines() -> Vec<Make> {
    let all: [(Level, Make); 3] = [
        (Level::Portable, |network| fused(network, Level::Portable, 1)),
        (Level::Avx2, |network| fused(network, Level::Avx2, 1)),
        (Level::Avx512, |network| fused(network, Level::Avx512, 2)),
    ];
    all.into_iter().filter(|(level, _)| level.is_available()).map(|(_, make)| make).collect()
}

/// All engines.
fn engines() -> Vec<Make> {
    let mut all = fused_engines();
    all.push(torch);
    all
}

fn traces(
    engine: &mut dyn Engine,
    network: &Network,
    weights: &Arrays,
    state: &Arrays,
    batch: &Batch,
    freeze_steps: usize,
) -> Trace {
    let request = TraceRequest { record: &network.traces(), freeze_steps };
    engine.trace(weights, state, batch, request).expect("traces")
}

/// Loss and regulariser by their definitions, in double precision, from the traces.
fn objective(traces: &Arrays, batch: &Batch) -> (f64, f64) {
    let outputs = &traces[trace::OUTPUT];
    let (trials, signals) = (batch.trials(), batch.signals());
    let mut loss = 0.0;
    for step in 0..batch.steps() {
        for (index, output) in outputs.row(step).iter().enumerate() {
            let error = (f64::from(*output) - f64::from(batch.sources.row(step)[index % signals])).abs();
            loss += if error < 1.0 { 0.5 * error * error } else { error - 0.5 };
        }
    }
    let regulariser = traces[trace::FEEDBACK].data().iter().map(|value| f64::from(value.abs())).sum();
    (loss / (trials * signals) as f64, regulariser)
}

/// The gradient along a random direction of each learned weight is the slope of the objective.
#[test]
fn gradients_are_slopes() {
    const REGULARISATION: f64 = 0.01;
    const STEP: f64 = 4e-3;
    let (mut compared, mut kinks) = (0, 0);
    for make in engines() {
        for (seed, options) in (0u64..).zip(every_network(&[1.0, 3.5])) {
            let network = tiny_network(&options);
            let mut engine = make(&network);
            let weights = random_weights(&network, seed);
            let batch = random_batch(&network, 5, 2, seed);
            let start = random_state(&network, 2, seed);
            let gradient = engine.gradient(&weights, &start, &batch, REGULARISATION).expect("a gradient");
            for (name, gradient) in &gradient.gradients {
                let mut stream = Stream::new(seed, name, 9);
                let direction: Vec<f64> = gradient.data().iter().map(|_| stream.normal(0.0, 1.0)).collect();
                let length = direction.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
                let mut at = |step: f64| {
                    let mut moved = weights.clone();
                    let array = moved.get_mut(name).expect("a learned weight is a weight");
                    for (weight, entry) in array.data_mut().iter_mut().zip(&direction) {
                        *weight += (step * entry / length) as f32;
                    }
                    let run = traces(engine.as_mut(), &network, &moved, &start, &batch, 0);
                    let (loss, regulariser) = objective(&run.traces, &batch);
                    loss + REGULARISATION * regulariser
                };
                let here = at(0.0);
                // The slope, and the difference between the two sides.
                let mut slope = |step: f64| {
                    let (after, before) = (at(step), at(-step));
                    ((after - before) / (2.0 * step), (after + before - 2.0 * here) / step)
                };
                let ((wide, wide_bend), (narrow, narrow_bend)) = (slope(STEP), slope(STEP / 2.0));
                let along: f64 = gradient
                    .data()
                    .iter()
                    .zip(&direction)
                    .map(|(gradient, entry)| f64::from(*gradient) * entry / length)
                    .sum();
                let tolerance = 1e-3 * (1.0 + along.abs());
                // A kink of a rectifier or an absolute value is nearby: two steps disagree, or the bend does
                // not shrink with the step, as it does for a smooth function.
                if (wide - narrow).abs() > tolerance || (narrow_bend - wide_bend / 2.0).abs() > tolerance {
                    kinks += 1;
                    continue;
                }
                compared += 1;
                assert!(
                    (wide - along).abs() < 2.0 * tolerance,
                    "{name} of {network:?}: gradient {along}, slope {wide} ({narrow})"
                );
            }
        }
    }
    eprintln!("{compared} compared, {kinks} kinks");
    assert!(compared > 1000 && kinks * 10 < compared, "{compared} compared, {kinks} kinks");
}

#[test]
fn fixed_weights_have_no_gradient_and_learned_ones_one_of_their_shape() {
    for make in engines() {
        for options in every_network(&[1.0]) {
            let network = tiny_network(&options);
            let weights = random_weights(&network, 1);
            let batch = random_batch(&network, 4, 3, 1);
            let start = random_state(&network, 3, 1);
            let gradient = make(&network).gradient(&weights, &start, &batch, 0.0).expect("a gradient");
            let learned: Vec<&str> =
                network.weights().iter().filter(|entry| entry.learned).map(|entry| entry.name).collect();
            assert_eq!(gradient.gradients.len(), learned.len(), "{network:?}");
            for name in learned {
                assert_eq!(gradient.gradients[name].shape(), weights[name].shape(), "{name}");
                assert!(
                    gradient.gradients[name].data().iter().any(|value| *value != 0.0),
                    "{name} of {network:?}"
                );
            }
        }
    }
}

/// Allows for another order of summation.
fn assert_close(one: &Arrays, other: &Arrays) {
    assert_within(one, other, 2e-6);
}

fn assert_within(one: &Arrays, other: &Arrays, tolerance: f64) {
    assert!(one.keys().eq(other.keys()));
    for (name, array) in one {
        let scale = array.data().iter().fold(1.0, |largest: f64, value| largest.max(f64::from(value.abs())));
        let difference = difference(array, &other[name]);
        assert!(difference <= tolerance * scale, "{name}: {difference:e} of {scale}");
    }
}

fn joined(one: &Array, other: &Array) -> Array {
    let mut shape = one.shape().to_vec();
    shape[0] += other.shape()[0];
    Array::new(&shape, [one.data(), other.data()].concat())
}

fn part(batch: &Batch, start: usize, end: usize) -> Batch {
    Batch {
        sources: batch.sources.rows(start, end),
        mixing: batch.mixing.clone(),
        noise: batch.noise.rows(start, end),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Checks shapes, and that the loss, the regulariser and the last state follow from the traces.
    #[test]
    fn gradient_and_traces_tell_one_story(network in any_network(6), steps in 1..9usize, trials in 1..5usize, seed: u64) {
        for make in engines() {
            let mut engine = make(&network);
            let (weights, start) = (random_weights(&network, seed), random_state(&network, trials, seed));
            let batch = random_batch(&network, steps, trials, seed);
            let run = traces(engine.as_mut(), &network, &weights, &start, &batch, 0);
            prop_assert_eq!(run.traces.len(), network.traces().len());
            for (name, array) in &run.traces {
                prop_assert_eq!(&array.shape()[..2], &[steps, trials], "{}", name);
            }
            prop_assert_eq!(run.traces[trace::OUTPUT].shape(), &[steps, trials, network.signals]);
            prop_assert_eq!(run.traces[trace::FEEDBACK].shape(), &[steps, trials, network.outputs()]);
            for (name, shape) in network.state_shapes(trials) {
                prop_assert_eq!(run.state[name].shape(), &shape[..], "{}", name);
                prop_assert_eq!(run.traces[name].row(steps - 1), run.state[name].data(), "{}", name);
            }
            let gradient = engine.gradient(&weights, &start, &batch, 0.3).expect("a gradient");
            assert_close(&gradient.state, &run.state);
            let (loss, regulariser) = objective(&run.traces, &batch);
            prop_assert!((gradient.loss - loss).abs() <= 1e-5 * (1.0 + loss), "{} {}", gradient.loss, loss);
            prop_assert!((gradient.regulariser - regulariser).abs() <= 1e-5 * (1.0 + regulariser));
        }
    }

    /// The fused engine agrees with the reference, with all instructions.
    #[test]
    fn engines_agree(
        network in any_network(6), steps in 2..25usize, trials in 1..40usize, hidden_units in 1..40usize,
        frozen in 0..6usize, regularisation in prop_oneof![Just(0.0), Just(0.01)], seed: u64
    ) {
        let mut network = network;
        network.hidden_units = hidden_units;
        let (mut weights, start) = (random_weights(&network, seed), random_state(&network, trials, seed));
        // As large as in trained networks: larger ones amplify the last bit from step to step.
        for name in [weight::LSTM_HIDDEN, weight::FEEDBACK] {
            let scale = 1.0 / (hidden_units as f32).sqrt();
            weights.get_mut(name).expect("every network has it").data_mut().iter_mut().for_each(|w| *w *= scale);
        }
        let batch = random_batch(&network, steps, trials, seed);
        let mut reference = torch(&network);
        let expected = reference.gradient(&weights, &start, &batch, regularisation).expect("a gradient");
        let run = traces(reference.as_mut(), &network, &weights, &start, &batch, frozen);
        for make in fused_engines() {
            let mut engine = make(&network);
            let found = engine.gradient(&weights, &start, &batch, regularisation).expect("a gradient");
            prop_assert!((found.loss - expected.loss).abs() <= 1e-5 * (1.0 + expected.loss));
            prop_assert!((found.regulariser - expected.regulariser).abs() <= 1e-5 * (1.0 + expected.regulariser));
            assert_within(&expected.state, &found.state, 2e-5);
            assert_within(&expected.gradients, &found.gradients, 5e-5);
            let found = traces(engine.as_mut(), &network, &weights, &start, &batch, frozen);
            assert_within(&run.traces, &found.traces, 2e-5);
            assert_within(&run.state, &found.state, 2e-5);
        }
    }

    /// The number of threads changes no bit.
    #[test]
    fn threads_change_nothing(network in any_network(6), steps in 2..12usize, trials in 1..100usize, seed: u64) {
        let (weights, start) = (random_weights(&network, seed), random_state(&network, trials, seed));
        let batch = random_batch(&network, steps, trials, seed);
        let alone = fused(&network, Level::best(), 1).gradient(&weights, &start, &batch, 0.01).expect("a gradient");
        for threads in [2, 3, 7] {
            let together =
                fused(&network, Level::best(), threads).gradient(&weights, &start, &batch, 0.01).expect("a gradient");
            prop_assert_eq!(alone.loss.to_bits(), together.loss.to_bits());
            prop_assert_eq!(alone.regulariser.to_bits(), together.regulariser.to_bits());
            prop_assert_eq!(&alone.gradients, &together.gradients);
            prop_assert_eq!(&alone.state, &together.state);
        }
    }

    /// A pass in two halves, with the state carried over, equals one pass.
    #[test]
    fn passes_can_be_split(network in any_network(6), first in 1..6usize, second in 1..6usize, seed: u64) {
        for make in engines() {
            let mut engine = make(&network);
            let (weights, start) = (random_weights(&network, seed), random_state(&network, 2, seed));
            let batch = random_batch(&network, first + second, 2, seed);
            let whole = traces(engine.as_mut(), &network, &weights, &start, &batch, 0);
            let one = traces(engine.as_mut(), &network, &weights, &start, &part(&batch, 0, first), 0);
            let rest = part(&batch, first, first + second);
            let other = traces(engine.as_mut(), &network, &weights, &one.state, &rest, 0);
            let both = one.traces.iter().map(|(name, array)| (name.clone(), joined(array, &other.traces[name])));
            assert_close(&whole.traces, &both.collect());
            assert_close(&whole.state, &other.state);
        }
    }

    /// Trials are independent.
    #[test]
    fn trials_are_independent(network in any_network(6), steps in 1..7usize, seed: u64) {
        for make in engines() {
            let mut engine = make(&network);
            let (weights, start) = (random_weights(&network, seed), random_state(&network, 3, seed));
            let batch = random_batch(&network, steps, 3, seed);
            let all = traces(engine.as_mut(), &network, &weights, &start, &batch, 0);
            let signals = network.signals;
            let alone = Batch {
                sources: batch.sources.clone(),
                mixing: batch.mixing.rows(1, 2),
                noise: Array::new(
                    &[steps, 1, signals],
                    (0..steps).flat_map(|step| batch.noise.row(step)[signals..2 * signals].to_vec()).collect(),
                ),
            };
            let its_start: Arrays = start.iter().map(|(name, array)| (name.clone(), array.rows(1, 2))).collect();
            let its_run = traces(engine.as_mut(), &network, &weights, &its_start, &alone, 0);
            let its_share = all.state.iter().map(|(name, array)| (name.clone(), array.rows(1, 2)));
            assert_close(&its_share.collect(), &its_run.state);
        }
    }

    /// Frozen feedback stays constant; the LSTM continues; afterwards the modulation moves again.
    #[test]
    fn freezing_holds_the_modulation(network in any_network(6), frozen in 1..5usize, seed: u64) {
        let steps = frozen + 2;
        for make in engines() {
            let mut engine = make(&network);
            let (weights, start) = (random_weights(&network, seed), random_state(&network, 2, seed));
            let batch = random_batch(&network, steps, 2, seed);
            let free = traces(engine.as_mut(), &network, &weights, &start, &batch, 0);
            let run = traces(engine.as_mut(), &network, &weights, &start, &batch, frozen);
            // Behind the LSTM's own two; the last one acts on the signals.
            let own = network.state_shapes(0).into_iter().skip(2);
            let Some((acting, _)) = own.last() else {
                assert_close(&free.traces, &run.traces);
                return Ok(());
            };
            for step in 0..frozen {
                prop_assert_eq!(run.traces[acting].row(step), start[acting].data(), "step {}", step);
            }
            prop_assert_ne!(run.traces[acting].row(frozen), start[acting].data());
            prop_assert_ne!(run.traces[state::HIDDEN].row(0), start[state::HIDDEN].data());
            // The first output precedes the first modulation that could be held.
            prop_assert_eq!(run.traces[trace::OUTPUT].row(0), free.traces[trace::OUTPUT].row(0));
        }
    }
}

#[test]
fn arrays_that_do_not_fit_are_errors() {
    let network = tiny_network(&[("model", text("modulation"))]);
    for make in engines() {
        let mut engine = make(&network);
        let (weights, start) = (random_weights(&network, 1), random_state(&network, 2, 1));
        let batch = random_batch(&network, 4, 2, 1);
        let mut refused = |weights: &Arrays, state: &Arrays, batch: &Batch, record: &[&str]| {
            let trace = engine.trace(weights, state, batch, TraceRequest { record, freeze_steps: 0 });
            match trace {
                Err(EngineError::Arrays(reason)) => reason,
                other => panic!("{other:?}"),
            }
        };
        let without = |arrays: &Arrays, name: &str| {
            let mut arrays = arrays.clone();
            arrays.remove(name);
            arrays
        };
        assert!(refused(&weights, &start, &batch, &["z"]).contains("no trace `z`"));
        let no_baseline = without(&weights, weight::BASELINE);
        assert!(refused(&no_baseline, &start, &batch, &["y"]).contains("`w0` is missing"));
        let no_matrix = without(&start, state::MATRIX);
        assert!(refused(&weights, &no_matrix, &batch, &["y"]).contains("state `w`"));
        assert!(refused(&weights, &random_state(&network, 3, 1), &batch, &["y"]).contains("state `h`"));
        let mut odd = batch.clone();
        odd.noise = odd.noise.rows(0, 3);
        assert!(refused(&weights, &start, &odd, &["y"]).contains("noise"));
        assert!(engine.gradient(&weights, &start, &odd, 0.0).is_err());
        assert!(engine.gradient(&no_baseline, &start, &batch, 0.0).is_err());
    }
}

#[test]
fn devices_that_are_not_there_are_errors() {
    let network = tiny_network(&[("model", text("direct"))]);
    for device in ["cuda:77", "cuda:", "cuda", "gpu", ""] {
        let error = network.torch_engine(device, 1).err().expect("an error");
        assert!(matches!(error, EngineError::Device { .. }), "{device}: {error}");
    }
}
