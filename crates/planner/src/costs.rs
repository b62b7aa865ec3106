//! How long new cells take, predicted from finished ones. Pure.
//!
//! A linear model of the logarithm of the seconds, by ridge regression on the parameters that differ among the finished
//! cells: `ln t = b + sum_k w_k x_k`, where `x_k` is a standardised `ln p_k` (numbers above 0), `p_k` (other numbers) or 0 and 1 (is it this
//! text?). The built-in worker's time is proportional to its `batches`, whatever else: there `t` is a batch's. The penalty is the one
//! with the smallest leave-one-out error; its residuals give the interval.

use std::collections::BTreeMap;

use gainsweep_contract::records::Done;
use gainsweep_contract::{Value, ValueMap};
use nalgebra::{DMatrix, DVector};

use crate::words;

/// The share of cells that the interval is to hold.
const COVERAGE: f64 = 0.8;
/// Without two finished cells nobody knows how much they differ: a factor either way.
const UNKNOWN: f64 = 2.0;
/// More features than this say more than a few hundred cells can.
const MOST_FEATURES: usize = 60;
/// Cells that are asked how long they take, of those that are to run.
const ASKED: usize = 5_000;
const PENALTIES: [f64; 7] = [0.01, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4];

/// A finished cell.
pub(crate) struct Finished {
    pub(crate) parameters: ValueMap,
    pub(crate) done: Done,
}

/// The time of one cell, or of several.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Prediction {
    /// The median, in seconds.
    pub(crate) seconds: f64,
    /// Of ten cells one is expected to take less.
    pub(crate) low: f64,
    /// Of ten cells one is expected to take more.
    pub(crate) high: f64,
}

/// One column of the model.
#[derive(Clone, Debug, PartialEq)]
enum Feature {
    /// A number above zero in all finished cells: its logarithm.
    Logarithm(String),
    Number(String),
    /// Is the parameter this (in canonical spelling)?
    Is(String, String),
}

/// What finished cells say.
pub(crate) struct Costs {
    features: Vec<(Feature, f64, f64)>,
    weights: DVector<f64>,
    intercept: f64,
    /// The interval reaches so far either way, in logarithms.
    reach: f64,
    per_batch: bool,
    finished: usize,
    /// Cores of a cell, on average.
    cores: f64,
}

impl Costs {
    /// Learns; `None` without a finished cell. With `built_in`, times are proportional to `batches`.
    pub(crate) fn learn(finished: &[Finished], built_in: bool) -> Option<Costs> {
        let timed = |cell: &&Finished| cell.done.wall_seconds.is_finite() && cell.done.wall_seconds >= 0.0;
        let cells: Vec<&Finished> = finished.iter().filter(timed).collect();
        let count = cells.len();
        let per_batch = built_in && cells.iter().all(|cell| batches(&cell.parameters).is_some());
        let times = DVector::from_iterator(
            count,
            cells.iter().map(|cell| {
                // A clock's tick is the least that can be told.
                cell.done.wall_seconds.max(1e-3).ln() - scale(&cell.parameters, per_batch)
            }),
        );
        if count == 0 {
            return None;
        }
        let cores = cells.iter().map(|cell| cell.done.threads.max(1) as f64).sum::<f64>() / count as f64;
        let rows: Vec<&ValueMap> = cells.iter().map(|cell| &cell.parameters).collect();
        let features = features(&rows, per_batch);
        let matrix =
            DMatrix::from_fn(count, features.len(), |row, column| column_of(&features[column], rows[row]));
        let intercept = times.mean();
        let centred = times.add_scalar(-intercept);
        let fits = PENALTIES.iter().filter_map(|penalty| fit(&matrix, &centred, *penalty));
        let best = fits.min_by(|(_, one), (_, other)| one.norm_squared().total_cmp(&other.norm_squared()));
        let (weights, residuals) =
            best.unwrap_or_else(|| (DVector::zeros(features.len()), left_out(&centred, count)));
        let reach = reach(residuals.iter().map(|residual| residual.abs()).collect());
        Some(Costs { features, weights, intercept, reach, per_batch, finished: count, cores })
    }

    /// The time of a cell with these parameters.
    pub(crate) fn of(&self, parameters: &ValueMap) -> Prediction {
        let columns = self.features.iter().map(|feature| column_of(feature, parameters));
        let sum: f64 = columns.zip(self.weights.iter()).map(|(column, weight)| column * weight).sum();
        let middle = self.intercept + sum + scale(parameters, self.per_batch);
        // Nobody waits longer than this; and the sum of many stays a number.
        let seconds = |logarithm: f64| logarithm.clamp(-7.0, 30.0).exp();
        Prediction {
            seconds: seconds(middle),
            low: seconds(middle - self.reach),
            high: seconds(middle + self.reach),
        }
    }
}

/// What all cells that are to run take.
pub(crate) struct Outlook {
    /// One of them, on average.
    pub(crate) each: Prediction,
    /// The medians of the one that takes least and of the one that takes most.
    pub(crate) range: (f64, f64),
    /// In hours of one core: all of them together.
    pub(crate) core_hours: Prediction,
    /// How many finished cells say so.
    pub(crate) finished: usize,
}

impl Costs {
    /// Of so many cells; more than [`ASKED`] are spoken for by some, spread evenly. `None` without a cell.
    pub(crate) fn outlook(&self, cells: &[u64], parameters: impl Fn(u64) -> ValueMap) -> Option<Outlook> {
        let stride = cells.len().div_ceil(ASKED).max(1);
        let asked: Vec<Prediction> =
            cells.iter().step_by(stride).map(|index| self.of(&parameters(*index))).collect();
        let medians = || asked.iter().map(|one| one.seconds);
        let range = (medians().reduce(f64::min)?, medians().reduce(f64::max)?);
        let each = asked.iter().copied().sum::<Prediction>().times(1.0 / asked.len() as f64);
        let core_hours = each.times(cells.len() as f64 * self.cores / 3600.0);
        Some(Outlook { each, range, core_hours, finished: self.finished })
    }
}

impl Costs {
    /// How many of these cells, from the first, take no more than so many hours of one core together.
    pub(crate) fn within(
        &self,
        cells: &[u64],
        parameters: impl Fn(u64) -> ValueMap,
        core_hours: f64,
    ) -> usize {
        let mut hours = 0.0;
        let fits = |index: &&u64| {
            hours += self.of(&parameters(**index)).seconds * self.cores / 3600.0;
            hours <= core_hours
        };
        cells.iter().take_while(fits).count()
    }
}

impl Outlook {
    /// For people: `about 16 min each (12 min to 19 min, from 42 finished cells), 5.6 core-hours (4.2 to 6.7)`.
    pub(crate) fn words(&self) -> String {
        let Outlook { each, range: (least, most), core_hours, .. } = self;
        let finished = words::count(self.finished as u64, "finished cell");
        let duration = words::duration;
        let one = if *most > 1.2 * *least {
            format!("about {} to {} each (from {finished})", duration(*least), duration(*most))
        } else {
            let (low, high) = (duration(each.low), duration(each.high));
            let range = if low == high { String::new() } else { format!("{low} to {high}, ") };
            format!("about {} each ({range}from {finished})", duration(each.seconds))
        };
        let hours = |hours: f64| if hours < 0.095 { format!("{hours:.2}") } else { format!("{hours:.1}") };
        let (low, high) = (hours(core_hours.low), hours(core_hours.high));
        let range = if low == high { String::new() } else { format!(" ({low} to {high})") };
        format!("{one}, {} core-hours{range}", hours(core_hours.seconds))
    }
}

impl std::iter::Sum for Prediction {
    /// Cells that take long take long together: the ends are added, too.
    fn sum<I: Iterator<Item = Prediction>>(cells: I) -> Prediction {
        cells.fold(Prediction::default(), |sum, cell| Prediction {
            seconds: sum.seconds + cell.seconds,
            low: sum.low + cell.low,
            high: sum.high + cell.high,
        })
    }
}

impl Prediction {
    /// The same, so many times.
    pub(crate) fn times(self, factor: f64) -> Prediction {
        Prediction { seconds: self.seconds * factor, low: self.low * factor, high: self.high * factor }
    }
}

fn batches(parameters: &ValueMap) -> Option<f64> {
    // An analysis trains nothing, whatever its network's training was.
    let trained = !parameters.contains_key("network");
    parameters.get("batches").and_then(Value::as_number).filter(|batches| trained && *batches > 0.0)
}

fn scale(parameters: &ValueMap, per_batch: bool) -> f64 {
    batches(parameters).filter(|_| per_batch).map_or(0.0, f64::ln)
}

/// The columns that differ among these cells, each with its mean and deviation.
fn features(rows: &[&ValueMap], per_batch: bool) -> Vec<(Feature, f64, f64)> {
    let mut values: BTreeMap<&String, Vec<&Value>> = BTreeMap::new();
    for row in rows {
        for (name, value) in *row {
            // Seeds name random numbers; as numbers they mean nothing.
            if !(name == "seed" || name == "test_seed" || name == "network" || per_batch && name == "batches")
            {
                values.entry(name).or_default().push(value);
            }
        }
    }
    let mut features = Vec::new();
    for (name, values) in values {
        let numbers: Vec<f64> =
            values.iter().filter_map(|value| value.as_number()).filter(|number| number.is_finite()).collect();
        if numbers.len() == values.len() {
            let positive = numbers.iter().all(|number| *number > 0.0);
            features.push(if positive {
                Feature::Logarithm(name.clone())
            } else {
                Feature::Number(name.clone())
            });
        } else {
            let mut spellings: Vec<String> = values.iter().map(|value| value.canonical()).collect();
            spellings.sort();
            spellings.dedup();
            // One fewer: the last is what none of the others is.
            spellings.pop();
            features.extend(spellings.into_iter().map(|spelling| Feature::Is(name.clone(), spelling)));
        }
    }
    let measured = features.into_iter().filter_map(|feature| {
        let raw: Vec<f64> = rows.iter().map(|row| raw(&feature, row).unwrap_or(0.0)).collect();
        let mean = raw.iter().sum::<f64>() / raw.len() as f64;
        let deviation =
            (raw.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / raw.len() as f64).sqrt();
        (deviation > 1e-9).then_some((feature, mean, deviation))
    });
    measured.take(MOST_FEATURES).collect()
}

fn raw(feature: &Feature, parameters: &ValueMap) -> Option<f64> {
    let number =
        |name: &String| parameters.get(name).and_then(Value::as_number).filter(|number| number.is_finite());
    match feature {
        Feature::Logarithm(name) => number(name).filter(|number| *number > 0.0).map(f64::ln),
        Feature::Number(name) => number(name),
        Feature::Is(name, spelling) => {
            Some(f64::from(u8::from(parameters.get(name)?.canonical() == *spelling)))
        }
    }
}

/// Standardised; what a cell does not have is like the mean.
fn column_of((feature, mean, deviation): &(Feature, f64, f64), parameters: &ValueMap) -> f64 {
    raw(feature, parameters).map_or(0.0, |raw| (raw - mean) / deviation)
}

/// Weights, and the residual of each cell where it is left out: `e_i / (1 - h_ii)`.
fn fit(matrix: &DMatrix<f64>, times: &DVector<f64>, penalty: f64) -> Option<(DVector<f64>, DVector<f64>)> {
    let count = matrix.nrows();
    if matrix.ncols() == 0 {
        return None;
    }
    let normal = matrix.transpose() * matrix + DMatrix::identity(matrix.ncols(), matrix.ncols()) * penalty;
    let inverse = normal.cholesky()?.inverse();
    let weights = &inverse * matrix.transpose() * times;
    let errors = times - matrix * &weights;
    let spread = matrix * inverse;
    let residuals = DVector::from_fn(count, |row, _| {
        let leverage = 1.0 / count as f64 + spread.row(row).dot(&matrix.row(row));
        errors[row] / (1.0 - leverage).max(1e-3)
    });
    Some((weights, residuals))
}

/// Each against the mean of the others.
fn left_out(centred: &DVector<f64>, count: usize) -> DVector<f64> {
    if count < 2 { DVector::zeros(0) } else { centred * (count as f64 / (count as f64 - 1.0)) }
}

/// How far the interval must reach for its share of new cells: the rank that a new cell would have among the residuals.
fn reach(mut residuals: Vec<f64>) -> f64 {
    residuals.sort_by(f64::total_cmp);
    let rank = (COVERAGE * (residuals.len() + 1) as f64).ceil() as usize;
    match (residuals.get(rank.max(1) - 1), residuals.last()) {
        (Some(reach), _) => *reach,
        // Too few to say: half as far again as the worst.
        (None, Some(worst)) if residuals.len() > 1 => (1.5 * worst).max(0.1),
        _ => UNKNOWN.ln(),
    }
}

#[cfg(test)]
#[path = "costs/tests.rs"]
mod tests;
