//! Statistics over replicates.

use std::sync::OnceLock;

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use crate::resampling::{bootstrap, quantile};

/// The statistics of a quantity over a few replicates. All are in the quantity's own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The number of finite values.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// The statistics that need at least two values.
    pub spread: Option<Spread>,
    /// Smallest value.
    pub min: f64,
    /// First quartile, linear between values.
    pub quartile_1: f64,
    /// Median; for an even number of values the mean of the middle two.
    pub median: f64,
    /// Third quartile.
    pub quartile_3: f64,
    /// Largest value.
    pub max: f64,
}

/// The spread of the values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Standard deviation of the sample (divided by n - 1).
    pub sd: f64,
    /// Standard error of the mean: sd / sqrt(n).
    pub sem: f64,
    /// Lower end of the 95 % confidence interval of the mean (Student's t, n - 1 degrees of freedom, unless
    /// [`summarise_with`] used another method).
    pub low: f64,
    /// Upper end of that interval.
    pub high: f64,
}

/// Summarises the finite ones of these values; `None` if there are none.
///
/// The order of the values changes at most the last bits: the same order gives the same bits.
pub fn summarise(values: impl IntoIterator<Item = f64>) -> Option<Summary> {
    let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
    let n = values.len();
    if n == 0 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let spread = (n > 1).then(|| {
        let sd = (squares / (n - 1) as f64).sqrt();
        let sem = sd / (n as f64).sqrt();
        let half = half_width(sd, n);
        Spread { sd, sem, low: mean - half, high: mean + half }
    });
    values.sort_by(f64::total_cmp);
    let at = |share: f64| quantile(&values, share);
    Some(Summary {
        n,
        mean,
        spread,
        min: values[0],
        quartile_1: at(0.25),
        median: f64::midpoint(values[(n - 1) / 2], values[n / 2]),
        quartile_3: at(0.75),
        max: values[n - 1],
    })
}

/// The method for the interval of a mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interval {
    /// Student's t: exact for normally distributed values.
    #[default]
    StudentT,
    /// The bootstrap ([`crate::bootstrap`]).
    Bootstrap,
}

impl Interval {
    /// For people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Interval::StudentT => "95 % interval",
            Interval::Bootstrap => "95 % bootstrap interval",
        }
    }
}

/// The same with the interval by that method. For equal values the bootstrap has no interval: then that of
/// Student's t, which has no width.
pub fn summarise_with(interval: Interval, values: impl IntoIterator<Item = f64>) -> Option<Summary> {
    let values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
    let mut summary = summarise(values.iter().copied())?;
    let ends = if interval == Interval::Bootstrap { bootstrap(&values) } else { None };
    if let Some((spread, (low, high))) = summary.spread.as_mut().zip(ends) {
        (spread.low, spread.high) = (low, high);
    }
    Some(summary)
}

/// Half the width of the 95 % confidence interval of the mean of `n` values, at least 2, with this standard
/// deviation.
pub fn half_width(sd: f64, n: usize) -> f64 {
    student_t_975(n - 1) * sd / (n as f64).sqrt()
}

/// The 97.5 % quantile of Student's t: the 95 % interval of a mean is this many standard errors to either side.
fn student_t_975(degrees_of_freedom: usize) -> f64 {
    // A table of many points needs the same few again and again.
    static KNOWN: [OnceLock<f64>; 64] = [const { OnceLock::new() }; 64];
    match KNOWN.get(degrees_of_freedom) {
        Some(known) => *known.get_or_init(|| computed_student_t_975(degrees_of_freedom)),
        None => computed_student_t_975(degrees_of_freedom),
    }
}

/// From this number of degrees of freedom on, the series of [`computed_student_t_975`] is exact to 1e-10.
const MANY: usize = 500;

fn computed_student_t_975(degrees_of_freedom: usize) -> f64 {
    let n = degrees_of_freedom as f64;
    if degrees_of_freedom < MANY {
        // Location 0, scale 1 and at least one degree of freedom are always allowed.
        return StudentsT::new(0.0, 1.0, n).map_or(f64::NAN, |t| t.inverse_cdf(0.975));
    }
    // The library loses digits here; use Abramowitz & Stegun 1964, eq. 26.7.5, around the quantile of the
    // normal distribution.
    let z = Normal::standard().inverse_cdf(0.975);
    let term = |coefficients: &[f64], divisor: f64, power: i32| {
        // Odd powers of z, the smallest first.
        let sum = coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * z * z + coefficient);
        sum * z / (divisor * n.powi(power))
    };
    z + term(&[1.0, 1.0], 4.0, 1)
        + term(&[3.0, 16.0, 5.0], 96.0, 2)
        + term(&[-15.0, 17.0, 19.0, 3.0], 384.0, 3)
}

#[cfg(test)]
#[expect(clippy::unreadable_literal, reason = "numbers as scipy prints them")]
mod tests {
    use super::*;

    fn close(ours: f64, scipy: f64) {
        assert!((ours - scipy).abs() <= 1e-9 * scipy.abs().max(1.0), "{ours} is not {scipy}");
    }

    /// ```python
    /// from scipy import stats
    /// for df in (1, 2, 3, 4, 9, 19, 29, 63, 64, 99, 999, 99999): print(df, repr(float(stats.t.ppf(0.975, df))))
    /// ```
    #[test]
    fn quantiles_are_those_of_scipy() {
        for (degrees, scipy) in [
            (1, 12.706204736174694),
            (2, 4.302652729749462),
            (3, 3.1824463052837078),
            (4, 2.7764451051977934),
            (9, 2.262157162798205),
            (19, 2.0930240544083087),
            (29, 2.045229642132703),
            (63, 1.998340542520741),
            (64, 1.997729654317693),
            (99, 1.9842169515864174),
            (999, 1.9623414611334493),
            (99999, 1.9599877077718442),
        ] {
            close(student_t_975(degrees), scipy);
        }
    }

    /// ```python
    /// import numpy as np; from scipy import stats
    /// for v in ([0.958, 0.963, 0.968], [1e-3, 2e-3], [3.0, -1.0, 4.0, 1.5, -5.0, 9.0, 2.6, 5.0], [1e9, 1e9 + 1, 1e9 + 2, 1e9 + 5],
    ///           [0.1, 0.1, 0.3, 0.3, 0.3, 0.7, 0.9], [1 - 2.0**-k for k in range(1, 21)], [2.5] * 4 + [-2.5], [-1e12, 1.0, 1e12]):
    ///     v = np.array(v); sem = stats.sem(v); low, high = stats.t.interval(0.95, len(v) - 1, v.mean(), sem)
    ///     print([float(x) for x in (v.mean(), v.std(ddof=1), sem, low, high, v.min(), *np.percentile(v, [25, 50, 75]), v.max())])
    /// ```
    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of numbers")]
    fn summaries_are_those_of_scipy() {
        let halves: Vec<f64> = (1..=20).map(|k| 1.0 - 0.5_f64.powi(k)).collect();
        let cases: [(&[f64], [f64; 10]); 8] = [
            (
                &[0.958, 0.963, 0.968],
                [
                    0.963,
                    0.0050000000000000044,
                    0.0028867513459481316,
                    0.9505793114412483,
                    0.9754206885587516,
                    0.958,
                    0.9604999999999999,
                    0.963,
                    0.9655,
                    0.968,
                ],
            ),
            (
                &[0.001, 0.002],
                [
                    0.0015,
                    0.0007071067811865475,
                    0.0005,
                    -0.004853102368087347,
                    0.007853102368087348,
                    0.001,
                    0.00125,
                    0.0015,
                    0.00175,
                    0.002,
                ],
            ),
            (
                &[3.0, -1.0, 4.0, 1.5, -5.0, 9.0, 2.6, 5.0],
                [
                    2.3875,
                    4.1474389688095465,
                    1.4663411097012862,
                    -1.079845749107136,
                    5.854845749107136,
                    -5.0,
                    0.875,
                    2.8,
                    4.25,
                    9.0,
                ],
            ),
            (
                &[1000000000.0, 1000000001.0, 1000000002.0, 1000000005.0],
                [
                    1000000002.0,
                    2.160246899469287,
                    1.0801234497346435,
                    999999998.5625651,
                    1000000005.4374349,
                    1000000000.0,
                    1000000000.75,
                    1000000001.5,
                    1000000002.75,
                    1000000005.0,
                ],
            ),
            // Repeated values.
            (
                &[0.1, 0.1, 0.3, 0.3, 0.3, 0.7, 0.9],
                [
                    0.38571428571428573,
                    0.30237157840738177,
                    0.11428571428571428,
                    0.1060672170120025,
                    0.665361354416569,
                    0.1,
                    0.2,
                    0.3,
                    0.5,
                    0.9,
                ],
            ),
            // As many values as a test has contexts, very skewed.
            (
                &halves,
                [
                    0.9500000476837158,
                    0.12211587006230822,
                    0.027305938659085264,
                    0.8928480612420526,
                    1.007152034125379,
                    0.5,
                    0.98046875,
                    0.999267578125,
                    0.9999732971191406,
                    0.9999990463256836,
                ],
            ),
            (
                &[2.5, 2.5, 2.5, 2.5, -2.5],
                [
                    1.5,
                    2.23606797749979,
                    1.0,
                    -1.2764451051977934,
                    4.276445105197793,
                    -2.5,
                    2.5,
                    2.5,
                    2.5,
                    2.5,
                ],
            ),
            // A mean that is tiny compared with the values.
            (
                &[-1e12, 1.0, 1e12],
                [
                    0.3333333333333333,
                    1e12,
                    577350269189.6259,
                    -2484137711749.997,
                    2484137711750.664,
                    -1e12,
                    -499999999999.5,
                    1.0,
                    500000000000.5,
                    1e12,
                ],
            ),
        ];
        for (values, scipy) in cases {
            let summary = summarise(values.iter().copied()).expect("values");
            let spread = summary.spread.expect("two or more");
            assert_eq!(summary.n, values.len());
            let ours = [
                summary.mean,
                spread.sd,
                spread.sem,
                spread.low,
                spread.high,
                summary.min,
                summary.quartile_1,
                summary.median,
                summary.quartile_3,
                summary.max,
            ];
            for (ours, scipy) in ours.into_iter().zip(scipy) {
                close(ours, scipy);
            }
        }
    }

    #[test]
    fn one_value_has_no_spread_and_none_has_no_summary() {
        let one = summarise([f64::NAN, 2.0, f64::INFINITY]).expect("a value");
        assert_eq!((one.n, one.mean, one.median, one.spread), (1, 2.0, 2.0, None));
        assert_eq!(summarise([f64::NAN]), None);
    }
}
