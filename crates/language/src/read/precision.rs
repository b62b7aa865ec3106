//! `[precision]`: when a point has enough replicates.

use super::syntax::{Key, Node, must_be, table, text, unknown_key};
use super::values::{self, MOST_VALUES};
use crate::diagnostic::{Diagnostic, Span};
use crate::precision::{Precision, Target};

pub(crate) const KEYS: [&str; 4] = ["metric", "half_width", "relative", "at_most"];

/// The table. The first number of replicates is in `[replicates]`.
pub(super) struct Asked {
    metric: String,
    place: Span,
    target: Target,
    pub(super) at_most: usize,
    at_most_span: Span,
    key: Span,
}

/// The count of a replicate axis, and its place.
pub(super) type Count = Option<(usize, Span)>;

/// Reads the table. All keys are required, except that there is one of the two widths.
pub(super) fn read(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<Asked> {
    let entries = table(key, node, problems)?;
    let before = problems.len();
    let (mut metric, mut at_most) = (None, None);
    let mut target: Option<(Target, Span)> = None;
    for (key, node) in entries {
        match key.get_ref().as_ref() {
            "metric" => metric = text(key, node, problems).map(|metric| (metric, node.span())),
            name @ ("half_width" | "relative") => {
                let width = match values::above_zero(key, node) {
                    Ok(width) => width,
                    Err(problem) => {
                        problems.push(problem);
                        1.0
                    }
                };
                let absolute = name == "half_width";
                if let Some((_, other)) = &target {
                    problems.push(
                        Diagnostic::new("the width is `half_width` or `relative`, not both")
                            .at(key.span())
                            .also(other.clone(), "and here"),
                    );
                }
                let width = if absolute { Target::Absolute(width) } else { Target::Relative(width) };
                target = Some((width, key.span()));
            }
            "at_most" => at_most = count(key, node, problems).map(|count| (count, node.span())),
            _ => problems.push(unknown_key("[precision]", key, &KEYS)),
        }
    }
    for (name, there, example) in [
        ("metric", entries.contains_key("metric"), "metric = \"clarity\""),
        ("half_width", target.is_some(), "half_width = 0.01, or relative = 0.05 for a share of the mean"),
        ("at_most", entries.contains_key("at_most"), "at_most = 20"),
    ] {
        if !there {
            problems.push(
                Diagnostic::new(format!("[precision] needs `{name}`"))
                    .at(key.span())
                    .hint(format!("for example {example}")),
            );
        }
    }
    let ((metric, place), (target, _), (at_most, at_most_span)) = (metric?, target?, at_most?);
    (problems.len() == before).then(|| Asked {
        metric,
        place,
        target,
        at_most,
        at_most_span,
        key: key.span(),
    })
}

impl Asked {
    /// Combines the table with the counts of the blocks' replicate axes. `given`: the command line lists the
    /// replicates; then the table is ignored.
    pub(super) fn resolve(
        self,
        counts: &[Count],
        given: bool,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Precision> {
        if given {
            return None;
        }
        let mut known = counts.iter().flatten();
        let first = known.next();
        if first.is_none() || counts.iter().any(Option::is_none) {
            problems.push(
                Diagnostic::new("[precision] needs a count of replicates to start with")
                    .at(self.key)
                    .hint("for example `seed = 3` in [replicates]"),
            );
            return None;
        }
        let (first, span) = first?;
        if let Some((_, other)) = known.find(|(count, _)| count != first) {
            problems.push(
                Diagnostic::new("with [precision] all blocks must start with the same number of replicates")
                    .at(other.clone())
                    .also(span.clone(), "another count"),
            );
        }
        if *first < 2 {
            problems.push(
                Diagnostic::new("one replicate has no interval")
                    .at(span.clone())
                    .hint("[precision] starts with at least 2"),
            );
        }
        let Asked { metric, place, target, at_most, at_most_span, .. } = self;
        if at_most < *first {
            problems.push(
                Diagnostic::new(format!(
                    "`at_most` = {at_most} is below the {first} replicates to start with"
                ))
                .at(at_most_span)
                .also(span.clone(), "these"),
            );
        }
        Some(Precision { metric, target, first: *first, at_most, place })
    }
}

fn count(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<usize> {
    let number = values::value(node).ok().and_then(|value| value.as_number());
    let most = MOST_VALUES as f64;
    let number = number.filter(|number| (2.0..=most).contains(number) && number.fract() == 0.0);
    if number.is_none() {
        problems.push(must_be(key, node, &format!("a whole number from 2 to {MOST_VALUES}")));
    }
    number.map(|number| number as usize)
}
