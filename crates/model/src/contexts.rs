//! Contexts: the mixing matrices A of x = A s + noise (paper, eq. 1-3 and "Task" in Methods).

use nalgebra::DMatrix;

use crate::array::Array;
use crate::random::Stream;

/// How contexts are drawn; the names of `context_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextType {
    /// Entries uniform in [0, 1), each row divided by its sum: as in the paper.
    RandomNormalised,
    /// Entries uniform in [0, 1).
    Random,
    /// diag(alpha, 1), alpha uniform in [0.3, 3). Two sources.
    Scale,
    /// diag(alpha, beta), beta uniform in [1, 2). Two sources.
    ScaleBoth,
    /// `[[alpha, 1 - alpha], [0, 1]]`, alpha uniform in [0.2, 1). Two sources.
    Interpolate,
    /// `[[alpha, 1 - alpha], [1 - beta, beta]]`, both uniform in [0.2, 1). Two sources.
    InterpolateBoth,
    /// Always `[[0.8, 0.2], [0.5, 0.5]]`. Two sources.
    Constant,
}

impl ContextType {
    /// The type of that name in parameter files.
    pub fn from_name(name: &str) -> Option<ContextType> {
        Some(match name {
            "random_normalised" => ContextType::RandomNormalised,
            "random" => ContextType::Random,
            "scale" => ContextType::Scale,
            "scale_both" => ContextType::ScaleBoth,
            "interpolate" => ContextType::Interpolate,
            "interpolate_both" => ContextType::InterpolateBoth,
            "constant" => ContextType::Constant,
            _ => return None,
        })
    }
}

/// Most draws for one context.
const MOST_DRAWS: usize = 1_000_000;

/// The same for many sources, whose determinants take S^3 operations: giving up must not take minutes.
const MOST_WORK: usize = 100_000_000;

fn most_draws(sources: usize) -> usize {
    (MOST_WORK / sources.pow(3)).min(MOST_DRAWS)
}

/// No context, or hardly any, has a determinant that large.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "no mixing matrix of {sources} sources with |det A| above {threshold} in {} draws: \
     lower `determinant_threshold`",
    most_draws(*.sources)
)]
pub struct NoContext {
    sources: usize,
    threshold: f64,
}

/// Draws contexts whose |det A| is above `threshold`. Returns `[count, sources, sources]`.
///
/// # Errors
/// [`NoContext`] if such matrices are too rare.
pub fn draw(
    kind: ContextType,
    sources: usize,
    threshold: f64,
    count: usize,
    stream: &mut Stream,
) -> Result<Array, NoContext> {
    let mut data = Vec::with_capacity(count * sources * sources);
    for _ in 0..count {
        let context = (0..most_draws(sources))
            .map(|_| draw_one(kind, sources, stream))
            .find(|context| kind == ContextType::Constant || determinant(context, sources).abs() > threshold)
            .ok_or(NoContext { sources, threshold })?;
        data.extend(context);
    }
    Ok(Array::new(&[count, sources, sources], data))
}

fn draw_one(kind: ContextType, sources: usize, stream: &mut Stream) -> Vec<f32> {
    let matrix = match kind {
        ContextType::RandomNormalised | ContextType::Random => {
            let mut matrix: Vec<f32> = (0..sources * sources).map(|_| stream.unit() as f32).collect();
            if kind == ContextType::RandomNormalised {
                for row in matrix.chunks_mut(sources) {
                    let sum: f32 = row.iter().sum();
                    for entry in row {
                        *entry /= sum;
                    }
                }
            }
            return matrix;
        }
        ContextType::Scale => [stream.uniform(0.3, 3.0), 0.0, 0.0, 1.0],
        ContextType::ScaleBoth => [stream.uniform(0.3, 3.0), 0.0, 0.0, stream.uniform(1.0, 2.0)],
        ContextType::Interpolate => {
            let alpha = stream.uniform(0.2, 1.0);
            [alpha, 1.0 - alpha, 0.0, 1.0]
        }
        ContextType::InterpolateBoth => {
            let (alpha, beta) = (stream.uniform(0.2, 1.0), stream.uniform(0.2, 1.0));
            [alpha, 1.0 - alpha, 1.0 - beta, beta]
        }
        ContextType::Constant => [0.8, 0.2, 0.5, 0.5],
    };
    matrix.iter().map(|entry| *entry as f32).collect()
}

fn determinant(matrix: &[f32], size: usize) -> f64 {
    DMatrix::from_row_iterator(size, size, matrix.iter().map(|entry| f64::from(*entry))).determinant()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [ContextType; 7] = [
        ContextType::RandomNormalised,
        ContextType::Random,
        ContextType::Scale,
        ContextType::ScaleBoth,
        ContextType::Interpolate,
        ContextType::InterpolateBoth,
        ContextType::Constant,
    ];

    #[test]
    fn every_context_is_above_the_threshold() {
        for kind in ALL {
            let drawn = draw(kind, 2, 0.2, 500, &mut Stream::new(1, "contexts", 0)).expect("contexts");
            assert_eq!(drawn.shape(), [500, 2, 2]);
            for index in 0..500 {
                let row = drawn.row(index);
                assert!(determinant(row, 2).abs() > 0.2, "{kind:?} {row:?}");
                if kind == ContextType::RandomNormalised {
                    assert!((row[0] + row[1] - 1.0).abs() < 1e-6 && (row[2] + row[3] - 1.0).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error() {
        let error = draw(ContextType::RandomNormalised, 2, 1.0, 1, &mut Stream::new(1, "contexts", 0));
        assert!(error.expect_err("none").to_string().contains("determinant_threshold"));
    }

    #[test]
    fn more_sources_work() {
        let drawn =
            draw(ContextType::RandomNormalised, 3, 0.2, 50, &mut Stream::new(1, "c", 0)).expect("drawn");
        assert_eq!(drawn.shape(), [50, 3, 3]);
    }
}
