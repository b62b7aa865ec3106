//! Output: `[gather]` and the budget.

use gainsweep_contract::schema::nearest;

use super::syntax::{Key, Node, flag, table, text, texts, unknown_key};
use super::values;
use crate::axis::Axis;
use crate::diagnostic::Diagnostic;
use crate::sweep::Gather;

/// `budget_core_hours`: a number above zero.
pub(super) fn hours(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<f64> {
    values::above_zero(key, node)
        .map_err(|problem| {
            problems.push(problem.hint("what all attempts may cost together: hours of one core"));
        })
        .ok()
}

/// The keys of `[gather]`.
pub(crate) const GATHER: [&str; 4] = ["replicate", "metrics", "interval", "parquet"];

/// `[gather]`: replicate axis, metrics and intervals.
pub(super) fn gather(
    entry: Option<(&Key<'_>, &Node<'_>)>,
    replicates: Option<String>,
    axes: &[Axis],
    fixed: &[&str],
    problems: &mut Vec<Diagnostic>,
) -> Gather {
    let mut gather = Gather { replicate: replicates, ..Gather::default() };
    let Some(entries) = entry.and_then(|(key, node)| table(key, node, problems)) else { return gather };
    for (key, node) in entries {
        match key.get_ref().as_ref() {
            "replicate" if names_one_of(node, fixed) => {}
            "replicate" => {
                if let Some(name) = axis(key, node, axes, problems) {
                    gather.replicate = Some(name);
                }
            }
            "metrics" => {
                for (metric, span) in texts(key, node, problems) {
                    if gather.metrics.contains(&metric) {
                        problems
                            .push(Diagnostic::new(format!("the metric `{metric}` is listed twice")).at(span));
                    } else {
                        gather.metrics.push(metric);
                        gather.places.push(span);
                    }
                }
            }
            "interval" => match text(key, node, problems).as_deref() {
                Some("bootstrap") => gather.bootstrap = true,
                Some("t") | None => {}
                Some(other) => problems.push(
                    Diagnostic::new(format!("`interval` must be \"t\" or \"bootstrap\", got {other:?}"))
                        .at(node.span()),
                ),
            },
            "parquet" => gather.parquet = flag(key, node, problems).unwrap_or_default(),
            _ => problems.push(unknown_key("[gather]", key, &GATHER)),
        }
    }
    gather
}

/// Is it the name of a parameter that `[set]` makes constant? A file is valid if someone tries one value of
/// an axis.
pub(super) fn names_one_of(node: &Node<'_>, fixed: &[&str]) -> bool {
    node.get_ref().as_str().is_some_and(|name| fixed.contains(&name))
}

/// The name of an existing axis.
pub(super) fn axis(
    key: &Key<'_>,
    node: &Node<'_>,
    axes: &[Axis],
    problems: &mut Vec<Diagnostic>,
) -> Option<String> {
    let name = text(key, node, problems)?;
    if axes.iter().any(|axis| axis.name == name) {
        return Some(name);
    }
    let problem = Diagnostic::new(format!("the sweep has no axis `{name}`")).at(node.span());
    let known: Vec<&str> = axes.iter().map(|axis| axis.name.as_str()).collect();
    problems.push(match nearest(&name, known.iter().copied()) {
        Some(near) => problem.hint(format!("did you mean \"{near}\"?")),
        None if known.is_empty() => problem.hint("it has no axes: add a [grid]"),
        None => problem.hint(format!("its axes are {}", known.join(", "))),
    });
    None
}
