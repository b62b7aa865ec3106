//! How long cells take, from those that are finished. Pure.

use gainsweep_contract::records::Done;

/// What finished cells say about the time of one more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    /// The median, in seconds.
    pub(crate) seconds: f64,
    /// One in ten takes less.
    pub(crate) low: f64,
    /// One in ten takes more.
    pub(crate) high: f64,
    /// Hours of one core that a cell takes, on average.
    pub(crate) core_hours: f64,
    /// How many finished cells say so.
    pub(crate) finished: usize,
}

impl Estimate {
    /// From the records of finished cells; `None` without any.
    pub(crate) fn from_records(records: &[Done]) -> Option<Estimate> {
        let mut seconds: Vec<f64> =
            records.iter().map(|done| done.wall_seconds).filter(|seconds| seconds.is_finite()).collect();
        seconds.sort_by(f64::total_cmp);
        let last = seconds.len().checked_sub(1)?;
        let at = |share: f64| seconds[(share * last as f64).round() as usize];
        let core_seconds: f64 = records
            .iter()
            .map(|done| done.wall_seconds * done.threads.max(1) as f64)
            .filter(|s| s.is_finite())
            .sum();
        Some(Estimate {
            seconds: at(0.5),
            low: at(0.1),
            high: at(0.9),
            core_hours: core_seconds / seconds.len() as f64 / 3600.0,
            finished: seconds.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_and_the_cores() {
        let done = |wall_seconds, threads| Done {
            format: 1,
            exit: 0,
            wall_seconds,
            cpu_seconds: 0.0,
            host: String::new(),
            version: String::new(),
            commit: String::new(),
            engine: String::new(),
            device: String::new(),
            threads,
        };
        assert_eq!(Estimate::from_records(&[]), None);
        let estimate = Estimate::from_records(&[done(3600.0, 2), done(1800.0, 2), done(5400.0, 2)]);
        let expected = Estimate { seconds: 3600.0, low: 1800.0, high: 5400.0, core_hours: 2.0, finished: 3 };
        assert_eq!(estimate, Some(expected));
    }
}
