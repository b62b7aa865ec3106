//! A model of how a cell is sent: announcement, job, receipt. Every order of the steps of two planners is looked at, with
//! crashes, lost and late answers, a queue that does not answer, and cancellations.
//!
//! The steps have the names of the code: `Wave::begin`, `Evidence::look`, `Sender::settle`, `Sender::look_up` and
//! `Sender::send_one` of the planner, `announce` and `settle` of `submissions`.
//!
//! That no planner sends a job which it did not announce is part of the form of the model. What holds beyond that
//! depends on four things, each of which has a test:
//!
//! * the lock for sending excludes the other planner;
//! * `look_up` waits longer than any message of `sbatch` is on its way;
//! * of queue and accounting at most one is blind at a time;
//! * `cancel` settles open announcements before it cancels.
//!
//! Where one fails, a cell can have two live jobs. The claims then let one of them run it; see `claim_protocol.rs`.

mod possible;
mod protocol;
mod records;

use protocol::{Accounting, CANCELLED_IS_CANCELLED, NO_GHOST, ONE_LIVE_JOB, Protocol};
use std::collections::BTreeSet;

use stateright::{Checker, Expectation, HasDiscoveries, Model};

/// What the code relies on.
const RELIED_ON: Protocol = Protocol {
    locks: true,
    patient: true,
    stale_queue: false,
    accounting: Accounting::True,
    cancel_settles: true,
    crashes: 2,
    lost_answers: 1,
    submissions: 2,
};

/// Checks that these properties fail, and no others. Prints how much was looked at.
#[expect(clippy::print_stdout, reason = "what stands in results/benchmarks/faults.md")]
fn check(what: &str, protocol: Protocol, failing: &[&str]) {
    let checker = protocol.checker().threads(2).spawn_bfs().join();
    println!(
        "{what}: {} states, {} of them different, {} properties fail",
        checker.state_count(),
        checker.unique_state_count(),
        failing.len()
    );
    for property in protocol.properties() {
        if failing.contains(&property.name) || property.expectation != Expectation::Always {
            checker.assert_any_discovery(property.name);
        } else {
            checker.assert_no_discovery(property.name);
        }
    }
}

/// Checks that this property fails, and prints how: the fewest steps.
#[expect(clippy::print_stdout, reason = "what stands in results/benchmarks/faults.md")]
fn fails(what: &str, protocol: Protocol, property: &'static str) {
    let found = HasDiscoveries::AllOf(BTreeSet::from([property]));
    let checker = protocol.checker().threads(2).finish_when(found).spawn_bfs().join();
    let steps = checker.assert_any_discovery(property).into_actions();
    println!("{what}, not \"{property}\": {steps:?}");
}

#[test]
fn no_order_of_steps_sends_a_cell_twice() {
    check("as relied on", RELIED_ON, &[]);
    let three = Protocol { crashes: 1, lost_answers: 0, submissions: 3, ..RELIED_ON };
    check("three submissions", three, &[]);
}

#[test]
fn one_blind_witness_sends_nothing_twice() {
    // What a stale queue does not show, `cancel` does not end.
    let stale = Protocol { stale_queue: true, ..RELIED_ON };
    check("stale queue", stale, &[CANCELLED_IS_CANCELLED]);
    check("accounting lags", Protocol { accounting: Accounting::Lags, ..RELIED_ON }, &[]);
    check("no accounting", Protocol { accounting: Accounting::Off, ..RELIED_ON }, &[]);
}

#[test]
fn a_cell_whose_job_is_gone_can_always_be_sent_again() {
    for accounting in [Accounting::True, Accounting::Lags, Accounting::Off] {
        let states = possible::assert_always_possible(&Protocol { accounting, ..RELIED_ON });
        println!("{accounting:?}: from each of {states} states the cell can be done");
    }
}

/// Why each assumption is needed: without it, this happens.
#[test]
fn each_assumption_is_needed() {
    let local_locks = Protocol { locks: false, crashes: 0, lost_answers: 0, ..RELIED_ON };
    fails("locks that are only local", local_locks, ONE_LIVE_JOB);
    // "Ghost jobs": the announcement is older than the pause, so `look_up` does not wait for a late job.
    let impatient = Protocol { patient: false, crashes: 0, ..RELIED_ON };
    fails("a job that appears late", impatient, NO_GHOST);
    fails("a job that appears late", impatient, ONE_LIVE_JOB);
    fails("a job that appears late", impatient, CANCELLED_IS_CANCELLED);
    let blind = Protocol { stale_queue: true, accounting: Accounting::Lags, crashes: 0, ..RELIED_ON };
    fails("both witnesses blind", blind, NO_GHOST);
    fails("both witnesses blind", blind, ONE_LIVE_JOB);
    let unsettled = Protocol { cancel_settles: false, lost_answers: 0, ..RELIED_ON };
    check("cancel does not settle", unsettled, &[CANCELLED_IS_CANCELLED]);
}
