//! What a demo measures and draws.

use gainsweep_contract::{Analysis, Value};
use gainsweep_draw::Sheet;
use gainsweep_model::analysis::statistics::deviation;
use gainsweep_model::analysis::{frozen_feedback, of_network};
use gainsweep_model::network::weight;

use super::{DemoName, Subject};
use crate::failure::Failure;
use crate::memory::Purpose;
use crate::network_figures::{self, Figure, Observed, Phases, Stage, Turn};
use crate::results;

/// Repetitions with frozen feedback (paper, Figure 5).
const REPETITIONS: i64 = 40;

/// Stages of the spatial network whose units and decoders are compared, with their names on figures.
const STAGES: [(&str, &str); 3] = [("x", "stimuli x"), ("z", "population z"), ("y", "outputs y")];

/// The results of a demo.
pub(super) struct Shown {
    /// By name.
    pub(super) metrics: Vec<(String, f64)>,
    pub(super) figures: Vec<Figure>,
}

impl Shown {
    fn draw(&mut self, name: &'static str, sheet: Sheet) {
        self.figures.push(Figure { name, sheet });
    }
}

/// Computes the results of the demo.
pub(super) fn of(demo: DemoName, subject: &mut Subject<'_>) -> Result<Shown, Failure> {
    let mut shown = tested(subject)?;
    match demo {
        DemoName::ProofOfConcept => add_context_changes(subject, &mut shown)?,
        DemoName::DiffuseModulation => {
            add_context_changes(subject, &mut shown)?;
            if let Some(kernel) = subject.weights.get(weight::KERNEL) {
                shown.draw("kernels", network_figures::kernels(kernel));
            }
            add_stages(subject, &mut shown)?;
        }
        DemoName::InvariantSubspace => {
            // The figure of the modulation belongs to the other demo.
            shown.figures.retain(|figure| figure.name != "modulation");
            add_frozen_feedback(subject, &mut shown)?;
        }
    }
    Ok(shown)
}

/// The plain test, with the figures of every network.
fn tested(subject: &mut Subject<'_>) -> Result<Shown, Failure> {
    let experiment = subject.experiment(Purpose::Plot, &[])?;
    let inputs = experiment.test_inputs(0).map_err(|error| Failure::Usage(error.to_string()))?;
    let (network, weights) = (experiment.network(), &subject.weights);
    let record = network_figures::record(network);
    let tested = results::test(subject.engine.as_mut(), weights, &inputs, &record)?;
    let of_stimuli: Vec<f64> = tested.contexts.iter().map(|context| context.clarity_stimulus).collect();
    let mut metrics = tested.metrics;
    metrics.push(("clarity_stimulus_sd".into(), deviation(&of_stimuli)));
    let observed = Observed { network, weights, inputs: &inputs, run: &tested.run };
    Ok(Shown { metrics, figures: network_figures::figures(&observed).drawn })
}

fn add_context_changes(subject: &mut Subject<'_>, shown: &mut Shown) -> Result<(), Failure> {
    let analysis = Analysis::ContextChanges;
    let experiment = subject.analysis(analysis.name(), &[])?;
    let found = of_network(analysis, subject.engine.as_mut(), &subject.weights, &experiment)?;
    shown.metrics.extend(found.metrics);
    Ok(())
}

/// Clarity of units and decoders, stage by stage.
fn add_stages(subject: &mut Subject<'_>, shown: &mut Shown) -> Result<(), Failure> {
    let experiment = subject.analysis(Analysis::Stages.name(), &[])?;
    let found = of_network(Analysis::Stages, subject.engine.as_mut(), &subject.weights, &experiment)?;
    let stages = STAGES.map(|(name, words)| Stage {
        name: words.into(),
        unit_clarity: found.column_where("stage", name, "unit_clarity"),
        decoding: found.column_where("stage", name, "r2"),
    });
    shown.draw("unit_clarity", network_figures::unit_clarity(&stages));
    shown.draw("source_decoding", network_figures::source_decoding(&stages));
    shown.metrics.extend(found.metrics);
    Ok(())
}

/// The repetition that is drawn.
struct Example {
    same_side: bool,
    phases: Phases,
    signals: Sheet,
}

fn add_frozen_feedback(subject: &mut Subject<'_>, shown: &mut Shown) -> Result<(), Failure> {
    let repetitions = Value::Integer(subject.options.repetitions.unwrap_or(REPETITIONS));
    let experiment = subject.analysis(Analysis::FrozenFeedback.name(), &[("repetitions", repetitions)])?;
    let (network, weights) = (experiment.network(), &subject.weights);
    let mut turns: Vec<Turn> = Vec::new();
    // The first repetition with contexts on different sides: there the plane turns far. A fixed rule, so
    // nobody picked it.
    let mut example: Option<Example> = None;
    let mut watch = |repetition: frozen_feedback::Repetition<'_>| {
        turns.push(Turn::from(repetition.pair));
        let same_side = repetition.pair.same_side;
        if example.as_ref().is_none_or(|example| example.same_side && !same_side)
            && let Some(phases) = Phases::of(&repetition, turns.len())
        {
            let observed = Observed { network, weights, inputs: repetition.inputs, run: repetition.run };
            example = Some(Example { same_side, phases, signals: network_figures::signals(&observed) });
        }
    };
    let found = frozen_feedback::watched(subject.engine.as_mut(), weights, &experiment, &mut watch)?;
    if let Some(example) = example {
        shown.draw("frozen", example.signals);
        shown.draw("subspace", network_figures::subspace(&example.phases));
    }
    shown.draw("angles", network_figures::angles(&turns));
    shown.draw("angle_distance", network_figures::angle_distance(&turns));
    shown.metrics.extend(found.metrics);
    Ok(())
}
