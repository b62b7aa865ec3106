//! Assembles a block from the parts that were read: orders the computed values, groups the factors that
//! conditions and exclusions connect, and lists the combinations of such a group that remain.

use std::collections::BTreeSet;

use gainsweep_contract::ValueMap;
use gainsweep_contract::defaults::default_rests_on;

use super::expression::{self, KnownNames};
use crate::axis::{Axis, Setting, WrittenExpression};
use crate::block::{
    Block, Computation, ComputationFault, ComputationKind, Exclusion, Factor, FactorGroup, KeptCombinations,
};
use crate::diagnostic::{Diagnostic, Span};
use crate::expression::{Expression, ValueKind};

/// Most combinations of connected factors that are checked one by one.
const MOST_COMBINATIONS: u64 = 2_000_000;

/// The parts of a block.
pub(super) struct BlockParts {
    pub(super) name: Option<String>,
    pub(super) constants: Vec<Setting>,
    pub(super) factors: Vec<Factor>,
    pub(super) axes: Vec<Axis>,
    pub(super) derived: Vec<(String, Span, WrittenExpression)>,
    pub(super) exclude: Vec<WrittenExpression>,
    pub(super) built_in: bool,
    /// Defaults that the file declares.
    pub(super) defaults: ValueMap,
}

/// Assembles a block.
pub(super) fn assemble(parts: BlockParts, names: &KnownNames<'_>, problems: &mut Vec<Diagnostic>) -> Block {
    let computations = computations(&parts, names, problems);
    let mut exclusions = Vec::new();
    for WrittenExpression { text, span } in &parts.exclude {
        if let Some(condition) = expression::condition(text, span, names, problems) {
            exclusions.push(Exclusion {
                expression: condition.expression,
                span: span.clone(),
                text: text.clone(),
            });
        }
    }
    let BlockParts { name, constants, factors, axes, built_in, defaults, .. } = parts;
    let mut block = Block {
        name,
        constants,
        factors,
        axes,
        computations,
        exclusions,
        groups: Vec::new(),
        built_in,
        defaults,
    };
    block.groups = groups(&block);
    // After a mistake, here or elsewhere, more messages would be noise; an axis may have no values then.
    if problems.is_empty() {
        for number in 0..block.groups.len() {
            keep(&mut block, number, problems);
        }
    }
    block
}

/// Conditions and derived values, each after those that it depends on.
fn computations(
    parts: &BlockParts,
    names: &KnownNames<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Computation> {
    let mut computations = Vec::new();
    let mut condition =
        |name: &str, when: &WrittenExpression, kind: ComputationKind, problems: &mut Vec<Diagnostic>| {
            if let Some(condition) = expression::condition(&when.text, &when.span, names, problems) {
                let WrittenExpression { text, span } = when.clone();
                computations.push(Computation {
                    name: name.into(),
                    kind,
                    expression: condition.expression,
                    span,
                    text,
                });
            }
        };
    for (number, setting) in parts.constants.iter().enumerate() {
        if let Some(when) = &setting.when {
            condition(&setting.name, when, ComputationKind::Constant(number), problems);
        }
    }
    for (number, axis) in parts.axes.iter().enumerate() {
        if let Some(when) = &axis.when {
            condition(&axis.name, when, ComputationKind::Axis(number), problems);
        }
    }
    for (name, _, WrittenExpression { text, span }) in &parts.derived {
        let Some((expression, kind)) = expression::read(text, span, names, problems) else { continue };
        let wanted = names.kind(name);
        if kind != wanted && kind != ValueKind::Any && wanted != ValueKind::Any {
            problems.push(
                Diagnostic::new(format!("`{name}` is {}, but this is {}", wanted.words(), kind.words()))
                    .at(span.clone()),
            );
            continue;
        }
        let (span, text) = (span.clone(), text.clone());
        computations.push(Computation {
            name: name.clone(),
            kind: ComputationKind::Derived,
            expression,
            span,
            text,
        });
    }
    in_order(computations, parts.built_in, problems)
}

/// Sorts computations: each after those that it depends on.
fn in_order(mut rest: Vec<Computation>, built_in: bool, problems: &mut Vec<Diagnostic>) -> Vec<Computation> {
    let mut ordered = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let waits = |computation: &Computation| {
            let names = rests_on(&computation.expression, built_in);
            rest.iter().any(|other| names.contains(other.name.as_str()))
        };
        let Some(ready) = rest.iter().position(|computation| !waits(computation)) else {
            let names: Vec<String> =
                rest.iter().map(|computation| format!("`{}`", computation.name)).collect();
            let message = match names.as_slice() {
                [one] => format!("{one} depends on itself"),
                _ => format!("{} depend on each other", names.join(", ")),
            };
            problems.push(
                Diagnostic::new(message)
                    .at(rest[0].span.clone())
                    .hint("define one of them without the others"),
            );
            return ordered;
        };
        ordered.push(rest.remove(ready));
    }
    ordered
}

/// The names in an expression, and those that their defaults depend on.
fn rests_on(expression: &Expression, built_in: bool) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for (name, _) in expression.names() {
        names.insert(name);
        if built_in {
            names.extend(default_rests_on(name));
        }
    }
    names
}

/// The factors that an expression depends on, also through other computations.
fn touched(block: &Block, expression: &Expression) -> BTreeSet<usize> {
    let mut factors = BTreeSet::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = expression.names().into_iter().map(|(name, _)| name).collect();
    while let Some(name) = open.pop() {
        if !seen.insert(name) {
            continue;
        }
        let mut always =
            block.constants.iter().any(|constant| constant.name == name && constant.when.is_none());
        for (number, factor) in block.factors.iter().enumerate() {
            let own = &block.axes[factor.axes.clone()];
            let sets = match &factor.cases {
                Some(cases) => cases.iter().flatten().any(|setting| setting.name == name),
                None => own.iter().any(|axis| axis.name == name),
            };
            if sets {
                factors.insert(number);
                always |=
                    factor.cases.is_none() && own.iter().all(|axis| axis.name != name || axis.when.is_none());
            }
        }
        for computation in block.computations.iter().filter(|computation| computation.name == name) {
            open.extend(computation.expression.names().into_iter().map(|(name, _)| name));
        }
        if block.built_in && !always {
            open.extend(default_rests_on(name));
        }
    }
    factors
}

/// Groups of connected factors. Each group has the place of its last factor: replicates vary fastest.
fn groups(block: &Block) -> Vec<FactorGroup> {
    let mut ties: Vec<(BTreeSet<usize>, Option<usize>)> = Vec::new();
    for computation in &block.computations {
        if let ComputationKind::Axis(axis) = computation.kind {
            let mut tied = touched(block, &computation.expression);
            tied.extend(block.factor_of(axis));
            ties.push((tied, None));
        }
    }
    for (number, exclusion) in block.exclusions.iter().enumerate() {
        ties.push((touched(block, &exclusion.expression), Some(number)));
    }
    // Each factor's group, by the number of its first factor.
    let mut home: Vec<usize> = (0..block.factors.len()).collect();
    for (tied, _) in &ties {
        let Some(first) = tied.iter().map(|factor| home[*factor]).min() else { continue };
        let homes: BTreeSet<usize> = tied.iter().map(|factor| home[*factor]).collect();
        for place in &mut home {
            if homes.contains(place) {
                *place = first;
            }
        }
    }
    let mut groups: Vec<FactorGroup> = Vec::new();
    for first in 0..home.len() {
        let factors: Vec<usize> = (0..home.len()).filter(|factor| home[*factor] == first).collect();
        if factors.is_empty() {
            continue;
        }
        let exclusions = ties
            .iter()
            .filter_map(|(tied, exclusion)| {
                exclusion.filter(|_| tied.iter().any(|factor| factors.contains(factor)))
            })
            .collect();
        let all =
            factors.iter().fold(1, |all: u64, factor| all.saturating_mul(block.factors[*factor].len as u64));
        groups.push(FactorGroup { factors, exclusions, kept: KeptCombinations::All(all) });
    }
    groups.sort_by_key(|group| group.factors.last().copied());
    groups
}

/// Finds the remaining combinations of a group.
fn keep(block: &mut Block, number: usize, problems: &mut Vec<Diagnostic>) {
    let group = &block.groups[number];
    let conditional = block.computations.iter().any(|computation| match computation.kind {
        ComputationKind::Axis(axis) => {
            block.factor_of(axis).is_some_and(|factor| group.factors.contains(&factor))
        }
        ComputationKind::Derived | ComputationKind::Constant(_) => false,
    });
    let (KeptCombinations::All(all), true) = (&group.kept, conditional || !group.exclusions.is_empty())
    else {
        return;
    };
    let all = *all;
    if all > MOST_COMBINATIONS {
        let names: Vec<&str> = group
            .factors
            .iter()
            .flat_map(|factor| &block.axes[block.factors[*factor].axes.clone()])
            .map(|axis| axis.name.as_str())
            .collect();
        let condition = block.computations.iter().map(|computation| &computation.span).next();
        let exclusion = group.exclusions.first().map(|exclusion| &block.exclusions[*exclusion].span);
        problems.push(Diagnostic {
            span: exclusion.or(condition).cloned(),
            ..Diagnostic::new(format!(
                "conditions and exclusions connect {all} combinations of {}; at most {MOST_COMBINATIONS} are \
                 allowed",
                names.join(", ")
            ))
            .hint("use fewer values, or conditions on fewer axes")
        });
        return;
    }
    let mut levels = vec![0; block.factors.len()];
    let mut kept = Vec::new();
    let mut faults: Vec<ComputationFault> = Vec::new();
    for joint in 0..all {
        block.spread(group, joint, &mut levels);
        let mut new = Vec::new();
        if block.keeps(group, &levels, &mut new) {
            kept.push(joint as u32);
        }
        for fault in new {
            if faults.iter().all(|known| known.place() != fault.place()) {
                faults.push(fault);
            }
        }
    }
    problems.extend(faults.into_iter().map(|fault| {
        let place = fault.place();
        Diagnostic { hint: fault.fault.hint, ..Diagnostic::new(fault.fault.message).at(place) }
    }));
    if kept.is_empty() {
        let exclusion = group.exclusions.first().map(|exclusion| block.exclusions[*exclusion].span.clone());
        problems.push(Diagnostic {
            span: exclusion,
            ..Diagnostic::new("no cell is left: everything is excluded").hint("exclude less")
        });
    }
    if (kept.len() as u64) < all {
        block.groups[number].kept = KeptCombinations::Some(kept);
    }
}
