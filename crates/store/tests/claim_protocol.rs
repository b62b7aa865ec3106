//! A model of how a cell is claimed, tried, finished and published: every order of the steps of some processes is
//! looked at, crashes and delays included.
//!
//! The steps have the names of the functions of `claims` and `work`. Whether a holder is gone is judged wrongly whenever
//! that is possible: a node that was cut off and comes back is the same. What a process has read may be old when it
//! acts on it.

use std::collections::BTreeMap;

use stateright::{Checker, Model, Property};

/// An entry of the cell's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Entry {
    Claim { attempt: u8 },
    Released { attempt: u8 },
    Finished { attempt: u8 },
}

impl Entry {
    fn attempt(self) -> u8 {
        match self {
            Entry::Claim { attempt } | Entry::Released { attempt } | Entry::Finished { attempt } => attempt,
        }
    }
}

/// Where a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Process {
    Idle,
    /// It reads the log, entry by entry; the last one that it saw.
    Reading {
        number: u8,
        last: Option<Entry>,
    },
    /// It will make this entry.
    Free {
        entry: u8,
        attempt: u8,
    },
    /// It made the entry, perhaps when the cell was finished already, and reads entry 1 again.
    Made {
        entry: u8,
        attempt: u8,
        late: bool,
    },
    /// Its worker computes.
    Working {
        entry: u8,
        attempt: u8,
    },
    /// All results are durable in the attempt's folder.
    Complete {
        entry: u8,
        attempt: u8,
    },
    /// It made the entry that it finished, and reads entry 1 again.
    Finishing {
        entry: u8,
        attempt: u8,
    },
    /// The log says that this attempt finished.
    Publishing {
        attempt: u8,
    },
    /// It looks for the last entry.
    Settling,
    /// It will write this entry as entry 1.
    Writing {
        last: u8,
        entry: Entry,
    },
    /// It removes the entries from this one down to 2.
    Removing {
        number: u8,
    },
    /// It has done what it could.
    Over,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    entries: BTreeMap<u8, Entry>,
    processes: Vec<Process>,
    /// The attempts whose folders are complete and not published.
    complete: Vec<u8>,
    /// The attempt that is the cell's.
    published: Option<u8>,
    /// How often an attempt finished.
    finished: u8,
    /// Did a worker begin whose claim was made after that?
    began_late: bool,
    crashes: u8,
}

impl State {
    /// Is entry 1 the last word?
    fn is_finished(&self) -> bool {
        matches!(self.entries.get(&1), Some(Entry::Finished { .. }))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// The next step of a process.
    Step(usize),
    /// It reads that the holder is not gone, and leaves the cell alone.
    Leave(usize),
    /// Its worker fails, and it gives the cell back.
    Release(usize),
    /// `kill -9`; another process takes its place.
    Crash(usize),
}

struct Protocol {
    processes: usize,
    crashes: u8,
    attempts: u8,
}

impl Protocol {
    fn step(&self, state: &mut State, who: usize) -> Option<()> {
        let next = match state.processes[who] {
            Process::Idle => Process::Reading { number: 1, last: None },
            Process::Reading { number, last } => self.read(state, number, last)?,
            Process::Free { entry, .. } if state.entries.contains_key(&entry) => Process::Idle,
            Process::Free { entry, attempt } => {
                state.entries.insert(entry, Entry::Claim { attempt });
                Process::Made { entry, attempt, late: state.finished > 0 }
            }
            Process::Made { entry, attempt, late } => {
                if state.is_finished() {
                    if entry > 1 {
                        state.entries.remove(&entry);
                    }
                    Process::Over
                } else {
                    state.began_late |= late;
                    Process::Working { entry, attempt }
                }
            }
            Process::Working { entry, attempt } => {
                state.complete.push(attempt);
                state.complete.sort_unstable();
                Process::Complete { entry, attempt }
            }
            // `Claim::finish`: the entry after its own, or nothing.
            Process::Complete { entry, .. } if state.entries.contains_key(&(entry + 1)) => Process::Over,
            Process::Complete { entry, attempt } => {
                state.entries.insert(entry + 1, Entry::Finished { attempt });
                Process::Finishing { entry, attempt }
            }
            Process::Finishing { entry, attempt } => match state.entries.get(&1) {
                Some(Entry::Finished { attempt: first }) if *first != attempt => {
                    state.entries.remove(&(entry + 1));
                    Process::Over
                }
                Some(_) | None => {
                    state.finished += 1;
                    Process::Publishing { attempt }
                }
            },
            // `work::publish`: a rename that replaces nothing, also by whoever reads the log.
            Process::Publishing { attempt } => {
                if state.published.is_none() && state.complete.contains(&attempt) {
                    state.complete.retain(|complete| *complete != attempt);
                    state.published = Some(attempt);
                }
                if state.published.is_some() { Process::Settling } else { Process::Over }
            }
            // `claims::settle`
            Process::Settling => match state.entries.last_key_value() {
                Some((last, _)) if *last > 1 && state.is_finished() => Process::Removing { number: *last },
                Some((last, entry @ Entry::Finished { .. })) if *last > 1 => {
                    Process::Writing { last: *last, entry: *entry }
                }
                Some(_) | None => Process::Over,
            },
            Process::Writing { last, entry } => {
                state.entries.insert(1, entry);
                Process::Removing { number: last }
            }
            Process::Removing { number } => {
                state.entries.remove(&number);
                if number > 2 { Process::Removing { number: number - 1 } } else { Process::Over }
            }
            Process::Over => return None,
        };
        state.processes[who] = next;
        Some(())
    }

    /// Reads one more entry; at the end of the log it knows what to do.
    fn read(&self, state: &State, number: u8, last: Option<Entry>) -> Option<Process> {
        Some(match (state.entries.get(&number).copied(), last) {
            (Some(Entry::Finished { attempt }), _) if number == 1 => Process::Publishing { attempt },
            (Some(entry), _) => Process::Reading { number: number + 1, last: Some(entry) },
            (None, Some(Entry::Finished { attempt })) => Process::Publishing { attempt },
            // Also a holder that lives may be judged gone.
            (None, Some(Entry::Claim { .. } | Entry::Released { .. }) | None) => {
                let attempt = last.map_or(0, Entry::attempt) + 1;
                (attempt <= self.attempts).then_some(Process::Free { entry: number, attempt })?
            }
        })
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            entries: BTreeMap::new(),
            processes: vec![Process::Idle; self.processes],
            complete: Vec::new(),
            published: None,
            finished: 0,
            began_late: false,
            crashes: 0,
        }]
    }

    fn actions(&self, _: &State, actions: &mut Vec<Action>) {
        for who in 0..self.processes {
            actions.extend([Action::Step(who), Action::Leave(who), Action::Release(who), Action::Crash(who)]);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Step(who) => self.step(&mut next, who)?,
            Action::Leave(who) => {
                let Process::Reading { last: Some(Entry::Claim { .. }), .. } = next.processes[who] else {
                    return None;
                };
                next.processes[who] = Process::Over;
            }
            Action::Release(who) => {
                let Process::Working { entry, attempt } = next.processes[who] else { return None };
                next.entries.entry(entry + 1).or_insert(Entry::Released { attempt });
                next.processes[who] = Process::Idle;
            }
            Action::Crash(who) => {
                if next.crashes == self.crashes
                    || matches!(next.processes[who], Process::Idle | Process::Over)
                {
                    return None;
                }
                next.crashes += 1;
                next.processes[who] = Process::Idle;
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("at most one attempt finishes", |_, state: &State| state.finished <= 1),
            Property::always("what is published is what finished", |_, state: &State| {
                state.published.is_none() || state.finished <= 1
            }),
            Property::always("no claim of a finished cell is granted", |_, state: &State| !state.began_late),
            Property::always("a finished cell stays finished", |_, state: &State| {
                let is_finished = |entry: &Entry| matches!(entry, Entry::Finished { .. });
                state.finished == 0 || state.entries.values().any(is_finished)
            }),
            Property::sometimes("one entry stays", |_, state: &State| {
                state.published.is_some()
                    && state.entries.len() == 1
                    && state.processes.iter().all(|process| *process == Process::Over)
            }),
            Property::sometimes("a superseded attempt is complete and not published", |_, state: &State| {
                state.published.is_some() && !state.complete.is_empty()
            }),
        ]
    }
}

#[test]
fn no_order_of_steps_publishes_a_cell_twice() {
    for (processes, crashes, attempts) in [(2, 2, 4), (3, 1, 3)] {
        let checker = Protocol { processes, crashes, attempts }.checker().threads(2).spawn_bfs().join();
        checker.assert_properties();
        println!(
            "{processes} processes, {crashes} crashes, {attempts} attempts: {} states, {} of them different",
            checker.state_count(),
            checker.unique_state_count()
        );
    }
}
