//! Means, spreads and correlations. Values that are not finite are left out.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Mean of the finite values; not-a-number without any.
pub fn mean(values: &[f64]) -> f64 {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    finite.iter().sum::<f64>() / finite.len() as f64
}

/// Standard deviation of the finite values, with n - 1; not-a-number for fewer than two.
pub fn deviation(values: &[f64]) -> f64 {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    if finite.len() < 2 {
        return f64::NAN;
    }
    let mean = mean(&finite);
    let squares: f64 = finite.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (finite.len() as f64 - 1.0)).sqrt()
}

/// Median of the finite values; not-a-number without any.
pub fn median(values: &[f64]) -> f64 {
    let mut finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    finite.sort_by(f64::total_cmp);
    match finite.len() {
        0 => f64::NAN,
        count => f64::midpoint(finite[(count - 1) / 2], finite[count / 2]),
    }
}

/// The smallest finite value; not-a-number without any.
pub fn minimum(values: &[f64]) -> f64 {
    values.iter().copied().filter(|value| value.is_finite()).fold(f64::NAN, f64::min)
}

/// The largest finite value; not-a-number without any.
pub fn maximum(values: &[f64]) -> f64 {
    values.iter().copied().filter(|value| value.is_finite()).fold(f64::NAN, f64::max)
}

/// Pearson's correlation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Correlation {
    /// The coefficient; not-a-number if one of the two is constant.
    pub r: f64,
    /// Two-sided, from t = r sqrt((n - 2) / (1 - r^2)) with n - 2 degrees of freedom; not-a-number for fewer
    /// than three pairs.
    pub p: f64,
}

/// Correlation of the pairs in which both are finite.
pub fn pearson(one: &[f64], other: &[f64]) -> Correlation {
    let pairs: Vec<(f64, f64)> = one
        .iter()
        .copied()
        .zip(other.iter().copied())
        .filter(|(one, other)| one.is_finite() && other.is_finite())
        .collect();
    let count = pairs.len() as f64;
    let means = pairs.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / count, b + y / count));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in &pairs {
        let (x, y) = (x - means.0, y - means.1);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    let r = (xy / (xx * yy).sqrt()).clamp(-1.0, 1.0);
    let p = match StudentsT::new(0.0, 1.0, count - 2.0) {
        Ok(distribution) if r.is_finite() => {
            2.0 * distribution.sf((r * ((count - 2.0) / (1.0 - r * r)).sqrt()).abs())
        }
        _ => f64::NAN,
    };
    Correlation { r, p }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `scipy.stats.pearsonr([1, 2, 3, 4, 5], [2, 1, 4, 3, 5])`: (0.8, 0.10408803866182799).
    #[test]
    fn correlations_are_those_of_scipy() {
        let found = pearson(&[1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN], &[2.0, 1.0, 4.0, 3.0, 5.0, 1.0]);
        assert!((found.r - 0.8).abs() < 1e-12, "{found:?}");
        assert!((found.p - 0.104_088_038_661_827_99).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn what_is_not_defined_is_no_number() {
        assert!(pearson(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]).r.is_nan());
        assert!(pearson(&[1.0, 2.0], &[1.0, 2.0]).p.is_nan());
        assert!(mean(&[]).is_nan() && deviation(&[1.0]).is_nan() && median(&[f64::NAN]).is_nan());
        assert!((median(&[3.0, 1.0, f64::NAN, 2.0]) - 2.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn a_correlation_knows_no_scale(
            pairs in prop::collection::vec((-1e3..1e3, -1e3..1e3), 4..30), scale in 0.1..10.0, shift in -5.0..5.0
        ) {
            let (one, other): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let moved: Vec<f64> = one.iter().map(|value| scale * value + shift).collect();
            let (plain, moved) = (pearson(&one, &other), pearson(&moved, &other));
            prop_assert!((plain.r - moved.r).abs() < 1e-9 && plain.r.abs() <= 1.0);
        }
    }
}
