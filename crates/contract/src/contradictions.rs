//! Settings that are right each by itself, and exclude each other.

use crate::analysis;
use crate::parameters::Problem;
use crate::schema::{self, Model};
use crate::sources::Sources;
use crate::value::{Value, ValueMap};

/// The parameters whose value decides what else may be given. All others are right or wrong by themselves.
const DECIDING: [&str; 10] = [
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
];

/// Can another value of this parameter make other parameters wrong, or itself beside them?
pub fn decides(name: &str) -> bool {
    DECIDING.contains(&name) || analysis::decides(name)
}

/// Finds them. `value` knows each parameter that the network has, defaults included.
pub(crate) fn contradictions<'v>(
    value: &dyn Fn(&'static str) -> Option<&'v Value>,
    given: &ValueMap,
    problems: &mut Vec<Problem>,
) {
    let number = |name| value(name).and_then(Value::as_number).unwrap_or_default();
    let text = |name| match value(name) {
        Some(Value::Text(text)) => text.as_str(),
        _ => "",
    };
    // Sources were checked before.
    let sources = text("sources").parse().unwrap_or(Sources::Chords);
    let available = i64::try_from(sources.count()).unwrap_or(i64::MAX);
    let mixed = match value("number_of_sources") {
        Some(Value::Integer(count)) => *count,
        _ => 0,
    };
    if mixed > available {
        problems.push(
            Problem::new(
                "number_of_sources",
                format!("`number_of_sources` is {mixed}, but `sources` has only {available}"),
            )
            .hint("give more sources, or mix fewer"),
        );
    }
    let context_type = text("context_type");
    if mixed != 2 && !context_type.starts_with("random") {
        problems.push(
            Problem::new(
                "context_type",
                format!("`context_type` \"{context_type}\" is for two sources, here are {mixed}"),
            )
            .hint("use \"random_normalised\" or \"random\""),
        );
    }
    // The default may be written: resolved parameters, as workers read them, hold it.
    let default =
        schema::find("base_frequency").and_then(|parameter| parameter.default_for(Model::Modulation));
    let written = given.get("base_frequency").and_then(Value::as_number);
    let moved = written.is_some() && written != default.and_then(|value| value.as_number());
    if matches!(sources, Sources::Sums(_)) && moved {
        problems.push(
            Problem::new(
                "base_frequency",
                "`base_frequency` does nothing when `sources` gives frequencies".into(),
            )
            .hint("leave it out, or use a preset for `sources`"),
        );
    }
    let samples = number("sampling_rate") * number("source_duration");
    if !(2.0..=1e8).contains(&samples) {
        problems.push(
            Problem::new(
                "source_duration",
                format!("the sources would have {samples} samples (`sampling_rate` times `source_duration`)"),
            )
            .hint("between 2 and 100 million are possible"),
        );
    }
    if value("modulation_width").and_then(Value::as_number) == Some(0.0)
        && number("feedback_signals") > number("population_units")
    {
        problems.push(
            Problem::new(
                "feedback_signals",
                "with boxes (`modulation_width` 0), more `feedback_signals` than `population_units` \
                 leave every unit without modulation"
                    .into(),
            )
            .hint("use fewer signals, more units, or a width above 0"),
        );
    }
    analysis::contradictions(value, given, problems);
}
