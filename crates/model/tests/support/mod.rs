//! What the tests of the model share: reference numbers, and random networks with their inputs.

#![allow(dead_code, reason = "each test program uses a part of this")]
#![allow(clippy::disallowed_methods, reason = "tests read reference numbers")]

use std::collections::HashMap;
use std::path::Path;

use gainsweep_contract::{Parameters, Value, ValueMap};
use gainsweep_model::batch::Batch;
use gainsweep_model::network::{state, weight};
use gainsweep_model::random::Stream;
use gainsweep_model::{Array, Arrays, Network};
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

fn normal(shape: &[usize], mean: f64, deviation: f64, stream: &mut Stream) -> Array {
    Array::fill_with(shape, || stream.normal(mean, deviation) as f32)
}

/// Weights that make every part of a tiny network count.
pub(crate) fn random_weights(network: &Network, seed: u64) -> Arrays {
    let weights = network.weights().into_iter().map(|entry| {
        let mut stream = Stream::new(seed, entry.name, 0);
        let mut array = normal(&entry.shape, 0.0, 0.6, &mut stream);
        if entry.name == weight::INHIBITION {
            array = Array::new(array.shape(), array.data().iter().map(|value| 0.4 * value.abs()).collect());
        }
        (entry.name.to_string(), array)
    });
    weights.collect()
}

/// Some batch of the network's number of signals.
pub(crate) fn random_batch(network: &Network, steps: usize, trials: usize, seed: u64) -> Batch {
    let stream = |name: &str| Stream::new(seed, name, 1);
    let signals = network.signals;
    Batch {
        sources: normal(&[steps, signals], 0.0, 0.9, &mut stream("sources")),
        mixing: normal(&[trials, signals, signals], 0.4, 0.5, &mut stream("mixing")),
        noise: normal(&[steps, trials, signals], 0.0, 0.1, &mut stream("noise")),
    }
}

/// Some state in the middle of things.
pub(crate) fn random_state(network: &Network, trials: usize, seed: u64) -> Arrays {
    let shapes = network.state_shapes(trials).into_iter().map(|(name, shape)| {
        let mut stream = Stream::new(seed, name, 2);
        let array = match name {
            state::GAIN => Array::fill_with(&shape, || stream.uniform(0.1, 0.9) as f32),
            _ => normal(&shape, 0.0, 0.5, &mut stream),
        };
        (name.to_string(), array)
    });
    shapes.collect()
}

/// Largest absolute difference; infinite where shapes differ or only one is not-a-number.
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
