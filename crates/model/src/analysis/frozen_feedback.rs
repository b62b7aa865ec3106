//! Feedback re-orients the population's subspace (paper, Figure 5, and Methods, "Freezing the feedback").
//!
//! Each repetition has two contexts of n samples. In the second one the modulation is held during the first
//! n/2 samples, and then runs again. Planes are fitted in three phases of n/2 samples: the end of the first
//! context (feedback on), the beginning of the second (frozen), and its end (feedback back).

use super::findings::{field, mixing};
use super::statistics::{deviation, maximum, mean, median, pearson};
use super::subspace::{PrincipalComponents, orthogonal_normal, plane_angle, plane_normal};
use super::{AnalysisError, Findings, Subject, distance, same_side, undefined};
use crate::array::{Array, Arrays};
use crate::engine::Engine;
use crate::experiment::Experiment;
use crate::metrics;
use crate::network::trace;
use crate::testing::{Freeze, TestInputs, TestRun};

/// Components of the space without outputs as axes (Figure 5-figure supplement 1).
const COMPONENTS: usize = 3;

/// Planes of the three phases, and their angles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Planes {
    /// Unit normals: feedback on, context changed with frozen feedback, feedback back.
    pub normals: [[f64; 3]; 3],
    /// Between the first and the second plane, degrees.
    pub angle_frozen: f64,
    /// Between the first and the third plane, degrees.
    pub angle_feedback: f64,
}

/// Planes of the points in the phases `phase..2 phase`, `2 phase..3 phase` and `3 phase..4 phase`, by `fit`;
/// `None` if one of them cannot be fitted.
pub fn planes(
    point: impl Fn(usize) -> [f64; 3],
    phase: usize,
    fit: fn(&[[f64; 3]]) -> Option<[f64; 3]>,
) -> Option<Planes> {
    let normal = |index: usize| {
        let points: Vec<[f64; 3]> = (index * phase..(index + 1) * phase).map(&point).collect();
        fit(&points)
    };
    let normals = [normal(1)?, normal(2)?, normal(3)?];
    Some(Planes {
        normals,
        angle_frozen: plane_angle(normals[0], normals[1]),
        angle_feedback: plane_angle(normals[0], normals[2]),
    })
}

/// The planes of (y1, y2, whitened PC1): least squares, with PC1 as the dependent variable.
pub fn readout_planes(
    outputs: &Array,
    population: &Array,
    components: &PrincipalComponents,
    phase: usize,
) -> Option<Planes> {
    let points = readout_points(outputs, population, components);
    planes(|row| points[row], phase, plane_normal)
}

/// The point (y1, y2, whitened PC1) of each time step.
fn readout_points(outputs: &Array, population: &Array, components: &PrincipalComponents) -> Vec<[f64; 3]> {
    let first = components.whitened(population, 0);
    let point = |(row, along): (usize, f64)| {
        let outputs = outputs.row(row);
        [f64::from(outputs[0]), f64::from(outputs[1]), along]
    };
    first.into_iter().enumerate().map(point).collect()
}

/// The planes in the space of the first three whitened components: orthogonal least squares.
pub fn component_planes(
    population: &Array,
    components: &PrincipalComponents,
    phase: usize,
) -> Option<Planes> {
    if population.row_len() < COMPONENTS {
        return None;
    }
    let along: [Vec<f64>; COMPONENTS] = [0, 1, 2].map(|component| components.whitened(population, component));
    planes(|row| [along[0][row], along[1][row], along[2][row]], phase, orthogonal_normal)
}

/// Everything about one repetition, for figures.
#[derive(Clone, Copy, Debug)]
pub struct Repetition<'a> {
    /// Its two contexts; the feedback is frozen at the beginning of the second.
    pub inputs: &'a TestInputs,
    /// The traces of stimuli, outputs and population.
    pub run: &'a TestRun,
    /// The point (y1, y2, whitened PC1) of each time step.
    pub points: &'a [[f64; 3]],
    /// Its results.
    pub pair: &'a Pair,
}

/// The analysis, with a callback for each repetition.
///
/// # Errors
/// [`AnalysisError`].
pub fn watched(
    engine: &mut dyn Engine,
    weights: &Arrays,
    experiment: &Experiment,
    watch: &mut dyn FnMut(Repetition<'_>),
) -> Result<Findings, AnalysisError> {
    repeat(&mut Subject { engine, weights, experiment }, watch)
}

pub(super) fn run(subject: &mut Subject<'_>) -> Result<Findings, AnalysisError> {
    repeat(subject, &mut |_| {})
}

fn repeat(
    subject: &mut Subject<'_>,
    watch: &mut dyn FnMut(Repetition<'_>),
) -> Result<Findings, AnalysisError> {
    let population = subject.population()?;
    let experiment = subject.experiment;
    let fitted = subject.test(&experiment.test_inputs(0)?, &[population])?;
    let components = PrincipalComponents::fit(&fitted.traces[population])
        .ok_or_else(|| undefined("the population's activity has no principal components"))?;
    let mut pairs = Vec::new();
    for index in 1..=subject.count("repetitions") as u64 {
        let contexts = experiment.fresh_contexts(2, "frozen_feedback/contexts", index)?;
        let mut inputs = experiment.test_in(contexts, index);
        inputs.freeze = Some(Freeze { from_context: 1, steps: inputs.samples / 2 });
        let run = subject.test(&inputs, &[trace::STIMULUS, trace::OUTPUT, population])?;
        let points = readout_points(&run.traces[trace::OUTPUT], &run.traces[population], &components);
        let in_components = component_planes(&run.traces[population], &components, run.samples / 2);
        let pair = Pair::new(&inputs, &run, &points, in_components);
        watch(Repetition { inputs: &inputs, run: &run, points: &points, pair: &pair });
        pairs.push(pair);
    }
    if pairs.iter().all(|pair| pair.readout.is_none()) {
        return Err(undefined(
            "no repetition has points for a plane: the outputs lie on a line, or phases are too short",
        ));
    }
    Ok(findings(&pairs))
}

/// The results of one repetition.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Distance of its two contexts.
    pub distance: f64,
    /// Do they lie on the same side of the diagonal of context space?
    pub same_side: bool,
    /// Planes of (y1, y2, whitened PC1); `None` if one cannot be fitted.
    pub readout: Option<Planes>,
    /// Planes in the space of three components.
    pub components: Option<Planes>,
    /// Mean |s - y| of the three phases.
    pub errors: [f64; 3],
    /// Their mixing matrices, row by row.
    pub contexts: [Vec<f32>; 2],
}

impl Pair {
    fn new(inputs: &TestInputs, run: &TestRun, points: &[[f64; 3]], components: Option<Planes>) -> Pair {
        let contexts = [inputs.mixing.row(0), inputs.mixing.row(1)];
        let phase = run.samples / 2;
        let error = |index: usize| {
            metrics::error(&run.sources, &run.traces[trace::OUTPUT], index * phase, (index + 1) * phase)
        };
        Pair {
            distance: distance(contexts[0], contexts[1]),
            same_side: same_side(contexts[0], contexts[1]),
            readout: planes(|row| points[row], phase, plane_normal),
            components,
            errors: [1, 2, 3].map(error),
            contexts: contexts.map(<[f32]>::to_vec),
        }
    }
}

fn findings(pairs: &[Pair]) -> Findings {
    let angle = |planes: Option<Planes>, of: fn(Planes) -> f64| planes.map_or(f64::NAN, of);
    let frozen = |planes: Option<Planes>| angle(planes, |planes| planes.angle_frozen);
    let feedback = |planes: Option<Planes>| angle(planes, |planes| planes.angle_feedback);
    let all = |of: &dyn Fn(&Pair) -> f64| pairs.iter().map(of).collect::<Vec<f64>>();
    let of = |which: &dyn Fn(&Pair) -> bool| -> Vec<f64> {
        pairs.iter().filter(|pair| which(pair)).map(|pair| feedback(pair.readout)).collect()
    };
    let distances = all(&|pair| pair.distance);
    let (angles_frozen, angles_feedback) =
        (all(&|pair| frozen(pair.readout)), all(&|pair| feedback(pair.readout)));
    let middle = median(&distances);
    let correlation = pearson(&distances, &angles_feedback);
    let mut found = Findings::default();
    let scalars = [
        ("angle_frozen", mean(&angles_frozen)),
        ("angle_frozen_sd", deviation(&angles_frozen)),
        ("angle_frozen_max", maximum(&angles_frozen)),
        ("angle_feedback", mean(&angles_feedback)),
        ("angle_feedback_sd", deviation(&angles_feedback)),
        ("angle_feedback_same_side", mean(&of(&|pair| pair.same_side))),
        ("angle_feedback_other_side", mean(&of(&|pair| !pair.same_side))),
        ("angle_feedback_close", mean(&of(&|pair| pair.distance <= middle))),
        ("angle_feedback_far", mean(&of(&|pair| pair.distance > middle))),
        ("angle_distance_r", correlation.r),
        ("angle_distance_p", correlation.p),
        ("angle_frozen_components", mean(&all(&|pair| frozen(pair.components)))),
        ("angle_feedback_components", mean(&all(&|pair| feedback(pair.components)))),
        ("error_feedback", mean(&all(&|pair| pair.errors[0]))),
        ("error_frozen", mean(&all(&|pair| pair.errors[1]))),
        ("error_feedback_back", mean(&all(&|pair| pair.errors[2]))),
        ("pairs", pairs.len() as f64),
        ("pairs_same_side", pairs.iter().filter(|pair| pair.same_side).count() as f64),
    ];
    for (name, value) in scalars {
        found.metric(name, value);
    }
    found.rows = pairs
        .iter()
        .enumerate()
        .map(|(index, pair)| {
            let mut row = vec![
                field("pair", index + 1),
                field("context_distance", pair.distance),
                field("same_side", if pair.same_side { 1.0 } else { 0.0 }),
                field("angle_frozen", frozen(pair.readout)),
                field("angle_feedback", feedback(pair.readout)),
                field("angle_frozen_components", frozen(pair.components)),
                field("angle_feedback_components", feedback(pair.components)),
                field("error_feedback", pair.errors[0]),
                field("error_frozen", pair.errors[1]),
                field("error_feedback_back", pair.errors[2]),
            ];
            for (context, name) in pair.contexts.iter().zip(["first", "second"]) {
                row.extend(mixing(context).map(|(entry, value)| (format!("{name}_{entry}"), value)));
            }
            row
        })
        .collect();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_that_is_turned_by_30_degrees_is_found_turned_by_30_degrees() {
        let phase = 100;
        let slope = 30f64.to_radians().tan();
        let point = |row: usize| {
            let (x, y) = ((row as f64 * 0.7).sin(), (row as f64 * 1.3).cos());
            // Flat while the feedback is on or frozen, rotated about y when it is back; shifted by the
            // context.
            [x, y, if row < 3 * phase { row as f64 / 1e9 + 5.0 } else { slope * x }]
        };
        for fit in [plane_normal, orthogonal_normal] {
            let planes = planes(point, phase, fit).expect("planes");
            assert!(planes.angle_frozen < 1e-3, "{planes:?}");
            assert!((planes.angle_feedback - 30.0).abs() < 1e-3, "{planes:?}");
        }
    }

    #[test]
    fn pairs_are_parted_by_side_and_distance() {
        let planes = |angle_feedback| {
            Some(Planes { normals: [[0.0, 0.0, 1.0]; 3], angle_frozen: 2.0, angle_feedback })
        };
        let pair = |distance: f64, same_side: bool, readout: Option<Planes>| Pair {
            distance,
            same_side,
            readout,
            components: None,
            errors: [0.1, 1.0, 0.2],
            contexts: [vec![1.0, 0.0, 0.0, 1.0], vec![0.5, 0.5, 0.1, 0.9]],
        };
        let pairs = [
            pair(0.1, true, planes(10.0)),
            pair(0.2, true, planes(20.0)),
            pair(0.3, false, planes(30.0)),
            pair(0.4, false, None),
        ];
        let found = findings(&pairs);
        let metric = |name: &str| metrics::of(&found.metrics, name);
        assert!((metric("angle_feedback") - 20.0).abs() < 1e-9);
        assert!((metric("angle_feedback_same_side") - 15.0).abs() < 1e-9);
        assert!((metric("angle_feedback_other_side") - 30.0).abs() < 1e-9);
        assert!((metric("angle_feedback_far") - 30.0).abs() < 1e-9);
        assert!((metric("angle_distance_r") - 1.0).abs() < 1e-9);
        assert!((metric("pairs_same_side") - 2.0).abs() < 1e-9);
        assert_eq!(found.rows.len(), 4);
        assert!(found.columns().contains(&"second_mixing_2_1"));
    }
}
