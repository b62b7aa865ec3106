//! When all cells will be done, from what was measured. Pure.
//!
//! Each cell has a *weight*: its predicted seconds or, if unknown, a number that its time is about
//! proportional to.

/// The speed so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Speed {
    /// Weight of the finished cells.
    pub(crate) finished: f64,
    /// Seconds of their attempts, together.
    pub(crate) seconds: f64,
    /// Are the weights predicted seconds?
    pub(crate) predicted: bool,
}

/// A running cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Running {
    pub(crate) weight: f64,
    /// Seconds since its attempt started.
    pub(crate) elapsed: f64,
    /// Seconds left as its worker reports, if it does.
    pub(crate) left: Option<f64>,
}

/// Seconds until all cells are done; `queued` is the weight of all waiting cells. `None` while nothing is
/// known.
pub(crate) fn remaining(speed: Speed, running: &[Running], queued: f64, jobs: usize) -> Option<f64> {
    let unit = seconds_per_weight(speed, running)?;
    let left = |cell: &Running| cell.left.unwrap_or((unit * cell.weight - cell.elapsed).max(0.0));
    let longest = running.iter().map(left).fold(0.0, f64::max);
    let work = queued * unit + running.iter().map(left).sum::<f64>();
    // Slots share the work, but not a cell: the end is not before that of the longest running cell.
    Some((work / jobs.max(1) as f64).max(longest))
}

/// From finished cells; else from what running ones report; else from the prediction.
fn seconds_per_weight(speed: Speed, running: &[Running]) -> Option<f64> {
    if speed.finished > 0.0 {
        return Some(speed.seconds / speed.finished);
    }
    let expected = running.iter().filter_map(|cell| Some((cell.elapsed + cell.left?, cell.weight)));
    let (seconds, weight) = expected.fold((0.0, 0.0), |sum, cell| (sum.0 + cell.0, sum.1 + cell.1));
    if weight > 0.0 { Some(seconds / weight) } else { speed.predicted.then_some(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_promised_before_something_is_known() {
        let running = [Running { weight: 1.0, elapsed: 5.0, left: None }];
        assert_eq!(remaining(Speed::default(), &running, 10.0, 2), None);
    }

    #[test]
    fn running_cells_speak_for_the_others_until_one_is_finished() {
        let running = [
            Running { weight: 1.0, elapsed: 10.0, left: Some(90.0) },
            Running { weight: 1.0, elapsed: 0.0, left: None },
        ];
        // 4 waiting and one just begun at 100 s each, one with 90 s left, over two slots.
        assert_eq!(remaining(Speed::default(), &running, 4.0, 2), Some(295.0));
        let speed = Speed { finished: 2.0, seconds: 100.0, predicted: false };
        assert_eq!(remaining(speed, &running, 4.0, 2), Some(170.0));
    }

    #[test]
    fn long_cells_weigh_more_than_short_ones() {
        let predicted = Speed { predicted: true, ..Speed::default() };
        assert_eq!(remaining(predicted, &[], 100.0, 2), Some(50.0));
        // A short cell is done and took 1.5 times its prediction: the long ones will, too.
        let speed = Speed { finished: 10.0, seconds: 15.0, predicted: true };
        let long = Running { weight: 100.0, elapsed: 30.0, left: None };
        assert_eq!(remaining(speed, &[long], 100.0, 1), Some(270.0));
    }

    #[test]
    fn the_longest_cell_sets_the_end() {
        let speed = Speed { finished: 1.0, seconds: 10.0, predicted: false };
        assert_eq!(
            remaining(speed, &[Running { weight: 1.0, elapsed: 0.0, left: Some(60.0) }], 0.0, 8),
            Some(60.0)
        );
        assert_eq!(
            remaining(speed, &[Running { weight: 1.0, elapsed: 60.0, left: None }], 0.0, 1),
            Some(0.0)
        );
    }
}
