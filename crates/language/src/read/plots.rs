//! `[[plot]]`: what to draw.

use gainsweep_contract::schema::nearest;

use super::output::{axis, names_one_of};
use super::syntax::{Key, Node, must_be, tables, text, unknown_key};
use super::{range, values};
use crate::axis::Axis;
use crate::diagnostic::{Diagnostic, Span};
use crate::plots::{Declaration, Metrics, Plot, PlotKind};
use crate::sweep::Gather;

/// The keys of `[[plot]]`.
pub(crate) const PLOT: [&str; 7] = ["kind", "metric", "over", "by", "against", "reference", "scale"];

/// `[[plot]]`: figures, except those over a parameter that `[set]` makes constant (`fixed`).
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
        let find = |name: &str| table.iter().find(|(key, _)| key.get_ref() == name);
        let kind = match find("kind").map(|(key, node)| (kind(key, node, problems), node.span())) {
            Some((None, _)) => continue,
            Some((Some(kind), _)) => kind,
            None => PlotKind::default(),
        };
        let Declaration { needed, optional, metrics, .. } = kind.declaration();
        let gone = |name: &str| find(name).is_some_and(|(_, node)| names_one_of(node, fixed));
        if ["over", "by"].into_iter().any(|name| needed.contains(&name) && gone(name)) {
            continue;
        }
        let before = problems.len();
        let mut reading = PlotReader { gather, axes, metrics, problems: &mut *problems };
        let mut plot = Plot { kind, ..Plot::default() };
        let mut spans = PlotPlaces::default();
        for (key, node) in table {
            let name: &str = key.get_ref().as_ref();
            if name != "kind" && PLOT.contains(&name) && !needed.contains(&name) && !optional.contains(&name)
            {
                reading.problems.push(without(kind, name).at(key.span()));
                continue;
            }
            match name {
                "kind" => {}
                "metric" => plot.metric = reading.metric(key, node).unwrap_or_default(),
                "against" => plot.against = reading.metric(key, node),
                "over" => (plot.over, spans.over) = reading.axis(key, node),
                "by" if names_one_of(node, fixed) => {}
                "by" => (plot.by, spans.by) = reading.axis(key, node),
                "reference" => plot.reference = numbers(key, node, reading.problems),
                "scale" => {
                    spans.scale = Some(node.span());
                    plot.logarithmic = range::scale(node, reading.problems) == Some(true);
                }
                _ => reading.problems.push(unknown_key("[[plot]]", key, &PLOT)),
            }
        }
        if problems.len() > before {
            continue;
        }
        if let Some(missing) = needed.iter().find(|name| find(name).is_none()) {
            problems.push(needs(kind, missing, needed).at(span));
            continue;
        }
        consistent(&plot, &spans, axes, problems);
        if let Some((_, first)) = plots.iter().find(|(known, _)| *known == plot) {
            problems
                .push(Diagnostic::new("two plots are the same").at(span).also(first.clone(), "first here"));
            continue;
        }
        plots.push((plot, span));
    }
    plots.into_iter().map(|(plot, _)| plot).collect()
}

/// The places of a plot's keys.
#[derive(Default)]
struct PlotPlaces {
    over: Option<Span>,
    by: Option<Span>,
    scale: Option<Span>,
}

fn kind(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<PlotKind> {
    let name = text(key, node, problems)?;
    if let Some(kind) = PlotKind::named(&name) {
        return Some(kind);
    }
    let known = PlotKind::names();
    let problem = Diagnostic::new(format!("unknown kind of figure {name:?}")).at(node.span());
    problems.push(match nearest(&name, known.iter().copied()) {
        Some(near) => problem.hint(format!("did you mean \"{near}\"?")),
        None => problem.hint(format!("the kinds are {}", known.join(", "))),
    });
    None
}

/// The message for a key that this kind of figure does not have.
fn without(kind: PlotKind, name: &str) -> Diagnostic {
    let Declaration { name: of, needed, optional, .. } = kind.declaration();
    let all: Vec<&str> = needed.iter().chain(optional).copied().collect();
    let hint = match all.as_slice() {
        [] => "it has only `kind`".to_string(),
        all => format!("it has {}", all.join(", ")),
    };
    Diagnostic::new(format!("a figure of kind \"{of}\" has no `{name}`")).hint(hint)
}

fn needs(kind: PlotKind, missing: &str, needed: &[&str]) -> Diagnostic {
    if kind == PlotKind::default() {
        return Diagnostic::new("a plot needs `metric` and `over`")
            .hint("for example metric = \"clarity\" and over = \"tau\"");
    }
    Diagnostic::new(format!("a figure of kind \"{}\" needs `{missing}`", kind.name()))
        .hint(format!("it needs {}", needed.join(", ")))
}

/// One number, or a list of them.
fn numbers(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Vec<f64> {
    let one = |node: &Node<'_>| {
        values::value(node).ok().and_then(|value| value.as_number()).filter(|number| number.is_finite())
    };
    let found: Option<Vec<f64>> = match node.get_ref().as_array() {
        Some(list) => list.iter().map(one).collect(),
        None => one(node).map(|number| vec![number]),
    };
    found.unwrap_or_else(|| {
        problems.push(must_be(key, node, "a number or a list of numbers"));
        Vec::new()
    })
}

/// Checks that the keys fit together.
fn consistent(plot: &Plot, spans: &PlotPlaces, axes: &[Axis], problems: &mut Vec<Diagnostic>) {
    if let (Some(over), Some(by)) = (&plot.over, &plot.by)
        && over == by
    {
        let problem = Diagnostic::new(format!("the plot has `{by}` both as `over` and as `by`"));
        let at = |span: &Option<Span>| span.clone().unwrap_or_default();
        problems.push(problem.at(at(&spans.by)).also(at(&spans.over), "over"));
    }
    if let (Some(over), true) = (&plot.over, plot.logarithmic) {
        let place = spans.scale.clone().or_else(|| spans.over.clone()).unwrap_or_default();
        problems.extend(unfit_for_log(axes, over).map(|problem| problem.at(place)));
    }
}

/// What a plot may refer to.
struct PlotReader<'r> {
    gather: &'r Gather,
    axes: &'r [Axis],
    metrics: Metrics,
    problems: &'r mut Vec<Diagnostic>,
}

impl PlotReader<'_> {
    fn metric(&mut self, key: &Key<'_>, node: &Node<'_>) -> Option<String> {
        let metric = text(key, node, self.problems)?;
        let metrics = &self.gather.metrics;
        if self.metrics == Metrics::InCells || metrics.is_empty() || metrics.contains(&metric) {
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

    fn axis(&mut self, key: &Key<'_>, node: &Node<'_>) -> (Option<String>, Option<Span>) {
        let Some(name) = axis(key, node, self.axes, self.problems) else { return (None, None) };
        if self.gather.replicate.as_ref() == Some(&name) {
            self.problems.push(
                Diagnostic::new(format!("`{name}` is the replicate axis: statistics are taken over it"))
                    .at(node.span())
                    .hint("choose another axis, or another `replicate` in [gather]"),
            );
            return (None, None);
        }
        (Some(name), Some(node.span()))
    }
}

fn unfit_for_log(axes: &[Axis], over: &str) -> Option<Diagnostic> {
    let axis = axes.iter().find(|axis| axis.name == over)?;
    let unfit = axis.values.iter().find(|value| value.as_number().is_none_or(|number| number <= 0.0))?;
    Some(
        Diagnostic::new(format!("a logarithmic scale cannot show `{over}` = {unfit}"))
            .hint("leave `scale` out"),
    )
}
