//! Elementary functions of vectors, accurate to a few units in the last place.

#![allow(clippy::excessive_precision, reason = "coefficients as they were published")]

use super::vector::Vector;

/// Below this, [`exp`] is constant, so that its results stay normal numbers.
pub const LEAST_EXPONENT: f32 = -87.3;
/// The upper limit.
pub const GREATEST_EXPONENT: f32 = 88.3;

/// From here on tanh is constant: 1, up to the last bits.
const TANH_LIMIT: f32 = 7.998_811_7;

/// `sum[0] + sum[1] x + ...`, by Horner's scheme.
#[inline(always)]
fn polynomial<V: Vector, const N: usize>(x: V, coefficients: [f32; N]) -> V {
    let mut value = V::splat(coefficients[N - 1]);
    let mut index = N - 1;
    while index > 0 {
        index -= 1;
        value = value.mul_add(x, V::splat(coefficients[index]));
    }
    value
}

/// Exponential function, constant outside [`LEAST_EXPONENT`] to [`GREATEST_EXPONENT`]: there the true values
/// are not, or barely, representable in 32 bits.
///
/// As in Cephes: x = n ln 2 + r, |r| <= ln 2 / 2; exp(r) is a polynomial, and n is added to the exponent.
/// Adding 1.5 * 2^23 rounds x / ln 2 to n and leaves n in the low bits.
#[inline(always)]
pub fn exp<V: Vector>(x: V) -> V {
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts; the first has few digits, so that its product with n is exact.
    const LN_2_HIGH: f32 = 0.693_359_375;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = V::splat(GREATEST_EXPONENT).min(V::splat(LEAST_EXPONENT).max(x));
    let count = x.mul_add(V::splat(std::f32::consts::LOG2_E), V::splat(ROUND));
    let whole = count - V::splat(ROUND);
    let rest = whole.neg_mul_add(V::splat(LN_2_HIGH), x);
    let rest = whole.neg_mul_add(V::splat(LN_2_LOW), rest);
    let tail = polynomial(
        rest,
        [0.500_000_012, 0.166_666_655, 0.041_665_796, 8.333_452e-3, 1.398_199_95e-3, 1.987_569_2e-4],
    );
    let value = tail.mul_add(rest * rest, rest + V::splat(1.0));
    value.shift_exponent(count)
}

/// 1 / (1 + exp(-x)).
#[inline(always)]
pub fn sigmoid<V: Vector>(x: V) -> V {
    let one = V::splat(1.0);
    one.over(one + exp(V::splat(0.0) - x))
}

/// Hyperbolic tangent: the rational function of Eigen, x p(x^2) / q(x^2).
#[inline(always)]
pub fn tanh<V: Vector>(x: V) -> V {
    let x = x.clamp_to(V::splat(TANH_LIMIT));
    let square = x * x;
    let numerator = polynomial(
        square,
        [
            4.893_524_6e-3,
            6.372_619_3e-4,
            1.485_722_4e-5,
            5.122_297e-8,
            -8.604_672e-11,
            2.000_188e-13,
            -2.760_768_5e-16,
        ],
    );
    let denominator = polynomial(square, [4.893_525e-3, 2.268_434_6e-3, 1.185_347_06e-4, 1.198_258_4e-6]);
    (x * numerator).over(denominator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{LANES, Lanes, Level, Task};

    /// Which function, of what.
    struct Apply(u8, Lanes);

    impl Task for Apply {
        type Output = Lanes;
        #[inline(always)]
        fn run<V: Vector>(mut self) -> Lanes {
            let x = V::load(&self.1);
            let value = match self.0 {
                0 => exp(x),
                1 => sigmoid(x),
                _ => tanh(x),
            };
            value.store(&mut self.1);
            self.1
        }
    }

    const TRUE: [fn(f64) -> f64; 3] = [f64::exp, |x| 1.0 / (1.0 + (-x).exp()), f64::tanh];

    /// Numbers over the whole range, also subnormal ones, dense where the functions bend.
    fn arguments() -> Vec<f32> {
        let everywhere = (0..u32::MAX).step_by(7919).map(f32::from_bits).filter(|x| x.is_finite());
        let bend = (-200_000..200_000).map(|n| n as f32 * 5e-4);
        let special =
            [0.0, -0.0, f32::MIN_POSITIVE, 1e-45, -1e-45, f32::MAX, f32::MIN, 88.3, 88.4, -87.3, -87.4];
        everywhere.chain(bend).chain(special).collect()
    }

    #[test]
    fn functions_are_accurate_to_a_few_units_in_the_last_place() {
        for level in Level::ALL.into_iter().filter(|level| level.is_available()) {
            for (function, truth) in TRUE.iter().enumerate() {
                let mut worst = (0.0, 0.0);
                for chunk in arguments().chunks(LANES) {
                    let mut lanes = Lanes::ZERO;
                    lanes.0[..chunk.len()].copy_from_slice(chunk);
                    let found = level.run(Apply(function as u8, lanes));
                    for (x, found) in chunk.iter().zip(found.0) {
                        let mut limited = f64::from(*x);
                        if function == 0 {
                            limited = limited.clamp(f64::from(LEAST_EXPONENT), f64::from(GREATEST_EXPONENT));
                        }
                        let expected = truth(limited);
                        // Below the normal numbers, use their spacing.
                        let unit = (expected.abs() * 2f64.powi(-23)).max(2e-38);
                        let error = (f64::from(found) - expected).abs() / unit;
                        if error > worst.0 {
                            worst = (error, *x);
                        }
                    }
                }
                println!("{level:?} function {function}: {:.2} ulp at {}", worst.0, worst.1);
                assert!(worst.0 < 4.0, "{level:?} function {function}: {worst:?}");
            }
        }
    }

    #[test]
    fn the_ends_are_what_they_should_be() {
        let mut lanes = Lanes::ZERO;
        lanes.0[..3].copy_from_slice(&[f32::INFINITY, f32::NEG_INFINITY, f32::NAN]);
        for level in Level::ALL.into_iter().filter(|level| level.is_available()) {
            let [exp, sigmoid, tanh] = [0, 1, 2].map(|function| level.run(Apply(function, lanes)).0);
            assert!(exp[0] > 2e38 && exp[1] < 1.3e-38 && exp[2].is_nan());
            assert!(sigmoid[0].to_bits() == 1.0_f32.to_bits() && sigmoid[1] < 1.3e-38 && sigmoid[2].is_nan());
            assert!(
                (0.999_999_7..=1.0).contains(&tanh[0])
                    && tanh[1].to_bits() == (-tanh[0]).to_bits()
                    && tanh[2].is_nan(),
                "{tanh:?}"
            );
        }
    }
}
