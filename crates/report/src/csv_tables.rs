//! `cells.csv` and `summary.csv`.

use std::ops::Range;

use crate::formatting::exact;
use crate::results::Results;
use crate::statistics::Summary;

/// The columns of each metric in `summary.csv`, each named `<metric>_<this>`.
pub const SUMMARY_COLUMNS: [&str; 11] =
    ["n", "mean", "sd", "sem", "ci95_low", "ci95_high", "min", "q25", "median", "q75", "max"];

/// Unique names of columns: a worker's metric may have the name of an axis, an axis may be called `state`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The axes.
    pub axes: Vec<String>,
    /// The metrics.
    pub metrics: Vec<String>,
}

/// The columns of these results. A name that is taken gets the prefix `axis_` or `metric_`.
pub fn columns(results: &Results) -> Columns {
    let fixed = ["cell", "state", "attempts", "n_cells", "n_missing", "n_failed", "n_unfinished", "n_rows"];
    let mut taken: Vec<String> = fixed.map(String::from).to_vec();
    let mut name = |prefix: &str, wanted: &String| {
        let mut name = wanted.clone();
        while taken.contains(&name) {
            name.insert_str(0, prefix);
        }
        taken.push(name.clone());
        name
    };
    let axes = results.axes.iter().map(|axis| name("axis_", axis)).collect();
    let metrics = results.metrics.iter().map(|metric| name("metric_", metric)).collect();
    Columns { axes, metrics }
}

/// The columns of `cells.csv`: cell, axes, state, attempts, metrics.
pub fn cells_header(results: &Results) -> Vec<String> {
    let names = columns(results);
    let fixed = |text: &str| text.to_string();
    let mut header = vec![fixed("cell")];
    header.extend(names.axes);
    header.extend(["state", "attempts"].map(fixed));
    header.extend(names.metrics);
    header
}

/// `cells.csv`, one row a cell: cell, axes, state, attempts, metrics. Metrics are the bytes that the worker
/// wrote.
pub fn cells_csv(results: &Results) -> Vec<u8> {
    let mut bytes = cells_first_line(results);
    bytes.extend(cells_rows(results, 0..results.rows.len()));
    bytes
}

/// The first line of `cells.csv`.
pub fn cells_first_line(results: &Results) -> Vec<u8> {
    csv_bytes(cells_header(results), std::iter::empty())
}

/// These rows of `cells.csv`, without the header: a large table is written in parts.
pub fn cells_rows(results: &Results, rows: Range<usize>) -> Vec<u8> {
    if rows.is_empty() {
        return Vec::new();
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut fields = csv::StringRecord::new();
    for row in &results.rows[rows] {
        fields.clear();
        fields.push_field(&row.cell);
        row.axes.iter().for_each(|value| fields.push_field(&value.to_string()));
        fields.push_field(row.state.name());
        fields.push_field(&row.attempts.to_string());
        let metrics = row.metrics.iter().chain(std::iter::repeat(None)).take(results.metrics.len());
        metrics.for_each(|metric| fields.push_field(metric.unwrap_or_default()));
        // Writing to memory, with the same number of fields in each row, cannot fail.
        let _ = writer.write_record(&fields);
    }
    writer.into_inner().unwrap_or_default()
}

/// `summary.csv`, one row a point without the replicate axis: axes, `n_cells`, `n_missing`, of these
/// `n_failed` and `n_unfinished`, then the statistics of each of these metrics over the done cells. Unknown
/// values (a spread of one value, a mean of none) are empty.
pub fn summary_csv(results: &Results, metrics: &[usize]) -> Vec<u8> {
    let names = columns(results);
    let mut header: Vec<String> = results.point_axes().iter().map(|axis| names.axes[*axis].clone()).collect();
    header.extend(["n_cells", "n_missing", "n_failed", "n_unfinished"].map(String::from));
    for metric in metrics {
        header.extend(SUMMARY_COLUMNS.map(|column| format!("{}_{column}", names.metrics[*metric])));
    }
    let points = results.points();
    let rows = points.iter().map(|point| {
        let mut fields: Vec<String> = point.axes.iter().map(ToString::to_string).collect();
        let counts = [point.rows.len(), point.missing, point.failed, point.unfinished];
        fields.extend(counts.map(|count| count.to_string()));
        for summary in results.summaries(point, metrics) {
            fields.extend(statistics(summary));
        }
        fields
    });
    csv_bytes(header, rows)
}

/// The fields of one metric: parallel to [`SUMMARY_COLUMNS`].
pub(crate) fn statistics(summary: Option<Summary>) -> [String; SUMMARY_COLUMNS.len()] {
    let number = |value: Option<f64>| value.map(exact).unwrap_or_default();
    let spread = summary.and_then(|summary| summary.spread);
    [
        summary.map_or(0, |summary| summary.n).to_string(),
        number(summary.map(|summary| summary.mean)),
        number(spread.map(|spread| spread.sd)),
        number(spread.map(|spread| spread.sem)),
        number(spread.map(|spread| spread.low)),
        number(spread.map(|spread| spread.high)),
        number(summary.map(|summary| summary.min)),
        number(summary.map(|summary| summary.quartile_1)),
        number(summary.map(|summary| summary.median)),
        number(summary.map(|summary| summary.quartile_3)),
        number(summary.map(|summary| summary.max)),
    ]
}

pub(crate) fn csv_bytes(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory, with the same number of fields in each row, cannot fail.
    let _ = writer.write_record(header);
    for row in rows {
        let _ = writer.write_record(row);
    }
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::example;
    use gainsweep_contract::Value;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// If this fails, the shape of the table has changed: raise `TABLES_FORMAT` of the store.
    #[test]
    fn the_shape_of_the_cells_table() {
        insta::assert_snapshot!(text(&cells_csv(&example())), @"
        cell,tau,modulator_input,seed,state,attempts,clarity,loss
        0000000000000000,1,xy,1,done,1,0.9740,1.00e1
        0000000000000001,1,xy,2,done,1,0.9680,1.00e1
        0000000000000002,1,xy,3,done,1,0.9710,nan
        0000000000000003,1,x,1,done,1,0.9540,1.00e1
        0000000000000004,1,x,2,done,1,0.9480,1.00e1
        0000000000000005,1,x,3,done,1,0.9510,nan
        0000000000000006,10,xy,1,done,1,0.9480,2.00e1
        0000000000000007,10,xy,2,done,1,0.9360,2.00e1
        0000000000000008,10,xy,3,done,1,0.9420,2.00e1
        0000000000000009,10,x,1,done,1,0.9280,2.00e1
        000000000000000a,10,x,2,done,1,0.9160,2.00e1
        000000000000000b,10,x,3,done,1,0.9220,2.00e1
        000000000000000c,100,xy,1,done,1,0.9220,3.00e1
        000000000000000d,100,xy,2,done,1,0.9040,3.00e1
        000000000000000e,100,xy,3,done,1,0.9130,3.00e1
        000000000000000f,100,x,1,done,1,0.9020,3.00e1
        0000000000000010,100,x,2,failed,2,,
        0000000000000011,100,x,3,done,1,0.8930,3.00e1
        ");
    }

    /// If this fails, the shape of the table has changed: raise `TABLES_FORMAT` of the store.
    #[test]
    fn the_shape_of_the_summary_table() {
        insta::assert_snapshot!(text(&summary_csv(&example(), &[0])), @"
        tau,modulator_input,n_cells,n_missing,n_failed,n_unfinished,clarity_n,clarity_mean,clarity_sd,clarity_sem,clarity_ci95_low,clarity_ci95_high,clarity_min,clarity_q25,clarity_median,clarity_q75,clarity_max
        1,xy,3,0,0,0,3,0.971,0.0030000000000000027,0.001732050807568879,0.963547586864749,0.978452413135251,0.968,0.9695,0.971,0.9724999999999999,0.974
        1,x,3,0,0,0,3,0.951,0.0030000000000000027,0.001732050807568879,0.9435475868647489,0.958452413135251,0.948,0.9495,0.951,0.9524999999999999,0.954
        10,xy,3,0,0,0,3,0.9419999999999998,0.00599999999999995,0.0034641016151377257,0.927095173729498,0.9569048262705017,0.936,0.9390000000000001,0.942,0.945,0.948
        10,x,3,0,0,0,3,0.922,0.006000000000000005,0.003464101615137758,0.907095173729498,0.9369048262705021,0.916,0.919,0.922,0.925,0.928
        100,xy,3,0,0,0,3,0.9129999999999999,0.009000000000000008,0.005196152422706637,0.8906427605942469,0.935357239405753,0.904,0.9085000000000001,0.913,0.9175,0.922
        100,x,3,1,1,0,2,0.8975,0.006363961030678934,0.004500000000000004,0.8403220786872138,0.9546779213127862,0.893,0.89525,0.8975,0.89975,0.902
        ");
    }

    #[test]
    fn names_that_are_taken_are_told_apart() {
        let mut results = example();
        results.axes = ["state", "axis_state", "seed"].map(String::from).to_vec();
        results.metrics = ["seed", "cell"].map(String::from).to_vec();
        let names = columns(&results);
        assert_eq!(names.axes, ["axis_state", "axis_axis_state", "seed"]);
        assert_eq!(names.metrics, ["metric_seed", "metric_cell"]);
    }

    #[test]
    fn hostile_values_stay_in_their_fields() {
        let mut results = example();
        results.rows.truncate(1);
        results.rows[0].axes[1] = Value::Text("a,b\n\"c\" $(x)".into());
        let bytes = cells_csv(&results);
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let row = reader.records().next().expect("a row").expect("whole");
        assert_eq!(&row[2], "a,b\n\"c\" $(x)");
        assert_eq!(row.len(), 8);
    }
}
