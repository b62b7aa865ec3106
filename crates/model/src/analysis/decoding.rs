//! Linear decoding of the sources from a population (paper, Methods, "Decoding of sources").

use nalgebra::{DMatrix, DVector};

use crate::array::Array;

/// A linear decoder with an intercept, fitted by ordinary least squares.
#[derive(Clone, Debug)]
pub struct LinearDecoder {
    /// `[features, targets]`.
    weights: DMatrix<f64>,
    feature_mean: DVector<f64>,
    target_mean: DVector<f64>,
}

/// Singular values below this share of the largest count as zero. A population that a few signals modulate has a
/// low rank; float noise in the remaining directions must not be decoded from. (The published code's library cuts
/// here, too.)
const RANK_TOLERANCE: f64 = 1e-6;

fn matrix(array: &Array) -> DMatrix<f64> {
    let elements = array.data().iter().map(|element| f64::from(*element));
    DMatrix::from_row_iterator(array.shape()[0], array.row_len(), elements)
}

fn column_means(matrix: &DMatrix<f64>) -> DVector<f64> {
    matrix.row_mean().transpose()
}

fn centred(mut matrix: DMatrix<f64>, mean: &DVector<f64>) -> DMatrix<f64> {
    for mut row in matrix.row_iter_mut() {
        row -= mean.transpose();
    }
    matrix
}

impl LinearDecoder {
    /// Fits `targets` `[samples, targets]` to `features` `[samples, features]`. Collinear features share the weight
    /// (minimum norm); `None` when the numbers are not finite.
    pub fn fit(features: &Array, targets: &Array) -> Option<LinearDecoder> {
        if !features.is_finite() || !targets.is_finite() {
            return None;
        }
        let (features, targets) = (matrix(features), matrix(targets));
        let (feature_mean, target_mean) = (column_means(&features), column_means(&targets));
        let (features, targets) = (centred(features, &feature_mean), centred(targets, &target_mean));
        // QR first: the singular values of R are those of the features, and R is small.
        let factors = features.qr();
        let projected = factors.q().transpose() * targets;
        let decomposition = factors.r().svd(true, true);
        let tolerance = decomposition.singular_values.max() * RANK_TOLERANCE;
        let weights = decomposition.solve(&projected, tolerance).ok()?;
        Some(LinearDecoder { weights, feature_mean, target_mean })
    }

    /// R2 of the decoded `targets`, mean over targets (1 - residual / total sum of squares).
    pub fn score(&self, features: &Array, targets: &Array) -> f64 {
        let targets = matrix(targets);
        let mean = column_means(&targets);
        let mut predicted = centred(matrix(features), &self.feature_mean) * &self.weights;
        for mut row in predicted.row_iter_mut() {
            row += self.target_mean.transpose();
        }
        let residual = (&targets - predicted).map(|value| value * value).row_sum();
        let total = centred(targets, &mean).map(|value| value * value).row_sum();
        residual.iter().zip(total.iter()).map(|(residual, total)| 1.0 - residual / total).sum::<f64>()
            / residual.len() as f64
    }
}

/// R2 of the sources decoded from a population, one for each context after the first `training_contexts`, which
/// the decoder is fitted on. `activity` is `[contexts * samples, units]`, `sources` `[contexts * samples, S]`.
/// `None` when the activity is not finite or there is nothing to fit.
pub fn source_decoding(
    activity: &Array,
    sources: &Array,
    training_contexts: usize,
    samples: usize,
) -> Option<Vec<f64>> {
    let contexts = sources.shape()[0] / samples;
    let end = training_contexts * samples;
    if end == 0 || end > sources.shape()[0] {
        return None;
    }
    let decoder = LinearDecoder::fit(&activity.rows(0, end), &sources.rows(0, end))?;
    let score = |context: usize| {
        let (start, end) = (context * samples, (context + 1) * samples);
        decoder.score(&activity.rows(start, end), &sources.rows(start, end))
    };
    Some((training_contexts..contexts).map(score).collect())
}
