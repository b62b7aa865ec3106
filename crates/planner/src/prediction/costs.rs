//! Time and memory of new cells, predicted from finished ones. Pure.
//!
//! The time of the built-in worker is proportional to its `batches`. So the time of a batch is learned.

mod regression;

use gainsweep_contract::records::Done;
use gainsweep_contract::{Value, ValueMap};
use serde::Serialize;

use self::regression::Regression;
use crate::prediction::spending::hours;
use crate::screen::wording;

/// Number of cells to run that are predicted one by one; more are sampled.
const ASKED: usize = 5_000;

/// A finished cell.
pub(crate) struct Finished {
    pub(crate) parameters: ValueMap,
    pub(crate) done: Done,
    /// The peak memory of its worker, if known.
    pub(crate) peak_bytes: Option<u64>,
}

/// A prediction for one cell, or for several.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Prediction {
    /// The median. Times are in seconds, memory in MiB.
    pub(crate) middle: f64,
    /// One of ten cells is expected to need less.
    pub(crate) low: f64,
    /// One of ten cells is expected to need more.
    pub(crate) high: f64,
}

/// The source of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Finished,
    /// Measured on this machine, a few batches each.
    Benchmark,
}

/// A model of costs, learned from finished cells.
pub(crate) struct Costs {
    /// Predicts the logarithm of seconds, or of the seconds of a batch.
    time: Regression,
    per_batch: bool,
    /// Predicts the logarithm of MiB.
    memory: Option<Regression>,
    cells: usize,
    source: Source,
    /// Cores used by a cell, on average.
    cores: f64,
}

impl Costs {
    /// Learns; `None` without cells. With `built_in`, times are proportional to `batches`.
    pub(crate) fn learn(finished: &[Finished], built_in: bool, source: Source) -> Option<Costs> {
        let timed = |cell: &&Finished| cell.done.wall_seconds.is_finite() && cell.done.wall_seconds >= 0.0;
        let cells: Vec<&Finished> = finished.iter().filter(timed).collect();
        let per_batch = built_in && cells.iter().all(|cell| batches(&cell.parameters).is_some());
        // No time is shorter than a tick of the clock.
        let logarithm =
            |cell: &&Finished| cell.done.wall_seconds.max(1e-3).ln() - scale(&cell.parameters, per_batch);
        let rows: Vec<&ValueMap> = cells.iter().map(|cell| &cell.parameters).collect();
        // Seeds are names of random streams; as numbers they mean nothing.
        let seeds = ["seed", "test_seed", "network"];
        let without = [&seeds[..], if per_batch { &["batches"] } else { &[] }].concat();
        let time = Regression::learn(&rows, cells.iter().map(logarithm).collect(), &without)?;
        let measured = cells.iter().filter_map(|cell| {
            let mib = cell.peak_bytes.filter(|bytes| *bytes > 0)? as f64 / f64::from(1 << 20);
            Some((&cell.parameters, mib.ln()))
        });
        let (rows, logarithms): (Vec<&ValueMap>, Vec<f64>) = measured.unzip();
        let memory = Regression::learn(&rows, logarithms, &seeds);
        let cores =
            cells.iter().map(|cell| cell.done.threads.max(1) as f64).sum::<f64>() / cells.len() as f64;
        Some(Costs { time, per_batch, memory, cells: cells.len(), source, cores })
    }

    /// The time of a cell with these parameters, in seconds.
    pub(crate) fn of(&self, parameters: &ValueMap) -> Prediction {
        Prediction::of(self.time.of(parameters) + scale(parameters, self.per_batch), self.time.reach)
    }

    /// The memory of a cell with these parameters, in MiB, if known.
    pub(crate) fn memory_of(&self, parameters: &ValueMap) -> Option<Prediction> {
        let memory = self.memory.as_ref()?;
        Some(Prediction::of(memory.of(parameters), memory.reach))
    }
}

/// The predicted cost of all cells to run.
pub(crate) struct Outlook {
    /// Seconds of a cell, on average.
    pub(crate) each: Prediction,
    /// The medians of the cheapest and of the dearest cell.
    pub(crate) range: (f64, f64),
    /// MiB of the cell that needs most, if known.
    pub(crate) memory: Option<f64>,
    /// Core-hours of all cells together.
    pub(crate) core_hours: Prediction,
    /// Number of cells that this was learned from.
    pub(crate) cells: usize,
    pub(crate) source: Source,
}

impl Costs {
    /// Predicts for these cells. More than [`ASKED`] are sampled, spread evenly. `None` without cells.
    pub(crate) fn outlook(&self, cells: &[u64], parameters: impl Fn(u64) -> ValueMap) -> Option<Outlook> {
        let stride = cells.len().div_ceil(ASKED).max(1);
        let asked: Vec<ValueMap> = cells.iter().step_by(stride).map(|index| parameters(*index)).collect();
        let memory = asked.iter().filter_map(|one| Some(self.memory_of(one)?.middle)).reduce(f64::max);
        let asked: Vec<Prediction> = asked.iter().map(|one| self.of(one)).collect();
        let medians = || asked.iter().map(|one| one.middle);
        let range = (medians().reduce(f64::min)?, medians().reduce(f64::max)?);
        let each = asked.iter().copied().sum::<Prediction>().times(1.0 / asked.len() as f64);
        let core_hours = each.times(cells.len() as f64 * self.cores / 3600.0);
        Some(Outlook { each, range, memory, core_hours, cells: self.cells, source: self.source })
    }

    /// How many of these cells, from the first, fit into this many core-hours together.
    pub(crate) fn within(
        &self,
        cells: &[u64],
        parameters: impl Fn(u64) -> ValueMap,
        core_hours: f64,
    ) -> usize {
        let mut hours = 0.0;
        let fits = |index: &&u64| {
            hours += self.of(&parameters(**index)).middle * self.cores / 3600.0;
            hours <= core_hours
        };
        cells.iter().take_while(fits).count()
    }
}

impl Outlook {
    /// For people: `about 16 min each (12 min to 19 min, from 42 finished cells), 52 MiB, 5.6 core-hours (4.2 to 6.7)`.
    pub(crate) fn words(&self) -> String {
        let Outlook { each, range: (least, most), memory, core_hours, .. } = self;
        let finished = match self.source {
            Source::Finished => wording::count(self.cells as u64, "finished cell"),
            Source::Benchmark => format!("a benchmark of {} here", wording::count(self.cells as u64, "cell")),
        };
        let memory = memory.map_or_else(String::new, |most| format!(", {most:.0} MiB"));
        let duration = wording::duration;
        let one = if *most > 1.2 * *least {
            format!("about {} to {} each (from {finished})", duration(*least), duration(*most))
        } else {
            let (low, high) = (duration(each.low), duration(each.high));
            let range = if low == high { String::new() } else { format!("{low} to {high}, ") };
            format!("about {} each ({range}from {finished})", duration(each.middle))
        };
        let (low, high) = (hours(core_hours.low), hours(core_hours.high));
        let range = if low == high { String::new() } else { format!(" ({low} to {high})") };
        format!("{one}{memory}, {} core-hours{range}", hours(core_hours.middle))
    }
}

impl std::iter::Sum for Prediction {
    /// Errors of similar cells go the same way, so the ends of the intervals are added, too.
    fn sum<I: Iterator<Item = Prediction>>(cells: I) -> Prediction {
        cells.fold(Prediction::default(), |sum, cell| Prediction {
            middle: sum.middle + cell.middle,
            low: sum.low + cell.low,
            high: sum.high + cell.high,
        })
    }
}

impl Prediction {
    fn of(logarithm: f64, reach: f64) -> Prediction {
        // Bounds keep the sum of many cells finite.
        let number = |logarithm: f64| logarithm.clamp(-7.0, 30.0).exp();
        Prediction {
            middle: number(logarithm),
            low: number(logarithm - reach),
            high: number(logarithm + reach),
        }
    }

    /// This prediction times a factor.
    pub(crate) fn times(self, factor: f64) -> Prediction {
        Prediction { middle: self.middle * factor, low: self.low * factor, high: self.high * factor }
    }
}

/// The training batches of a cell of the built-in worker; `None` if it does not train.
pub(crate) fn batches(parameters: &ValueMap) -> Option<f64> {
    // An analysis does not train, although it has its network's `batches`.
    let trained = !parameters.contains_key("network");
    parameters.get("batches").and_then(Value::as_number).filter(|batches| trained && *batches > 0.0)
}

fn scale(parameters: &ValueMap, per_batch: bool) -> f64 {
    batches(parameters).filter(|_| per_batch).map_or(0.0, f64::ln)
}

#[cfg(test)]
#[path = "costs/tests.rs"]
mod tests;
