//! Random commands, kills, lost nodes, full disks and clock jumps for a while; at each quiet point everything must hold.
//!
//! The time is cut into rounds. A round is a new sweep on a new fake cluster, and some twenty operations that follow
//! from the round's seed alone. Then all faults end, what was begun finishes, and `run` must make every cell done. The
//! invariants are those of the fault laboratory ([`gainsweep_testkit::sound`]).
//!
//! | variable | meaning |
//! |---|---|
//! | `GAINSWEEP_SOAK_SECONDS` | how long; at least one round (default: one round) |
//! | `GAINSWEEP_SOAK_SEED` | the seed of the first round (default: 1) |
//! | `GAINSWEEP_SOAK_LOG` | set: print what happened in every round |
//! | `GAINSWEEP_SOAK_KEEP` | a folder: what a round with a violation left is copied there |

mod operations;
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use world::World;

/// Operations of a round.
const OPERATIONS: usize = 20;

/// Numbers that follow from a seed: `SplitMix64`.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text}")))
}

#[test]
fn whatever_happens_each_cell_is_done_once_and_the_tables_are_right() {
    let patience = Duration::from_secs(setting("GAINSWEEP_SOAK_SECONDS").unwrap_or(0));
    let first = setting("GAINSWEEP_SOAK_SEED").unwrap_or(1);
    let since = Instant::now();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut violations = Vec::new();
    for seed in first.. {
        let mut world = World::new();
        let outcome = catch_unwind(AssertUnwindSafe(|| round(&mut world, seed)));
        for (operation, count) in &world.counts {
            *counts.entry(operation).or_default() += count;
        }
        if outcome.is_ok() && std::env::var_os("GAINSWEEP_SOAK_LOG").is_some() {
            println!("round {seed}\n{}", world.log.join("\n"));
        }
        if outcome.is_err() {
            println!("VIOLATION in round {seed}; GAINSWEEP_SOAK_SEED={seed} does the same again:");
            println!("{}", world.log.join("\n"));
            world.keep(seed);
            violations.push(seed);
        }
        let (rounds, over) = (seed - first + 1, since.elapsed() >= patience);
        if over || rounds.is_multiple_of(20) {
            let operations: u64 = counts.values().sum();
            let seconds = since.elapsed().as_secs();
            println!("{rounds} rounds, {operations} operations, {seconds} s, violations in {violations:?}");
        }
        if over {
            break;
        }
    }
    for (operation, count) in &counts {
        println!("{operation} | {count}");
    }
    assert!(violations.is_empty(), "violations in the rounds {violations:?}");
}

fn round(world: &mut World, seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x1000_0000_01b3));
    for number in 1..=OPERATIONS {
        operations::one(world, &mut random);
        if number.is_multiple_of(4) {
            world.grow(2);
        }
    }
    world.come_to_rest();
}
