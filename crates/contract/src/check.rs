//! Checks whether a parameter may have a value, and explains why not.

use std::borrow::Cow;

use crate::identity::CellId;
use crate::problem::Problem;
use crate::schema::{self, Kind, PARAMETERS, Parameter};
use crate::sources::{PRESETS, Sources};
use crate::value::Value;

/// Is this a parameter, and may it have this value? Returns the value in the parameter's own type (an integer
/// for a whole float, one spelling for sources).
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

/// The given value, if it already has the right type.
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
        Value::Boolean(_) | Value::Integer(_) | Value::Float(_) | Value::List(_) => value.to_string(),
    }
}

/// The value as a whole number, also if it is written as a float.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 2f64.powi(53) => Some(*number as i64),
        Value::Float(_) | Value::Boolean(_) | Value::Text(_) | Value::List(_) => None,
    }
}
