//! Initial weights (paper, Table 3, as the published code reads it: see each line).

use gainsweep_contract::Parameters;

use crate::array::{Array, Arrays};
use crate::kernel::modulation_kernel;
use crate::network::{Architecture, ModulationTarget, Network, weight};
use crate::random::Stream;

/// Mean excitatory input weight of a unit of the Dale network, times the number of units.
const DALE_SCALE: f64 = 20.0;

/// The initial weights of the network that `parameters` describe, fixed ones included: a pure function of the
/// parameters, `seed` among them. Each weight has a random stream of its own.
pub fn initial_weights(parameters: &Parameters) -> Arrays {
    let network = Network::from_parameters(parameters);
    let seed = parameters.count("seed") as u64;
    let mut weights = Arrays::new();
    for entry in network.weights() {
        let mut stream = Stream::new(seed, &format!("weights/{}", entry.name), 0);
        let mut normal = |mean: f64, deviation: f64| {
            Array::fill_with(&entry.shape, || stream.normal(mean, deviation) as f32)
        };
        let array = match (entry.name, network.architecture) {
            // N(1, .) where it is multiplied, N(0, .) where it is added to.
            (weight::BASELINE, Architecture::Modulation { additive, .. }) => {
                normal(if additive { 0.0 } else { 1.0 }, parameters.number("baseline_deviation"))
            }
            // |N(1, 0.5)| * scale / Z; the forward pass takes absolute values again, so that learning keeps Dale's law.
            (weight::BASELINE, Architecture::Dale { population, target, .. }) => {
                let scale = excitation_scale(target) / population.units as f64;
                magnitude(&normal(1.0, 0.5), scale)
            }
            (weight::BASELINE | weight::READOUT | weight::LOWER, _) => normal(0.0, 0.5),
            (
                weight::KERNEL,
                Architecture::Spatial { population, .. } | Architecture::Dale { population, .. },
            ) => modulation_kernel(
                population.units,
                population.feedback_signals,
                parameters.number("modulation_width"),
            ),
            (weight::INHIBITION, Architecture::Dale { population, lower_units, target, .. }) => {
                inhibition(seed, population.units, parameters.count("inhibitory_units"), lower_units, target)
            }
            // PyTorch's defaults of LSTM and linear layers, both uniform within 1 / sqrt(H).
            _ => {
                let bound = 1.0 / (network.hidden_units as f64).sqrt();
                Array::fill_with(&entry.shape, || stream.uniform(-bound, bound) as f32)
            }
        };
        weights.insert(entry.name.to_string(), array);
    }
    weights
}

/// The mean gain is 1/2. Where only one side is modulated, the other is halved, so that both still match.
fn excitation_scale(target: ModulationTarget) -> f64 {
    if target == ModulationTarget::Inhibition { DALE_SCALE / 2.0 } else { DALE_SCALE }
}

fn inhibition_scale(target: ModulationTarget) -> f64 {
    if target == ModulationTarget::Excitation { DALE_SCALE / 2.0 } else { DALE_SCALE }
}

fn magnitude(array: &Array, scale: f64) -> Array {
    let data = array.data().iter().map(|element| (f64::from(*element) * scale).abs() as f32).collect();
    Array::new(array.shape(), data)
}

/// Effective feedforward inhibition `[units, lower_units]`: |N(1, 1)| * scale / Z into the population, times
/// |N(1, 0.5)| / `N_I` into the inhibitory units, which rectification leaves alone as both are non-negative.
fn inhibition(
    seed: u64,
    units: usize,
    inhibitory_units: usize,
    lower_units: usize,
    target: ModulationTarget,
) -> Array {
    let mut stream = Stream::new(seed, "weights/inhibition", 0);
    let mut normal = |rows: usize, columns: usize, deviation: f64, scale: f64| -> Vec<f64> {
        (0..rows * columns).map(|_| (stream.normal(1.0, deviation) * scale).abs()).collect()
    };
    let into_inhibitory = normal(inhibitory_units, lower_units, 0.5, 1.0 / inhibitory_units.max(1) as f64);
    let from_inhibitory = normal(units, inhibitory_units, 1.0, inhibition_scale(target) / units as f64);
    let mut product = vec![0.0; units * lower_units];
    for unit in 0..units {
        for inhibitory in 0..inhibitory_units {
            let strength = from_inhibitory[unit * inhibitory_units + inhibitory];
            for lower in 0..lower_units {
                product[unit * lower_units + lower] +=
                    strength * into_inhibitory[inhibitory * lower_units + lower];
            }
        }
    }
    Array::new(&[units, lower_units], product.into_iter().map(|value| value as f32).collect())
}
