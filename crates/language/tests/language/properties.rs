//! Properties: ranges against exact decimals, index arithmetic against nested loops.

use gainsweep_contract::Value;
use gainsweep_language::{Sweep, parse};
use proptest::prelude::*;

fn sweep(text: &str) -> Sweep {
    parse(text).unwrap_or_else(|problems| panic!("{text}\n{problems:?}"))
}

/// A number of this many hundredths, thousandths and so on, as a person writes it.
fn decimal(units: i64, places: usize) -> String {
    let digits = format!("{:0width$}", units.unsigned_abs(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    let sign = if units < 0 { "-" } else { "" };
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

proptest! {
    #[test]
    fn steps_are_exact_decimals(from in -5000_i64..5000, step in 1_i64..500, steps in 1_i64..60, places in 0_usize..8) {
        let text = format!(
            "[worker]\ncommand = [\"x\"]\n[grid]\na = {{ from = {}, to = {}, step = {} }}",
            decimal(from, places), decimal(from + step * steps, places), decimal(step, places),
        );
        let sweep = sweep(&text);
        let expected: Vec<Value> = (0..=steps)
            .map(|index| decimal(from + step * index, places))
            .map(|written| match written.parse::<i64>() {
                Ok(whole) => Value::Integer(whole),
                Err(_) => Value::Float(written.parse().expect("a number")),
            })
            .collect();
        prop_assert_eq!(&sweep.axes()[0].values, &expected);
    }

    #[test]
    fn a_count_gives_what_a_step_gives(from in -500_i64..500, step in 1_i64..50, steps in 1_i64..40, places in 0_usize..5) {
        let (first, last) = (decimal(from, places), decimal(from + step * steps, places));
        let head = format!("[worker]\ncommand = [\"x\"]\n[grid]\na = {{ from = {first}, to = {last}, ");
        let by_step = sweep(&format!("{head} step = {} }}", decimal(step, places)));
        let by_count = sweep(&format!("{head} count = {} }}", steps + 1));
        prop_assert_eq!(&by_step.axes()[0].values, &by_count.axes()[0].values);
    }

    #[test]
    fn powers_of_ten_are_exact(low in -12_i32..6, decades in 1_i32..12) {
        let power = |exponent: i32| format!("1e{exponent}").parse::<f64>().expect("a number");
        let last = low + decades;
        let text = format!(
            "[worker]\ncommand = [\"x\"]\n[grid]\na = {{ from = 1e{low}, to = 1e{last}, count = {}, scale = \"log\" }}",
            decades + 1
        );
        let expected: Vec<Value> = (low..=last).map(|exponent| Value::Float(power(exponent))).collect();
        let sweep = sweep(&text);
        prop_assert_eq!(&sweep.axes()[0].values, &expected);
    }

    #[test]
    fn a_logarithmic_range_climbs_from_end_to_end(from in 1e-6_f64..1e3, factor in 1.5_f64..1e4, count in 2_usize..50) {
        let to = from * factor;
        let text = format!(
            "[worker]\ncommand = [\"x\"]\n[grid]\na = {{ from = {from:?}, to = {to:?}, count = {count}, scale = \"log\" }}",
        );
        let sweep = sweep(&text);
        let values: Vec<f64> = sweep.axes()[0].values.iter().filter_map(Value::as_number).collect();
        prop_assert_eq!(values.len(), count);
        prop_assert_eq!((values[0].to_bits(), values[count - 1].to_bits()), (from.to_bits(), to.to_bits()));
        for (index, value) in values.iter().enumerate() {
            let expected = from * factor.powf(index as f64 / (count - 1) as f64);
            prop_assert!((value / expected - 1.0).abs() < 1e-10, "{} {}", value, expected);
        }
    }

    #[test]
    fn cells_are_nested_loops(cases in 1_usize..4, zip in 1_usize..5, grid in prop::collection::vec(1_usize..5, 0..4), seeds in 1_usize..4) {
        let list = |len: usize, scale: usize| {
            let items: Vec<String> = (0..len).map(|level| (level * scale).to_string()).collect();
            format!("[{}]", items.join(", "))
        };
        let mut parts = vec!["[worker]\ncommand = [\"x\"]\n[params]\nk = true\n".to_string()];
        // The order in the file does not matter: here replicates come first, cases last.
        parts.push(format!("[replicates]\nseed = {seeds}\n"));
        if !grid.is_empty() {
            parts.push("[grid]\n".into());
        }
        parts.extend(grid.iter().enumerate().map(|(index, len)| format!("g{index} = {}\n", list(*len, 1))));
        parts.push(format!("[zip]\na = {}\nb = {}\n", list(zip, 1), list(zip, 10)));
        parts.extend((0..cases).map(|case| format!("[[case]]\nname = \"c{case}\"\nc = {case}\n")));
        let text = parts.concat();
        let sweep = sweep(&text);
        prop_assert!(sweep.validate_cells().is_ok());

        let mut expected: Vec<Vec<Value>> = vec![vec![]];
        let whole = |level: usize| Value::Integer(i64::try_from(level).expect("small"));
        let mut factors: Vec<Vec<Vec<Value>>> = vec![
            (0..cases).map(|case| vec![Value::Text(format!("c{case}"))]).collect(),
            (0..zip).map(|level| vec![whole(level), whole(level * 10)]).collect(),
        ];
        factors.extend(grid.iter().map(|len| (0..*len).map(|level| vec![whole(level)]).collect()));
        factors.push((1..=seeds).map(|seed| vec![whole(seed)]).collect());
        for factor in factors {
            expected = expected
                .iter()
                .flat_map(|row| factor.iter().map(move |level| row.iter().chain(level).cloned().collect()))
                .collect();
        }
        prop_assert_eq!(sweep.count(), expected.len() as u64);
        for (cell, (index, row)) in sweep.cells().zip(expected.iter().enumerate()) {
            prop_assert_eq!(cell.index, index as u64);
            prop_assert_eq!(&cell.axes, &row.iter().cloned().map(Some).collect::<Vec<_>>());
            prop_assert_eq!(&cell, &sweep.cell(index as u64));
            // Everything that is set is a parameter, and nothing else; a case is not.
            prop_assert_eq!(cell.parameters.len(), 1 + 1 + 2 + grid.len() + 1);
            for (axis, value) in sweep.axes().iter().zip(row).skip(1) {
                prop_assert_eq!(&cell.parameters[&axis.name], value);
            }
        }
    }

    #[test]
    fn any_text_gives_a_sweep_or_mistakes_and_spans_are_in_it(text in "[a-z=\\[\\]{}\",.0-9 \n#é]{0,80}") {
        if let Err(problems) = parse(&text) {
            prop_assert!(!problems.is_empty());
            for problem in problems {
                if let Some(span) = problem.span {
                    prop_assert!(span.start <= span.end && span.end <= text.len(), "{:?}", span);
                }
            }
        }
    }
}
