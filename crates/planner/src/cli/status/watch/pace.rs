//! How often to look and to ask. Pure.

use std::time::Duration;

/// Between two looks at files.
pub(super) const LOOK: Duration = Duration::from_secs(2);

/// Between two questions to Slurm: an interval that cluster administrators find polite.
const ASK: Duration = Duration::from_secs(30);

/// The longest interval, while it does not answer.
const MOST: Duration = Duration::from_mins(5);

/// When to ask Slurm again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// Questions in a row that were not answered.
    unanswered: u32,
}

impl Pace {
    /// Time until the next look at files. After a slow look it is longer, so that the disk is idle most of
    /// the time.
    pub(super) fn between_looks(took: Duration) -> Duration {
        LOOK.max(took * 20)
    }

    /// Takes whether Slurm answered, and how long that took. Returns the time until the next question.
    pub(super) fn after(&mut self, answered: bool, took: Duration) -> Duration {
        self.unanswered = if answered { 0 } else { self.unanswered + 1 };
        let doubled = ASK * 2_u32.pow(self.unanswered.min(8));
        doubled.min(MOST).max((took * 10).min(MOST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slurm_is_asked_more_seldom_while_it_is_away_or_slow() {
        let mut pace = Pace::default();
        let seconds =
            |pace: &mut Pace, answered, took| pace.after(answered, Duration::from_secs(took)).as_secs();
        assert_eq!(seconds(&mut pace, true, 0), 30);
        let away: Vec<u64> = (0..6).map(|_| seconds(&mut pace, false, 1)).collect();
        assert_eq!(away, [60, 120, 240, 300, 300, 300]);
        assert_eq!(seconds(&mut pace, true, 1), 30);
        assert_eq!(seconds(&mut pace, true, 12), 120, "an answer that took long");
        assert_eq!(seconds(&mut pace, true, 60), 300);
    }

    #[test]
    fn a_slow_disk_is_left_alone() {
        assert_eq!(Pace::between_looks(Duration::from_millis(5)), LOOK);
        assert_eq!(Pace::between_looks(Duration::from_secs(1)), Duration::from_secs(20));
    }
}
