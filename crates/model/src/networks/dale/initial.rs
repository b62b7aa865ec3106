//! Initial excitation and inhibition (paper, Table 3, with the values of the published code).

use super::{Dale, ModulationTarget};
use crate::array::Array;
use crate::random::Stream;

/// Mean excitatory input weight of a unit, times the number of units.
const SCALE: f64 = 20.0;

impl Dale {
    /// Of excitation or inhibition: the mean gain is 1/2. If only the `other` one is modulated, this one is
    /// halved, so that both match.
    fn scale(&self, other: ModulationTarget) -> f64 {
        let scale = if self.target == other { SCALE / 2.0 } else { SCALE };
        scale / self.population.units as f64
    }

    /// |N(1, 0.5)| * scale / Z; the forward pass takes absolute values again.
    pub(super) fn excitation(&self, shape: &[usize], mut stream: Stream) -> Array {
        let scale = self.scale(ModulationTarget::Inhibition);
        // Rounded to a 32-bit number before scaling, as in the published code.
        Array::fill_with(shape, || (f64::from(stream.normal(1.0, 0.5) as f32) * scale).abs() as f32)
    }

    /// Effective feedforward inhibition `[Z, L]`: |N(1, 1)| * scale / Z into the population, times |N(1,
    /// 0.5)| / `N_I` into the inhibitory units. Both are non-negative, so rectification does not change them.
    pub(super) fn inhibition(&self, mut stream: Stream) -> Array {
        let (units, lower_units) = (self.population.units, self.lower_units);
        let inhibitory_units = self.inhibitory_units;
        let mut normal = |rows: usize, columns: usize, deviation: f64, scale: f64| -> Vec<f64> {
            (0..rows * columns).map(|_| (stream.normal(1.0, deviation) * scale).abs()).collect()
        };
        let into_inhibitory =
            normal(inhibitory_units, lower_units, 0.5, 1.0 / inhibitory_units.max(1) as f64);
        let from_inhibitory = normal(units, inhibitory_units, 1.0, self.scale(ModulationTarget::Excitation));
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
}
