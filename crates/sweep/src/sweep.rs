//! A sweep and its cells. A cell is index arithmetic, not an entry of a list.

use std::ops::Range;

use gainsweep_contract::{CellId, Parameters, Value, ValueMap, many};

use crate::diagnostic::{Diagnostic, Span};
use crate::slurm::SlurmSection;

/// The axis that named cases are.
pub(crate) const CASE_AXIS: &str = "case";

/// One sweep file, understood.
///
/// Its cells are the product of its *factors* (the cases, each zip group, each axis of the grid, the replicates, in
/// this order; the last one varies fastest). A cell's index is a number in mixed radix with one digit a factor.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The name, where the file gives one; otherwise it is the file's own.
    pub name: Option<String>,
    /// The question that the sweep asks.
    pub question: Option<String>,
    /// The program that runs a cell instead of the built-in worker. With it, parameters are free-form.
    pub worker: Option<Vec<String>>,
    /// What tables are made of.
    pub gather: Gather,
    /// What figures to draw.
    pub plots: Vec<Plot>,
    /// What cells need on Slurm. No part of what a cell is: its id does not depend on it.
    pub slurm: SlurmSection,
    pub(crate) constants: Vec<Setting>,
    pub(crate) factors: Vec<Factor>,
    pub(crate) axes: Vec<Axis>,
}

/// What tables are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gather {
    /// The axis that statistics are taken over; `None` where every cell stands for itself.
    pub replicate: Option<String>,
    /// The metrics of the tables; empty for all that there are.
    pub metrics: Vec<String>,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plot {
    /// The metric that is drawn.
    pub metric: String,
    /// The axis that it is drawn over.
    pub over: String,
    /// The axis with one line a value.
    pub by: Option<String>,
    /// The scale of the axis `over`.
    pub scale: Scale,
}

/// The scale of an axis of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps are equal differences.
    #[default]
    Linear,
    /// Equal steps are equal ratios.
    Log,
}

/// A named list of values; a column of every table. The axes of one zip group have values side by side.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The parameter, or `case`.
    pub name: String,
    /// Its values, in the order of the file; each different, but for those of a zip group.
    pub values: Vec<Value>,
    pub(crate) key: Span,
    pub(crate) spans: Spans,
}

/// Where the values of an axis were written.
#[derive(Clone, Debug)]
pub(crate) enum Spans {
    /// Each by itself.
    Each(Vec<Span>),
    /// All by one range or count.
    One(Span),
}

impl Spans {
    pub(crate) fn of(&self, level: usize) -> Span {
        match self {
            Spans::Each(spans) => spans[level].clone(),
            Spans::One(span) => span.clone(),
        }
    }
}

/// A parameter and its value, as written.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) name: String,
    pub(crate) value: Value,
    pub(crate) key: Span,
    pub(crate) span: Span,
}

/// One digit of a cell's index.
#[derive(Clone, Debug)]
pub(crate) struct Factor {
    /// How many levels it has; never zero.
    pub(crate) len: usize,
    /// Its axes.
    pub(crate) axes: Range<usize>,
    /// What each level sets where its axis is no parameter but names a case.
    pub(crate) cases: Option<Vec<Vec<Setting>>>,
}

/// One point of a sweep, its seed included.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its place in the sweep: a number in mixed radix, the replicates varying fastest.
    pub index: u64,
    /// Its name on disk: what it computes, whatever sweep it stands in.
    pub id: CellId,
    /// Its place on each axis: parallel to [`Sweep::axes`].
    pub axes: Vec<Value>,
    /// All its parameters: with defaults for the built-in worker, as written for other programs.
    pub parameters: ValueMap,
}

impl Sweep {
    /// The axes, in the order of the columns of every table.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// The axis of that name.
    pub fn axis(&self, name: &str) -> Option<usize> {
        self.axes.iter().position(|axis| axis.name == name)
    }

    /// The axis that statistics are taken over.
    pub fn replicate_axis(&self) -> Option<usize> {
        self.axis(self.gather.replicate.as_deref()?)
    }

    /// How many cells there are: a product, nothing is expanded. A product that no `u64` holds counts as
    /// `u64::MAX`; no limit lets that through.
    pub fn count(&self) -> u64 {
        self.factors.iter().fold(1, |count: u64, factor| count.saturating_mul(factor.len as u64))
    }

    /// The count as a product, in words: `7 tau x 3 modulator_input x 3 seed`. Empty without axes.
    pub fn product(&self) -> String {
        let factors: Vec<String> = self
            .factors
            .iter()
            .map(|factor| {
                let names: Vec<&str> =
                    self.axes[factor.axes.clone()].iter().map(|axis| axis.name.as_str()).collect();
                format!("{} {}", factor.len, names.join("+"))
            })
            .collect();
        factors.join(" x ")
    }

    /// Refuses a sweep of more cells than `limit`.
    ///
    /// # Errors
    /// The count as a product, and how to allow it.
    pub fn check_limit(&self, limit: u64) -> Result<(), Diagnostic> {
        let count = self.count();
        if count <= limit && count < u64::MAX {
            return Ok(());
        }
        let exact =
            self.factors.iter().try_fold(1_u128, |count, factor| count.checked_mul(factor.len as u128));
        let cells = exact.map_or_else(|| "more than 10^38".into(), |exact| exact.to_string());
        let problem = Diagnostic::new(format!(
            "the sweep has {cells} cells = {}; the limit is {limit}",
            self.product()
        ));
        Err(if count == u64::MAX {
            problem.hint("use fewer values")
        } else {
            problem.hint(format!("use fewer values, or allow them with `--limit {count}`"))
        })
    }

    /// The cell of that index. Whoever has not called [`Sweep::validate_cells`] may meet cells that cannot be run:
    /// their parameters stay as written.
    ///
    /// # Panics
    /// When `index` is not below [`Sweep::count`].
    pub fn cell(&self, index: u64) -> Cell {
        let levels = self.levels(index);
        let given = self.given(&levels);
        let parameters = if self.worker.is_some() {
            given
        } else {
            Parameters::resolve(&given).map_or(given, Parameters::into_values)
        };
        let axes = self
            .factors
            .iter()
            .zip(&levels)
            .flat_map(|(factor, &level)| {
                self.axes[factor.axes.clone()].iter().map(move |axis| axis.values[level].clone())
            })
            .collect();
        Cell { index, id: CellId::of(&parameters), axes, parameters }
    }

    /// The id of the cell of that index, without its parameters.
    ///
    /// # Panics
    /// As [`Sweep::cell`].
    pub fn id(&self, index: u64) -> CellId {
        let given = self.given(&self.levels(index));
        let resolved = if self.worker.is_some() { None } else { many::id(&given) };
        resolved.unwrap_or_else(|| CellId::of(&given))
    }

    /// All cells, in order.
    pub fn cells(&self) -> impl Iterator<Item = Cell> {
        (0..self.count()).map(|index| self.cell(index))
    }

    /// A cell for people: `tau=100 modulator_input=xy seed=1`.
    pub fn label(&self, cell: &Cell) -> String {
        let pairs: Vec<String> =
            self.axes.iter().zip(&cell.axes).map(|(axis, value)| format!("{}={value}", axis.name)).collect();
        pairs.join(" ")
    }

    /// The digits of an index: which level of each factor.
    pub(crate) fn levels(&self, index: u64) -> Vec<usize> {
        assert!(index < self.count(), "cell {index} of {}", self.count());
        let mut rest = index;
        let mut levels = vec![0; self.factors.len()];
        for (level, factor) in levels.iter_mut().zip(&self.factors).rev() {
            let len = factor.len as u64;
            *level = (rest % len) as usize;
            rest /= len;
        }
        levels
    }

    /// What the file says about the cell with these levels.
    pub(crate) fn given(&self, levels: &[usize]) -> ValueMap {
        let mut given: ValueMap =
            self.constants.iter().map(|setting| (setting.name.clone(), setting.value.clone())).collect();
        for (factor, &level) in self.factors.iter().zip(levels) {
            if let Some(cases) = &factor.cases {
                // A case may change what [params] says.
                given
                    .extend(cases[level].iter().map(|setting| (setting.name.clone(), setting.value.clone())));
            } else {
                let axes = &self.axes[factor.axes.clone()];
                given.extend(axes.iter().map(|axis| (axis.name.clone(), axis.values[level].clone())));
            }
        }
        given
    }
}
