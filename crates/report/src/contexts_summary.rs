//! `summary_contexts.csv`: the spread over the test contexts of one network. `summary.csv` has another
//! spread, over the replicates: there each network counts once.

use crate::context_rows::is_row_number;
use crate::csv_tables::{SUMMARY_COLUMNS, columns, csv_bytes, statistics};
use crate::results::Results;
use crate::statistics::summarise_with;

/// The statistics of each cell over its own contexts, one row a cell.
#[derive(Clone, Copy, Debug)]
pub struct ContextSummary<'a> {
    /// The cells.
    pub results: &'a Results,
    /// The metrics of the sweep file; empty for all.
    pub named: &'a [String],
}

impl ContextSummary<'_> {
    /// The columns of the contexts that are summarised, as positions: the metrics of the sweep file; if there
    /// are none of them, the columns that are also metrics of cells; if there are none, all columns that do
    /// not number rows.
    pub fn wanted(&self, contexts: &[Vec<u8>]) -> Vec<usize> {
        let among = |names: &[String]| -> Vec<usize> {
            let known = |column: &Vec<u8>| names.iter().any(|name| name.as_bytes() == column.as_slice());
            (0..contexts.len()).filter(|at| known(&contexts[*at])).collect()
        };
        let measured = (0..contexts.len()).filter(|at| !is_row_number(&contexts[*at])).collect();
        let choices = [among(self.named), among(&self.results.metrics), measured];
        choices.into_iter().find(|choice| !choice.is_empty()).unwrap_or_default()
    }

    /// The first line: axes, `cell`, `state`, `n_rows`, then the statistics of each of these columns.
    pub fn header(&self, wanted: &[&[u8]]) -> Vec<u8> {
        let mut header = columns(self.results).axes;
        header.extend(["cell", "state", "n_rows"].map(String::from));
        for name in wanted {
            let name = String::from_utf8_lossy(name);
            header.extend(SUMMARY_COLUMNS.map(|column| format!("{name}_{column}")));
        }
        csv_bytes(header, std::iter::empty())
    }

    /// The row of a cell with this number of rows of contexts, and these numbers of each column. Only done
    /// cells count: others may have only a part of their contexts.
    pub fn row(&self, cell: usize, rows: usize, numbers: &[Vec<f64>]) -> Vec<u8> {
        let row = &self.results.rows[cell];
        let counts = |numbers: &&Vec<f64>| row.done && !numbers.is_empty();
        let mut fields: Vec<String> = row.axes.iter().map(ToString::to_string).collect();
        fields.extend([row.cell.clone(), row.state.to_string()]);
        fields.push(if row.done { rows } else { 0 }.to_string());
        for numbers in numbers {
            let own = Some(numbers).filter(counts).into_iter().flatten().copied();
            fields.extend(statistics(summarise_with(self.results.interval, own)));
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        // Writing to memory cannot fail.
        let _ = writer.write_record(fields);
        writer.into_inner().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::example;

    #[test]
    fn the_columns_are_those_that_mean_something_of_a_context() {
        let results = example();
        let contexts: Vec<Vec<u8>> =
            ["context", "clarity", "error", "mixing_1_1"].map(|name| name.as_bytes().to_vec()).to_vec();
        let wanted = |results: &Results, named: &[&str]| {
            let named: Vec<String> = named.iter().map(|name| (*name).to_string()).collect();
            ContextSummary { results, named: &named }.wanted(&contexts)
        };
        assert_eq!(wanted(&results, &[]), [1], "the cells have a clarity and a loss");
        assert_eq!(wanted(&results, &["error", "loss"]), [2]);
        assert_eq!(wanted(&results, &["loss"]), [1]);
        let others = Results { metrics: vec!["score".into()], ..example() };
        assert_eq!(wanted(&others, &[]), [1, 2, 3]);
    }

    /// If this fails, the shape of the table has changed: raise `TABLES_FORMAT` of the store.
    ///
    /// ```python
    /// import numpy as np; from scipy import stats
    /// v = np.array([0.9, 0.95, 0.97, 0.98]); print(v.mean(), v.std(ddof=1), stats.sem(v), stats.t.interval(0.95, 3, v.mean(), stats.sem(v)), np.percentile(v, [0, 25, 50, 75, 100]))
    /// ```
    #[test]
    fn the_shape_of_the_table_of_contexts_summaries() {
        let results = example();
        let summary = ContextSummary { results: &results, named: &[] };
        let values = vec![0.9, 0.95, f64::NAN, 0.97, 0.98];
        let mut text = summary.header(&[b"clarity"]);
        text.extend(summary.row(0, 5, std::slice::from_ref(&values)));
        // The cell failed, so its contexts may be incomplete.
        text.extend(summary.row(16, 5, &[values]));
        text.extend(summary.row(17, 0, &[Vec::new()]));
        insta::assert_snapshot!(String::from_utf8(text).expect("text"), @"
        tau,modulator_input,seed,cell,state,n_rows,clarity_n,clarity_mean,clarity_sd,clarity_sem,clarity_ci95_low,clarity_ci95_high,clarity_min,clarity_q25,clarity_median,clarity_q75,clarity_max
        1,xy,1,0000000000000000,done,5,4,0.9500000000000001,0.03559026084010435,0.017795130420052176,0.8933679529426634,1.0066320470573369,0.9,0.9375,0.96,0.9724999999999999,0.98
        100,x,2,0000000000000010,failed,0,0,,,,,,,,,,
        100,x,3,0000000000000011,done,0,0,,,,,,,,,,
        ");
    }
}
