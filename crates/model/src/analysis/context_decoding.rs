//! Decoding of the context (paper, Figure 7, and Methods, "Decoding of the context").
//!
//! Contexts lie on a grid: A = [[a, 1-a], [b, 1-b]] with |a - b| above the threshold of the determinant. The
//! test runs through them in random order. Features are the mean activity over the last half of each context.
//! Decoders are ordinary least squares with an intercept; R2 comes from 5-fold cross validation with shuffled
//! folds.

use gainsweep_contract::analysis::DECODERS;
use nalgebra::DMatrix;

use super::decoding::{LinearDecoder, RANK_TOLERANCE, centred, column_means};
use super::findings::{field, mixing, tagged};
use super::statistics::{deviation, mean};
use super::{AnalysisError, Findings, Subject, undefined};
use crate::array::Array;
use crate::random::Stream;
use crate::testing;

const FOLDS: usize = 5;

/// The contexts (a, b) of a grid of `points` x `points` over the unit square with |a - b| above `threshold`.
fn context_grid(points: usize, threshold: f64) -> Vec<[f64; 2]> {
    let place = |index: usize| index as f64 / (points as f64 - 1.0);
    let pairs = (0..points).flat_map(|a| (0..points).map(move |b| (a, b)));
    // Compare whole steps: rounding must not decide about a context at the threshold.
    let apart = |(a, b): &(usize, usize)| place(a.abs_diff(*b)) > threshold + 1e-9;
    pairs.filter(apart).map(|(a, b)| [place(a), place(b)]).collect()
}

pub(super) fn run(subject: &mut Subject<'_>) -> Result<Findings, AnalysisError> {
    let experiment = subject.experiment;
    let parameters = experiment.parameters();
    let mut grid = context_grid(subject.count("context_grid"), parameters.number("determinant_threshold"));
    if grid.len() < 2 * FOLDS {
        return Err(AnalysisError::Undefined(format!(
            "the grid has {} contexts, too few for {FOLDS} folds: raise `context_grid` or lower `determinant_threshold`",
            grid.len()
        )));
    }
    shuffle(&mut grid, &mut experiment.test_stream("context_decoding/order", 0));
    let entries = grid.iter().flat_map(|[a, b]| [*a, 1.0 - a, *b, 1.0 - b]).map(|entry| entry as f32);
    let contexts = Array::new(&[grid.len(), 2, 2], entries.collect());

    let (stage, decoder) = (parameters.optional_text("stage"), parameters.optional_text("decoder"));
    let looked_at = stage.map_or_else(|| parameters.model().stages().to_vec(), |stage| vec![stage]);
    // The few signals behind the gains; in some networks they are also a stage.
    let signals = experiment.network().gains().map(|gains| gains.signals);
    let more = signals.filter(|signals| !looked_at.contains(signals));
    let record: Vec<&str> = looked_at.iter().copied().chain(more).collect();
    let means = settled_means(subject, contexts.clone(), &record)?;

    let folds = folds(grid.len(), &mut experiment.test_stream("context_decoding/folds", 0));
    let mut found = Findings::default();
    for (name, features) in looked_at.iter().zip(&means) {
        for kind in DECODERS.into_iter().filter(|kind| decoder.is_none_or(|wanted| wanted == *kind)) {
            let scores = cross_validated(features, &grid, kind, &folds);
            let tags = [(*name, stage.is_some()), (kind, decoder.is_some())];
            found.metric(tagged("r2", &tags), mean(&scores));
            found.metric(tagged("r2_sd", &tags), deviation(&scores));
            found.rows.extend(scores.iter().enumerate().map(|(fold, score)| {
                vec![
                    field("stage", *name),
                    field("decoder", kind),
                    field("fold", fold + 1),
                    field("r2", *score),
                ]
            }));
        }
    }
    found.metric("contexts", grid.len() as f64);
    let signals = record.iter().position(|name| Some(*name) == signals).map(|place| &means[place]);
    found.rows.extend((0..grid.len()).map(|context| {
        let mut row = vec![field("context", context + 1)];
        row.extend(mixing(contexts.row(context)));
        let values =
            signals.into_iter().flat_map(|means| means.row(context).iter().copied().collect::<Vec<_>>());
        row.extend(
            values.enumerate().map(|(index, value)| field(format!("modulation_{}", index + 1), value)),
        );
        row
    }));
    Ok(found)
}

/// For each trace, the mean over the last half of each context `[contexts, units]`.
fn settled_means(
    subject: &mut Subject<'_>,
    contexts: Array,
    record: &[&str],
) -> Result<Vec<DMatrix<f64>>, AnalysisError> {
    let count = contexts.shape()[0];
    let inputs = subject.experiment.test_in(contexts, 0);
    let mut means: Vec<Vec<f64>> = vec![Vec::new(); record.len()];
    let weights = subject.weights;
    testing::each_context(subject.engine, &|_| weights, &inputs, record, |_, traces| {
        for (means, array) in means.iter_mut().zip(traces) {
            means.extend(super::column_means(&array, inputs.samples / 2, inputs.samples));
        }
    })?;
    if !means.iter().flatten().all(|mean| mean.is_finite()) {
        return Err(undefined("the network's activity is not finite"));
    }
    Ok(means.into_iter().map(|means| DMatrix::from_row_iterator(count, means.len() / count, means)).collect())
}

fn shuffle<T>(items: &mut [T], stream: &mut Stream) {
    for last in (1..items.len()).rev() {
        items.swap(last, stream.below(last + 1));
    }
}

/// Shuffled folds of `count` contexts, of sizes as equal as possible.
fn folds(count: usize, stream: &mut Stream) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..count).collect();
    shuffle(&mut order, stream);
    (0..FOLDS).map(|fold| order[fold * count / FOLDS..(fold + 1) * count / FOLDS].to_vec()).collect()
}

/// R2 in each fold of a decoder fitted in the others; not-a-number if it has as many features as contexts.
fn cross_validated(
    features: &DMatrix<f64>,
    contexts: &[[f64; 2]],
    decoder: &str,
    folds: &[Vec<usize>],
) -> Vec<f64> {
    let targets: Vec<Vec<f64>> = contexts.iter().map(|context| target(*context, decoder)).collect();
    let pick = |rows: &[usize]| {
        let flat = rows.iter().flat_map(|row| targets[*row].iter().copied());
        let targets = DMatrix::from_row_iterator(rows.len(), targets[0].len(), flat);
        (features.select_rows(rows), targets)
    };
    let one = |fold: usize| {
        let others: Vec<usize> = folds
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != fold)
            .flat_map(|(_, rows)| rows.clone())
            .collect();
        let ((training, wanted), (test, truth)) = (pick(&others), pick(&folds[fold]));
        if decoder != "quadratic" {
            let fitted = LinearDecoder::fit_matrices(training, wanted)?;
            return Some(fitted.score_matrices(test, truth));
        }
        let expansion = Expansion::of(&training)?;
        let fitted = LinearDecoder::fit_matrices(expansion.expand(&training), wanted)?;
        Some(fitted.score_matrices(expansion.expand(&test), truth))
    };
    (0..folds.len()).map(|fold| one(fold).unwrap_or(f64::NAN)).collect()
}

/// The target of the decoder: the context, or the four entries of its inverse.
fn target([a, b]: [f64; 2], decoder: &str) -> Vec<f64> {
    if decoder == "inverse" {
        // The inverse of [[a, 1-a], [b, 1-b]], whose determinant is a - b.
        let determinant = a - b;
        vec![(1.0 - b) / determinant, (a - 1.0) / determinant, -b / determinant, a / determinant]
    } else {
        vec![a, b]
    }
}

/// Quadratic expansion: features, their squares and products. Collinear features (a population that a few
/// signals modulate) are first replaced by the directions in which they vary, with equal scale. That keeps
/// the space of quadratic functions, and so R2, but makes it small.
struct Expansion {
    mean: nalgebra::DVector<f64>,
    /// `[features, directions]`
    directions: DMatrix<f64>,
}

impl Expansion {
    /// `None` if the expansion has as many features as there are samples: it would fit any target.
    fn of(features: &DMatrix<f64>) -> Option<Expansion> {
        let samples = features.nrows();
        let mean = column_means(features);
        let decomposition = centred(features.clone(), &mean).svd(false, true);
        let tolerance = decomposition.singular_values.max() * RANK_TOLERANCE;
        let kept: Vec<usize> = (0..decomposition.singular_values.len())
            .filter(|index| decomposition.singular_values[*index] > tolerance)
            .collect();
        if kept.is_empty() || kept.len() + kept.len() * (kept.len() + 1) / 2 + 1 >= samples {
            return None;
        }
        let along = decomposition.v_t?;
        let directions = DMatrix::from_fn(features.ncols(), kept.len(), |feature, direction| {
            let index = kept[direction];
            along[(index, feature)] / decomposition.singular_values[index] * (samples as f64).sqrt()
        });
        Some(Expansion { mean, directions })
    }

    fn expand(&self, features: &DMatrix<f64>) -> DMatrix<f64> {
        let along = centred(features.clone(), &self.mean) * &self.directions;
        let count = along.ncols();
        let products: Vec<(usize, usize)> =
            (0..count).flat_map(|one| (one..count).map(move |other| (one, other))).collect();
        DMatrix::from_fn(along.nrows(), count + products.len(), |row, column| {
            match column.checked_sub(count) {
                None => along[(row, column)],
                Some(product) => {
                    let (one, other) = products[product];
                    along[(row, one)] * along[(row, other)]
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_has_272_contexts() {
        assert_eq!(context_grid(20, 0.2).len(), 272);
        // Steps of 0.1: contexts at a distance of 0.2 are not above 0.2.
        assert_eq!(context_grid(11, 0.2).len(), 2 * (1..=8).sum::<usize>());
    }

    #[test]
    fn inverses_undo_their_contexts() {
        let [a, b] = [0.9, 0.2];
        let inverse = target([a, b], "inverse");
        let product = |row: usize, column: usize| {
            let context = [[a, 1.0 - a], [b, 1.0 - b]];
            inverse[2 * row] * context[0][column] + inverse[2 * row + 1] * context[1][column]
        };
        for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let identity = if row == column { 1.0 } else { 0.0 };
            assert!((product(row, column) - identity).abs() < 1e-12);
        }
    }

    /// Features that equal the context, its inverse, or a quadratic function of it: each is decoded by its
    /// decoder.
    #[test]
    fn each_decoder_finds_what_is_there_for_it() {
        let grid = context_grid(12, 0.2);
        let folds = folds(grid.len(), &mut Stream::new(1, "folds", 0));
        let features = |of: &dyn Fn([f64; 2]) -> Vec<f64>| {
            let flat: Vec<f64> = grid.iter().flat_map(|context| of(*context)).collect();
            DMatrix::from_row_iterator(grid.len(), flat.len() / grid.len(), flat)
        };
        let score =
            |features: &DMatrix<f64>, decoder| mean(&cross_validated(features, &grid, decoder, &folds));
        // Many units, two dimensions.
        let linear = features(&|[a, b]| (0..30).map(|unit| a * f64::from(unit) - b + 1.0).collect());
        assert!(score(&linear, "linear") > 0.999_999);
        assert!(score(&linear, "quadratic") > 0.999_999);
        assert!(score(&linear, "inverse") < 0.6);
        let inverse = features(&|context| target(context, "inverse"));
        assert!(score(&inverse, "inverse") > 0.999_999);
        assert!(score(&inverse, "linear") < 0.9 && score(&inverse, "quadratic") > score(&inverse, "linear"));
        let roots = features(&|[a, b]| vec![(a + 0.1).sqrt(), (b + 0.1).sqrt()]);
        assert!(score(&roots, "quadratic") > 0.999_999 && score(&roots, "linear") < 0.999);
        let silent = features(&|_| vec![0.0; 3]);
        assert!(score(&silent, "quadratic").is_nan() && score(&silent, "linear") < 0.05);
    }

    #[test]
    fn folds_part_the_contexts() {
        let folds = folds(272, &mut Stream::new(3, "folds", 0));
        let mut all: Vec<usize> = folds.concat();
        all.sort_unstable();
        assert_eq!(all, (0..272).collect::<Vec<_>>());
        assert!(folds.iter().all(|fold| fold.len() == 54 || fold.len() == 55));
    }
}
