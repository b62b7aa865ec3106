//! Something good can always still happen: from every state that can be reached, a state with the cell done can be
//! reached, too.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use stateright::Model;

use crate::protocol::{JOBS, Protocol};
use crate::records::State;

/// Is the cell done, or did as much happen as the model allows?
fn is_good(protocol: &Protocol, state: &State) -> bool {
    let jobs = state.submissions.iter().map(|submission| submission.jobs.len()).max();
    state.done || state.submissions.len() == protocol.submissions || jobs == Some(JOBS)
}

/// Returns how many states there are.
pub(crate) fn assert_always_possible(protocol: &Protocol) -> usize {
    let mut numbers: HashMap<State, usize> = HashMap::new();
    let mut before: Vec<Vec<usize>> = Vec::new();
    let mut states: Vec<State> = protocol.init_states();
    numbers.insert(states[0].clone(), 0);
    before.push(Vec::new());
    let mut at = 0;
    while at < states.len() {
        let mut actions = Vec::new();
        protocol.actions(&states[at], &mut actions);
        for action in actions {
            let Some(next) = protocol.next_state(&states[at], action) else { continue };
            let number = match numbers.entry(next.clone()) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(free) => {
                    states.push(next);
                    before.push(Vec::new());
                    *free.insert(states.len() - 1)
                }
            };
            before[number].push(at);
        }
        at += 1;
    }
    let mut can: Vec<bool> = states.iter().map(|state| is_good(protocol, state)).collect();
    let mut found: Vec<usize> = (0..states.len()).filter(|number| can[*number]).collect();
    while let Some(number) = found.pop() {
        for earlier in &before[number] {
            if !std::mem::replace(&mut can[*earlier], true) {
                found.push(*earlier);
            }
        }
    }
    let stuck = can.iter().position(|can| !can).map(|number| &states[number]);
    assert!(stuck.is_none(), "nothing good can follow: {stuck:#?}");
    states.len()
}
