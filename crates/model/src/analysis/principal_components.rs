//! The number of dimensions that the population uses (paper, Figure 5-figure supplement 1): shares of its
//! variance along its principal components, across all contexts of a test, and in the last half of single
//! contexts.

use super::findings::{field, mixing};
use super::statistics::mean;
use super::subspace::PrincipalComponents;
use super::{AnalysisError, Findings, Subject, undefined};

/// Components that are reported.
const SHOWN: usize = 10;

/// Components that have a metric.
const NAMED: usize = 4;

pub(super) fn run(subject: &mut Subject<'_>) -> Result<Findings, AnalysisError> {
    let population = subject.population()?;
    let inputs = subject.experiment.test_inputs(0)?;
    let run = subject.test(&inputs, &[population])?;
    let activity = &run.traces[population];
    let across = PrincipalComponents::fit(activity)
        .ok_or_else(|| undefined("the population's activity has no principal components"))?;
    let count = SHOWN.min(activity.row_len());
    let across = across.explained_variance_ratio(count);
    let single = |context: usize| {
        let (start, end) = (context * run.samples + run.samples / 2, (context + 1) * run.samples);
        let components = PrincipalComponents::fit(&activity.rows(start, end));
        components
            .map_or_else(|| vec![f64::NAN; count], |components| components.explained_variance_ratio(count))
    };
    let single: Vec<Vec<f64>> = (0..inputs.contexts()).map(single).collect();
    let of_single =
        |component: usize| mean(&single.iter().map(|ratios| ratios[component]).collect::<Vec<_>>());
    let mut found = Findings::default();
    for (name, of) in [
        ("across_contexts", &(|component| across[component]) as &dyn Fn(usize) -> f64),
        ("in_context", &of_single),
    ] {
        for component in 0..count.min(NAMED) {
            found.metric(format!("explained_variance_{name}_{}", component + 1), of(component));
        }
    }
    for (context, ratios) in single.iter().enumerate() {
        let mut row = vec![field("context", context + 1)];
        row.extend(ratios.iter().enumerate().map(|(component, ratio)| {
            field(format!("explained_variance_in_context_{}", component + 1), *ratio)
        }));
        row.extend(mixing(inputs.mixing.row(context)));
        found.rows.push(row);
    }
    for (component, ratio) in across.iter().enumerate() {
        found.rows.push(vec![
            field("component", component + 1),
            field("explained_variance_across_contexts", *ratio),
            field("explained_variance_in_context", of_single(component)),
        ]);
    }
    Ok(found)
}
