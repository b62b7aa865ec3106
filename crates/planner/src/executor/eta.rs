//! When a run will be over, from what was measured. Pure.

/// What is known of the speed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Speed {
    /// Cells that this run finished.
    pub(super) finished: u64,
    /// Seconds that their attempts took, together.
    pub(super) seconds: f64,
}

/// A cell that runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Running {
    /// Seconds since its attempt started.
    pub(super) elapsed: f64,
    /// Seconds left by its own account, if it gives one.
    pub(super) left: Option<f64>,
}

/// Seconds until all cells are done; `None` while nothing is known.
pub(super) fn remaining(speed: Speed, running: &[Running], queued: u64, jobs: usize) -> Option<f64> {
    let whole = a_cell(speed, running)?;
    let left = |cell: &Running| cell.left.unwrap_or((whole - cell.elapsed).max(0.0));
    let longest = running.iter().map(left).fold(0.0, f64::max);
    let work = queued as f64 * whole + running.iter().map(left).sum::<f64>();
    // Work is shared, but a cell is not: the end is not before the longest of the running ones.
    Some((work / jobs.max(1) as f64).max(longest))
}

/// Seconds that a cell takes: the mean of those that finished, else what the running ones expect of themselves.
fn a_cell(speed: Speed, running: &[Running]) -> Option<f64> {
    if speed.finished > 0 {
        return Some(speed.seconds / speed.finished as f64);
    }
    let expected: Vec<f64> =
        running.iter().filter_map(|cell| cell.left.map(|left| cell.elapsed + left)).collect();
    if expected.is_empty() { None } else { Some(expected.iter().sum::<f64>() / expected.len() as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_promised_before_something_is_known() {
        let running = [Running { elapsed: 5.0, left: None }];
        assert_eq!(remaining(Speed::default(), &running, 10, 2), None);
    }

    #[test]
    fn running_cells_speak_for_the_others_until_one_is_finished() {
        let running = [Running { elapsed: 10.0, left: Some(90.0) }, Running { elapsed: 0.0, left: None }];
        // 4 waiting and one just begun at 100 s each, one with 90 s left, over two slots.
        assert_eq!(remaining(Speed::default(), &running, 4, 2), Some(295.0));
        let speed = Speed { finished: 2, seconds: 100.0 };
        assert_eq!(remaining(speed, &running, 4, 2), Some(170.0));
    }

    #[test]
    fn the_longest_cell_sets_the_end() {
        let speed = Speed { finished: 1, seconds: 10.0 };
        assert_eq!(remaining(speed, &[Running { elapsed: 0.0, left: Some(60.0) }], 0, 8), Some(60.0));
        assert_eq!(remaining(speed, &[Running { elapsed: 60.0, left: None }], 0, 1), Some(0.0));
    }
}
