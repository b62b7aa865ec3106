//! Initial weights: their distributions (paper, Table 3, with the values of the published code) and their
//! streams.

mod support;

use gainsweep_contract::Value;
use gainsweep_contract::schema::Model;
use gainsweep_model::network::weight;
use gainsweep_model::networks::dale::{INHIBITION_WEIGHTS, LOWER_WEIGHTS};
use gainsweep_model::{Array, Arrays, Network};
use support::{parameters, text};

fn weights(given: &[(&str, Value)]) -> Arrays {
    let parameters = parameters(given);
    let network = Network::from_parameters(&parameters);
    let weights = network.initial_weights(parameters.count("seed") as u64);
    network.check_weights(&weights).expect("the network's weights");
    assert_eq!(weights.len(), network.weights().len());
    weights
}

fn moments(array: &Array) -> (f64, f64) {
    let values: Vec<f64> = array.data().iter().map(|value| f64::from(*value)).collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt())
}

/// Checks that mean and standard deviation are within five standard errors of the expected ones.
#[track_caller]
fn check(array: &Array, mean: f64, deviation: f64) {
    let (found_mean, found_deviation) = moments(array);
    let error = 5.0 * deviation / (array.data().len() as f64).sqrt();
    assert!((found_mean - mean).abs() <= error, "mean {found_mean}, not {mean} +- {error}");
    assert!(
        (found_deviation - deviation).abs() <= error,
        "deviation {found_deviation}, not {deviation} +- {error}"
    );
}

#[test]
fn the_lstm_starts_as_pytorch_starts_it() {
    for model in Model::ALL {
        let weights = weights(&[("model", text(model.name())), ("hidden_units", Value::Integer(100))]);
        for name in
            [weight::LSTM_INPUT, weight::LSTM_HIDDEN, weight::LSTM_INPUT_BIAS, weight::LSTM_HIDDEN_BIAS]
        {
            // Uniform within 1 / sqrt(100).
            check(&weights[name], 0.0, 0.1 / 3f64.sqrt());
        }
        check(&weights[weight::FEEDBACK], 0.0, 0.1 / 3f64.sqrt());
        for (name, array) in weights.iter().filter(|(name, _)| name.contains('.')) {
            let largest = array.data().iter().fold(0.0, |largest: f32, value| largest.max(value.abs()));
            assert!(largest <= 0.1, "{name}: {largest}");
        }
        assert_ne!(weights[weight::LSTM_INPUT_BIAS], weights[weight::LSTM_HIDDEN_BIAS]);
    }
}

#[test]
fn baseline_matrices() {
    let many = "sine 1, ".repeat(49) + "sine 1";
    let given = |additive: bool| {
        weights(&[
            ("sources", text(&many)),
            ("additive", Value::Boolean(additive)),
            ("baseline_deviation", Value::Float(0.3)),
        ])
    };
    check(&given(false)[weight::BASELINE], 1.0, 0.3);
    check(&given(true)[weight::BASELINE], 0.0, 0.3);
    let spatial = weights(&[("model", text("spatial")), ("population_units", Value::Integer(2000))]);
    check(&spatial[weight::BASELINE], 0.0, 0.5);
    check(&spatial[weight::READOUT], 0.0, 0.5);
}

/// Mean and deviation of |N(1, 0.5)|, mean of |N(1, 1)|: folded normal distributions.
const HALF: (f64, f64) = (1.008_491, 0.482_645);
const ONE_MEAN: f64 = 1.166_630;

#[test]
fn the_dale_network_balances_what_is_modulated() {
    let (units, lower) = (200.0, 80.0);
    for (target, excitation, inhibition) in
        [("both", 20.0, 20.0), ("excitation", 20.0, 10.0), ("inhibition", 10.0, 20.0)]
    {
        let weights = weights(&[
            ("model", text("dale")),
            ("population_units", Value::Float(units)),
            ("lower_population_units", Value::Float(lower)),
            ("inhibitory_units", Value::Integer(40)),
            ("modulation_target", text(target)),
        ]);
        let scale = excitation / units;
        check(&weights[weight::BASELINE], HALF.0 * scale, HALF.1 * scale);
        check(&weights[LOWER_WEIGHTS], 0.0, 0.5);
        check(&weights[weight::READOUT], 0.0, 0.5);
        let (mean, _) = moments(&weights[INHIBITION_WEIGHTS]);
        let expected = ONE_MEAN * HALF.0 * inhibition / units;
        assert!((mean / expected - 1.0).abs() < 0.05, "{target}: {mean}, not {expected}");
        for name in [weight::BASELINE, INHIBITION_WEIGHTS] {
            assert!(weights[name].data().iter().all(|value| *value >= 0.0), "{name} breaks Dale's law");
        }
    }
    let none = weights(&[("model", text("dale")), ("inhibitory_units", Value::Integer(0))]);
    assert!(none[INHIBITION_WEIGHTS].data().iter().all(|value| *value == 0.0));
}

#[test]
fn a_weight_depends_on_the_seed_and_its_own_shape_only() {
    for model in Model::ALL {
        let of = |more: &[(&str, Value)]| {
            let mut given = vec![("model", text(model.name())), ("hidden_units", Value::Integer(7))];
            given.extend(more.iter().cloned());
            weights(&given)
        };
        let plain = of(&[]);
        assert_eq!(plain, of(&[("learning_rate", Value::Float(0.5)), ("batches", Value::Integer(3))]));
        let other = of(&[("seed", Value::Integer(2))]);
        for (name, array) in &plain {
            assert_eq!(*array == other[name], name == weight::KERNEL, "{name} of {model:?} and the seed");
        }
        let larger = {
            let mut given = vec![("model", text(model.name())), ("hidden_units", Value::Integer(8))];
            given.push(("trials_per_batch", Value::Integer(3)));
            weights(&given)
        };
        for (name, array) in plain.iter().filter(|(name, _)| !name.contains('.')) {
            assert_eq!(*array, larger[name], "{name} of {model:?} and the LSTM's size");
        }
    }
}
