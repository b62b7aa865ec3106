//! The text files of a cell. Numbers are written such that they read back bit for bit.

use gainsweep_model::analysis::{Field, Findings};
use gainsweep_model::metrics::{ContextResult, ONSETS};

use crate::checkpoint::HistoryRow;
use crate::failure::Failure;

/// `history.csv`: one row a batch.
pub(crate) fn history(rows: &[HistoryRow]) -> Result<Vec<u8>, Failure> {
    let header = ["batch", "loss", "regulariser", "gradient_norm", "seconds"].map(String::from);
    let rows = rows.iter().enumerate().map(|(index, row)| {
        let numbers = [row.loss, row.regulariser, row.gradient_norm].map(number);
        let mut fields = vec![(index + 1).to_string()];
        fields.extend(numbers);
        fields.push(format!("{:.6}", row.seconds));
        fields
    });
    table(&header, rows)
}

/// `history.csv` of a training that has only its losses.
pub(crate) fn losses(losses: &[f64]) -> Result<Vec<u8>, Failure> {
    let rows = losses.iter().enumerate().map(|(index, loss)| vec![(index + 1).to_string(), number(*loss)]);
    table(&["batch", "loss"].map(String::from), rows)
}

/// `contexts.csv` of an analysis: columns that a row does not have are empty.
pub(crate) fn findings(findings: &Findings) -> Result<Vec<u8>, Failure> {
    let header: Vec<String> = findings.columns().into_iter().map(String::from).collect();
    let places: std::collections::BTreeMap<&str, usize> =
        header.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
    let rows = findings.rows.iter().map(|row| {
        let mut fields = vec![String::new(); header.len()];
        for (name, field) in row {
            fields[places[name.as_str()]] = match field {
                Field::Number(value) => number(*value),
                Field::Text(text) => text.clone(),
            };
        }
        fields
    });
    table(&header, rows)
}

/// `metrics.csv`: one header line, one row.
pub(crate) fn metrics(metrics: &[(String, f64)]) -> Result<Vec<u8>, Failure> {
    let header: Vec<String> = metrics.iter().map(|(name, _)| name.clone()).collect();
    table(&header, [metrics.iter().map(|(_, value)| number(*value)).collect()])
}

/// `contexts.csv`: one row a test context.
pub(crate) fn contexts(results: &[ContextResult]) -> Result<Vec<u8>, Failure> {
    let fields = |result: &ContextResult| -> Vec<(String, f64)> {
        let mut fields: Vec<(String, f64)> = vec![
            ("clarity".into(), result.clarity),
            ("clarity_stimulus".into(), result.clarity_stimulus),
            ("clarity_ceiling".into(), result.clarity_ceiling),
            ("error".into(), result.error),
        ];
        let onsets = ONSETS.iter().zip(result.error_onset);
        fields.extend(onsets.map(|(onset, error)| (format!("error_onset_{onset}"), error)));
        fields.push(("error_late".into(), result.error_late));
        fields.push(("stimulus_deviation".into(), result.stimulus_deviation));
        let signals = result.mixing.len().isqrt();
        fields.extend(result.mixing.iter().enumerate().map(|(index, entry)| {
            (format!("mixing_{}_{}", index / signals + 1, index % signals + 1), f64::from(*entry))
        }));
        fields
    };
    let mut header = vec!["context".to_string()];
    if let Some(result) = results.first() {
        header.extend(fields(result).into_iter().map(|(name, _)| name));
    }
    let rows = results.iter().enumerate().map(|(index, result)| {
        let mut row = vec![(index + 1).to_string()];
        row.extend(fields(result).into_iter().map(|(_, value)| number(value)));
        row
    });
    table(&header, rows)
}

/// The shortest spelling that reads back bit for bit; not-a-number is `nan`.
fn number(value: f64) -> String {
    if value.is_nan() { "nan".into() } else { format!("{value}") }
}

fn table(header: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, Failure> {
    let failed = |error: csv::Error| Failure::Other(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        writer.write_record(row).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| Failure::Other(error.to_string()))
}
