//! The default of one parameter, given others.

use crate::analysis;
use crate::schema::{self, Model};
use crate::sources::Sources;
use crate::value::{Value, ValueMap};

/// The value that the built-in worker gives a parameter that is not among the given ones: the default of the given
/// network, or what follows from other parameters. `None` where that network has no such parameter, or what is
/// given makes no sense.
pub fn default_of(name: &str, given: &ValueMap) -> Option<Value> {
    let model = match given.get("model") {
        Some(Value::Text(name)) => Model::from_name(name)?,
        Some(_) => return None,
        None => Model::Modulation,
    };
    let parameter = schema::find(name).filter(|parameter| parameter.models.contains(&model))?;
    if let Some(value) = parameter.default_for(model) {
        return Some(value);
    }
    let other = |name: &str| given.get(name).cloned().or_else(|| default_of(name, given));
    match name {
        "number_of_sources" => match other("sources")? {
            Value::Text(sources) => {
                i64::try_from(sources.parse::<Sources>().ok()?.count()).ok().map(Value::Integer)
            }
            _ => None,
        },
        "test_samples_per_context" => other("samples_per_context"),
        _ => parameter.default_with(given.get("analysis")),
    }
}

/// The parameters that a default rests on.
pub fn default_rests_on(name: &str) -> &'static [&'static str] {
    match name {
        "model" => &[],
        "number_of_sources" => &["model", "sources"],
        "test_samples_per_context" => &["model", "samples_per_context"],
        name if analysis::OWN.iter().any(|(own, _)| *own == name) => &["model", "analysis"],
        _ => &["model"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Parameters;

    #[test]
    fn each_default_is_the_one_that_resolving_fills_in() {
        let text = |text: &str| Value::Text(text.into());
        for model in Model::ALL {
            let given: ValueMap = [
                ("model".to_string(), text(model.name())),
                ("sources".to_string(), text("sine 100, sine 150, sine 200")),
                ("samples_per_context".to_string(), Value::Integer(70)),
                ("context_type".to_string(), text("random")),
            ]
            .into();
            let resolved = Parameters::resolve(&given).expect("valid").into_values();
            for parameter in schema::PARAMETERS {
                let expected = resolved.get(parameter.name).filter(|_| !given.contains_key(parameter.name));
                if !given.contains_key(parameter.name) {
                    assert_eq!(default_of(parameter.name, &given).as_ref(), expected, "{}", parameter.name);
                }
            }
        }
    }
}
