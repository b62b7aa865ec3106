//! The fused engine against the torch engine, against finite differences, and against itself.

mod support;

use proptest::prelude::*;

use gainsweep_contract::Value;
use gainsweep_model::batch::Batch;
use gainsweep_model::engine::{EngineError, Gradient, TraceRequest};
use gainsweep_model::kernels::Level;
use gainsweep_model::network::weight;
use gainsweep_model::random::Stream;
use gainsweep_model::{Array, Arrays, Engine, Network};
use support::{any_network, parameters};

/// A network with weights, and a batch with the state before it.
#[derive(Clone, Debug)]
struct Case {
    network: Network,
    weights: Arrays,
    state: Arrays,
    batch: Batch,
    regularisation: f64,
}

impl Case {
    fn new(network: Network, trials: usize, steps: usize, regularisation: f64, seed: u64) -> Case {
        let stream = &mut Stream::new(seed, "case", 0);
        let signals = network.signals;
        let mut weights = Arrays::new();
        for entry in network.weights() {
            // A size that keeps activity bounded for any number of inputs: if y grew from step to step, so
            // would the rounding errors of both engines.
            let deviation = 0.7 / (*entry.shape.last().expect("a shape") as f64).sqrt();
            weights.insert(entry.name.to_string(), normal(&entry.shape, deviation, stream));
        }
        let mut start = network.zero_state(trials);
        let drawn = network.drawn_state();
        for (name, array) in &mut start {
            let mean = drawn.filter(|drawn| drawn.name == name).map_or(0.0, |drawn| drawn.mean);
            array.data_mut().iter_mut().for_each(|value| *value = stream.normal(mean, 0.5) as f32);
        }
        let batch = Batch {
            sources: normal(&[steps, signals], 1.0, stream),
            mixing: normal(&[trials, signals, signals], 0.7 / (signals as f64).sqrt(), stream),
            noise: normal(&[steps, trials, signals], 0.1, stream),
        };
        Case { network, weights, state: start, batch, regularisation }
    }

    fn gradient(&self, engine: &mut dyn Engine) -> Gradient {
        engine.gradient(&self.weights, &self.state, &self.batch, self.regularisation).expect("a gradient")
    }

    fn at_level(&self, threads: usize, level: Level) -> Box<dyn Engine> {
        self.network.fused_engine_at(level, threads).expect("an engine")
    }
}

fn normal(shape: &[usize], deviation: f64, stream: &mut Stream) -> Array {
    Array::fill_with(shape, || stream.normal(0.0, deviation) as f32)
}

fn levels() -> impl Iterator<Item = Level> {
    Level::ALL.into_iter().filter(|level| level.is_available())
}

fn cases() -> impl Strategy<Value = Case> {
    let sizes = (1..40_usize, 1..24_usize);
    let regularisation = prop_oneof![Just(0.0), Just(1e-5), Just(1e-2)];
    (any_network(40), sizes, regularisation, any::<u64>()).prop_map(
        |(network, (trials, steps), regularisation, seed)| {
            Case::new(network, trials, steps, regularisation, seed)
        },
    )
}

/// The largest difference, relative to the largest value and at least to one.
fn difference(one: &Arrays, other: &Arrays) -> f64 {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    let mut worst = 0.0_f64;
    for (name, one) in one {
        let other = &other[name];
        assert_eq!(one.shape(), other.shape(), "{name}");
        let scale = other.data().iter().fold(1.0, |scale: f64, value| scale.max(f64::from(value.abs())));
        for (one, other) in one.data().iter().zip(other.data()) {
            let distance = f64::from((one - other).abs()) / scale;
            assert!(distance.is_finite(), "{name}: {one} {other}");
            worst = worst.max(distance);
        }
    }
    worst
}

/// The loss alone, and everything else together.
fn assert_alike(one: &Gradient, other: &Gradient, tolerance: f64) {
    let close = |one: f64, other: f64| (one - other).abs() <= tolerance * other.abs().max(1.0);
    assert!(close(one.loss, other.loss), "loss {} {}", one.loss, other.loss);
    assert!(
        close(one.regulariser, other.regulariser),
        "regulariser {} {}",
        one.regulariser,
        other.regulariser
    );
    for (what, one, other) in
        [("gradients", &one.gradients, &other.gradients), ("state", &one.state, &other.state)]
    {
        let difference = difference(one, other);
        assert!(difference <= tolerance, "{what} differ by {difference:.2e}");
    }
}

proptest! {

    #[cfg(feature = "torch")]
    #[test]
    fn both_engines_agree(case in cases(), freeze_steps in 0..30_usize) {
        let mut torch = case.network.torch_engine("cpu", 1).expect("an engine");
        let expected = case.gradient(&mut *torch);
        let request = TraceRequest { record: &case.network.traces(), freeze_steps };
        let expected_trace = torch.trace(&case.weights, &case.state, &case.batch, request).expect("a trace");
        for level in levels() {
            let mut fused = case.at_level(1, level);
            assert_alike(&case.gradient(&mut *fused), &expected, 2e-5);
            let trace = fused.trace(&case.weights, &case.state, &case.batch, request).expect("a trace");
            prop_assert!(difference(&trace.traces, &expected_trace.traces) <= 2e-5);
            prop_assert!(difference(&trace.state, &expected_trace.state) <= 2e-5);
        }
    }

    #[test]
    fn levels_agree_and_threads_change_nothing(case in cases()) {
        let best = case.gradient(&mut *case.network.fused_engine(1));
        for level in levels() {
            let mut one = case.at_level(1, level);
            let alone = case.gradient(&mut *one);
            assert_alike(&alone, &best, 2e-5);
            for threads in [2, 3, 8] {
                let together = case.gradient(&mut *case.at_level(threads, level));
                prop_assert_eq!(together.loss.to_bits(), alone.loss.to_bits());
                prop_assert_eq!(together.regulariser.to_bits(), alone.regulariser.to_bits());
                prop_assert_eq!(&together.gradients, &alone.gradients);
                prop_assert_eq!(&together.state, &alone.state);
            }
            // A repeated computation gives the same result.
            let again = case.gradient(&mut *one);
            prop_assert_eq!(again.gradients, alone.gradients);
        }
    }

    /// Along a random direction, the loss changes by the gradient.
    #[test]
    fn gradients_are_those_of_finite_differences(case in cases(), seed in any::<u64>()) {
        let mut engine = case.network.fused_engine(1);
        let gradient = case.gradient(&mut *engine);
        let stream = &mut Stream::new(seed, "direction", 0);
        let direction: Arrays =
            gradient.gradients.iter().map(|(name, array)| (name.clone(), normal(array.shape(), 1.0, stream))).collect();
        let length = direction.values().flat_map(Array::data).map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        let pairs = gradient.gradients.iter().flat_map(|(name, array)| array.data().iter().zip(direction[name].data()));
        let slope = pairs.map(|(one, other)| f64::from(*one) * f64::from(*other)).sum::<f64>() / length;
        let mut along = |distance: f64| {
            let mut moved = case.clone();
            for (name, direction) in &direction {
                let weights = moved.weights.get_mut(name).expect("a weight").data_mut();
                for (weight, direction) in weights.iter_mut().zip(direction.data()) {
                    *weight += (distance / length * f64::from(*direction)) as f32;
                }
            }
            let result = moved.gradient(&mut *engine);
            result.loss + case.regularisation * result.regulariser
        };
        // 32-bit floats allow no smaller steps, and rectification and |feedback| have corners: the slope
        // counts only if both sides agree.
        let step = 2e-3;
        let (before, here, after) = (along(-step), along(0.0), along(step));
        let (left, right) = ((here - before) / step, (after - here) / step);
        let scale = left.abs().max(right.abs()).max(here.abs() * 0.02).max(1e-2);
        prop_assume!((left - right).abs() < 0.05 * scale);
        let found = f64::midpoint(left, right);
        prop_assert!((found - slope).abs() < 0.03 * scale, "{found} {slope} ({left} {right})");
    }
}

fn small() -> Case {
    let given = [("tau", Value::Float(2.0)), ("hidden_units", Value::Integer(5))];
    Case::new(Network::from_parameters(&parameters(&given)), 3, 600, 1e-5, 1)
}

#[test]
fn long_traces_are_cut_without_a_seam() {
    let case = small();
    let mut engine = case.network.fused_engine(1);
    let request = TraceRequest { record: &case.network.traces(), freeze_steps: 300 };
    let whole = engine.trace(&case.weights, &case.state, &case.batch, request).expect("a trace");
    let steps = case.batch.steps();
    let (first, second) = (0..steps / 3, steps / 3..steps);
    let mut state = case.state.clone();
    for part in [first, second] {
        let batch = Batch {
            sources: case.batch.sources.rows(part.start, part.end),
            noise: case.batch.noise.rows(part.start, part.end),
            mixing: case.batch.mixing.clone(),
        };
        let request = TraceRequest { freeze_steps: 300_usize.saturating_sub(part.start), ..request };
        let piece = engine.trace(&case.weights, &state, &batch, request).expect("a trace");
        for (name, trace) in &piece.traces {
            assert_eq!(*trace, whole.traces[name].rows(part.start, part.end), "{name}");
        }
        state = piece.state;
    }
    assert_eq!(state, whole.state);
}

#[test]
fn what_does_not_fit_is_an_error() {
    let case = small();
    let mut engine = case.network.fused_engine(2);
    let refused = |result: Result<Gradient, EngineError>| matches!(result, Err(EngineError::Arrays(_)));
    let mut weights = case.weights.clone();
    weights.remove(weight::FEEDBACK);
    assert!(refused(engine.gradient(&weights, &case.state, &case.batch, 0.0)));
    assert!(refused(engine.gradient(&case.weights, &case.network.zero_state(2), &case.batch, 0.0)));
    let mut batch = case.batch.clone();
    batch.noise = Array::zeros(&[1, 3, 2]);
    assert!(refused(engine.gradient(&case.weights, &case.state, &batch, 0.0)));
    let request = TraceRequest { record: &["z"], freeze_steps: 0 };
    assert!(engine.trace(&case.weights, &case.state, &case.batch, request).is_err());
}

#[test]
fn what_is_not_finite_stays_visible() {
    let mut case = small();
    case.weights.get_mut(weight::LSTM_HIDDEN).expect("a weight").data_mut()[3] = f32::NAN;
    for level in levels() {
        let gradient = case.gradient(&mut *case.at_level(1, level));
        assert!(gradient.loss.is_nan(), "{level:?}");
        assert!(!gradient.gradients.values().all(Array::is_finite), "{level:?}");
    }
}
