//! Random numbers that are a pure function of a seed, a stream's name and an index.
//!
//! A hash of the three seeds a stream. So streams are independent, a stream can be entered at any index (a
//! resumed training continues bit for bit), and a new stream changes no other. The generator is xoshiro256++,
//! fixed by its algorithm; normal numbers come from `rand_distr`'s ziggurat, which a test below pins.

use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// One stream of random numbers.
pub struct Stream {
    generator: Xoshiro256PlusPlus,
}

impl Stream {
    /// The stream of that name for this seed; `index` is, for example, the number of a batch.
    pub fn new(seed: u64, name: &str, index: u64) -> Stream {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes()).update(&index.to_le_bytes()).update(name.as_bytes());
        Stream { generator: Xoshiro256PlusPlus::from_seed(*hasher.finalize().as_bytes()) }
    }

    /// Uniform in `[0, 1)`, with 53 random bits.
    pub fn unit(&mut self) -> f64 {
        (self.generator.next_u64() >> 11) as f64 * 2f64.powi(-53)
    }

    /// Uniform in `[low, high)`.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Normal with this mean and standard deviation.
    pub fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let standard: f64 = StandardNormal.sample(&mut self.generator);
        mean + deviation * standard
    }

    /// A whole number below `bound` (0 when the bound is 0).
    pub fn below(&mut self, bound: usize) -> usize {
        // The high half of a 64 x 64 bit product; its bias is below bound / 2^64.
        ((u128::from(self.generator.next_u64()) * bound as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change of these numbers changes the meaning of every seed: results of the previous version could not
    /// be resumed.
    #[test]
    #[allow(clippy::float_cmp, reason = "bit for bit is what is meant")]
    fn streams_are_fixed_for_ever() {
        let mut stream = Stream::new(7, "noise", 3);
        let uniform = [stream.unit(), stream.unit()];
        let normal = [stream.normal(0.0, 1.0), stream.normal(0.0, 1.0)];
        assert_eq!(uniform, [0.715_472_875_093_675_6, 0.664_097_425_265_818_4]);
        assert_eq!(normal, [-1.021_695_200_995_430_5, 0.975_573_830_725_536_7]);
    }

    #[test]
    fn moments_are_right() {
        let mut stream = Stream::new(1, "moments", 0);
        let normal: Vec<f64> = (0..100_000).map(|_| stream.normal(1.0, 2.0)).collect();
        let mean = normal.iter().sum::<f64>() / 1e5;
        let variance = normal.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 1e5;
        assert!((mean - 1.0).abs() < 0.03 && (variance - 4.0).abs() < 0.1, "{mean} {variance}");
        let mut counts = [0; 5];
        for _ in 0..50_000 {
            counts[stream.below(5)] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }

    #[test]
    fn names_and_indices_make_streams_of_their_own() {
        let first = |seed, name, index| Stream::new(seed, name, index).unit();
        let all = [first(1, "a", 0), first(2, "a", 0), first(1, "b", 0), first(1, "a", 1)];
        for (index, one) in all.iter().enumerate() {
            assert!(!all[index + 1..].contains(one));
        }
    }
}
