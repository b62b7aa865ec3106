//! Correlations of the sources with stimuli and outputs in each context (paper, Figures 1d, 1-figure supplement 4).

use super::findings::{field, mixing};
use super::statistics::{deviation, mean};
use super::{AnalysisError, Findings, Subject};
use crate::metrics;
use crate::network::trace;

pub(super) fn run(subject: &mut Subject<'_>) -> Result<Findings, AnalysisError> {
    let inputs = subject.experiment.test_inputs(0)?;
    let run = subject.test(&inputs, &[trace::STIMULUS, trace::OUTPUT])?;
    let signals = inputs.mixing.shape()[1];
    let rows = (0..inputs.contexts()).map(|context| vec![field("context", context + 1)]);
    let mut found = Findings { rows: rows.collect(), ..Findings::default() };
    for name in [trace::STIMULUS, trace::OUTPUT] {
        let of_contexts: Vec<Vec<Vec<f64>>> = (0..inputs.contexts())
            .map(|context| {
                let (start, end) = (context * run.samples, (context + 1) * run.samples);
                metrics::correlations(&run.sources, &run.traces[name], start, end)
            })
            .collect();
        for (source, unit) in (0..signals * signals).map(|entry| (entry / signals, entry % signals)) {
            let column = format!("correlation_{name}_{}_{}", source + 1, unit + 1);
            let values: Vec<f64> = of_contexts.iter().map(|matrix| matrix[source][unit]).collect();
            for (row, value) in found.rows.iter_mut().zip(&values) {
                row.push(field(column.as_str(), *value));
            }
            found.metric(column.as_str(), mean(&values));
            found.metric(format!("{column}_sd"), deviation(&values));
        }
    }
    for (context, row) in found.rows.iter_mut().enumerate() {
        row.extend(mixing(inputs.mixing.row(context)));
    }
    Ok(found)
}
