//! From given parameters to a complete, checked set.

use crate::analysis::Analysis;
use crate::check::check_value;
use crate::contradictions::find_contradictions;
use crate::defaults::WithDefaults;
use crate::identity::CellId;
use crate::model::Model;
use crate::problem::Problem;
use crate::schema;
use crate::sources::Sources;
use crate::value::{Value, ValueMap};

/// A complete set of parameters of the built-in worker: all those of its network, no others, in range.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    model: Model,
    values: ValueMap,
}

impl Parameters {
    /// Checks the given parameters and fills in the others.
    ///
    /// # Errors
    /// All problems: unknown names, wrong types, values out of range, parameters that the chosen network does
    /// not have, settings that contradict each other.
    pub fn resolve(given: &ValueMap) -> Result<Parameters, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut own = ValueMap::new();
        for (name, value) in given {
            match check_value(name, value) {
                Ok(value) => {
                    own.insert(name.clone(), value);
                }
                Err(problem) => problems.push(problem),
            }
        }
        let Some(complete) = WithDefaults::of(&own).filter(|_| problems.is_empty()) else {
            return Err(problems);
        };
        let model = complete.model;
        for name in own.keys() {
            if let Some(parameter) = schema::find(name).filter(|p| !p.models.contains(&model)) {
                let models: Vec<String> =
                    parameter.models.iter().map(|m| format!("\"{}\"", m.name())).collect();
                problems.push(
                    Problem::new(name, format!("`{name}` does nothing for model \"{}\"", model.name()))
                        .hint(format!("leave it out; it belongs to {}", models.join(", "))),
                );
            }
        }
        find_contradictions(&complete, &mut problems);
        match complete.values() {
            Some(values) if problems.is_empty() => Ok(Parameters { model, values }),
            _ => Err(problems),
        }
    }

    /// The network.
    pub fn model(&self) -> Model {
        self.model
    }

    /// All values, by name.
    pub fn values(&self) -> &ValueMap {
        &self.values
    }

    /// All values by name, by value.
    pub fn into_values(self) -> ValueMap {
        self.values
    }

    /// The id of the cell with these parameters.
    pub fn id(&self) -> CellId {
        CellId::of(&self.values)
    }

    /// The sources.
    pub fn sources(&self) -> Sources {
        self.text("sources").parse().expect("sources were checked when they were resolved")
    }

    /// A parameter that is a number.
    ///
    /// # Panics
    /// If the network has no such parameter, or it is not a number: a bug, not a user's mistake.
    pub fn number(&self, name: &str) -> f64 {
        self.values.get(name).and_then(Value::as_number).unwrap_or_else(|| panic!("no number `{name}`"))
    }

    /// A parameter that is a count.
    ///
    /// # Panics
    /// As for [`Parameters::number`].
    pub fn count(&self, name: &str) -> usize {
        match self.values.get(name) {
            Some(Value::Integer(number)) => usize::try_from(*number).unwrap_or(0),
            _ => panic!("no count `{name}`"),
        }
    }

    /// A parameter that is a count, if it is set.
    pub fn optional_count(&self, name: &str) -> Option<usize> {
        self.values.contains_key(name).then(|| self.count(name))
    }

    /// The cell whose trained network is read; `None` if one is trained.
    pub fn trained_network(&self) -> Option<CellId> {
        match self.values.get("network") {
            Some(Value::Text(id)) => id.parse().ok(),
            _ => None,
        }
    }

    /// The analysis; `None` for the plain test.
    pub fn analysis(&self) -> Option<Analysis> {
        self.optional_text("analysis").and_then(Analysis::from_name)
    }

    /// A parameter that is a text, if it is set.
    pub fn optional_text(&self, name: &str) -> Option<&str> {
        self.values.contains_key(name).then(|| self.text(name))
    }

    /// A parameter that is a text.
    ///
    /// # Panics
    /// As for [`Parameters::number`].
    pub fn text(&self, name: &str) -> &str {
        match self.values.get(name) {
            Some(Value::Text(text)) => text,
            _ => panic!("no text `{name}`"),
        }
    }

    /// A parameter that is true or false.
    ///
    /// # Panics
    /// As for [`Parameters::number`].
    pub fn flag(&self, name: &str) -> bool {
        match self.values.get(name) {
            Some(Value::Boolean(flag)) => *flag,
            _ => panic!("no flag `{name}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Fallback, PARAMETERS, Parameter};

    fn map(pairs: &[(&str, Value)]) -> ValueMap {
        pairs.iter().map(|(name, value)| ((*name).to_string(), value.clone())).collect()
    }

    fn problem(pairs: &[(&str, Value)]) -> String {
        let problems = Parameters::resolve(&map(pairs)).expect_err("a problem");
        problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn every_default_of_every_model_is_valid_and_resolving_twice_changes_nothing() {
        for model in Model::ALL {
            let once =
                Parameters::resolve(&map(&[("model", text(model.name()))])).expect("defaults are valid");
            let names: Vec<&String> = once.values().keys().collect();
            let there = |p: &&Parameter| {
                p.models.contains(&model) && !matches!(p.default, Fallback::Absent(_) | Fallback::Of(..))
            };
            let expected = PARAMETERS.iter().filter(there).count();
            assert_eq!(names.len(), expected, "{model:?}: {names:?}");
            assert_eq!(Parameters::resolve(once.values()), Ok(once));
        }
    }

    /// The worker reads files of resolved parameters.
    #[test]
    fn sources_of_their_own_frequencies_resolve_twice() {
        let given = [("sources", text("sawtooth 140, sine 150 + sine 210")), ("batches", Value::Integer(3))];
        let once = Parameters::resolve(&map(&given)).expect("valid");
        assert_eq!(Parameters::resolve(once.values()), Ok(once));
        let other = [("sources", text("sine 100, sine 150")), ("base_frequency", Value::Float(90.0))];
        assert!(problem(&other).contains("does nothing when `sources` has frequencies"));
    }

    #[test]
    fn the_id_ignores_spelling_and_written_defaults() {
        let plain = Parameters::resolve(&ValueMap::new()).expect("valid").id();
        let spelled = map(&[
            ("tau", Value::Integer(1)),
            ("batches", Value::Float(1e4)),
            ("sources", text(" chords ")),
            ("number_of_sources", Value::Integer(2)),
        ]);
        assert_eq!(Parameters::resolve(&spelled).expect("valid").id(), plain);
        let other = map(&[("tau", Value::Integer(2))]);
        assert_ne!(Parameters::resolve(&other).expect("valid").id(), plain);
    }

    #[test]
    fn names_are_unique() {
        for (index, parameter) in PARAMETERS.iter().enumerate() {
            assert!(PARAMETERS[index + 1..].iter().all(|other| other.name != parameter.name));
        }
    }

    #[test]
    fn problems_name_the_nearest_and_the_range() {
        assert!(
            problem(&[("modulation_widht", Value::Float(0.2))]).contains("did you mean `modulation_width`?")
        );
        assert!(problem(&[("tau", Value::Float(0.5))]).contains("at least 1 (time steps), got 0.5"));
        assert!(problem(&[("batches", Value::Float(1.5))]).contains("whole number"));
        assert!(problem(&[("model", text("spacial"))]).contains("did you mean \"spatial\"?"));
        assert!(problem(&[("noise", Value::Float(f64::INFINITY))]).contains("finite"));
        assert!(
            problem(&[("population_units", Value::Integer(3))])
                .contains("does nothing for model \"modulation\"")
        );
        assert!(problem(&[("number_of_sources", Value::Integer(3))]).contains("has only 2"));
        let contradiction = [("sources", text("waveforms")), ("context_type", text("scale"))];
        assert!(problem(&contradiction).contains("for two sources"));
        let boxes = [
            ("model", text("spatial")),
            ("modulation_width", Value::Integer(0)),
            ("feedback_signals", Value::Integer(101)),
        ];
        assert!(problem(&boxes).contains("without modulation"));
        let all_at_once = [("nonsense_name", Value::Integer(1)), ("tau", text("x"))];
        assert_eq!(problem(&all_at_once).lines().count(), 2);
    }
}
