//! Settings that are valid alone, but exclude each other.

use std::sync::LazyLock;

use crate::analysis::Analysis;
use crate::defaults::WithDefaults;
use crate::problem::Problem;
use crate::schema::{self, CONTEXT_TYPES, PARAMETERS};
use crate::sources::Sources;
use crate::value::Value;

/// The parameters whose value decides which others may be set, besides those of single analyses. All other
/// parameters are valid or invalid alone.
const DECIDING: [&str; 15] = [
    "model",
    "sources",
    "base_frequency",
    "number_of_sources",
    "context_type",
    "sampling_rate",
    "source_duration",
    "modulation_width",
    "feedback_signals",
    "population_units",
    "analysis",
    "network",
    "test_contexts",
    "samples_per_context",
    "test_samples_per_context",
];

/// Can another value of this parameter make other parameters invalid, or itself together with them?
pub fn decides(name: &str) -> bool {
    static OF_ANALYSES: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let own = PARAMETERS.iter().filter(|parameter| parameter.analyses().is_some());
        own.map(|parameter| parameter.name).collect()
    });
    DECIDING.contains(&name) || OF_ANALYSES.contains(&name)
}

/// Finds all contradictions.
pub(crate) fn find_contradictions(complete: &WithDefaults<'_>, problems: &mut Vec<Problem>) {
    let mut refuse = |parameter: &str, message: String, hint: String| {
        problems.push(Problem::new(parameter, message).hint(hint));
    };
    in_the_training(complete, &mut refuse);
    in_the_analysis(complete, &mut refuse);
}

/// Reports a contradiction: the parameter, what is wrong, what to do.
type Refuse<'r> = &'r mut dyn FnMut(&str, String, String);

fn in_the_training(complete: &WithDefaults<'_>, refuse: Refuse<'_>) {
    // The sources were checked before.
    let sources = complete.text("sources").parse().unwrap_or(Sources::Chords);
    let (available, mixed) = (sources.count(), complete.count("number_of_sources"));
    if mixed > available {
        refuse(
            "number_of_sources",
            format!("`number_of_sources` is {mixed}, but `sources` has only {available}"),
            "list more sources, or mix fewer".into(),
        );
    }
    let context_type = complete.text("context_type");
    if mixed != 2 && !context_type.starts_with("random") {
        refuse(
            "context_type",
            format!("`context_type` \"{context_type}\" is for two sources, here are {mixed}"),
            "use \"random_normalised\" or \"random\"".into(),
        );
    }
    // The default may be set explicitly: resolved parameters, as workers read them, contain it.
    let default = schema::find("base_frequency").and_then(|parameter| parameter.default_for(complete.model));
    let written = complete.given.get("base_frequency").and_then(Value::as_number);
    let moved = written.is_some() && written != default.and_then(|value| value.as_number());
    if matches!(sources, Sources::Sums(_)) && moved {
        refuse(
            "base_frequency",
            "`base_frequency` does nothing when `sources` has frequencies".into(),
            "leave it out, or use a preset for `sources`".into(),
        );
    }
    let samples = complete.number("sampling_rate") * complete.number("source_duration");
    if !(2.0..=1e8).contains(&samples) {
        refuse(
            "source_duration",
            format!("the sources would have {samples} samples (`sampling_rate` times `source_duration`)"),
            "it must be between 2 and 100 million".into(),
        );
    }
    let width = complete.value("modulation_width").and_then(|width| width.as_number());
    if width == Some(0.0) && complete.number("feedback_signals") > complete.number("population_units") {
        refuse(
            "feedback_signals",
            "with boxes (`modulation_width` 0), more `feedback_signals` than `population_units` leave every unit \
             without modulation"
                .into(),
            "use fewer signals, more units, or a width above 0".into(),
        );
    }
}

/// Contradictions with the analysis, or with its absence.
fn in_the_analysis(complete: &WithDefaults<'_>, refuse: Refuse<'_>) {
    for parameter in PARAMETERS {
        let Some(analyses) = parameter.analyses() else { continue };
        let has_it = complete.analysis.is_some_and(|analysis| analyses.contains(&analysis));
        if complete.given.contains_key(parameter.name) && !has_it {
            let names: Vec<String> = analyses.iter().map(|one| format!("\"{}\"", one.name())).collect();
            refuse(
                parameter.name,
                format!("`{}` belongs to the `analysis` {}", parameter.name, names.join(" and ")),
                "leave it out, or choose that analysis".into(),
            );
        }
    }
    let Some(analysis) = complete.analysis else { return };
    let (name, model) = (analysis.name(), complete.model);
    let named = complete.given.contains_key("network");
    if analysis.reads_network() && !named {
        refuse(
            "analysis",
            format!("the `analysis` \"{name}\" reads a trained network, but no `network` is set"),
            format!(
                "a sweep names them with [networks]; `gainsweep-worker test --model FILE --analysis {name}` reads one file"
            ),
        );
    }
    if !analysis.reads_network() && named {
        refuse(
            "analysis",
            format!("the `analysis` \"{name}\" reads no network"),
            "leave out [networks]".into(),
        );
    }
    if !analysis.models().contains(&model) {
        let models: Vec<&str> = analysis.models().iter().map(|model| model.name()).collect();
        refuse(
            "analysis",
            format!("the `analysis` \"{name}\" is not defined for model \"{}\"", model.name()),
            format!("it is for {}", models.join(", ")),
        );
    }
    let sources = complete.count("number_of_sources");
    if analysis.needs_two_sources() && sources != 2 {
        refuse(
            "analysis",
            format!("the `analysis` \"{name}\" is for two sources, here are {sources}"),
            "\"stages\", \"correlations\" and \"context_changes\" are for any number".into(),
        );
    }
    if analysis == Analysis::ContextDecoding && complete.text("context_type") != CONTEXT_TYPES[0] {
        refuse(
            "context_type",
            format!("the `analysis` \"{name}\" has its own contexts, on a grid of rows that sum to 1"),
            format!("it needs `context_type` \"{}\"", CONTEXT_TYPES[0]),
        );
    }
    let (stage, stages) = (complete.text("stage"), model.stages());
    if !stage.is_empty() && !stages.contains(&&*stage) {
        refuse(
            "stage",
            format!("model \"{}\" has no stage \"{stage}\"", model.name()),
            format!("its stages are {}", stages.join(", ")),
        );
    }
    let contexts = complete.number("test_contexts");
    let training = complete.value("training_contexts").and_then(|value| value.as_number());
    if analysis == Analysis::Stages && training.unwrap_or(1.0) >= contexts {
        refuse(
            "test_contexts",
            format!("with {contexts} `test_contexts`, none is left to test the decoder"),
            "use more `test_contexts`, or fewer `training_contexts`".into(),
        );
    }
    let (window, samples) = (complete.number("window"), complete.number("test_samples_per_context"));
    if window > samples {
        refuse(
            "window",
            format!("a `window` of {window} does not fit into a context of the test"),
            format!("that has {samples} time steps (`test_samples_per_context`)"),
        );
    }
    let (unit, signals) = (complete.number("driven_unit"), complete.number("feedback_signals"));
    if unit > signals {
        refuse(
            "driven_unit",
            format!("modulation unit {unit} does not exist"),
            format!("there are {signals} (`feedback_signals`)"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::Analysis;
    use crate::{Parameters, Problem, Value};

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
        assert!(problems(&[("analysis", text("stages"))]).contains("no `network` is set"));
        assert!(with("static_readout", &[]).contains("reads no network"));
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
        assert_eq!(short.analysis(), Some(Analysis::FrozenFeedback));
        assert_eq!(short.count("repetitions"), 40);
        let spelled = resolve(&[&base[..], &[("repetitions", Value::Integer(40))]].concat());
        assert_eq!(short.id(), spelled.id());
        assert_eq!(Parameters::resolve(short.values()), Ok(short));
        assert!(!resolve(&base[..2]).values().contains_key("repetitions"));
    }
}
