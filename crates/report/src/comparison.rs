//! Compares two sets of cells, replicate by replicate.

use std::collections::{HashMap, HashSet};

use gainsweep_contract::Value;

use crate::csv_tables::{columns, csv_bytes};
use crate::formatting::{exact, one_line};
use crate::results::Results;
use crate::statistics::{Summary, summarise};
use crate::terminal_table::{digits, lines};

/// The differences of pairs. The cells of a pair have the same replicate, so common effects cancel.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The values on the other axes ([`Compared::axes`]).
    pub axes: Vec<Value>,
    /// Second minus first, over the pairs; its spread has the 95 % interval of Student's t.
    pub difference: Option<Summary>,
    /// Cells without a partner that has a number.
    pub unpaired: usize,
}

/// All comparisons.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The axes that both sides share, without the replicate axis, as positions in [`Results::axes`].
    pub axes: Vec<usize>,
    /// One for each combination of their values, in the order of the sweep.
    pub rows: Vec<Comparison>,
}

impl Comparison {
    /// Cohen's d of paired samples, `mean / sd` of the differences (Cohen 1988, ch. 2.3.5); `None` if all
    /// differences are equal.
    pub fn effect_size(&self) -> Option<f64> {
        let difference = self.difference?;
        difference.spread.filter(|spread| spread.sd > 0.0).map(|spread| difference.mean / spread.sd)
    }
}

/// Compares a metric of the `second` cells with that of the `first` ones (positions in [`Results::rows`]).
/// Two cells are a pair if they have the same values on all axes except those by which the sides were
/// `chosen`.
pub fn compare(
    results: &Results,
    metric: usize,
    first: &[usize],
    second: &[usize],
    chosen: &[usize],
) -> Compared {
    let shared: Vec<usize> = (0..results.axes.len()).filter(|axis| !chosen.contains(axis)).collect();
    let axes: Vec<usize> = shared.iter().copied().filter(|axis| Some(*axis) != results.replicate).collect();
    let key = |row: usize, axes: &[usize]| -> Vec<String> {
        axes.iter().map(|axis| results.rows[row].axes[*axis].canonical()).collect()
    };
    let number = |row: usize| results.rows[row].number(metric).filter(|number| number.is_finite());
    let partners: HashMap<Vec<String>, f64> =
        first.iter().filter_map(|row| Some((key(*row, &shared), number(*row)?))).collect();
    let mut places: HashMap<Vec<String>, usize> = HashMap::new();
    let mut found: Vec<(Vec<Value>, Vec<f64>, usize)> = Vec::new();
    let mut place = |row: usize, found: &mut Vec<(Vec<Value>, Vec<f64>, usize)>| {
        *places.entry(key(row, &axes)).or_insert_with(|| {
            let values = axes.iter().map(|axis| results.rows[row].axes[*axis].clone()).collect();
            found.push((values, Vec::new(), 0));
            found.len() - 1
        })
    };
    for row in second {
        let at = place(*row, &mut found);
        match number(*row).zip(partners.get(&key(*row, &shared))) {
            Some((second, first)) => found[at].1.push(second - first),
            None => found[at].2 += 1,
        }
    }
    // A pair without a number on one side was counted with the second.
    let seconds: HashSet<Vec<String>> = second.iter().map(|row| key(*row, &shared)).collect();
    for row in first.iter().filter(|row| !seconds.contains(&key(**row, &shared))) {
        let at = place(*row, &mut found);
        found[at].2 += 1;
    }
    let rows = found
        .into_iter()
        .map(|(axes, differences, unpaired)| Comparison {
            axes,
            difference: summarise(differences),
            unpaired,
        })
        .collect();
    Compared { axes, rows }
}

impl Compared {
    /// Lines for the terminal: header first, then a line for each combination.
    pub fn lines(&self, results: &Results) -> Vec<String> {
        let digits = digits(&self.rows.iter().map(|row| row.difference).collect::<Vec<_>>());
        let mut header: Vec<String> = self.axes.iter().map(|axis| one_line(&results.axes[*axis])).collect();
        header.extend(["pairs", "difference", "95 % interval", "effect size"].map(String::from));
        let rows = self.rows.iter().map(|row| {
            let mut fields: Vec<String> = row.axes.iter().map(|value| one_line(&value.to_string())).collect();
            let spread = row.difference.and_then(|difference| difference.spread);
            let unpaired =
                if row.unpaired > 0 { format!(", {} without", row.unpaired) } else { String::new() };
            fields.push(format!("{}{unpaired}", row.difference.map_or(0, |difference| difference.n)));
            fields.push(row.difference.map_or("-".into(), |difference| digits.write(difference.mean)));
            fields.push(spread.map_or("-".into(), |spread| {
                format!("[{}, {}]", digits.write(spread.low), digits.write(spread.high))
            }));
            fields.push(row.effect_size().map_or("-".into(), |size| format!("{size:.2}")));
            fields
        });
        lines(header, rows)
    }

    /// The same as CSV, with all digits.
    pub fn csv(&self, results: &Results) -> Vec<u8> {
        let names = columns(results);
        let mut header: Vec<String> = self.axes.iter().map(|axis| names.axes[*axis].clone()).collect();
        let measured = ["n_pairs", "n_unpaired", "difference", "sd", "ci95_low", "ci95_high", "effect_size"];
        header.extend(measured.map(String::from));
        let number = |value: Option<f64>| value.map(exact).unwrap_or_default();
        let rows = self.rows.iter().map(|row| {
            let mut fields: Vec<String> = row.axes.iter().map(ToString::to_string).collect();
            let spread = row.difference.and_then(|difference| difference.spread);
            fields.extend([
                row.difference.map_or(0, |difference| difference.n).to_string(),
                row.unpaired.to_string(),
                number(row.difference.map(|difference| difference.mean)),
                number(spread.map(|spread| spread.sd)),
                number(spread.map(|spread| spread.low)),
                number(spread.map(|spread| spread.high)),
                number(row.effect_size()),
            ]);
            fields
        });
        csv_bytes(header, rows)
    }
}

#[cfg(test)]
#[expect(clippy::unreadable_literal, reason = "numbers as scipy prints them")]
mod tests {
    use super::*;
    use crate::results::{Row, example};

    fn rows(results: &Results, fits: impl Fn(&Row) -> bool) -> Vec<usize> {
        (0..results.rows.len()).filter(|row| fits(&results.rows[*row])).collect()
    }

    /// ```python
    /// import numpy as np; from scipy import stats
    /// a, b = [0.91, 0.93, 0.88, 0.95, 0.90], [0.94, 0.95, 0.93, 0.96, 0.95]
    /// d = np.array(b) - np.array(a); print(d.mean(), stats.ttest_rel(b, a).confidence_interval(0.95), d.mean() / d.std(ddof=1))
    /// ```
    #[test]
    fn paired_differences_are_those_of_scipy() {
        let values = [[0.91, 0.93, 0.88, 0.95, 0.90], [0.94, 0.95, 0.93, 0.96, 0.95]];
        let mut results = Results { rows: Vec::new(), metrics: vec!["m".into()], ..example() };
        for (side, values) in (0_i64..).zip(&values) {
            let mut seeds: Vec<(i64, f64)> = (1..).zip(values.iter().copied()).collect();
            if side == 1 {
                // Pairs are found by their seed, not by their order.
                seeds.reverse();
            }
            for (seed, value) in seeds {
                results.rows.push(Row {
                    axes: vec![Value::Integer(side), Value::Text("x".into()), Value::Integer(seed)],
                    metrics: vec![Some(value.to_string())].into(),
                    ..example().rows[0].clone()
                });
            }
        }
        let compared = compare(&results, 0, &[0, 1, 2, 3, 4], &[5, 6, 7, 8, 9], &[0]);
        assert_eq!((compared.axes.as_slice(), compared.rows.len()), (&[1][..], 1));
        let one = &compared.rows[0];
        let difference = one.difference.expect("pairs");
        let spread = difference.spread.expect("several");
        let ours = [difference.mean, spread.low, spread.high, one.effect_size().expect("they scatter")];
        let scipy = [0.03199999999999996, 0.009788439158417601, 0.05421156084158232, 1.7888543819998286];
        for (ours, scipy) in ours.into_iter().zip(scipy) {
            assert!((ours - scipy).abs() < 1e-9, "{ours} is not {scipy}");
        }
    }

    #[test]
    fn cells_without_a_partner_are_counted_and_leave_the_others_alone() {
        let results = example();
        let (first, second) = (
            rows(&results, |row| row.axes[0] == Value::Float(1.0)),
            rows(&results, |row| row.axes[0] == Value::Float(100.0)),
        );
        let compared = compare(&results, 0, &first, &second, &[0]);
        // For input x, the cell with seed 2 failed.
        let counts: Vec<_> =
            compared.rows.iter().map(|row| (row.difference.expect("pairs").n, row.unpaired)).collect();
        assert_eq!(counts, [(3, 0), (2, 1)]);
        insta::assert_snapshot!(compared.lines(&results).join("\n"));
        insta::assert_snapshot!(String::from_utf8(compared.csv(&results)).expect("text"));
        let compared = compare(&results, 0, &first[..2], &second, &[0]);
        assert_eq!(compared.rows.iter().map(|row| row.unpaired).collect::<Vec<_>>(), [1, 3]);
        let nobody = compare(&results, 0, &first, &[], &[0]);
        assert!(nobody.rows.iter().all(|row| row.difference.is_none() && row.unpaired == 3));
    }
}
