//! A linear model of a logarithm, by ridge regression on the parameters that differ among the finished cells:
//! `ln y = b + sum_k w_k x_k`. Here `x_k` is a standardised `ln p_k` (numbers above 0), `p_k` (other
//! numbers), or 0 or 1 (is it this text?). The penalty is the one with the smallest leave-one-out error; its
//! residuals give the interval.

use std::collections::BTreeMap;

use gainsweep_contract::{Value, ValueMap};
use nalgebra::{DMatrix, DVector};

/// The share of cells that the interval should contain.
const COVERAGE: f64 = 0.8;
/// With fewer than two finished cells their spread is unknown: assume this factor either way.
const UNKNOWN: f64 = 2.0;
/// More features than this cannot be learned from a few hundred cells.
const MOST_FEATURES: usize = 60;
const PENALTIES: [f64; 7] = [0.01, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4];

/// One column of the model.
#[derive(Clone, Debug, PartialEq)]
enum Feature {
    /// A number above zero in all finished cells: its logarithm.
    Logarithm(String),
    Number(String),
    /// Is the parameter this (in canonical spelling)?
    Is(String, String),
}

/// The model.
pub(super) struct Regression {
    features: Vec<(Feature, f64, f64)>,
    weights: DVector<f64>,
    intercept: f64,
    /// Half the width of the interval.
    pub(super) reach: f64,
}

impl Regression {
    /// Learns logarithms of cells with these parameters, except the parameters in `without`; `None` without
    /// cells.
    pub(super) fn learn(rows: &[&ValueMap], logarithms: Vec<f64>, without: &[&str]) -> Option<Regression> {
        let count = rows.len();
        if count == 0 {
            return None;
        }
        let values = DVector::from_vec(logarithms);
        let features = features(rows, without);
        let matrix =
            DMatrix::from_fn(count, features.len(), |row, column| column_of(&features[column], rows[row]));
        let intercept = values.mean();
        let centred = values.add_scalar(-intercept);
        let fits = PENALTIES.iter().filter_map(|penalty| fit(&matrix, &centred, *penalty));
        let best = fits.min_by(|(_, one), (_, other)| one.norm_squared().total_cmp(&other.norm_squared()));
        let (weights, residuals) =
            best.unwrap_or_else(|| (DVector::zeros(features.len()), left_out(&centred, count)));
        let reach = reach(residuals.iter().map(|residual| residual.abs()).collect());
        Some(Regression { features, weights, intercept, reach })
    }

    /// The logarithm of a cell with these parameters.
    pub(super) fn of(&self, parameters: &ValueMap) -> f64 {
        let columns = self.features.iter().map(|feature| column_of(feature, parameters));
        let sum: f64 = columns.zip(self.weights.iter()).map(|(column, weight)| column * weight).sum();
        self.intercept + sum
    }
}

/// The columns that differ among these cells, each with its mean and deviation.
fn features(rows: &[&ValueMap], without: &[&str]) -> Vec<(Feature, f64, f64)> {
    let mut values: BTreeMap<&String, Vec<&Value>> = BTreeMap::new();
    for row in rows {
        for (name, value) in *row {
            if !without.contains(&name.as_str()) {
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
            // One column fewer: the last spelling is the one with zeros in all others.
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

/// The standardised value; 0, the mean, for a missing parameter.
fn column_of((feature, mean, deviation): &(Feature, f64, f64), parameters: &ValueMap) -> f64 {
    raw(feature, parameters).map_or(0.0, |raw| (raw - mean) / deviation)
}

/// Weights, and the leave-one-out residual of each cell: `e_i / (1 - h_ii)`.
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

/// The residual of each cell against the mean of the others.
fn left_out(centred: &DVector<f64>, count: usize) -> DVector<f64> {
    if count < 2 { DVector::zeros(0) } else { centred * (count as f64 / (count as f64 - 1.0)) }
}

/// Half the width of an interval for this share of new cells: the rank that a new cell would have among the
/// residuals.
fn reach(mut residuals: Vec<f64>) -> f64 {
    residuals.sort_by(f64::total_cmp);
    let rank = (COVERAGE * (residuals.len() + 1) as f64).ceil() as usize;
    match (residuals.get(rank.max(1) - 1), residuals.last()) {
        (Some(reach), _) => *reach,
        // Too few residuals: one and a half times the worst.
        (None, Some(worst)) if residuals.len() > 1 => (1.5 * worst).max(0.1),
        _ => UNKNOWN.ln(),
    }
}
