//! Figures of every network, drawn small.

use gainsweep_contract::schema::Model;
use gainsweep_contract::{Parameters, Value, ValueMap};
use gainsweep_draw::{Layer, Shape, Sheet};
use gainsweep_model::analysis::frozen_feedback::Planes;
use gainsweep_model::networks::modulation_kernel::modulation_kernel;
use gainsweep_model::testing::{self, Freeze};
use gainsweep_model::{Experiment, network::trace};

use super::{
    Figures, Observed, Phases, Stage, Turn, angle_distance, angles, figures, kernels, loss, record,
    source_decoding, subspace, unit_clarity,
};

const SAMPLES: usize = 30;

fn drawn(model: &str, more: &[(&str, Value)], freeze: Option<Freeze>) -> Figures {
    let mut values: ValueMap = [
        ("model", Value::Text(model.into())),
        ("hidden_units", Value::Integer(4)),
        ("test_contexts", Value::Integer(6)),
        ("test_samples_per_context", Value::Integer(30)),
        ("source_duration", Value::Float(0.01)),
    ]
    .map(|(name, value)| (name.to_string(), value))
    .into();
    if model == "spatial" || model == "dale" {
        values.insert("population_units".into(), Value::Integer(7));
    }
    values.extend(more.iter().map(|(name, value)| ((*name).to_string(), value.clone())));
    let experiment = Experiment::new(Parameters::resolve(&values).expect("parameters"));
    let network = experiment.network();
    let weights = experiment.initial_weights();
    let mut inputs = experiment.test_inputs(0).expect("inputs");
    inputs.freeze = freeze;
    let mut engine = network.fused_engine(1);
    let run = testing::run(&mut *engine, &weights, &inputs, &record(network)).expect("a run");
    assert!(run.traces.contains_key(trace::OUTPUT));
    figures(&Observed { network, weights: &weights, inputs: &inputs, run: &run })
}

fn names(figures: &Figures) -> Vec<&'static str> {
    figures.drawn.iter().map(|figure| figure.name).collect()
}

fn sheet<'a>(figures: &'a Figures, name: &str) -> &'a Sheet {
    &figures.drawn.iter().find(|figure| figure.name == name).expect("the figure").sheet
}

#[test]
fn every_network_has_its_figures_and_says_which_it_has_not() {
    for model in Model::ALL {
        let expected: &[&str] = match model {
            Model::Unmixing | Model::Modulation => &["signals", "weights", "clarity"],
            Model::Spatial | Model::Dale => &["signals", "weights", "clarity", "modulation"],
            Model::Direct => &["signals", "clarity"],
        };
        let figures = drawn(model.name(), &[], None);
        assert_eq!(names(&figures), expected, "{model:?}");
        assert_eq!(figures.drawn.len() + figures.left_out.len(), 4, "{model:?}");
        for figure in &figures.drawn {
            let svg = figure.sheet.svg();
            assert!(!svg.contains("NaN") && svg.starts_with("<svg"), "{model:?} {}", figure.name);
        }
    }
}

#[test]
fn one_context_and_many_sources_are_drawn() {
    let one = drawn("spatial", &[("test_contexts", Value::Integer(1))], None);
    assert!(sheet(&one, "signals").title.contains("from rest"));
    for count in [1, 3, 5] {
        let sources = (1..=count).map(|number| format!("sine {}", 90 + 20 * number)).collect::<Vec<_>>();
        let figures = drawn(
            "modulation",
            &[("sources", Value::Text(sources.join(", "))), ("determinant_threshold", Value::Float(0.0))],
            None,
        );
        let panels = sheet(&figures, "weights").panels.len();
        assert_eq!(
            panels,
            match count {
                1 => 2,
                3 => 4,
                _ => 1,
            },
            "{count} sources"
        );
        figures.drawn.iter().for_each(|figure| assert!(!figure.sheet.svg().is_empty()));
    }
}

/// An untrained network is far from the inverse, which is in the figure nevertheless.
#[test]
fn the_inverse_of_the_mixing_is_always_seen() {
    for model in ["modulation", "dale"] {
        let figures = drawn(model, &[], None);
        let panel = &sheet(&figures, "weights").panels[0];
        assert_eq!(panel.y.ends, None, "nothing is cut");
        let dotted = panel.layers.iter().filter_map(|layer| {
            let Layer::Line(line) = layer else { return None };
            (line.dashes == gainsweep_draw::Dashes::Dotted).then_some(&line.points)
        });
        let values: Vec<f64> = dotted.flatten().map(|(_, value)| *value).collect();
        assert_eq!(values.len(), 2 * 6 * 4, "{model}: two ends, six contexts, four entries");
        assert!(
            values.iter().any(|value| *value < 0.0) && values.iter().any(|value| *value > 1.0),
            "{model}"
        );
    }
}

/// The signals are those of the test, and the weights at rest are far from the inverse.
#[test]
fn lines_show_the_traces() {
    let figures = drawn("modulation", &[], None);
    let signals = sheet(&figures, "signals");
    assert_eq!(signals.panels.len(), 4);
    let ends = signals.panels[0].x.ends.expect("ends");
    assert_eq!(ends, (-(SAMPLES as f64), SAMPLES as f64), "the third context and the one before it");
    let lines = |panel: usize| {
        signals.panels[panel].layers.iter().filter(|layer| matches!(layer, Layer::Line(_))).count()
    };
    assert_eq!([lines(0), lines(1), lines(2), lines(3)], [2, 2, 4, 1]);
    let change = signals.panels[0]
        .layers
        .iter()
        .any(|layer| matches!(layer, Layer::Reference(line) if line.value == 0.0 && !line.horizontal));
    assert!(change, "the change of the context is marked");
}

#[test]
fn frozen_stretches_are_shaded() {
    let freeze = Freeze { from_context: 2, steps: 10 };
    let figures = drawn("spatial", &[], Some(freeze));
    for (name, expected) in [
        ("signals", vec![(0.0, 10.0)]),
        ("modulation", vec![(60.0, 70.0), (90.0, 100.0), (120.0, 130.0), (150.0, 160.0)]),
    ] {
        for panel in &sheet(&figures, name).panels {
            let spans: Vec<(f64, f64)> = panel
                .layers
                .iter()
                .filter_map(
                    |layer| {
                        if let Layer::Span(span) = layer { Some((span.from, span.to)) } else { None }
                    },
                )
                .collect();
            assert_eq!(spans, expected, "{name}");
        }
        assert!(sheet(&figures, name).title.contains("frozen"));
    }
    assert!(!sheet(&drawn("spatial", &[], None), "signals").title.contains("frozen"));
}

/// Planes that meet at 60 degrees: the numbers are finite for every view.
#[test]
fn the_three_phases_are_seen_from_one_side_in_the_same_units() {
    let slope = 60f64.to_radians().tan();
    let grid = |slope: f64| -> Vec<[f64; 3]> {
        let places = (0..25).map(|place| [f64::from(place % 5) - 2.0, f64::from(place / 5) - 2.0]);
        places.map(|[one, other]| [one, other, slope * one]).collect()
    };
    let flat = [0.0, 0.0, -1.0];
    let length = (1.0 + slope * slope).sqrt();
    let turned = [slope / length, 0.0, -1.0 / length];
    let planes = Planes { normals: [flat, flat, turned], angle_frozen: 0.0, angle_feedback: 60.0 };
    let phases = Phases { points: [grid(0.0), grid(0.0), grid(slope)], planes, repetition: 3 };
    let sheet = subspace(&phases);
    assert_eq!(sheet.panels.len(), 3);
    assert!(sheet.title.contains("repetition 3") && sheet.panels[2].subtitle.contains("60°"));
    for panel in &sheet.panels {
        assert!(panel.bare);
        assert_eq!((panel.x.ends, panel.y.ends), (sheet.panels[0].x.ends, sheet.panels[0].y.ends));
        let (low, high) = panel.x.ends.expect("ends");
        for layer in &panel.layers {
            if let Layer::Marks(marks) = layer {
                assert_eq!(marks.points.len(), 25);
                assert!(marks.points.iter().all(|(across, _)| (low..=high).contains(across)));
            }
        }
    }
    // The same plane three times has no intersection to look along.
    let still = Planes { normals: [flat; 3], angle_frozen: 0.0, angle_feedback: 0.0 };
    let svg = subspace(&Phases { points: [grid(0.0), grid(0.0), grid(0.0)], planes: still, ..phases }).svg();
    assert!(!svg.contains("NaN"));
}

#[test]
fn figures_of_analyses_leave_out_what_is_no_number() {
    let turn =
        |feedback: f64, same_side| Turn { frozen: 2.0, feedback, distance: feedback / 50.0, same_side };
    let turns = [turn(20.0, true), turn(30.0, true), turn(70.0, false), turn(f64::NAN, false)];
    let scatter = angle_distance(&turns);
    assert!(scatter.panels[0].subtitle.starts_with("Pearson r = 1.00, p = "), "{:?}", scatter.panels[0]);
    let shapes = scatter.panels[0].layers.iter().filter_map(|layer| {
        if let Layer::Marks(marks) = layer { Some((marks.shape, marks.points.len())) } else { None }
    });
    assert_eq!(shapes.collect::<Vec<_>>(), [(Shape::Circle, 2), (Shape::Triangle, 1)]);
    assert!(angle_distance(&turns[..1]).panels[0].subtitle.starts_with("too few"));
    let stage = Stage {
        name: "population z".into(),
        unit_clarity: vec![0.2, f64::NAN, 0.4],
        decoding: vec![f64::NAN, -0.5, 0.9],
    };
    let stages = [stage];
    assert_eq!(source_decoding(&stages).panels[0].y.ends, None, "below zero nothing is cut");
    for sheet in [scatter, angles(&turns), unit_clarity(&stages), source_decoding(&stages)] {
        assert!(!sheet.svg().contains("NaN"));
    }
}

#[test]
fn losses_and_kernels_are_lines() {
    let lines = |sheet: &Sheet| -> Vec<usize> {
        let of = |layer: &Layer| if let Layer::Line(line) = layer { line.points.len() } else { 0 };
        sheet.panels[0].layers.iter().map(of).collect()
    };
    assert_eq!(lines(&loss(&[3.0, 2.0])), [2]);
    let long: Vec<f64> = (1..=520).map(|batch| 100.0 / f64::from(batch)).collect();
    assert_eq!(loss(&long).panels[0].y.ends, Some((0.1, 100.0)));
    assert_eq!(lines(&loss(&long)), [520, 11], "each batch, and means of 50");
    // Values that a logarithmic axis cannot show.
    assert_eq!(lines(&loss(&[3.0, 0.0, f64::NAN, 1.0])), [2]);
    assert!(!loss(&[3.0]).svg().contains("NaN"));
    assert_eq!(lines(&kernels(&modulation_kernel(100, 4, 0.2))), [100; 4]);
    let many = kernels(&modulation_kernel(20, 9, 0.2));
    assert_eq!(lines(&many).len(), 7);
    assert!(many.panels[0].title.contains("the first 7"));
}
