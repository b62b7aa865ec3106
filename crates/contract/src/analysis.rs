//! What can be asked of a trained network besides the plain test, and of two baselines that have no network.

use crate::parameters::Problem;
use crate::schema::{CONTEXT_TYPES, Model, WITH_MODULATION, WITH_POPULATION};
use crate::value::{Value, ValueMap};

/// An analysis; `docs/reference/analyses.md` defines each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Analysis {
    /// Planes of the population's activity when the context changes under frozen feedback, and when feedback is back.
    FrozenFeedback,
    /// Clarity and decoding of the sources, stage by stage.
    Stages,
    /// Decoding of the context from mean activity.
    ContextDecoding,
    /// Variance of the population along its principal components.
    PrincipalComponents,
    /// Errors, and deviations of the weights from the inverse context, against the time since the change of context.
    ContextChanges,
    /// Correlations of the sources with stimuli and outputs.
    Correlations,
    /// Does the modulation switch between contexts, or fluctuate within them?
    Switching,
    /// Modulation units driven from outside.
    Drive,
    /// A linear readout fitted in one context and tested in another. No network.
    StaticReadout,
    /// A feedforward network on windows of the stimuli. No network is read; one is trained.
    Feedforward,
}

use Analysis::{
    ContextChanges, ContextDecoding, Correlations, Drive, Feedforward, FrozenFeedback, PrincipalComponents,
    Stages, StaticReadout, Switching,
};

impl Analysis {
    /// All of them.
    pub const ALL: [Analysis; 10] = [
        FrozenFeedback,
        Stages,
        ContextDecoding,
        PrincipalComponents,
        ContextChanges,
        Correlations,
        Switching,
        Drive,
        StaticReadout,
        Feedforward,
    ];
    /// Their names in parameter files, in the same order.
    pub const NAMES: [&str; 10] = [
        "frozen_feedback",
        "stages",
        "context_decoding",
        "principal_components",
        "context_changes",
        "correlations",
        "switching",
        "drive",
        "static_readout",
        "feedforward",
    ];

    /// The name in parameter files.
    pub fn name(self) -> &'static str {
        Analysis::NAMES[self as usize]
    }

    /// The analysis of that name.
    pub fn from_name(name: &str) -> Option<Analysis> {
        Analysis::ALL.into_iter().find(|analysis| analysis.name() == name)
    }

    /// Does it look at a trained network? The others are baselines without one.
    pub fn reads_network(self) -> bool {
        !matches!(self, StaticReadout | Feedforward)
    }

    /// The networks that it is defined for.
    pub fn models(self) -> &'static [Model] {
        match self {
            FrozenFeedback | PrincipalComponents | Drive => WITH_POPULATION,
            Switching => WITH_MODULATION,
            Stages | ContextDecoding | ContextChanges | Correlations | StaticReadout | Feedforward => {
                &Model::ALL
            }
        }
    }

    /// Is it defined for two sources alone?
    pub fn needs_two_sources(self) -> bool {
        matches!(self, FrozenFeedback | ContextDecoding)
    }
}

/// The parameters that only some analyses have.
pub const OWN: [(&str, &[Analysis]); 8] = [
    ("repetitions", &[FrozenFeedback]),
    ("stage", &[Stages, ContextDecoding]),
    ("decoder", &[ContextDecoding]),
    ("training_contexts", &[Stages]),
    ("context_grid", &[ContextDecoding]),
    ("drive", &[Drive]),
    ("driven_unit", &[Drive]),
    ("window", &[Feedforward]),
];

/// The stages of a network from stimulus to output, by the names of the parameter `stage`.
pub const STAGES: [&str; 6] = ["x", "z", "z_L", "z_H", "m", "y"];

/// How the context is decoded.
pub const DECODERS: [&str; 3] = ["linear", "quadratic", "inverse"];

/// Finds what contradicts the analysis, or its absence.
pub(crate) fn contradictions<'v>(
    value: &dyn Fn(&'static str) -> Option<&'v Value>,
    given: &ValueMap,
    problems: &mut Vec<Problem>,
) {
    let text = |name| match value(name) {
        Some(Value::Text(text)) => text.as_str(),
        _ => "",
    };
    let number = |name| value(name).and_then(Value::as_number).unwrap_or_default();
    let analysis = Analysis::from_name(text("analysis"));
    for (name, analyses) in OWN {
        if given.contains_key(name) && !analysis.is_some_and(|analysis| analyses.contains(&analysis)) {
            let names: Vec<String> = analyses.iter().map(|one| format!("\"{}\"", one.name())).collect();
            let names = names.join(" and ");
            problems.push(
                Problem::new(name, format!("`{name}` belongs to the `analysis` {names}"))
                    .hint("leave it out, or choose that analysis"),
            );
        }
    }
    let Some(analysis) = analysis else { return };
    let name = analysis.name();
    let mut refuse = |parameter: &str, message: String, hint: String| {
        problems.push(Problem::new(parameter, message).hint(hint));
    };
    match (analysis.reads_network(), value("network").is_some()) {
        (true, false) => refuse(
            "analysis",
            format!("the `analysis` \"{name}\" looks at a trained network, and no `network` is named"),
            format!(
                "a sweep names them with [networks]; `gainsweep-worker test --model FILE --analysis {name}` reads one file"
            ),
        ),
        (false, true) => refuse(
            "analysis",
            format!("the `analysis` \"{name}\" looks at no network"),
            "leave out [networks]".into(),
        ),
        _ => {}
    }
    let model = Model::from_name(text("model")).unwrap_or(Model::Modulation);
    if !analysis.models().contains(&model) {
        let models: Vec<&str> = analysis.models().iter().map(|model| model.name()).collect();
        refuse(
            "analysis",
            format!("the `analysis` \"{name}\" is not defined for model \"{}\"", model.name()),
            format!("it is for {}", models.join(", ")),
        );
    }
    let sources = match value("number_of_sources") {
        Some(Value::Integer(count)) => *count,
        _ => 0,
    };
    if analysis.needs_two_sources() && sources != 2 {
        refuse(
            "analysis",
            format!("the `analysis` \"{name}\" is for two sources, here are {sources}"),
            "\"stages\", \"correlations\" and \"context_changes\" are for any number".into(),
        );
    }
    if analysis == ContextDecoding && text("context_type") != CONTEXT_TYPES[0] {
        refuse(
            "context_type",
            format!("the `analysis` \"{name}\" has contexts of its own, on a grid of rows that sum to 1"),
            format!("it needs `context_type` \"{}\"", CONTEXT_TYPES[0]),
        );
    }
    let (stage, stages) = (text("stage"), model.stages());
    if !stage.is_empty() && !stages.contains(&stage) {
        refuse(
            "stage",
            format!("model \"{}\" has no stage \"{stage}\"", model.name()),
            format!("its stages are {}", stages.join(", ")),
        );
    }
    let contexts = number("test_contexts");
    let training = value("training_contexts").and_then(Value::as_number);
    if analysis == Stages && training.unwrap_or(1.0) >= contexts {
        refuse(
            "test_contexts",
            format!("of {contexts} `test_contexts`, none is left to test the decoder in"),
            "give more `test_contexts`, or fewer `training_contexts`".into(),
        );
    }
    if number("window") > number("test_samples_per_context") {
        refuse(
            "window",
            format!("a `window` of {} does not fit into a context of the test", number("window")),
            format!(
                "that has {} time steps (`test_samples_per_context`)",
                number("test_samples_per_context")
            ),
        );
    }
    if number("driven_unit") > number("feedback_signals") {
        refuse(
            "driven_unit",
            format!("there is no modulation unit {}", number("driven_unit")),
            format!("there are {} (`feedback_signals`)", number("feedback_signals")),
        );
    }
}

/// Can another value of this parameter make an analysis, or something beside it, wrong?
pub(crate) fn decides(name: &str) -> bool {
    const OTHERS: [&str; 5] =
        ["analysis", "network", "test_contexts", "samples_per_context", "test_samples_per_context"];
    OTHERS.contains(&name) || OWN.iter().any(|(own, _)| *own == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Parameters;

    fn problems(pairs: &[(&str, Value)]) -> String {
        let given = pairs.iter().map(|(name, value)| ((*name).to_string(), value.clone())).collect();
        match Parameters::resolve(&given) {
            Ok(_) => String::new(),
            Err(problems) => problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"),
        }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    const NETWORK: &str = "0123456789abcdef";

    #[test]
    fn each_analysis_says_what_it_needs() {
        let with = |analysis: &str, more: &[(&str, Value)]| {
            let mut pairs = vec![("analysis", text(analysis)), ("network", text(NETWORK))];
            pairs.extend(more.iter().cloned());
            problems(&pairs)
        };
        let spatial = ("model", text("spatial"));
        assert!(problems(&[("analysis", text("stages"))]).contains("no `network` is named"));
        assert!(with("static_readout", &[]).contains("looks at no network"));
        assert_eq!(problems(&[("analysis", text("static_readout"))]), "");
        assert_eq!(with("stages", &[]), "");
        assert!(with("frozen_feedback", &[]).contains("it is for spatial, dale"));
        assert_eq!(with("frozen_feedback", std::slice::from_ref(&spatial)), "");
        let three = [spatial.clone(), ("sources", text("waveforms"))];
        assert!(with("context_decoding", &three).contains("is for two sources, here are 3"));
        assert!(with("stages", &[("stage", text("z"))]).contains("its stages are x, y"));
        assert!(with("stages", &[("test_contexts", Value::Integer(1))]).contains("none is left"));
        assert!(problems(&[("stage", text("z"))]).contains("\"stages\" and \"context_decoding\""));
        let unit = ("driven_unit", Value::Integer(5));
        assert!(with("drive", &[spatial.clone(), unit]).contains("there are 4"));
        let random = ("context_type", text("random"));
        assert!(with("context_decoding", &[spatial, random]).contains("random_normalised"));
    }

    #[test]
    fn defaults_of_an_analysis_are_there_with_it_alone() {
        let resolve = |pairs: &[(&str, Value)]| {
            let given = pairs.iter().map(|(name, value)| ((*name).to_string(), value.clone())).collect();
            Parameters::resolve(&given).expect("right")
        };
        let base =
            [("model", text("spatial")), ("network", text(NETWORK)), ("analysis", text("frozen_feedback"))];
        let short = resolve(&base);
        assert_eq!(short.analysis(), Some(FrozenFeedback));
        assert_eq!(short.count("repetitions"), 40);
        let spelled = resolve(&[&base[..], &[("repetitions", Value::Integer(40))]].concat());
        assert_eq!(short.id(), spelled.id());
        assert_eq!(Parameters::resolve(short.values()), Ok(short));
        assert!(!resolve(&base[..2]).values().contains_key("repetitions"));
    }

    #[test]
    fn names_are_in_order() {
        for analysis in Analysis::ALL {
            assert_eq!(Analysis::from_name(analysis.name()), Some(analysis));
        }
    }
}
