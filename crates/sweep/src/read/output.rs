//! What comes out: `[gather]`, `[[plot]]`; and who computes it: `[worker]`.

use gainsweep_contract::schema::nearest;

use super::syntax::{Key, Node, table, tables, text, texts, unknown_key};
use super::{declared, range, values};
use crate::declared::Declared;
use crate::diagnostic::{Diagnostic, Span};
use crate::sweep::{Axis, Gather, Plot, Scale};

/// Another program than the built-in worker.
#[derive(Default)]
pub(super) struct Worker {
    pub(super) command: Vec<String>,
    pub(super) parameters: Option<Declared>,
}

/// `[worker]`: the command that runs a cell.
pub(super) fn worker(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Worker {
    let Some(entries) = table(key, node, problems) else { return Worker::default() };
    let before = problems.len();
    let (mut command, mut parameters) = (Vec::new(), None);
    for (key, node) in entries {
        match key.get_ref().as_ref() {
            "command" => command = texts(key, node, problems),
            "parameters" => parameters = declared::read(node, problems),
            _ => problems.push(unknown_key("[worker]", key, &["command", "parameters"])),
        }
    }
    if command.is_empty() && problems.len() == before {
        problems.push(
            Diagnostic::new("[worker] needs a `command`")
                .at(node.span())
                .hint("for example command = [\"python3\", \"train.py\"]"),
        );
    }
    Worker { command: command.into_iter().map(|(word, _)| word).collect(), parameters }
}

/// `budget_core_hours`: a number above zero.
pub(super) fn hours(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<f64> {
    values::above_zero(key, node)
        .map_err(|problem| {
            problems.push(problem.hint("what all attempts may cost together: hours of one core"));
        })
        .ok()
}

/// What stands in `[gather]`.
pub(crate) const GATHER: [&str; 3] = ["replicate", "metrics", "interval"];

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
                        problems.push(
                            Diagnostic::new(format!("the metric `{metric}` stands here twice")).at(span),
                        );
                    } else {
                        gather.metrics.push(metric);
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
            _ => problems.push(unknown_key("[gather]", key, &GATHER)),
        }
    }
    gather
}

/// Is it the name of a parameter that `[set]` makes constant? The file is not wrong because somebody tries one value.
fn names_one_of(node: &Node<'_>, fixed: &[&str]) -> bool {
    node.get_ref().as_str().is_some_and(|name| fixed.contains(&name))
}

/// `[[plot]]`: figures, without those over a parameter that is `fixed` by `[set]`.
pub(super) fn plots(
    entry: Option<(&Key<'_>, &Node<'_>)>,
    gather: &Gather,
    axes: &[Axis],
    fixed: &[&str],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Plot> {
    let Some((key, node)) = entry else { return Vec::new() };
    let mut plots: Vec<(Plot, Span)> = Vec::new();
    for (span, table) in tables(key, node, problems) {
        if table.iter().any(|(key, node)| key.get_ref() == "over" && names_one_of(node, fixed)) {
            continue;
        }
        let before = problems.len();
        let mut reading = Reading { gather, axes, problems: &mut *problems };
        let mut metric = None;
        let mut over = None;
        let mut by = None;
        let mut scale = Scale::default();
        let mut scale_span = None;
        for (key, node) in table {
            match key.get_ref().as_ref() {
                "metric" => metric = reading.metric(key, node),
                "over" => over = reading.axis(key, node),
                "by" if names_one_of(node, fixed) => {}
                "by" => by = reading.axis(key, node),
                "scale" => {
                    scale_span = Some(node.span());
                    if range::scale(node, reading.problems) == Some(true) {
                        scale = Scale::Log;
                    }
                }
                _ => reading.problems.push(unknown_key("[[plot]]", key, &["metric", "over", "by", "scale"])),
            }
        }
        if problems.len() > before {
            continue;
        }
        let (Some(metric), Some((over, over_span))) = (metric, over) else {
            problems.push(
                Diagnostic::new("a plot needs `metric` and `over`")
                    .at(span)
                    .hint("for example metric = \"clarity\" and over = \"tau\""),
            );
            continue;
        };
        if let Some((by, by_span)) = by.as_ref().filter(|(by, _)| *by == over) {
            problems.push(
                Diagnostic::new(format!("the plot has `{by}` both as `over` and as `by`"))
                    .at(by_span.clone())
                    .also(over_span.clone(), "over"),
            );
        }
        if scale == Scale::Log {
            let place = scale_span.unwrap_or(over_span);
            problems.extend(unfit_for_log(axes, &over).map(|problem| problem.at(place)));
        }
        let plot = Plot { metric, over, by: by.map(|(by, _)| by), scale };
        if let Some((_, first)) = plots.iter().find(|(known, _)| *known == plot) {
            problems
                .push(Diagnostic::new("two plots are the same").at(span).also(first.clone(), "first here"));
            continue;
        }
        plots.push((plot, span));
    }
    plots.into_iter().map(|(plot, _)| plot).collect()
}

/// What a plot may speak of.
struct Reading<'r> {
    gather: &'r Gather,
    axes: &'r [Axis],
    problems: &'r mut Vec<Diagnostic>,
}

impl Reading<'_> {
    fn metric(&mut self, key: &Key<'_>, node: &Node<'_>) -> Option<String> {
        let metric = text(key, node, self.problems)?;
        let metrics = &self.gather.metrics;
        if metrics.is_empty() || metrics.contains(&metric) {
            return Some(metric);
        }
        let near = nearest(&metric, metrics.iter().map(String::as_str));
        self.problems.push(
            Diagnostic::new(format!("the metric `{metric}` is not gathered")).at(node.span()).hint(
                match near {
                    Some(near) => {
                        format!("did you mean \"{near}\"? Otherwise add it to `metrics` of [gather]")
                    }
                    None => "add it to `metrics` of [gather]".into(),
                },
            ),
        );
        None
    }

    fn axis(&mut self, key: &Key<'_>, node: &Node<'_>) -> Option<(String, Span)> {
        let name = axis(key, node, self.axes, self.problems)?;
        if self.gather.replicate.as_ref() == Some(&name) {
            self.problems.push(
                Diagnostic::new(format!("`{name}` is the replicate axis: statistics are taken over it"))
                    .at(node.span())
                    .hint("choose another axis, or another `replicate` in [gather]"),
            );
            return None;
        }
        Some((name, node.span()))
    }
}

/// The name of an axis that there is.
fn axis(key: &Key<'_>, node: &Node<'_>, axes: &[Axis], problems: &mut Vec<Diagnostic>) -> Option<String> {
    let name = text(key, node, problems)?;
    if axes.iter().any(|axis| axis.name == name) {
        return Some(name);
    }
    let problem = Diagnostic::new(format!("the sweep has no axis `{name}`")).at(node.span());
    let known: Vec<&str> = axes.iter().map(|axis| axis.name.as_str()).collect();
    problems.push(match nearest(&name, known.iter().copied()) {
        Some(near) => problem.hint(format!("did you mean \"{near}\"?")),
        None if known.is_empty() => problem.hint("it has no axes at all: add a [grid]"),
        None => problem.hint(format!("its axes are {}", known.join(", "))),
    });
    None
}

fn unfit_for_log(axes: &[Axis], over: &str) -> Option<Diagnostic> {
    let axis = axes.iter().find(|axis| axis.name == over)?;
    let unfit = axis.values.iter().find(|value| value.as_number().is_none_or(|number| number <= 0.0))?;
    Some(
        Diagnostic::new(format!("a logarithmic scale cannot show `{over}` = {unfit}"))
            .hint("leave `scale` out"),
    )
}
