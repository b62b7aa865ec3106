//! How far the subspace turns: angles of all repetitions, also over the distance of the contexts (paper,
//! Figures 5d and 5e).

use gainsweep_draw::{Axis, Layer, Marks, Panel, Shape, Sheet, colour};
use gainsweep_model::analysis::frozen_feedback::Pair;
use gainsweep_model::analysis::statistics::pearson;

use super::violins;

/// The largest angle between two planes, in degrees.
const RIGHT_ANGLE: f64 = 90.0;

/// The angles of one repetition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Turn {
    /// Degrees from the plane before the change of the context to the one after it, with frozen feedback.
    pub(crate) frozen: f64,
    /// Degrees to the plane after the feedback is back.
    pub(crate) feedback: f64,
    /// Distance of the contexts.
    pub(crate) distance: f64,
    /// Do they lie on the same side of the diagonal of context space?
    pub(crate) same_side: bool,
}

impl From<&Pair> for Turn {
    fn from(pair: &Pair) -> Turn {
        Turn {
            frozen: pair.readout.map_or(f64::NAN, |planes| planes.angle_frozen),
            feedback: pair.readout.map_or(f64::NAN, |planes| planes.angle_feedback),
            distance: pair.distance,
            same_side: pair.same_side,
        }
    }
}

/// Angles to the first plane, over repetitions.
pub(crate) fn angles(turns: &[Turn]) -> Sheet {
    let of = |value: fn(&Turn) -> f64, which: &dyn Fn(&Turn) -> bool| -> Vec<f64> {
        turns.iter().filter(|turn| which(turn)).map(value).collect()
    };
    let groups = vec![
        ("context change".into(), of(|turn| turn.frozen, &|_| true)),
        ("feedback".into(), of(|turn| turn.feedback, &|_| true)),
        ("feedback, same side".into(), of(|turn| turn.feedback, &|turn| turn.same_side)),
        ("feedback, other side".into(), of(|turn| turn.feedback, &|turn| !turn.same_side)),
    ];
    Sheet::of(Panel {
        title: "How far the subspace turns".into(),
        subtitle: format!(
            "{} repetitions; context change: feedback frozen; side: of the diagonal of context space",
            turns.len()
        ),
        ..violins::panel(groups, upright())
    })
}

/// The angle of feedback over the distance of the contexts.
pub(crate) fn angle_distance(turns: &[Turn]) -> Sheet {
    let all = |value: fn(&Turn) -> f64| turns.iter().map(value).collect::<Vec<f64>>();
    let correlation = pearson(&all(|turn| turn.distance), &all(|turn| turn.feedback));
    let marks = |same_side: bool| {
        let chosen = turns.iter().filter(|turn| turn.same_side == same_side && turn.feedback.is_finite());
        Layer::Marks(Marks {
            points: chosen.map(|turn| (turn.distance, turn.feedback)).collect(),
            bars: Vec::new(),
            colour: colour(usize::from(!same_side)),
            shape: if same_side { Shape::Circle } else { Shape::Triangle },
            size: 5.0,
            opacity: 0.75,
            legend: Some(if same_side { "same side".into() } else { "other side".into() }),
        })
    };
    let said = if correlation.r.is_finite() {
        format!("Pearson r = {:.2}, p = {}", correlation.r, probability(correlation.p))
    } else {
        "too few repetitions for a correlation".into()
    };
    Sheet::of(Panel {
        title: "Angle that feedback turns the subspace by".into(),
        subtitle: format!("{said}; {} repetitions", turns.len()),
        x: Axis { label: "distance of the two contexts (Frobenius norm)".into(), ..Axis::default() },
        y: upright(),
        layers: vec![marks(true), marks(false)],
        ..Panel::default()
    })
}

fn upright() -> Axis {
    Axis {
        label: "angle to the first plane (degrees)".into(),
        ends: Some((0.0, RIGHT_ANGLE)),
        ..Axis::default()
    }
}

/// Small values as powers of ten.
fn probability(p: f64) -> String {
    if p >= 1e-3 || p.is_nan() { format!("{p:.3}") } else { format!("{p:.0e}") }
}
