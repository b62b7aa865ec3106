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

/// Singular values below this share of the largest one count as zero. A population that a few signals
/// modulate has a low rank; the decoder must not use float noise in the other directions. (The published
/// code's library has the same cutoff.)
pub(super) const RANK_TOLERANCE: f64 = 1e-6;

/// The array as a matrix.
pub(super) fn matrix(array: &Array) -> DMatrix<f64> {
    let elements = array.data().iter().map(|element| f64::from(*element));
    DMatrix::from_row_iterator(array.shape()[0], array.row_len(), elements)
}

pub(super) fn column_means(matrix: &DMatrix<f64>) -> DVector<f64> {
    matrix.row_mean().transpose()
}

pub(super) fn centred(mut matrix: DMatrix<f64>, mean: &DVector<f64>) -> DMatrix<f64> {
    for mut row in matrix.row_iter_mut() {
        row -= mean.transpose();
    }
    matrix
}

impl LinearDecoder {
    /// Fits `targets` `[samples, targets]` to `features` `[samples, features]`. Collinear features share the
    /// weight (minimum norm). `None` if the numbers are not finite.
    pub fn fit(features: &Array, targets: &Array) -> Option<LinearDecoder> {
        LinearDecoder::fit_matrices(matrix(features), matrix(targets))
    }

    /// The same for matrices.
    pub(super) fn fit_matrices(features: DMatrix<f64>, targets: DMatrix<f64>) -> Option<LinearDecoder> {
        let finite = |matrix: &DMatrix<f64>| matrix.iter().all(|value| value.is_finite());
        if features.nrows() == 0 || !finite(&features) || !finite(&targets) {
            return None;
        }
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

    fn predict(&self, features: DMatrix<f64>) -> DMatrix<f64> {
        let mut predicted = centred(features, &self.feature_mean) * &self.weights;
        for mut row in predicted.row_iter_mut() {
            row += self.target_mean.transpose();
        }
        predicted
    }

    /// The decoder's outputs `[samples, targets]` for features `[samples, features]`.
    pub fn outputs(&self, features: &Array) -> Array {
        let predicted = self.predict(matrix(features));
        let shape = [predicted.nrows(), predicted.ncols()];
        Array::new(&shape, predicted.transpose().iter().map(|value| *value as f32).collect())
    }

    /// R2 of the decoded `targets`, mean over targets (1 - residual / total sum of squares).
    pub fn score(&self, features: &Array, targets: &Array) -> f64 {
        self.score_matrices(matrix(features), matrix(targets))
    }

    /// The same for matrices.
    pub(super) fn score_matrices(&self, features: DMatrix<f64>, targets: DMatrix<f64>) -> f64 {
        let mean = column_means(&targets);
        let residual = (&targets - self.predict(features)).map(|value| value * value).row_sum();
        let total = centred(targets, &mean).map(|value| value * value).row_sum();
        residual.iter().zip(total.iter()).map(|(residual, total)| 1.0 - residual / total).sum::<f64>()
            / residual.len() as f64
    }
}

/// R2 of the sources decoded from a population, for each context after the first `training_contexts`, in
/// which the decoder is fitted. `activity` is `[contexts * samples, units]`, `sources` `[contexts * samples,
/// S]`. `None` if the activity is not finite or there is nothing to fit.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two independent waves, `samples` of each.
    fn waves(samples: usize) -> Array {
        let data = (0..samples).flat_map(|i| [(i as f32 * 0.3).sin(), (i as f32 * 0.11).cos()]);
        Array::new(&[samples, 2], data.collect())
    }

    #[test]
    fn a_mixture_is_unmixed_only_where_it_is_the_same_mixture() {
        let sources = waves(400);
        // y = 2 s1 + s2, s1 - s2 in the first half; signs reversed in the second.
        let mixed = (0..400).flat_map(|i| {
            let (row, sign) = (sources.row(i), if i < 200 { 1.0 } else { -1.0 });
            [sign * (2.0 * row[0] + row[1]) + 3.0, sign * (row[0] - row[1])]
        });
        let activity = Array::new(&[400, 2], mixed.collect());
        let scores = source_decoding(&activity, &sources, 1, 100).expect("scores");
        assert_eq!(scores.len(), 3);
        assert!(scores[0] > 0.999_99, "{scores:?}");
        // The decoded source is -s: 1 - 4 var / var.
        assert!(scores[1] < -2.9 && scores[2] < -2.9, "{scores:?}");
    }

    #[test]
    fn what_is_half_noise_has_half_the_variance_explained() {
        // s + n with n orthogonal to s and of the same strength: the best slope is 1/2, and R2 is 1/2.
        let samples = 1000;
        let wave = |i: usize, cycles: f64| {
            ((i as f64 * cycles / samples as f64 * std::f64::consts::TAU).sin()) as f32
        };
        let sources = Array::new(&[samples, 1], (0..samples).map(|i| wave(i, 7.0)).collect());
        let activity =
            Array::new(&[samples, 1], (0..samples).map(|i| wave(i, 7.0) + wave(i, 13.0)).collect());
        let decoder = LinearDecoder::fit(&activity, &sources).expect("a decoder");
        assert!((decoder.score(&activity, &sources) - 0.5).abs() < 1e-5);
    }

    proptest! {
        /// An invertible linear map of the activity does not change R2 of least squares.
        #[test]
        fn decoding_knows_no_basis(a in 0.5..2.0f32, b in -1.0..1.0f32, c in -1.0..1.0f32) {
            let noisy = Array::new(&[100, 2], waves(100).data().iter().enumerate()
                .map(|(i, value)| value + ((i * 7919 % 13) as f32 - 6.0) * 0.1).collect());
            let mapped = (0..100).flat_map(|i| {
                let row = noisy.row(i);
                [a * row[0] + b * row[1] + c, row[1] - 2.0]
            });
            let mapped = Array::new(&[100, 2], mapped.collect());
            let score = |activity: &Array| {
                let decoder = LinearDecoder::fit(activity, &waves(100)).expect("a decoder");
                decoder.score(activity, &waves(100))
            };
            prop_assert!((score(&noisy) - score(&mapped)).abs() < 1e-3);
        }
    }
}
