//! A sweep and its cells. A cell is computed from its index; there is no list of cells.

use std::collections::HashSet;

use gainsweep_contract::schema::nearest;
use gainsweep_contract::{CellId, Parameters, Problem, Value, ValueMap, fast_ids};

use crate::axis::{Axis, BLOCK_AXIS, Spans};
use crate::block::Block;
use crate::declared_parameters::DeclaredParameters;
use crate::diagnostic::{Diagnostic, Span};
use crate::networks::FoundNetworks;
use crate::plots::Plot;
use crate::precision::Precision;
use crate::slurm::SlurmSection;
use crate::worker::Worker;

/// One parsed sweep file.
///
/// Its cells are those of its blocks, one after the other. A block's cells are the product of its *factors*
/// (the cases, each zip group, each axis of the grid, the replicates, in this order; the last one varies
/// fastest): a cell's index is a number in mixed radix.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The name, if the file has one; otherwise the name of the file.
    pub name: Option<String>,
    /// The question that the sweep asks.
    pub question: Option<String>,
    /// The limit for all attempts at its cells together, in core-hours.
    pub budget_core_hours: Option<f64>,
    /// The program that runs a cell instead of the built-in worker. With it, parameters are free-form.
    pub worker: Option<Worker>,
    /// The parameters that the file declares for that program.
    pub(crate) declared: Option<DeclaredParameters>,
    /// The trained networks that it reads, for a sweep of analyses.
    pub networks: Option<FoundNetworks>,
    /// How precisely means should be known: then only some of the cells are wanted.
    pub precision: Option<Precision>,
    /// Settings of the tables.
    pub gather: Gather,
    /// The figures to draw.
    pub plots: Vec<Plot>,
    /// The GPUs that a cell gets on this machine; `None`: nobody asks.
    pub gpus: Option<GpuShare>,
    /// What cells need on Slurm. It is no part of a cell's id.
    pub slurm: SlurmSection,
    pub(crate) blocks: Vec<Block>,
    /// The columns of the tables: the axes of all blocks.
    pub(crate) axes: Vec<Axis>,
}

/// How many GPUs a cell gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GpuShare {
    /// So many for itself.
    Whole(u32),
    /// One, with so many cells on it.
    Shared(u32),
}

/// Settings of the tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gather {
    /// The axis that statistics are taken over; `None` for none.
    pub replicate: Option<String>,
    /// The metrics of the tables; empty for all.
    pub metrics: Vec<String>,
    /// Where each was written.
    pub(crate) places: Vec<Span>,
    /// Are intervals of means computed by the bootstrap?
    pub bootstrap: bool,
    /// Are the tables also written as Parquet?
    pub parquet: bool,
}

/// One point of a sweep, its seed included.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its place in the sweep: a number in mixed radix; the replicates vary fastest.
    pub index: u64,
    /// Its name on disk: it depends on what the cell computes, not on the sweep.
    pub id: CellId,
    /// Its value on each axis: parallel to [`Sweep::axes`]. `None` if it has no such parameter.
    pub axes: Vec<Option<Value>>,
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

    /// The number of cells, computed without expanding anything. Larger numbers count as `u64::MAX`; no limit
    /// allows that.
    pub fn count(&self) -> u64 {
        self.blocks.iter().fold(0, |count: u64, block| count.saturating_add(block.count()))
    }

    /// The count as a product: `7 tau x 3 modulator_input x 3 seed`. Empty without axes.
    pub fn product(&self) -> String {
        let replicates = self.gather.replicate.as_deref();
        let from = replicates.zip(self.precision.as_ref().map(|precision| precision.first));
        let blocks: Vec<String> = self.blocks.iter().map(|block| block.product(from)).collect();
        blocks.join(" + ")
    }

    /// Refuses a sweep of more cells than `limit`.
    ///
    /// # Errors
    /// The message has the count as a product, and the option that allows it.
    pub fn check_limit(&self, limit: u64) -> Result<(), Diagnostic> {
        let count = self.count();
        if count <= limit && count < u64::MAX {
            return Ok(());
        }
        let exact =
            self.blocks.iter().try_fold(0_u128, |count, block| count.checked_add(block.exact_count()?));
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

    /// The metrics that `[gather]` names and no result has. `measured` are the names of those that results have.
    pub fn unmeasured(&self, measured: &[String]) -> Vec<Diagnostic> {
        let named = self.gather.metrics.iter().zip(&self.gather.places);
        let missing = named.filter(|(metric, _)| !measured.contains(metric));
        missing
            .map(|(metric, place)| {
                let problem = Diagnostic::new(format!("no result has `{metric}`")).at(place.clone());
                match nearest(metric, measured.iter().map(String::as_str)) {
                    Some(near) => problem.hint(format!("did you mean \"{near}\"?")),
                    None => problem.hint(format!("results have {}", measured.join(", "))),
                }
            })
            .collect()
    }

    /// The cell of that index. Without [`Sweep::validate_cells`] it may be invalid: then its parameters stay
    /// as written.
    ///
    /// # Panics
    /// If `index` is not below [`Sweep::count`].
    pub fn cell(&self, index: u64) -> Cell {
        let (block, levels) = self.find(index);
        let given = block.given(&levels).values;
        let parameters = self.resolve(given.clone()).unwrap_or(given);
        let axes = self.axes.iter().map(|axis| block.place_on(axis, &levels, &parameters)).collect();
        Cell { index, id: CellId::of(&parameters), axes, parameters }
    }

    /// The id of the cell of that index and its values on the axes ([`Cell::axes`]), without its other
    /// parameters.
    ///
    /// # Panics
    /// As for [`Sweep::cell`].
    pub fn id_and_axes(&self, index: u64) -> (CellId, Vec<Option<Value>>) {
        let (block, levels) = self.find(index);
        let given = block.given(&levels).values;
        let axes: Vec<Option<Value>> =
            self.axes.iter().map(|axis| block.place_on(axis, &levels, &given)).collect();
        // A parameter that the file does not set may have a default.
        let axes = if axes.iter().all(Option::is_some) { axes } else { self.cell(index).axes };
        (self.id_given(&given), axes)
    }

    /// The id of the cell of that index, without its parameters.
    ///
    /// # Panics
    /// As for [`Sweep::cell`].
    pub fn id(&self, index: u64) -> CellId {
        self.id_given(&self.given(index))
    }

    fn id_given(&self, given: &ValueMap) -> CellId {
        let resolved = match (&self.worker, &self.declared) {
            // The sweep is parsed: each of its cells is valid.
            (None, _) => fast_ids::id_of_right(given),
            (_, Some(declared)) => declared.resolve(given.clone()).ok().map(|values| CellId::of(&values)),
            _ => None,
        };
        resolved.unwrap_or_else(|| CellId::of(given))
    }

    /// All parameters of a cell. Defaults of other programs are known only if the file declares them.
    ///
    /// # Errors
    /// Values that are invalid, alone or together, or that do not reach the program.
    pub(crate) fn resolve(&self, given: ValueMap) -> Result<ValueMap, Vec<Problem>> {
        let Some(worker) = &self.worker else {
            return Parameters::resolve(&given).map(Parameters::into_values);
        };
        let resolved = match &self.declared {
            Some(declared) => declared.resolve(given)?,
            None => given,
        };
        let problems = worker.command.check(&resolved);
        if problems.is_empty() { Ok(resolved) } else { Err(problems) }
    }

    /// The help text of a parameter that the file declares for another program; may be empty.
    pub fn declared_help(&self, parameter: &str) -> &str {
        let declared = self.declared.as_ref().and_then(|declared| declared.parameters.get(parameter));
        declared.map_or("", |parameter| parameter.help.as_str())
    }

    /// What the file sets for the cell of that index: its parameters without defaults.
    ///
    /// # Panics
    /// As for [`Sweep::cell`].
    pub fn given(&self, index: u64) -> ValueMap {
        let (block, levels) = self.find(index);
        block.given(&levels).values
    }

    /// All cells, in order.
    pub fn cells(&self) -> impl Iterator<Item = Cell> {
        (0..self.count()).map(|index| self.cell(index))
    }

    /// A cell for people: `tau=100 modulator_input=xy seed=1`.
    pub fn label(&self, cell: &Cell) -> String {
        let pairs: Vec<String> = self
            .axes
            .iter()
            .zip(&cell.axes)
            .filter_map(|(axis, value)| Some(format!("{}={}", axis.name, value.as_ref()?)))
            .collect();
        pairs.join(" ")
    }

    /// The block of an index, and the level of each of its factors.
    pub(crate) fn find(&self, index: u64) -> (&Block, Vec<usize>) {
        let mut rest = index;
        for block in &self.blocks {
            let count = block.count();
            if rest < count {
                return (block, block.levels(rest));
            }
            rest -= count;
        }
        panic!("cell {index} of {}", self.count());
    }
}

/// The axes of all blocks, each name once with all its values.
pub(crate) fn columns(blocks: &[Block]) -> Vec<Axis> {
    let mut columns: Vec<Axis> = Vec::new();
    let mut named = blocks.iter().filter_map(|block| block.name.clone()).peekable();
    if named.peek().is_some() {
        columns.push(Axis {
            name: BLOCK_AXIS.into(),
            values: named.map(Value::Text).collect(),
            key: 0..0,
            spans: Spans::One(0..0),
            when: None,
        });
    }
    for axis in blocks.iter().flat_map(|block| &block.axes) {
        let Some(column) = columns.iter_mut().find(|column| column.name == axis.name) else {
            columns.push(axis.clone());
            continue;
        };
        let known: HashSet<String> = column.values.iter().map(Value::canonical).collect();
        let new = axis.values.iter().filter(|value| !known.contains(&value.canonical()));
        column.values.extend(new.cloned());
    }
    columns
}
