//! Round numbers for the vertical axis.

/// An axis from a round number to a round number in round steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ticks {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) step: f64,
    /// Digits after the point that distinguish the ticks; `None` for numbers that need an exponent.
    pub(crate) digits: Option<usize>,
}

/// Approximate number of steps of an axis.
const STEPS: f64 = 5.0;

/// The axis for these values.
pub(crate) fn ticks(values: impl Iterator<Item = f64>) -> Ticks {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.filter(|value| value.is_finite()) {
        low = low.min(value);
        high = high.max(value);
    }
    if low > high {
        (low, high) = (0.0, 1.0);
    }
    // A range that comes only from rounding counts as a single value.
    let least = 1e-9 * low.abs().max(high.abs());
    if high - low <= least {
        let half = if low == 0.0 { 0.5 } else { 0.1 * low.abs() };
        (low, high) = (low - half, high + half);
    }
    let rough = (high - low) / STEPS;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(rough);
    let ends = ((low / step + 1e-6).floor() * step, (high / step - 1e-6).ceil() * step);
    let largest = ends.0.abs().max(ends.1.abs());
    let digits = (-(step.log10() + 1e-9).floor()).max(0.0);
    let plain = digits <= 6.0 && largest < 1e6;
    Ticks { low: ends.0, high: ends.1, step, digits: plain.then_some(digits as usize) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], low: f64, high: f64, step: f64, digits: Option<usize>) {
        let found = ticks(values.iter().copied());
        let close = |one: f64, other: f64| (one - other).abs() <= 1e-9 * other.abs().max(step);
        assert!(
            close(found.low, low)
                && close(found.high, high)
                && close(found.step, step)
                && found.digits == digits,
            "{found:?}"
        );
    }

    #[test]
    fn axes_end_at_round_numbers() {
        check(&[0.867, 0.979], 0.85, 1.0, 0.05, Some(2));
        check(&[0.0, 1.0], 0.0, 1.0, 0.2, Some(1));
        check(&[3.0, 98.0], 0.0, 100.0, 20.0, Some(0));
        check(&[-1.5, 1.5], -2.0, 2.0, 1.0, Some(0));
        check(&[1e9, 3e9], 1e9, 3e9, 5e8, None);
        check(&[1e-9, 2e-9], 1e-9, 2e-9, 2e-10, None);
    }

    #[test]
    fn one_value_and_no_value_have_an_axis_too() {
        check(&[0.5], 0.44, 0.56, 0.02, Some(2));
        check(&[0.0, 0.0], -0.6, 0.6, 0.2, Some(1));
        check(&[f64::NAN], 0.0, 1.0, 0.2, Some(1));
    }
}
