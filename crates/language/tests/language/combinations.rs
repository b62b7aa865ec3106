//! Conditions, exclusions, derived values, blocks and one-at-a-time, compared with nested loops.

use std::collections::BTreeSet;

use gainsweep_contract::{Value, ValueMap};
use gainsweep_language::{Sweep, parse};
use proptest::prelude::*;

const WORKER: &str = "[worker]\ncommand = [\"x\"]\n";

fn sweep(text: &str) -> Sweep {
    parse(text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"))
}

/// All cells of a sweep, as texts; each must occur once, and be reachable by its index.
fn cells(sweep: &Sweep) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (index, cell) in sweep.cells().enumerate() {
        assert_eq!(cell.index, index as u64);
        assert!(all.insert(spelled(&cell.parameters)), "twice: {:?}", cell.parameters);
    }
    assert_eq!(all.len() as u64, sweep.count());
    all
}

fn spelled(parameters: &ValueMap) -> String {
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", value.canonical())).collect();
    pairs.join(" ")
}

fn list(count: i64) -> String {
    format!("{:?}", (0..count).collect::<Vec<_>>())
}

fn map(pairs: &[(&str, Option<i64>)]) -> ValueMap {
    let there =
        pairs.iter().filter_map(|(name, value)| Some(((*name).to_string(), Value::Integer((*value)?))));
    there.collect()
}

proptest! {
    /// Conditions on conditions, an exclusion with a derived value, a factor without any connection.
    #[test]
    fn conditions_exclusions_and_derived_values_are_what_nested_loops_give(
        [a, b, c, free] in prop::array::uniform4(1_i64..5),
        threshold in 0_i64..4,
        sum in 0_i64..9,
        order in Just((0..4_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let lines = [
            format!("a = {}", list(a)),
            format!("b = {{ values = {}, when = \"a >= {threshold}\" }}", list(b)),
            format!("c = {{ values = {}, when = \"b > 0\" }}", list(c)),
            format!("free = {}", list(free)),
        ];
        // The order of the file must not change the set of cells.
        let grid: Vec<&str> = order.iter().map(|line| lines[*line].as_str()).collect();
        let text = format!(
            "{WORKER}[grid]\n{}\n[derived]\ntotal = \"a + twice\"\ntwice = \"2 * b\"\n\
             [[exclude]]\nwhen = \"total == {sum}\"\n[[exclude]]\nwhen = \"free == 3 and a == 1\"\n",
            grid.join("\n")
        );
        let mut expected = BTreeSet::new();
        for a in 0..a {
            for b in if a >= threshold { (0..b).map(Some).collect() } else { vec![None] } {
                for c in if b.is_some_and(|b| b > 0) { (0..c).map(Some).collect() } else { vec![None] } {
                    for free in 0..free {
                        let twice = b.map(|b| 2 * b);
                        let total = twice.map(|twice| a + twice);
                        if total == Some(sum) || (free == 3 && a == 1) {
                            continue;
                        }
                        expected.insert(spelled(&map(&[
                            ("a", Some(a)), ("b", b), ("c", c), ("free", Some(free)), ("twice", twice), ("total", total),
                        ])));
                    }
                }
            }
        }
        match parse(&text) {
            Ok(sweep) => prop_assert_eq!(cells(&sweep), expected),
            Err(problems) => {
                prop_assert!(expected.is_empty(), "{text}\n{problems:#?}");
                prop_assert!(problems[0].message.contains("no cell is left"), "{problems:#?}");
            }
        }
    }

    #[test]
    fn blocks_share_what_stands_outside_and_follow_one_another(
        [one, other, seeds] in prop::array::uniform3(1_i64..4),
    ) {
        let text = format!(
            "{WORKER}[params]\nshared = 7\nmine = 1\n[replicates]\nseed = {seeds}\n\
             [[block]]\nname = \"one\"\n[block.grid]\na = {}\n\
             [[block]]\nname = \"other\"\n[block.params]\nmine = 2\n[block.grid]\nb = {}\n",
            list(one), list(other)
        );
        let sweep = sweep(&text);
        prop_assert!(sweep.validate_cells().is_ok());
        let mut expected = BTreeSet::new();
        for seed in 1..=seeds {
            for a in 0..one {
                expected.insert(spelled(&map(&[("a", Some(a)), ("mine", Some(1)), ("shared", Some(7)), ("seed", Some(seed))])));
            }
            for b in 0..other {
                expected.insert(spelled(&map(&[("b", Some(b)), ("mine", Some(2)), ("shared", Some(7)), ("seed", Some(seed))])));
            }
        }
        prop_assert_eq!(cells(&sweep), expected);
        let names: Vec<&str> = sweep.axes().iter().map(|axis| axis.name.as_str()).collect();
        prop_assert_eq!(names, ["block", "a", "seed", "b"]);
        let last = sweep.cell(sweep.count() - 1);
        prop_assert_eq!(&last.axes[0], &Some(Value::Text("other".into())));
        prop_assert_eq!(&last.axes[1], &None);
    }

    #[test]
    fn one_at_a_time_is_the_point_and_each_other_value(values in prop::collection::btree_set(0_i64..9, 1..6), base in 0_i64..9) {
        let listed: Vec<i64> = values.iter().copied().collect();
        let text = format!("{WORKER}[params]\na = {base}\nb = 5\n[one_at_a_time]\na = {listed:?}\nb = [4, 5, 6]\n");
        let sweep = sweep(&text);
        prop_assert!(sweep.validate_cells().is_ok());
        let mut expected: BTreeSet<String> = [(base, 5), (base, 4), (base, 6)]
            .map(|(a, b)| spelled(&map(&[("a", Some(a)), ("b", Some(b))])))
            .into();
        expected.extend(values.iter().map(|a| spelled(&map(&[("a", Some(*a)), ("b", Some(5))]))));
        prop_assert_eq!(cells(&sweep), expected);
    }

    /// A written default, another spelling of a number, another order of lines: the same ids.
    #[test]
    fn ids_do_not_depend_on_order_spelling_or_written_defaults(
        taus in prop::collection::btree_set(1_u32..500, 1..5),
        swap in any::<bool>(),
    ) {
        let ids = |text: &str| -> BTreeSet<String> { sweep(text).cells().map(|cell| cell.id.to_string()).collect() };
        let whole: Vec<String> = taus.iter().map(u32::to_string).collect();
        let spelled: Vec<String> = taus.iter().rev().map(|tau| format!("{tau}.0e0")).collect();
        let plain = format!("[grid]\ntau = [{}]\nmodulator_input = [\"x\", \"xy\"]\n", whole.join(", "));
        let (first, second) = (format!("tau = [{}]\n", spelled.join(", ")), "modulator_input = [\"xy\", \"x\"]\n".to_string());
        let (first, second) = if swap { (second, first) } else { (first, second) };
        let other = format!(
            "[grid]\n{first}{second}[params]\nbatches = 1e4\nseed = 1\nmodel = \"modulation\"\n[derived]\nhidden_units = \"200 / 2\"\n"
        );
        prop_assert_eq!(ids(&plain), ids(&other));
    }
}

#[test]
fn a_large_grid_with_an_exclusion_in_a_corner_stays_arithmetic() {
    let axis = |name: &str| format!("{name} = {{ from = 1, to = 1000, step = 1 }}\n");
    let text = format!(
        "{WORKER}[grid]\n{}{}{}small = [1, 2, 3]\n[[exclude]]\nwhen = \"small == 2\"\n",
        axis("a"),
        axis("b"),
        axis("c")
    );
    let sweep = sweep(&text);
    assert_eq!(sweep.count(), 2_000_000_000);
    assert_eq!(sweep.product(), "1000 a x 1000 b x 1000 c x 2 of 3 small");
    assert_eq!(sweep.cell(1_999_999_999).parameters["small"], Value::Integer(3));
}

#[test]
fn replicates_stay_fastest_whatever_is_tied() {
    let text = format!(
        "{WORKER}[grid]\na = [1, 2]\nb = [1, 2]\n[replicates]\nseed = 3\n[[exclude]]\nwhen = \"a == 1 and seed == 3\"\n"
    );
    let seeds: Vec<String> = sweep(&text).cells().map(|cell| cell.parameters["seed"].to_string()).collect();
    assert_eq!(seeds.join(""), "1212312123");
}

#[test]
fn set_takes_the_place_of_whatever_said_it() {
    let file = "[params]\nbatches = 3000\n[grid]\ntau = [1, 10]\nnoise = [0, 0.1]\n[replicates]\nseed = 3\n";
    let count = |set: &str| sweep(&format!("{file}[set]\n{set}\n")).count();
    assert_eq!(count("batches = 10"), 12);
    assert_eq!(count("tau = 5"), 6);
    assert_eq!(count("tau = [1, 2, 3]"), 18);
    assert_eq!(count("tau = { from = 1, to = 4, step = 1 }\nseed = 1"), 8);
    assert_eq!(count("hidden_units = [10, 20]"), 24);
    let set = sweep(&format!("{file}[set]\nseed = [7]\ntau = 5\n"));
    assert_eq!(set.replicate_axis().map(|axis| set.axes()[axis].name.as_str()), Some("seed"));
    assert!(set.cells().all(|cell| cell.parameters["tau"] == Value::Float(5.0)));
}

#[test]
fn a_condition_sees_defaults_and_a_case_has_the_last_word() {
    let text = "[params]\npopulation_units = { value = 50, when = \"model == 'spatial'\" }\n\
                [[case]]\nname = \"plain\"\n[[case]]\nname = \"spatial\"\nmodel = \"spatial\"\n\
                [[case]]\nname = \"small\"\nmodel = \"spatial\"\npopulation_units = 10\n";
    let sweep = sweep(text);
    assert!(sweep.validate_cells().is_ok());
    let units: Vec<Option<Value>> =
        sweep.cells().map(|cell| cell.parameters.get("population_units").cloned()).collect();
    assert_eq!(units, [None, Some(Value::Integer(50)), Some(Value::Integer(10))]);
}
