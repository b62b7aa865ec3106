//! The bootstrap: the distribution of the mean under resampling.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use statrs::distribution::{ContinuousCDF, Normal};

/// Number of samples.
const RESAMPLES: usize = 9999;

/// The 95 % interval of the mean by the bias-corrected and accelerated bootstrap (Efron 1987, "Better
/// bootstrap confidence intervals", eqs. 2.3 and 6.6), from 9999 samples. The same values in the same order
/// give the same interval. `None` for fewer than two different values.
pub fn bootstrap(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len();
    if n < 2 || values.iter().all(|value| value.to_bits() == values[0].to_bits()) {
        return None;
    }
    // The algorithm fixes the output of this generator.
    let mut random = Xoshiro256PlusPlus::seed_from_u64(n as u64);
    let mut any = || {
        // The high half of a product: every position has the same probability, up to 2^-64.
        let place = (u128::from(random.next_u64()) * n as u128) >> 64;
        values[place as usize]
    };
    let mut means: Vec<f64> = (0..RESAMPLES).map(|_| (0..n).map(|_| any()).sum::<f64>() / n as f64).collect();
    means.sort_by(f64::total_cmp);
    let mean = values.iter().sum::<f64>() / n as f64;

    let normal = Normal::standard();
    let below = means.partition_point(|other| *other < mean) + means.partition_point(|other| *other <= mean);
    let bias = normal.inverse_cdf(below as f64 / (2 * RESAMPLES) as f64);
    // The mean without value i deviates from the mean of all such means by (x_i - mean) / (n - 1).
    let deviations = values.iter().map(|value| value - mean);
    let (squares, cubes) =
        deviations.fold((0.0, 0.0), |(squares, cubes), d| (squares + d * d, cubes + d * d * d));
    let acceleration = cubes / (6.0 * squares.powf(1.5));
    let end = |share: f64| {
        let z = bias + normal.inverse_cdf(share);
        quantile(&means, normal.cdf(bias + z / (1.0 - acceleration * z)))
    };
    let (low, high) = (end(0.025), end(0.975));
    (low.is_finite() && high.is_finite()).then_some((low, high))
}

/// The quantile of sorted values, linear between them (type 7 of Hyndman & Fan 1996).
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + part * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ```python
    /// import numpy as np; from scipy import stats
    /// for v in ([3.0, -1.0, 4.0, 1.5, -5.0, 9.0, 2.6, 5.0], [0.958, 0.963, 0.968, 0.955, 0.971], [1.0] * 9 + [20.0], np.arange(40)**2 / 100):
    ///     r = stats.bootstrap((np.array(v),), np.mean, n_resamples=200000, method="BCa", rng=np.random.default_rng(1))
    ///     print(r.confidence_interval)
    /// ```
    #[test]
    fn intervals_are_those_of_scipy_as_far_as_chance_lets_them() {
        let squares: Vec<f64> = (0..40).map(|i| f64::from(i * i) / 100.0).collect();
        let cases: [(&[f64], (f64, f64)); 4] = [
            (&[3.0, -1.0, 4.0, 1.5, -5.0, 9.0, 2.6, 5.0], (-0.5, 4.875)),
            (&[0.958, 0.963, 0.968, 0.955, 0.971], (0.9578, 0.968)),
            (&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 20.0], (1.0, 10.5)),
            (&squares, (3.797, 6.696)),
        ];
        for (values, (low, high)) in cases {
            let ours = bootstrap(values).expect("an interval");
            let width = high - low;
            let far = ((ours.0 - low).abs() / width).max((ours.1 - high).abs() / width);
            // Few values have few means: chance may move the result by one step.
            assert!(far < 0.05, "{values:?}: {ours:?} is not ({low}, {high})");
            assert_eq!(bootstrap(values), Some(ours));
        }
    }

    /// The same samples give the same interval; scipy gets the means of our samples.
    ///
    /// ```python
    /// import numpy as np; from scipy import stats
    /// M = 2**64 - 1
    /// def resampled(v):  # xoshiro256++ seeded by SplitMix64, as in resampling.rs
    ///     x, s = len(v), []
    ///     for _ in range(4):
    ///         x = (x + 0x9e3779b97f4a7c15) & M; z = x
    ///         z = ((z ^ (z >> 30)) * 0xbf58476d1ce4e5b9) & M; z = ((z ^ (z >> 27)) * 0x94d049bb133111eb) & M; s.append(z ^ (z >> 31))
    ///     rotl = lambda x, k: ((x << k) | (x >> (64 - k))) & M
    ///     def place():
    ///         r = (rotl((s[0] + s[3]) & M, 23) + s[0]) & M; t = (s[1] << 17) & M
    ///         s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3]; s[2] ^= t; s[3] = rotl(s[3], 45)
    ///         return (r * len(v)) >> 64
    ///     return np.array([sum(v[place()] for _ in v) / len(v) for _ in range(9999)])
    /// class Given: pass
    /// for v in ([3.0, -1.0, 4.0, 1.5, -5.0, 9.0, 2.6, 5.0], [0.958, 0.963, 0.968, 0.955, 0.971], [1.0] * 9 + [20.0], [i * i / 100 for i in range(40)]):
    ///     g = Given(); g.bootstrap_distribution = resampled(v)
    ///     r = stats.bootstrap((v,), np.mean, n_resamples=0, method="BCa", bootstrap_result=g)
    ///     print([float(x) for x in r.confidence_interval])
    /// ```
    #[test]
    #[expect(clippy::unreadable_literal, reason = "numbers as scipy prints them")]
    fn intervals_of_the_same_samples_are_those_of_scipy() {
        let squares: Vec<f64> = (0..40).map(|i| f64::from(i * i) / 100.0).collect();
        let cases: [(&[f64], [f64; 2]); 4] = [
            (&[3.0, -1.0, 4.0, 1.5, -5.0, 9.0, 2.6, 5.0], [-0.48750000000000004, 4.8875]),
            (&[0.958, 0.963, 0.968, 0.955, 0.971], [0.9578, 0.9678000000000002]),
            (&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 20.0], [1.0, 10.5]),
            (&squares, [3.8395290282318078, 6.7150730407073205]),
        ];
        for (values, [low, high]) in cases {
            let ours = bootstrap(values).expect("an interval");
            let far = (ours.0 - low).abs().max((ours.1 - high).abs());
            assert!(far < 1e-9, "{values:?}: {ours:?} is not ({low}, {high})");
        }
    }

    #[test]
    fn what_does_not_scatter_has_no_interval() {
        assert_eq!(bootstrap(&[]), None);
        assert_eq!(bootstrap(&[1.0]), None);
        assert_eq!(bootstrap(&[2.0, 2.0, 2.0]), None);
    }
}
