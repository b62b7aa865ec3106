//! Random draws: independent streams, the same for a larger count, as even as they claim to be.

use gainsweep_contract::Value;
use gainsweep_language::{Sweep, parse};
use proptest::prelude::*;

fn draws(random: &str) -> Sweep {
    let text = format!("[worker]\ncommand = [\"x\"]\n[random]\n{random}\n");
    parse(&text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"))
}

fn column(sweep: &Sweep, name: &str) -> Vec<Value> {
    sweep.axes()[sweep.axis(name).expect(name)].values.clone()
}

fn numbers(sweep: &Sweep, name: &str) -> Vec<f64> {
    column(sweep, name).iter().filter_map(Value::as_number).collect()
}

const ALL: &str = "a = { uniform = [-1, 3] }\nb = { log_uniform = [1e-3, 10] }\nc = { integer = [-2, 2] }\n\
                   d = { log_integer = [1, 1000] }\ne = { choice = [\"x\", 1, true] }\n";

proptest! {
    #[test]
    fn more_draws_keep_the_first_ones(seed in any::<u32>(), [few, more] in prop::array::uniform2(1_usize..60), even: bool) {
        let (few, more) = (few.min(more), few.max(more));
        let method = if even { "low_discrepancy" } else { "independent" };
        let of = |count| draws(&format!("count = {count}\nseed = {seed}\nmethod = \"{method}\"\n{ALL}"));
        let (short, long) = (of(few), of(more));
        for name in ["a", "b", "c", "d", "e"] {
            prop_assert_eq!(&column(&long, name)[..few], &column(&short, name)[..]);
        }
        prop_assert!(numbers(&long, "a").iter().all(|a| (-1.0..=3.0).contains(a)));
        prop_assert!(numbers(&long, "b").iter().all(|b| (1e-3..=10.0).contains(b)));
        prop_assert!(numbers(&long, "c").iter().all(|c| (-2.0..=2.0).contains(c) && c.fract() == 0.0));
        prop_assert!(numbers(&long, "d").iter().all(|d| (1.0..=1000.0).contains(d) && d.fract() == 0.0));
    }

    #[test]
    fn independent_draws_do_not_depend_on_what_stands_beside_them(seed in any::<u32>()) {
        let alone = draws(&format!("count = 30\nseed = {seed}\nb = {{ uniform = [0, 1] }}"));
        let beside = draws(&format!(
            "z = {{ choice = [1, 2] }}\nb = {{ uniform = [0, 1] }}\na = {{ uniform = [0, 1] }}\nseed = {seed}\ncount = 30"
        ));
        prop_assert_eq!(column(&alone, "b"), column(&beside, "b"));
    }
}

/// Correlation of two columns.
fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (a, b) = (mean(one), mean(other));
    let sum = |f: &dyn Fn(f64, f64) -> f64| one.iter().zip(other).map(|(x, y)| f(x - a, y - b)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

#[test]
fn parameters_and_seeds_are_independent_and_each_is_even() {
    const COUNT: usize = 2000;
    let of = |seed: u32| {
        draws(&format!(
            "count = {COUNT}\nseed = {seed}\na = {{ uniform = [0, 1] }}\nb = {{ uniform = [0, 1] }}"
        ))
    };
    for seed in 0..20 {
        let (here, next) = (of(seed), of(seed + 1));
        let (a, b) = (numbers(&here, "a"), numbers(&here, "b"));
        // Five standard errors of the correlation of independent columns.
        let bound = 5.0 / (COUNT as f64).sqrt();
        assert!(correlation(&a, &b).abs() < bound, "seed {seed}");
        assert!(correlation(&a, &numbers(&next, "a")).abs() < bound, "seed {seed}");
        assert!(correlation(&a[1..], &a[..COUNT - 1]).abs() < bound, "seed {seed}");
        // The largest distance from the uniform distribution (Kolmogorov-Smirnov); 2.2 is exceeded once in
        // 10,000 times.
        let mut sorted = a;
        sorted.sort_by(f64::total_cmp);
        let distance =
            sorted.iter().enumerate().map(|(i, x)| (x - i as f64 / COUNT as f64).abs()).fold(0.0, f64::max);
        assert!(distance * (COUNT as f64).sqrt() < 2.2, "seed {seed}: {distance}");
    }
}

#[test]
fn low_discrepancy_integrates_better_than_independent_draws() {
    let error = |method: &str, seed: u32| {
        let sweep = draws(&format!(
            "count = 256\nseed = {seed}\nmethod = \"{method}\"\na = {{ uniform = [0, 1] }}\nb = {{ uniform = [0, 1] }}"
        ));
        let (a, b) = (numbers(&sweep, "a"), numbers(&sweep, "b"));
        let mean = a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>() / 256.0;
        (mean - 0.25).abs()
    };
    let total = |method| (0..20).map(|seed| error(method, seed)).sum::<f64>();
    let (even, independent) = (total("low_discrepancy"), total("independent"));
    assert!(even * 5.0 < independent, "{even} against {independent}");
}

/// These values are part of the format: a change makes new cells in every sweep that draws.
#[test]
fn the_first_draws_are_these() {
    let sweep = draws(&format!("count = 3\n{ALL}"));
    let rows: Vec<String> = sweep.cells().map(|cell| sweep.label(&cell)).collect();
    insta::assert_snapshot!(rows.join("\n"));
    let sweep = draws(&format!("count = 3\nmethod = \"low_discrepancy\"\n{ALL}"));
    let rows: Vec<String> = sweep.cells().map(|cell| sweep.label(&cell)).collect();
    insta::assert_snapshot!(rows.join("\n"));
}

#[test]
fn a_small_choice_is_drawn_without_repeating_a_row() {
    let sweep = draws("count = 6\na = { choice = [1, 2, 3] }\nb = { choice = [true, false] }");
    assert!(sweep.validate_cells().is_ok());
    let ids: std::collections::HashSet<_> = sweep.cells().map(|cell| cell.id).collect();
    assert_eq!(ids.len(), 6);
}

#[test]
fn what_is_set_is_not_drawn_and_rows_that_then_repeat_are_refused() {
    let head = "[worker]\ncommand = [\"x\"]\n[random]\ncount = 6\na = { choice = [1, 2, 3] }\n";
    let set = parse(&format!("{head}b = {{ uniform = [0, 1] }}\n[set]\na = 7\n")).expect("a sweep");
    assert!(set.cells().all(|cell| cell.parameters["a"] == Value::Integer(7)));
    assert_eq!(set.count(), 6);
    let repeats = parse(&format!("{head}b = {{ choice = [true, false] }}\n[set]\nb = true\n"));
    assert!(repeats.expect_err("the same rows")[0].message.contains("are the same"));
}
