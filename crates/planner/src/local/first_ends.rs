//! Notices when the first cells of a run all fail with the same error: the others would fail alike.

use gainsweep_store::Outcome;

use super::attempt::Ended;
use crate::screen::same_error::common_part;

/// So many of the first cells.
pub(crate) const LIMIT: usize = 5;

/// How the first cells of a run ended.
#[derive(Debug)]
pub(super) struct FirstEnds {
    /// Those that failed; `None` once another end was seen, or if nobody asks.
    failed: Option<usize>,
    common: String,
    /// The error with which all of them failed.
    pub(super) same_error: Option<String>,
}

impl FirstEnds {
    pub(super) fn new(is_asked_for: bool) -> FirstEnds {
        FirstEnds { failed: is_asked_for.then_some(0), common: String::new(), same_error: None }
    }

    /// Adds an end. Is it the one that tells?
    pub(super) fn add(&mut self, ended: &Ended) -> bool {
        let Some(failed) = self.failed else { return false };
        let common = common_part(&ended.reason);
        let is_failure = matches!(ended.outcome, Outcome::Failed | Outcome::Killed);
        let is_alike = is_failure && (failed == 0 || common == self.common);
        let tells = is_alike && failed + 1 == LIMIT;
        self.failed = (is_alike && !tells).then_some(failed + 1);
        self.common = common;
        if tells {
            self.same_error = Some(ended.reason.clone());
        }
        tells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tells(ends: &[(Outcome, &str)]) -> Vec<bool> {
        let mut first = FirstEnds::new(true);
        let ended = |(outcome, reason): &(Outcome, &str)| Ended {
            outcome: *outcome,
            reason: (*reason).into(),
            seconds: 1.0,
        };
        ends.iter().map(|end| first.add(&ended(end))).collect()
    }

    #[test]
    fn five_alike_at_the_start_tell_once() {
        let alike = [(Outcome::Failed, "no file 1"), (Outcome::Failed, "no file 2")].repeat(4);
        assert_eq!(tells(&alike), [false, false, false, false, true, false, false, false]);
    }

    #[test]
    fn another_end_among_them_does_not() {
        for other in [
            (Outcome::Done, ""),
            (Outcome::Failed, "another error"),
            (Outcome::Diverged, "no file 1"),
            (Outcome::Stopped, "no file 1"),
        ] {
            for place in 0..5 {
                let mut ends = [(Outcome::Failed, "no file 1")].repeat(9);
                ends[place] = other;
                assert!(!tells(&ends).contains(&true), "{other:?} at {place}");
            }
        }
    }
}
