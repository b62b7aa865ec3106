//! What changed between two looks, in few words. Pure.

use std::collections::BTreeMap;

use gainsweep_contract::CellState;
use jiff::Timestamp;

use crate::cli::status::overview::Overview;

/// How many cells are in each state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts(pub(super) BTreeMap<CellState, usize>);

impl Counts {
    pub(super) fn of(overview: &Overview) -> Counts {
        Counts(overview.states.iter().map(|(state, cells)| (*state, cells.len())).collect())
    }

    fn get(&self, state: CellState) -> usize {
        self.0.get(&state).copied().unwrap_or(0)
    }

    /// `+3 done, +1 failed`: changes of the states in which cells stay.
    fn since(&self, earlier: &Counts) -> String {
        let change = |state: CellState| self.get(state).cast_signed() - earlier.get(state).cast_signed();
        let ends = |state: &CellState| {
            !matches!(state, CellState::Running | CellState::Pending | CellState::Unsent | CellState::New)
        };
        let mut parts: Vec<String> = CellState::ALL
            .into_iter()
            .filter(|state| change(*state) != 0 && ends(state))
            .map(|state| format!("{:+} {}", change(state), state.name()))
            .collect();
        // The number of running cells is shown only if no cell ended.
        if parts.is_empty() {
            let open = CellState::ALL.into_iter().filter(|state| change(*state) != 0 && !ends(state));
            parts = open.map(|state| format!("{:+} {}", change(state), state.name())).collect();
        }
        parts.join(", ")
    }
}

/// What changed during the watch.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    first: Option<(Counts, Timestamp)>,
    last: Option<Counts>,
    /// The last change, and when it was seen.
    change: Option<(String, Timestamp)>,
}

impl Changes {
    pub(super) fn new() -> Changes {
        Changes::default()
    }

    /// Takes the current counts.
    pub(super) fn see(&mut self, counts: Counts, now: Timestamp) {
        self.first.get_or_insert_with(|| (counts.clone(), now));
        if let Some(last) = self.last.as_ref().filter(|last| **last != counts) {
            self.change = Some((counts.since(last), now));
        }
        self.last = Some(counts);
    }

    /// The last change, and when it was seen.
    pub(super) fn last(&self) -> Option<(&str, Timestamp)> {
        self.change.as_ref().map(|(words, time)| (words.as_str(), *time))
    }

    /// All of it, and since when; `None` while it is no more than the last change.
    pub(super) fn all(&self) -> Option<(String, Timestamp)> {
        let ((first, since), last) = (self.first.as_ref()?, self.last.as_ref()?);
        let all = last.since(first);
        let more = self.change.as_ref().is_some_and(|(words, _)| *words != all);
        (more && !all.is_empty()).then_some((all, *since))
    }
}

/// One line for a change: `+1 done: 13 done, 2 running, 12 new`, with the sweep's name the first time.
pub(super) fn line(name: &str, counts: &Counts, earlier: Option<&Counts>, news: &str) -> String {
    let states: Vec<String> =
        counts.0.iter().map(|(state, count)| format!("{count} {}", state.name())).collect();
    let what = match earlier {
        None => name.to_string(),
        Some(earlier) => counts.since(earlier),
    };
    let parts = [news, what.as_str()].into_iter().filter(|part| !part.is_empty());
    let head = parts.collect::<Vec<_>>().join("; ");
    if head.is_empty() { states.join(", ") } else { format!("{head}: {}", states.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(counts: &[(CellState, usize)]) -> Counts {
        Counts(counts.iter().copied().collect())
    }

    #[test]
    fn what_ended_is_said_and_else_what_began() {
        let first = counts(&[(CellState::Pending, 5), (CellState::Running, 1)]);
        let second = counts(&[(CellState::Done, 1), (CellState::Pending, 3), (CellState::Running, 2)]);
        let third = counts(&[
            (CellState::Done, 2),
            (CellState::Pending, 2),
            (CellState::Running, 1),
            (CellState::Failed, 1),
        ]);
        assert_eq!(second.since(&first), "+1 done");
        assert_eq!(third.since(&second), "+1 done, +1 failed");
        let begun = counts(&[(CellState::Pending, 4), (CellState::Running, 2)]);
        assert_eq!(begun.since(&first), "+1 running, -1 pending");
        assert_eq!(first.since(&first), "");
        assert_eq!(line("s", &first, None, ""), "s: 1 running, 5 pending");
        assert_eq!(line("s", &second, Some(&first), ""), "+1 done: 1 done, 2 running, 3 pending");
        assert_eq!(
            line("s", &first, Some(&first), "Slurm does not answer"),
            "Slurm does not answer: 1 running, 5 pending"
        );
    }

    #[test]
    fn the_last_change_stays_until_the_next_one() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let mut changes = Changes::new();
        let one = counts(&[(CellState::Running, 2)]);
        changes.see(one.clone(), at(1));
        changes.see(one, at(2));
        assert!(changes.last().is_none() && changes.all().is_none());
        changes.see(counts(&[(CellState::Running, 1), (CellState::Done, 1)]), at(3));
        assert_eq!(changes.last(), Some(("+1 done", at(3))));
        assert_eq!(changes.all(), None, "it would say the same twice");
        changes.see(counts(&[(CellState::Done, 2)]), at(9));
        changes.see(counts(&[(CellState::Done, 2)]), at(11));
        assert_eq!(changes.last(), Some(("+1 done", at(9))));
        assert_eq!(changes.all(), Some(("+2 done".into(), at(1))));
    }
}
