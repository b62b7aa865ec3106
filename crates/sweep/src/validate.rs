//! What only whole cells can show: settings that contradict each other, cells that are the same.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use gainsweep_contract::{CellId, Parameters, Problem, ValueMap};

use crate::diagnostic::{Diagnostic, Span};
use crate::sweep::Sweep;

/// So many different mistakes are enough for one reading.
const ENOUGH: usize = 20;

impl Sweep {
    /// Checks every cell: settings that contradict each other or do nothing, cells that are the same.
    ///
    /// # Errors
    /// Every mistake, each once however many cells have it, at the place where its parameter was written.
    pub fn validate_cells(&self) -> Result<(), Vec<Diagnostic>> {
        if self.is_right() {
            return Ok(());
        }
        let count = self.count();
        let mut found = Vec::new();
        let mut same = Vec::new();
        // Axes set the same parameters in every cell, each cell to other values: such cells differ, whatever the
        // defaults. Only cases leave parameters out, and can meet others by way of a default.
        let mut ids: Option<HashMap<CellId, u64>> =
            self.factors.iter().any(|factor| factor.cases.is_some()).then(HashMap::new);
        for index in 0..count {
            let levels = self.levels(index);
            let given = self.given(&levels);
            let parameters = match self.resolve(given) {
                Ok(parameters) => parameters,
                Err(problems) => {
                    for problem in problems {
                        self.note(&mut found, problem, index, &levels);
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

    /// All parameters of a cell: other programs know their own defaults.
    fn resolve(&self, given: ValueMap) -> Result<ValueMap, Vec<Problem>> {
        if self.worker.is_some() {
            return Ok(given);
        }
        Parameters::resolve(&given).map(Parameters::into_values)
    }

    fn note(&self, found: &mut Vec<Found>, problem: Problem, index: u64, levels: &[usize]) {
        let place = self.place(&problem, levels);
        let key = place.as_ref().map(|place| place.key.clone());
        let known =
            found.iter_mut().find(|found| found.key == key && found.problem.message == problem.message);
        if let Some(found) = known {
            found.cells += 1;
            // A matter of several values is a matter of the parameter.
            if found.span != place.map(|place| place.span) {
                found.span.clone_from(&found.key);
            }
        } else {
            found.push(Found { key, span: place.map(|place| place.span), problem, cells: 1, first: index });
        }
    }

    fn diagnostic(&self, found: Found) -> Diagnostic {
        let count = self.count();
        let some = found.cells < count && found.span.is_some();
        let label = some.then(|| {
            let cell = self.cell(found.first);
            format!("in {} of {count} cells, the first is {}", found.cells, self.label(&cell))
        });
        Diagnostic {
            span: found.span,
            label,
            hint: found.problem.hint,
            ..Diagnostic::new(found.problem.message)
        }
    }

    /// Where the parameter of a problem was written for the cell with these levels. One that was left out is not
    /// written anywhere: then what the message names beside it.
    fn place(&self, problem: &Problem, levels: &[usize]) -> Option<Place> {
        let beside = problem.message.split('`').skip(1).step_by(2);
        std::iter::once(problem.parameter.as_str()).chain(beside).find_map(|name| self.place_of(name, levels))
    }

    fn place_of(&self, name: &str, levels: &[usize]) -> Option<Place> {
        let varied = self.factors.iter().zip(levels).find_map(|(factor, &level)| match &factor.cases {
            Some(cases) => cases[level].iter().find(|setting| setting.name == name).map(|setting| Place {
                key: setting.key.start..setting.span.end,
                span: setting.key.start..setting.span.end,
            }),
            None => self.axes[factor.axes.clone()]
                .iter()
                .find(|axis| axis.name == name)
                .map(|axis| Place { key: axis.key.clone(), span: axis.spans.of(level) }),
        });
        varied.or_else(|| {
            self.constants.iter().find(|setting| setting.name == name).map(|setting| Place {
                key: setting.key.start..setting.span.end,
                span: setting.key.start..setting.span.end,
            })
        })
    }

    fn note_same(&self, same: &mut Vec<Diagnostic>, first: u64, second: u64) {
        let (one, two) = (self.levels(first), self.levels(second));
        let apart = (0..self.factors.len()).find(|&factor| one[factor] != two[factor]).unwrap_or(0);
        let axis = &self.axes[self.factors[apart].axes.start];
        let (here, there) = (axis.spans.of(two[apart]), axis.spans.of(one[apart]));
        if same.iter().any(|known| known.span.as_ref() == Some(&here)) {
            return;
        }
        let (one, two) = (self.label(&self.cell(first)), self.label(&self.cell(second)));
        same.push(
            Diagnostic::new(format!("two cells are the same: {one} and {two}"))
                .at(here)
                .also(there, "the same as this")
                .hint("with the defaults of what they leave out, both compute the same: leave one out"),
        );
    }
}

/// A mistake that some cells have.
struct Found {
    problem: Problem,
    key: Option<Span>,
    span: Option<Span>,
    cells: u64,
    first: u64,
}

/// Where a parameter was written.
struct Place {
    /// The parameter itself.
    key: Span,
    /// The value that one cell has.
    span: Span,
}
