//! A block: a product of factors, without the combinations that conditions and exclusions remove.

use std::ops::Range;

use gainsweep_contract::defaults::default_of;
use gainsweep_contract::{Value, ValueMap};

use crate::axis::{Axis, BLOCK_AXIS, CASE_AXIS, Setting};
use crate::diagnostic::Span;
use crate::expression::{Expression, ExpressionFault};

/// One product of factors. A file without `[[block]]` is one block.
///
/// Its combinations are a product of *groups*. A group is one factor, or several factors that conditions and
/// exclusions connect. Only for such a group the remaining combinations are listed. So a large grid stays
/// arithmetic even if a part of it is excluded.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The name, if the file has several blocks.
    pub(crate) name: Option<String>,
    /// What all its cells share.
    pub(crate) constants: Vec<Setting>,
    /// The cases, each zip group, each axis of the grid, and the replicates.
    pub(crate) factors: Vec<Factor>,
    pub(crate) axes: Vec<Axis>,
    /// Values computed for each cell, each after those that it depends on.
    pub(crate) computations: Vec<Computation>,
    pub(crate) exclusions: Vec<Exclusion>,
    pub(crate) groups: Vec<FactorGroup>,
    /// Do omitted parameters have built-in defaults? Not for other programs.
    pub(crate) built_in: bool,
    /// Defaults that the file declares for another program.
    pub(crate) defaults: ValueMap,
}

/// One digit of a combination's number.
#[derive(Clone, Debug)]
pub(crate) struct Factor {
    /// The number of its levels; never zero.
    pub(crate) len: usize,
    /// Its axes.
    pub(crate) axes: Range<usize>,
    /// What each level sets, if that is not the values of its axes: for cases and one-at-a-time.
    pub(crate) cases: Option<Vec<Vec<Setting>>>,
}

/// Factors that are combined together.
#[derive(Clone, Debug)]
pub(crate) struct FactorGroup {
    /// Their numbers, in the order of the file; the last one varies fastest.
    pub(crate) factors: Vec<usize>,
    /// The exclusions that mention them.
    pub(crate) exclusions: Vec<usize>,
    /// The remaining combinations.
    pub(crate) kept: KeptCombinations,
}

/// Combinations of a group.
#[derive(Clone, Debug)]
pub(crate) enum KeptCombinations {
    /// All of them: this many.
    All(u64),
    /// These numbers of the product.
    Some(Vec<u32>),
}

impl KeptCombinations {
    fn len(&self) -> u64 {
        match self {
            KeptCombinations::All(count) => *count,
            KeptCombinations::Some(list) => list.len() as u64,
        }
    }
}

/// A value that is computed for each cell.
#[derive(Clone, Debug)]
pub(crate) struct Computation {
    /// The parameter.
    pub(crate) name: String,
    pub(crate) kind: ComputationKind,
    pub(crate) expression: Expression,
    /// The expression's text in the file.
    pub(crate) span: Span,
    /// The same, as text.
    pub(crate) text: String,
}

#[derive(Clone, Debug)]
pub(crate) enum ComputationKind {
    /// `[derived]`: the parameter has the value of the expression.
    Derived,
    /// The axis of that number varies only if the expression is true.
    Axis(usize),
    /// The constant of that number exists only if the expression is true.
    Constant(usize),
}

/// `[[exclude]]`.
#[derive(Clone, Debug)]
pub(crate) struct Exclusion {
    pub(crate) expression: Expression,
    pub(crate) span: Span,
    pub(crate) text: String,
}

/// An expression without a value for a cell.
#[derive(Clone, Debug)]
pub(crate) struct ComputationFault {
    pub(crate) fault: ExpressionFault,
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl ComputationFault {
    /// Its place in the file.
    pub(crate) fn place(&self) -> Span {
        place_in(&self.text, &self.span, &self.fault.place)
    }
}

/// The place of a part of an expression in the file.
pub(crate) fn place_in(text: &str, span: &Span, place: &Range<usize>) -> Span {
    // If the file has the text unchanged between two quotes, the place within it is known.
    if span.len() == text.len() + 2 {
        span.start + 1 + place.start..span.start + 1 + place.end
    } else {
        span.clone()
    }
}

/// What a block sets for one combination.
pub(crate) struct Given {
    /// The parameters.
    pub(crate) values: ValueMap,
    /// The axes that do not vary here, because their conditions are false.
    pub(crate) still: Vec<usize>,
    /// The expressions that failed.
    pub(crate) faults: Vec<ComputationFault>,
}

impl Block {
    /// The number of combinations; `u64::MAX` for larger numbers.
    pub(crate) fn count(&self) -> u64 {
        self.groups.iter().fold(1, |count: u64, group| count.saturating_mul(group.kept.len()))
    }

    /// The exact number; `None` above 10^38.
    pub(crate) fn exact_count(&self) -> Option<u128> {
        self.groups.iter().try_fold(1_u128, |count, group| count.checked_mul(u128::from(group.kept.len())))
    }

    /// The count as text: `7 tau x 3 seed`; `5 of 6 tau x noise` if some are excluded.
    ///
    /// `from`: this axis has at least this many values, and not all of its values are wanted.
    pub(crate) fn product(&self, from: Option<(&str, usize)>) -> String {
        let names = |factor: &usize| {
            let axes = self.axes[self.factors[*factor].axes.clone()].iter();
            axes.map(|axis| axis.name.as_str()).collect::<Vec<_>>().join("+")
        };
        let words = |group: &FactorGroup| match &group.kept {
            KeptCombinations::All(_) => group
                .factors
                .iter()
                .map(|factor| {
                    let (len, name) = (self.factors[*factor].len, names(factor));
                    match from.filter(|(axis, least)| *axis == name && *least < len) {
                        Some((_, least)) => format!("{least} to {len} {name}"),
                        None => format!("{len} {name}"),
                    }
                })
                .collect::<Vec<_>>()
                .join(" x "),
            KeptCombinations::Some(kept) => {
                let all: u64 = group.factors.iter().map(|factor| self.factors[*factor].len as u64).product();
                let names: Vec<String> = group.factors.iter().map(names).collect();
                format!("{} of {all} {}", kept.len(), names.join(" x "))
            }
        };
        self.groups.iter().map(words).collect::<Vec<_>>().join(" x ")
    }

    /// The value of a combination in a column of the tables.
    pub(crate) fn place_on(&self, column: &Axis, levels: &[usize], parameters: &ValueMap) -> Option<Value> {
        match column.name.as_str() {
            BLOCK_AXIS if self.name.is_some() => self.name.clone().map(Value::Text),
            CASE_AXIS => {
                let axis = self.axes.iter().position(|axis| axis.name == CASE_AXIS)?;
                self.axes[axis].values.get(levels[self.factor_of(axis)?]).cloned()
            }
            name => parameters.get(name).cloned(),
        }
    }

    /// The levels of a combination's factors.
    pub(crate) fn levels(&self, index: u64) -> Vec<usize> {
        let mut rest = index;
        let mut levels = vec![0; self.factors.len()];
        for group in self.groups.iter().rev() {
            let len = group.kept.len();
            let digit = rest % len;
            rest /= len;
            let joint = match &group.kept {
                KeptCombinations::All(_) => digit,
                KeptCombinations::Some(list) => u64::from(list[digit as usize]),
            };
            self.spread(group, joint, &mut levels);
        }
        levels
    }

    /// The levels of a group's factors, from the number of their combination.
    pub(crate) fn spread(&self, group: &FactorGroup, joint: u64, levels: &mut [usize]) {
        let mut rest = joint;
        for &factor in group.factors.iter().rev() {
            let len = self.factors[factor].len as u64;
            levels[factor] = (rest % len) as usize;
            rest /= len;
        }
    }

    /// What the file sets for the combination with these levels.
    pub(crate) fn given(&self, levels: &[usize]) -> Given {
        let mut values = ValueMap::new();
        for (index, setting) in self.constants.iter().enumerate() {
            if !self.has_condition(|kind| matches!(kind, ComputationKind::Constant(one) if *one == index)) {
                values.insert(setting.name.clone(), setting.value.clone());
            }
        }
        for (factor, &level) in self.factors.iter().zip(levels) {
            if let Some(cases) = &factor.cases {
                // A case may override [params].
                values.extend(cases[level].iter().map(|set| (set.name.clone(), set.value.clone())));
            } else {
                for axis in factor.axes.clone() {
                    if !self.has_condition(|kind| matches!(kind, ComputationKind::Axis(one) if *one == axis))
                    {
                        let axis = &self.axes[axis];
                        values.insert(axis.name.clone(), axis.values[level].clone());
                    }
                }
            }
        }
        let mut given = Given { values, still: Vec::new(), faults: Vec::new() };
        for computation in &self.computations {
            self.take(computation, levels, &mut given);
        }
        given
    }

    fn has_condition(&self, is: impl Fn(&ComputationKind) -> bool) -> bool {
        self.computations.iter().any(|computation| is(&computation.kind))
    }

    fn take(&self, computation: &Computation, levels: &[usize], given: &mut Given) {
        let found = computation.expression.evaluate(&|name| self.value(name, &given.values));
        let found = found.unwrap_or_else(|fault| {
            given.faults.push(ComputationFault {
                fault,
                text: computation.text.clone(),
                span: computation.span.clone(),
            });
            None
        });
        let holds = found == Some(Value::Boolean(true));
        match computation.kind {
            ComputationKind::Derived => {
                if let Some(value) = found {
                    given.values.insert(computation.name.clone(), value);
                }
            }
            ComputationKind::Constant(constant) if holds => {
                // A case overrides the constant.
                let value = &self.constants[constant].value;
                given.values.entry(computation.name.clone()).or_insert_with(|| value.clone());
            }
            ComputationKind::Axis(axis) if holds => {
                let level = self.factor_of(axis).map_or(0, |factor| levels[factor]);
                given.values.insert(computation.name.clone(), self.axes[axis].values[level].clone());
            }
            ComputationKind::Axis(axis) => given.still.push(axis),
            ComputationKind::Constant(_) => {}
        }
    }

    /// A parameter as an expression sees it: as set, or its default.
    fn value(&self, name: &str, given: &ValueMap) -> Option<Value> {
        let default =
            || if self.built_in { default_of(name, given) } else { self.defaults.get(name).cloned() };
        given.get(name).cloned().or_else(default)
    }

    /// The factor of an axis.
    pub(crate) fn factor_of(&self, axis: usize) -> Option<usize> {
        self.factors.iter().position(|factor| factor.axes.contains(&axis))
    }

    /// Does this combination of the group remain? It does not if an axis that does not vary is at a later
    /// level than its first, or if an exclusion is true.
    pub(crate) fn keeps(
        &self,
        group: &FactorGroup,
        levels: &[usize],
        faults: &mut Vec<ComputationFault>,
    ) -> bool {
        let given = self.given(levels);
        let mut kept =
            given.still.iter().all(|&axis| self.factor_of(axis).is_none_or(|factor| levels[factor] == 0));
        for exclusion in group.exclusions.iter().map(|&number| &self.exclusions[number]) {
            match exclusion.expression.evaluate(&|name| self.value(name, &given.values)) {
                Ok(found) => kept &= found != Some(Value::Boolean(true)),
                Err(fault) => faults.push(ComputationFault {
                    fault,
                    text: exclusion.text.clone(),
                    span: exclusion.span.clone(),
                }),
            }
        }
        faults.extend(given.faults);
        kept
    }
}
