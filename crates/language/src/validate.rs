//! Checks that need whole cells: settings that contradict each other, cells that are the same.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use gainsweep_contract::{CellId, Problem};

use crate::axis::{CASE_AXIS, Setting};
use crate::block::{Block, ComputationFault, ComputationKind};
use crate::diagnostic::{Diagnostic, Span};
use crate::sweep::Sweep;

/// Stop after this many different mistakes.
const ENOUGH: usize = 20;

impl Sweep {
    /// Checks every cell for settings that contradict each other or do nothing, and for equal cells.
    ///
    /// # Errors
    /// Every mistake, each once however many cells have it, at the place of its parameter.
    pub fn validate_cells(&self) -> Result<(), Vec<Diagnostic>> {
        if self.is_right() {
            return Ok(());
        }
        let count = self.count();
        let mut found = Vec::new();
        let mut same = Vec::new();
        // Axes set the same parameters in every cell of a block, with different values in each, so these
        // cells differ. Only cases omit parameters and may equal others by a default; so may blocks.
        let may_meet = self.blocks.len() > 1 || self.blocks.iter().any(Block::may_repeat);
        let mut ids: Option<HashMap<CellId, u64>> = may_meet.then(HashMap::new);
        for index in 0..count {
            let (block, levels) = self.find(index);
            let given = block.given(&levels);
            for fault in &given.faults {
                note_fault(&mut found, fault, index);
            }
            if !given.faults.is_empty() {
                continue;
            }
            let parameters = match self.resolve(given.values) {
                Ok(parameters) => parameters,
                Err(problems) => {
                    for problem in problems {
                        note(&mut found, problem, index, block, &levels);
                    }
                    continue;
                }
            };
            if let Some(ids) = &mut ids {
                match ids.entry(CellId::of(&parameters)) {
                    Entry::Occupied(first) => self.note_same(&mut same, *first.get(), index),
                    Entry::Vacant(vacant) => {
                        vacant.insert(index);
                    }
                }
            }
            if found.len() + same.len() >= ENOUGH {
                break;
            }
        }
        let mut problems: Vec<Diagnostic> = found.into_iter().map(|found| self.diagnostic(found)).collect();
        problems.extend(same);
        problems.sort_by_key(|problem| problem.span.as_ref().map_or(usize::MAX, |span| span.start));
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn diagnostic(&self, found: CellProblem) -> Diagnostic {
        let count = self.count();
        let some = found.cells < count && found.span.is_some();
        let label = some.then(|| {
            let cell = self.cell(found.first);
            format!("in {} of {count} cells, the first is {}", found.cells, self.label(&cell))
        });
        Diagnostic {
            // A missing parameter has no place but its declaration.
            span: found.span.or_else(|| {
                let declared = self.declared.as_ref()?.parameters.get(&found.problem.parameter)?;
                Some(declared.place.clone())
            }),
            label,
            hint: found.problem.hint,
            ..Diagnostic::new(found.problem.message)
        }
    }

    fn note_same(&self, same: &mut Vec<Diagnostic>, first: u64, second: u64) {
        let ((block, one), (other, two)) = (self.find(first), self.find(second));
        let apart = if std::ptr::eq(block, other) {
            (0..block.factors.len()).find(|&factor| one[factor] != two[factor]).unwrap_or(0)
        } else {
            // In two blocks: the place of the last factor of each.
            usize::MAX
        };
        let (here, there) = (place_of_level(other, apart, &two), place_of_level(block, apart, &one));
        if same.iter().any(|known| known.span.as_ref() == Some(&here)) {
            return;
        }
        let (one, two) = (self.label(&self.cell(first)), self.label(&self.cell(second)));
        same.push(
            Diagnostic::new(format!("two cells are the same: {one} and {two}"))
                .at(here)
                .also(there, "the same as this")
                .hint("with the defaults of their omitted parameters, both compute the same: remove one"),
        );
    }
}

/// The place of a factor's level; of the last factor if there is none of that number.
fn place_of_level(block: &Block, factor: usize, levels: &[usize]) -> Span {
    let factor = factor.min(block.factors.len().saturating_sub(1));
    let Some(at) = block.factors.get(factor) else {
        return block.constants.first().map_or(0..0, |setting| setting.key.clone());
    };
    let axis = &block.axes[at.axes.start];
    match &at.cases {
        Some(cases) if axis.name != CASE_AXIS => {
            cases[levels[factor]].first().map_or_else(|| axis.key.clone(), |setting| setting.span.clone())
        }
        _ => axis.spans.of(levels[factor]),
    }
}

fn note(found: &mut Vec<CellProblem>, problem: Problem, index: u64, block: &Block, levels: &[usize]) {
    let place = place(&problem, block, levels);
    let key = place.as_ref().map(|place| place.key.clone());
    let known = found.iter_mut().find(|found| found.key == key && found.problem.message == problem.message);
    if let Some(found) = known {
        found.cells += 1;
        // If several values have the mistake, point to the parameter.
        if found.span != place.map(|place| place.span) {
            found.span.clone_from(&found.key);
        }
    } else {
        found.push(CellProblem { key, span: place.map(|place| place.span), problem, cells: 1, first: index });
    }
}

/// An expression without a value for a cell.
fn note_fault(found: &mut Vec<CellProblem>, fault: &ComputationFault, index: u64) {
    let place = fault.place();
    let known = found
        .iter_mut()
        .find(|known| known.span.as_ref() == Some(&place) && known.problem.message == fault.fault.message);
    if let Some(known) = known {
        known.cells += 1;
        return;
    }
    let problem = Problem {
        parameter: String::new(),
        message: fault.fault.message.clone(),
        hint: fault.fault.hint.clone(),
    };
    found.push(CellProblem { problem, key: Some(place.clone()), span: Some(place), cells: 1, first: index });
}

/// The place of a problem's parameter, for the cell with these levels. An omitted parameter has no place:
/// then that of the other parameter in the message.
fn place(problem: &Problem, block: &Block, levels: &[usize]) -> Option<WrittenAt> {
    let beside = problem.message.split('`').skip(1).step_by(2);
    std::iter::once(problem.parameter.as_str()).chain(beside).find_map(|name| place_of(name, block, levels))
}

fn place_of(name: &str, block: &Block, levels: &[usize]) -> Option<WrittenAt> {
    let whole = |setting: &Setting| WrittenAt {
        key: setting.key.start..setting.span.end,
        span: setting.key.start..setting.span.end,
    };
    let varied = block.factors.iter().zip(levels).find_map(|(factor, &level)| match &factor.cases {
        Some(cases) => cases[level].iter().find(|setting| setting.name == name).map(whole),
        None => block.axes[factor.axes.clone()]
            .iter()
            .find(|axis| axis.name == name)
            .map(|axis| WrittenAt { key: axis.key.clone(), span: axis.spans.of(level) }),
    });
    let derived = || {
        let mut computations = block
            .computations
            .iter()
            .filter(|computation| matches!(computation.kind, ComputationKind::Derived));
        let computation = computations.find(|computation| computation.name == name)?;
        Some(WrittenAt { key: computation.span.clone(), span: computation.span.clone() })
    };
    varied.or_else(derived).or_else(|| block.constants.iter().find(|setting| setting.name == name).map(whole))
}

/// A mistake of some cells.
struct CellProblem {
    problem: Problem,
    key: Option<Span>,
    span: Option<Span>,
    cells: u64,
    first: u64,
}

/// The place of a parameter.
struct WrittenAt {
    /// The parameter itself.
    key: Span,
    /// Its value in one cell.
    span: Span,
}
