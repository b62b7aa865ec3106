//! Helpers of the model's tests: reference numbers, and random networks with their inputs.

#![allow(dead_code, reason = "each test program uses a part of this")]
#![allow(clippy::disallowed_methods, reason = "tests read reference numbers")]

use std::collections::HashMap;
use std::path::Path;

use gainsweep_contract::schema::{Fallback, Kind, Model, PARAMETERS, Parameter};
use gainsweep_contract::{Parameters, Value, ValueMap};
use gainsweep_model::batch::Batch;
use gainsweep_model::networks::dale::INHIBITION_WEIGHTS;
use gainsweep_model::random::Stream;
use gainsweep_model::{Array, Arrays, Network};
use proptest::prelude::*;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

/// Arrays and metadata of a safetensors file.
pub(crate) fn read(path: &Path) -> (Arrays, HashMap<String, String>) {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("a safetensors file");
    let file = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let array = |(name, view): (String, safetensors::tensor::TensorView<'_>)| {
        assert_eq!(view.dtype(), Dtype::F32, "{name}");
        let data = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        (name, Array::new(view.shape(), data.collect()))
    };
    (file.tensors().into_iter().map(array).collect(), header.metadata().clone().unwrap_or_default())
}

/// Resolved parameters from names and values.
pub(crate) fn parameters(given: &[(&str, Value)]) -> Parameters {
    let given: ValueMap = given.iter().map(|(name, value)| ((*name).to_string(), value.clone())).collect();
    Parameters::resolve(&given).expect("valid parameters")
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_string())
}

/// The parameters that only some networks have and that define this network's shape or options, also for a
/// network that is new in the table.
fn options(model: Model) -> impl Iterator<Item = &'static Parameter> {
    let of_a_network = move |parameter: &&Parameter| {
        matches!(parameter.default, Fallback::Is(_) | Fallback::By(_))
            && parameter.models.contains(&model)
            && parameter.models.len() < Model::ALL.len()
    };
    PARAMETERS.iter().filter(of_a_network)
}

/// Every network with all combinations of its booleans and choices, each with these timescales. Counts are
/// small, and all counts of a network differ.
pub(crate) fn every_network(timescales: &[f64]) -> Vec<Vec<(&'static str, Value)>> {
    let mut all = Vec::new();
    for model in Model::ALL {
        let mut combinations = vec![vec![("model", text(model.name()))]];
        let mut counts = (2..=5).rev().cycle();
        for parameter in options(model) {
            let values = match parameter.kind {
                Kind::Boolean => vec![Value::Boolean(false), Value::Boolean(true)],
                Kind::Choice(names) => names.iter().copied().map(text).collect(),
                Kind::Integer { .. } => vec![Value::Integer(counts.next().expect("for ever"))],
                Kind::Float { .. } if parameter.name == "tau" => {
                    timescales.iter().copied().map(Value::Float).collect()
                }
                Kind::Float { .. } => continue,
                Kind::Sources | Kind::Cell => unreachable!("`{}` is no option of a network", parameter.name),
            };
            let with = |combination: &Vec<(&'static str, Value)>| {
                let with = |value| [&combination[..], &[(parameter.name, value)]].concat();
                values.clone().into_iter().map(with).collect::<Vec<_>>()
            };
            combinations = combinations.iter().flat_map(with).collect();
        }
        all.extend(combinations);
    }
    all
}

/// A network of these options with two signals and three hidden units.
pub(crate) fn tiny_network(options: &[(&str, Value)]) -> Network {
    Network::from_parameters(&parameters(&[options, &[("hidden_units", Value::Integer(3))]].concat()))
}

/// Any network with any options, and counts up to `most`.
pub(crate) fn any_network(most: i64) -> impl Strategy<Value = Network> {
    let value = move |parameter: &'static Parameter| {
        let value = match parameter.kind {
            Kind::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
            Kind::Choice(names) => prop::sample::select(names).prop_map(text).boxed(),
            Kind::Integer { min, .. } => (min..=most).prop_map(Value::Integer).boxed(),
            Kind::Float { min, max, .. } => {
                let some = prop_oneof![Just(1.0), 1.0..100.0];
                some.prop_map(move |number: f64| Value::Float(number.clamp(min, max))).boxed()
            }
            Kind::Sources | Kind::Cell => unreachable!("`{}` is no option of a network", parameter.name),
        };
        (Just(parameter.name), value)
    };
    let options = prop::sample::select(Model::ALL.to_vec()).prop_flat_map(move |model| {
        let name = (Just("model"), Just(text(model.name())).boxed());
        std::iter::once(name).chain(options(model).map(value)).collect::<Vec<_>>()
    });
    (options, 1..5_i64, 1..=most).prop_map(|(mut given, signals, hidden_units)| {
        let sources: Vec<String> = (1..=signals).map(|number| format!("sine {number}")).collect();
        given.push(("sources", text(&sources.join(", "))));
        given.push(("hidden_units", Value::Integer(hidden_units)));
        Network::from_parameters(&parameters(&given))
    })
}

fn normal(shape: &[usize], mean: f64, deviation: f64, stream: &mut Stream) -> Array {
    Array::fill_with(shape, || stream.normal(mean, deviation) as f32)
}

/// Weights such that every part of a tiny network matters.
pub(crate) fn random_weights(network: &Network, seed: u64) -> Arrays {
    let weights = network.weights().into_iter().map(|entry| {
        let mut stream = Stream::new(seed, entry.name, 0);
        let mut array = normal(&entry.shape, 0.0, 0.6, &mut stream);
        if entry.name == INHIBITION_WEIGHTS {
            array = Array::new(array.shape(), array.data().iter().map(|value| 0.4 * value.abs()).collect());
        }
        (entry.name.to_string(), array)
    });
    weights.collect()
}

/// A random batch with the network's number of signals.
pub(crate) fn random_batch(network: &Network, steps: usize, trials: usize, seed: u64) -> Batch {
    let stream = |name: &str| Stream::new(seed, name, 1);
    let signals = network.signals;
    Batch {
        sources: normal(&[steps, signals], 0.0, 0.9, &mut stream("sources")),
        mixing: normal(&[trials, signals, signals], 0.4, 0.5, &mut stream("mixing")),
        noise: normal(&[steps, trials, signals], 0.0, 0.1, &mut stream("noise")),
    }
}

/// A random state, as in the middle of a training.
pub(crate) fn random_state(network: &Network, trials: usize, seed: u64) -> Arrays {
    let drawn = network.drawn_state().map(|drawn| drawn.name);
    let shapes = network.state_shapes(trials).into_iter().map(|(name, shape)| {
        let mut stream = Stream::new(seed, name, 2);
        let array = if Some(name) == drawn {
            Array::fill_with(&shape, || stream.uniform(0.1, 0.9) as f32)
        } else {
            normal(&shape, 0.0, 0.5, &mut stream)
        };
        (name.to_string(), array)
    });
    shapes.collect()
}

/// Largest absolute difference; infinite if shapes differ or only one value is not-a-number.
pub(crate) fn difference(one: &Array, other: &Array) -> f64 {
    if one.shape() != other.shape() {
        return f64::INFINITY;
    }
    let each = |(a, b): (&f32, &f32)| match (a.is_nan(), b.is_nan()) {
        (true, true) => 0.0,
        (false, false) => f64::from((a - b).abs()),
        _ => f64::INFINITY,
    };
    one.data().iter().zip(other.data()).map(each).fold(0.0, f64::max)
}

/// Columns `..count` of a two-dimensional array.
pub(crate) fn columns(array: &Array, count: usize) -> Array {
    let rows = array.shape()[0];
    Array::new(&[rows, count], (0..rows).flat_map(|row| array.row(row)[..count].to_vec()).collect())
}
