//! The population's subspace before and after a change of the context, and after the feedback is back: points
//! of (y1, y2, PC1) with fitted planes, seen from one side (paper, Figure 5b).

use gainsweep_draw::{Axis, Dashes, Layer, Line, Marks, Note, Panel, Shape, Sheet, colour};
use gainsweep_model::analysis::frozen_feedback::{Planes, Repetition};

/// Most points of a phase that are drawn.
const MOST_POINTS: usize = 500;

/// Lines across a plane in each direction, its edges included.
const LINES: usize = 6;

/// The direction of the view, in degrees: above the horizon, and beside the line around which the plane
/// turns. Along that line a plane would look like a line, and its angle would be seen best.
const ELEVATION: f64 = 22.0;
const BESIDE: f64 = 35.0;

/// Distances as shares of the drawing's height: from the end of an arm to the middle of its name, and from
/// the drawing to the arms.
const TO_NAME: f64 = 0.06;
const TO_ARMS: f64 = 0.08;

/// Arms are 1 unit long if the drawing has at least this many units in height, else half a unit.
const HIGH: f64 = 4.5;

/// A panel's height, its least and largest width, and the height of its titles, in px.
const HEIGHT: f64 = 560.0;
const WIDTHS: (f64, f64) = (360.0, 560.0);
const TITLES: f64 = 110.0;

type Point = [f64; 3];

/// Three phases of one repetition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Phases {
    /// Points (y1, y2, PC1 in standard deviations): feedback on, context changed with frozen feedback, feedback back.
    pub(crate) points: [Vec<Point>; 3],
    /// The planes fitted to them.
    pub(crate) planes: Planes,
    /// The number of the repetition, for the title.
    pub(crate) repetition: usize,
}

impl Phases {
    /// The phases of a repetition; `None` if no planes were fitted.
    pub(crate) fn of(repetition: &Repetition<'_>, number: usize) -> Option<Phases> {
        let phase = repetition.run.samples / 2;
        let points = [1, 2, 3].map(|index| repetition.points[index * phase..(index + 1) * phase].to_vec());
        Some(Phases { points, planes: repetition.pair.readout?, repetition: number })
    }
}

/// The three phases side by side, seen from the same side, in the same units.
pub(crate) fn subspace(phases: &Phases) -> Sheet {
    let view = View::across(phases.planes.normals[0], phases.planes.normals[2]);
    let corners = Corners::around(phases.points.iter().flatten());
    let planes: Vec<Plane> =
        (0..3).map(|phase| Plane::through(&phases.points[phase], phases.planes.normals[phase])).collect();
    let drawings: Vec<Vec<Layer>> =
        (0..3).map(|phase| drawing(phases, phase, &planes, &corners, &view)).collect();
    let places: Vec<(f64, f64)> = drawings.iter().flatten().flat_map(layer_points).collect();
    let Frame { x, y, arms, unit } = Frame::around(&places, &view);
    let width = (HEIGHT - TITLES) * (x.1 - x.0) / (y.1 - y.0);
    let size = (width.clamp(WIDTHS.0, WIDTHS.1), HEIGHT);
    let [frozen, feedback] = [phases.planes.angle_frozen, phases.planes.angle_feedback];
    let titles = [
        ("Context 1, feedback on".to_string(), "the first plane".to_string()),
        ("Context 2, feedback frozen".into(), format!("{frozen:.0}° from the first plane (dashed)")),
        ("Context 2, feedback back".into(), format!("{feedback:.0}° from the first plane (dashed)")),
    ];
    let panels = drawings.into_iter().zip(titles).map(|(mut layers, (title, subtitle))| {
        layers.extend(arms.clone());
        Panel {
            title,
            subtitle,
            x: Axis { ends: Some(x), ..Axis::default() },
            y: Axis { ends: Some(y), ..Axis::default() },
            layers,
            size: Some(size),
            bare: true,
            ..Panel::default()
        }
    });
    Sheet {
        title: format!(
            "Outputs and the population's first component, repetition {}; arms: {unit} unit of y, {unit} sd of PC1",
            phases.repetition
        ),
        panels: panels.collect(),
        columns: 3,
        stacked: false,
    }
}

/// Plane and points of a phase, with the first phase's plane.
fn drawing(phases: &Phases, phase: usize, planes: &[Plane], corners: &Corners, view: &View) -> Vec<Layer> {
    let mut layers = planes[phase].grid(corners, view, &colour(phase));
    if phase > 0 {
        layers.push(planes[0].outline(corners, view, "#404040", Dashes::Dashed, 1.5));
    }
    let points = &phases.points[phase];
    let every = points.len().div_ceil(MOST_POINTS).max(1);
    layers.push(Layer::Marks(Marks {
        points: points.iter().step_by(every).map(|point| view.seen(*point)).collect(),
        bars: Vec::new(),
        colour: colour(phase),
        shape: Shape::Circle,
        size: 2.0,
        opacity: 0.6,
        legend: None,
    }));
    layers
}

/// The points of a layer of these drawings.
fn layer_points(layer: &Layer) -> Vec<(f64, f64)> {
    match layer {
        Layer::Line(line) => line.points.clone(),
        Layer::Marks(marks) => marks.points.clone(),
        Layer::Band(_)
        | Layer::Boxes(_)
        | Layer::Heat(_)
        | Layer::Reference(_)
        | Layer::Span(_)
        | Layer::Note(_) => Vec::new(),
    }
}

/// What all panels share.
struct Frame {
    /// The ends of both axes.
    x: (f64, f64),
    y: (f64, f64),
    /// Arms that show directions and units, below the drawing on the left.
    arms: Vec<Layer>,
    /// Their length.
    unit: f64,
}

impl Frame {
    fn around(places: &[(f64, f64)], view: &View) -> Frame {
        let (x, y) = (ends(places.iter().map(|place| place.0)), ends(places.iter().map(|place| place.1)));
        let height = y.1 - y.0;
        let unit = if height >= HIGH { 1.0 } else { 0.5 };
        let directions = [([unit, 0.0, 0.0], "y1"), ([0.0, unit, 0.0], "y2"), ([0.0, 0.0, unit], "PC1")];
        let arms = directions.map(|(direction, name)| (view.seen(direction), name));
        let named = |(across, up): (f64, f64)| {
            let longer = 1.0 + TO_NAME * height / across.hypot(up).max(1e-9);
            (across * longer, up * longer)
        };
        let (left, _) = ends(arms.iter().map(|(arm, _)| named(*arm).0).chain([0.0]));
        let (lowest, highest) = ends(arms.iter().map(|(arm, _)| named(*arm).1).chain([0.0]));
        let origin = (x.0 - left, y.0 - TO_ARMS * height - highest);
        let moved = |(across, up): (f64, f64)| (origin.0 + across, origin.1 + up);
        let mut layers = Vec::new();
        for (arm, name) in arms {
            layers.push(line(vec![origin, moved(arm)], "#000000", Dashes::Solid, 1.8));
            layers.push(Layer::Note(Note { at: moved(named(arm)), text: name.into() }));
        }
        Frame { x, y: (origin.1 + lowest - TO_ARMS * height, y.1), arms: layers, unit }
    }
}

/// The smallest and the largest.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

/// A parallel projection.
struct View {
    across: Point,
    up: Point,
}

impl View {
    /// Almost along the intersection of two planes, where their angle is visible.
    fn across(one: Point, other: Point) -> View {
        let slope = |normal: Point| [-normal[0] / normal[2], -normal[1] / normal[2]];
        let (one, other) = (slope(one), slope(other));
        let difference = [other[0] - one[0], other[1] - one[1]];
        let azimuth = difference[0].atan2(-difference[1]) + BESIDE.to_radians();
        let ((sin, cos), (rise, run)) = (azimuth.sin_cos(), ELEVATION.to_radians().sin_cos());
        View { across: [-sin, cos, 0.0], up: [-rise * cos, -rise * sin, run] }
    }

    fn seen(&self, point: Point) -> (f64, f64) {
        let along = |direction: Point| (0..3).map(|axis| direction[axis] * point[axis]).sum::<f64>();
        (along(self.across), along(self.up))
    }
}

/// The ranges of y1 and y2.
struct Corners {
    first: (f64, f64),
    second: (f64, f64),
}

impl Corners {
    fn around<'a>(points: impl Iterator<Item = &'a Point> + Clone) -> Corners {
        let first = ends(points.clone().map(|point| point[0]));
        Corners { first, second: ends(points.map(|point| point[1])) }
    }

    /// A point in these ranges, each coordinate from 0 to 1.
    fn at(&self, first: f64, second: f64) -> [f64; 2] {
        let between = |(low, high): (f64, f64), share: f64| low + share * (high - low);
        [between(self.first, first), between(self.second, second)]
    }
}

/// PC1 as a function of y1 and y2.
struct Plane {
    middle: Point,
    slope: [f64; 2],
}

impl Plane {
    /// A least-squares plane contains the mean of its points.
    fn through(points: &[Point], normal: Point) -> Plane {
        let count = points.len().max(1) as f64;
        let middle = [0, 1, 2].map(|axis| points.iter().map(|point| point[axis]).sum::<f64>() / count);
        Plane { middle, slope: [-normal[0] / normal[2], -normal[1] / normal[2]] }
    }

    fn at(&self, [first, second]: [f64; 2]) -> Point {
        let above = self.slope[0] * (first - self.middle[0]) + self.slope[1] * (second - self.middle[1]);
        [first, second, self.middle[2] + above]
    }

    fn outline(&self, corners: &Corners, view: &View, colour: &str, dashes: Dashes, width: f64) -> Layer {
        let round = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)];
        let points = round.map(|(first, second)| view.seen(self.at(corners.at(first, second))));
        line(points.to_vec(), colour, dashes, width)
    }

    /// Its outline, with thin lines across.
    fn grid(&self, corners: &Corners, view: &View, colour: &str) -> Vec<Layer> {
        let seen = |first: f64, second: f64| view.seen(self.at(corners.at(first, second)));
        let mut layers = Vec::new();
        for number in 1..LINES - 1 {
            let share = number as f64 / (LINES - 1) as f64;
            for ends in [[seen(share, 0.0), seen(share, 1.0)], [seen(0.0, share), seen(1.0, share)]] {
                layers.push(line(ends.to_vec(), "#b8b8b8", Dashes::Solid, 0.8));
            }
        }
        layers.push(self.outline(corners, view, colour, Dashes::Solid, 2.0));
        layers
    }
}

fn line(points: Vec<(f64, f64)>, colour: &str, dashes: Dashes, width: f64) -> Layer {
    Layer::Line(Line { points, colour: colour.into(), width, dashes, legend: None })
}
