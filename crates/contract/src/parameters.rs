//! From what somebody wrote to a complete, checked set of parameters.

use std::borrow::Cow;
use std::fmt;

use crate::analysis::Analysis;
use crate::contradictions::contradictions;
use crate::identity::CellId;
use crate::schema::{self, Kind, Model, PARAMETERS, Parameter};
use crate::sources::{PRESETS, Sources};
use crate::value::{Value, ValueMap};

/// What is wrong with a parameter, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The parameter as it was written.
    pub parameter: String,
    /// What is wrong.
    pub message: String,
    /// What to do, where that is known.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(formatter, " ({hint})"))
    }
}

impl Problem {
    pub(crate) fn new(parameter: &str, message: String) -> Problem {
        Problem { parameter: parameter.into(), message, hint: None }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Problem {
        Problem { hint: Some(hint.into()), ..self }
    }
}

/// A complete set of parameters of the built-in worker: each that its network has, and no other, in range.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    model: Model,
    values: ValueMap,
}

/// Is this a parameter, and may it have this value? Returns the value in the parameter's own type (a whole float
/// for a whole number, one spelling for sources).
///
/// # Errors
/// An unknown name, a wrong type, a value out of range: one [`Problem`].
pub fn check_value(name: &str, value: &Value) -> Result<Value, Problem> {
    let Some(parameter) = schema::find(name) else {
        let problem = Problem::new(name, format!("unknown parameter `{name}`"));
        return Err(match schema::nearest(name, PARAMETERS.iter().map(|p| p.name)).and_then(schema::find) {
            Some(near) => problem.hint(format!("did you mean `{}`? {}", near.name, about(near))),
            None => problem.hint("`gainsweep-worker params` lists all parameters"),
        });
    };
    if let Some(fitting) = fitting(parameter, value) {
        return Ok(fitting.into_owned());
    }
    let wrong = |what: &str| {
        let message = format!("`{name}` must be {what}, got {} ({})", describe(value), value.kind());
        Problem::new(name, message).hint(about(parameter))
    };
    let out_of_range = || {
        let unit = if parameter.unit.is_empty() { String::new() } else { format!(" ({})", parameter.unit) };
        let range = parameter.range().replace("whole numbers", "a whole number");
        Problem::new(name, format!("`{name}` must be {range}{unit}, got {}", describe(value)))
            .hint(about(parameter))
    };
    Err(match (parameter.kind, value) {
        (Kind::Boolean, _) => wrong("true or false"),
        (Kind::Integer { .. }, _) if whole(value).is_none() => wrong("a whole number"),
        (Kind::Float { .. }, _) if value.as_number().is_none_or(f64::is_nan) => wrong("a number"),
        (Kind::Float { min, max, above }, Value::Float(number)) if within(*number, min, max, above) => {
            wrong("a finite number")
        }
        (Kind::Integer { .. } | Kind::Float { .. }, _) => out_of_range(),
        (Kind::Choice(names), Value::Text(text)) => {
            let message = format!("`{name}` must be one of {}, got {}", names.join(", "), describe(value));
            let problem = Problem::new(name, message);
            match schema::nearest(text, names.iter().copied()) {
                Some(near) => problem.hint(format!("did you mean \"{near}\"?")),
                None => problem.hint(about(parameter)),
            }
        }
        (Kind::Sources, Value::Text(text)) => {
            let reason = text.parse::<Sources>().err().unwrap_or_default();
            Problem::new(name, format!("`{name}`: {reason}"))
        }
        (Kind::Cell, Value::Text(_)) => wrong("the id of a cell, 16 hexadecimal digits"),
        (Kind::Choice(_) | Kind::Sources | Kind::Cell, _) => wrong("a text"),
    })
}

/// The value in the parameter's own type, if the parameter may have it.
pub(crate) fn fitting<'v>(parameter: &Parameter, value: &'v Value) -> Option<Cow<'v, Value>> {
    match (parameter.kind, value) {
        (Kind::Boolean, Value::Boolean(_)) => Some(Cow::Borrowed(value)),
        (Kind::Integer { min, max }, _) => {
            let number = whole(value).filter(|number| (min..=max).contains(number))?;
            Some(own(value, Value::Integer(number)))
        }
        (Kind::Float { min, max, above }, _) => {
            let number = value.as_number().filter(|number| within(*number, min, max, above))?;
            let fits = number.is_finite() || parameter.name == "modulation_width";
            fits.then(|| own(value, Value::Float(number)))
        }
        (Kind::Choice(names), Value::Text(text)) => {
            names.contains(&text.as_str()).then_some(Cow::Borrowed(value))
        }
        (Kind::Sources, Value::Text(text)) if PRESETS.contains(&text.as_str()) => Some(Cow::Borrowed(value)),
        (Kind::Sources, Value::Text(text)) => {
            let sources = text.parse::<Sources>().ok()?;
            Some(own(value, Value::Text(sources.to_string())))
        }
        (Kind::Cell, Value::Text(id)) => id.parse::<CellId>().is_ok().then_some(Cow::Borrowed(value)),
        _ => None,
    }
}

/// What was given, where it is already what it should be.
fn own(given: &Value, value: Value) -> Cow<'_, Value> {
    if *given == value { Cow::Borrowed(given) } else { Cow::Owned(value) }
}

fn within(number: f64, min: f64, max: f64, above: bool) -> bool {
    number <= max && number >= min && !(above && number <= min)
}

fn about(parameter: &Parameter) -> String {
    let symbol = match (parameter.symbol, parameter.published) {
        ("", "") => String::new(),
        ("", published) => format!("; published code: {published}"),
        (symbol, _) => format!("; paper: {symbol}"),
    };
    format!("{}{symbol}", parameter.help)
}

fn describe(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

/// The whole number that this is, also when written as a float.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 2f64.powi(53) => Some(*number as i64),
        _ => None,
    }
}

impl Parameters {
    /// Checks what was given and fills in the rest.
    ///
    /// # Errors
    /// Every problem there is: unknown names, wrong types, values out of range, parameters that the chosen network
    /// does not have, settings that contradict each other.
    pub fn resolve(given: &ValueMap) -> Result<Parameters, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut values = ValueMap::new();
        for (name, value) in given {
            match check_value(name, value) {
                Ok(value) => {
                    values.insert(name.clone(), value);
                }
                Err(problem) => problems.push(problem),
            }
        }
        let model = match values.get("model") {
            Some(Value::Text(name)) => Model::from_name(name),
            _ => Some(Model::Modulation),
        };
        let Some(model) = model.filter(|_| problems.is_empty()) else { return Err(problems) };
        for name in given.keys() {
            if let Some(parameter) = schema::find(name).filter(|p| !p.models.contains(&model)) {
                let models: Vec<String> =
                    parameter.models.iter().map(|m| format!("\"{}\"", m.name())).collect();
                problems.push(
                    Problem::new(name, format!("`{name}` does nothing for model \"{}\"", model.name()))
                        .hint(format!("leave it out; it belongs to {}", models.join(", "))),
                );
            }
        }
        fill_in(model, &mut values);
        let parameters = Parameters { model, values };
        contradictions(&|name| parameters.values.get(name), given, &mut problems);
        if problems.is_empty() { Ok(parameters) } else { Err(problems) }
    }

    /// The network.
    pub fn model(&self) -> Model {
        self.model
    }

    /// All values, by name.
    pub fn values(&self) -> &ValueMap {
        &self.values
    }

    /// All values, by name, to keep.
    pub fn into_values(self) -> ValueMap {
        self.values
    }

    /// The cell that these parameters are.
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
    /// When the network has no such parameter or it is no number: a fault of the program, not of the user.
    pub fn number(&self, name: &str) -> f64 {
        self.values.get(name).and_then(Value::as_number).unwrap_or_else(|| panic!("no number `{name}`"))
    }

    /// A parameter that is a count.
    ///
    /// # Panics
    /// As [`Parameters::number`].
    pub fn count(&self, name: &str) -> usize {
        match self.values.get(name) {
            Some(Value::Integer(number)) => usize::try_from(*number).unwrap_or(0),
            _ => panic!("no count `{name}`"),
        }
    }

    /// A parameter that is a count, where it is given.
    pub fn optional_count(&self, name: &str) -> Option<usize> {
        self.values.contains_key(name).then(|| self.count(name))
    }

    /// The cell whose trained network is read; `None` where one is trained.
    pub fn trained_network(&self) -> Option<CellId> {
        match self.values.get("network") {
            Some(Value::Text(id)) => id.parse().ok(),
            _ => None,
        }
    }

    /// What is asked of the network; `None` for the plain test.
    pub fn analysis(&self) -> Option<Analysis> {
        self.optional_text("analysis").and_then(Analysis::from_name)
    }

    /// A parameter that is a text, where it is given.
    pub fn optional_text(&self, name: &str) -> Option<&str> {
        self.values.contains_key(name).then(|| self.text(name))
    }

    /// A parameter that is a text.
    ///
    /// # Panics
    /// As [`Parameters::number`].
    pub fn text(&self, name: &str) -> &str {
        match self.values.get(name) {
            Some(Value::Text(text)) => text,
            _ => panic!("no text `{name}`"),
        }
    }

    /// A parameter that is true or false.
    ///
    /// # Panics
    /// As [`Parameters::number`].
    pub fn flag(&self, name: &str) -> bool {
        match self.values.get(name) {
            Some(Value::Boolean(flag)) => *flag,
            _ => panic!("no flag `{name}`"),
        }
    }
}

/// Adds the defaults of what was left out.
fn fill_in(model: Model, values: &mut ValueMap) {
    for parameter in PARAMETERS.iter().filter(|p| p.models.contains(&model)) {
        if let Some(value) = parameter.default_for(model) {
            values.entry(parameter.name.into()).or_insert(value);
        }
    }
    if let Some(Value::Text(sources)) = values.get("sources") {
        let count = sources.parse::<Sources>().map_or(2, |sources| sources.count());
        values
            .entry("number_of_sources".into())
            .or_insert(Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)));
    }
    if let Some(samples) = values.get("samples_per_context").cloned() {
        values.entry("test_samples_per_context".into()).or_insert(samples);
    }
    let analysis = values.get("analysis").cloned();
    for parameter in PARAMETERS.iter().filter(|p| p.models.contains(&model)) {
        if let Some(value) = parameter.default_with(analysis.as_ref()) {
            values.entry(parameter.name.into()).or_insert(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Fallback;

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
                p.models.contains(&model) && !matches!(p.default, Fallback::Absent(_) | Fallback::With(..))
            };
            let expected = PARAMETERS.iter().filter(there).count();
            assert_eq!(names.len(), expected, "{model:?}: {names:?}");
            assert_eq!(Parameters::resolve(once.values()), Ok(once));
        }
    }

    /// Files of resolved parameters are read again, by the worker for one.
    #[test]
    fn sources_of_their_own_frequencies_resolve_twice() {
        let given = [("sources", text("sawtooth 140, sine 150 + sine 210")), ("batches", Value::Integer(3))];
        let once = Parameters::resolve(&map(&given)).expect("valid");
        assert_eq!(Parameters::resolve(once.values()), Ok(once));
        let other = [("sources", text("sine 100, sine 150")), ("base_frequency", Value::Float(90.0))];
        assert!(problem(&other).contains("does nothing when `sources` gives frequencies"));
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
