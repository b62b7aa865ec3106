//! The parameters that a sweep file declares for its own worker: `[worker.parameters]`.

use std::collections::BTreeMap;

use gainsweep_contract::schema::nearest;
use gainsweep_contract::{Problem, Value, ValueMap};

use crate::diagnostic::Span;

/// The values that a declared parameter may have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DeclaredKind {
    Boolean,
    /// A whole number between two bounds, both included.
    Integer {
        minimum: i64,
        maximum: i64,
    },
    /// A number between two bounds, both included.
    Float {
        minimum: f64,
        maximum: f64,
    },
    /// A text, or one of a list.
    Text {
        one_of: Vec<String>,
    },
}

/// One declared parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DeclaredParameter {
    pub(crate) kind: DeclaredKind,
    pub(crate) default: Option<Value>,
    pub(crate) help: String,
    /// Where it is declared.
    pub(crate) place: Span,
}

/// All declared parameters of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DeclaredParameters {
    pub(crate) parameters: BTreeMap<String, DeclaredParameter>,
}

impl DeclaredKind {
    /// The value in the parameter's own type, if it fits.
    pub(crate) fn fitting(&self, value: &Value) -> Option<Value> {
        match (self, value) {
            (DeclaredKind::Boolean, Value::Boolean(_)) => Some(value.clone()),
            (DeclaredKind::Integer { minimum, maximum }, _) => {
                let whole = match value {
                    Value::Integer(whole) => *whole,
                    Value::Float(number) if number.fract() == 0.0 && number.abs() < 2_f64.powi(53) => {
                        *number as i64
                    }
                    Value::Float(_) | Value::Boolean(_) | Value::Text(_) | Value::List(_) => return None,
                };
                (*minimum..=*maximum).contains(&whole).then_some(Value::Integer(whole))
            }
            (DeclaredKind::Float { minimum, maximum }, _) => {
                let number = value.as_number()?;
                (*minimum..=*maximum).contains(&number).then_some(Value::Float(number))
            }
            (DeclaredKind::Text { one_of }, Value::Text(text)) => {
                (one_of.is_empty() || one_of.contains(text)).then(|| value.clone())
            }
            _ => None,
        }
    }

    /// As text, after "must be".
    pub(crate) fn words(&self) -> String {
        let between = |low: Option<String>, high: Option<String>| match (low, high) {
            (Some(low), Some(high)) => format!(" from {low} to {high}"),
            (Some(low), None) => format!(" of at least {low}"),
            (None, Some(high)) => format!(" of at most {high}"),
            (None, None) => String::new(),
        };
        match self {
            DeclaredKind::Boolean => "true or false".into(),
            DeclaredKind::Integer { minimum, maximum } => {
                let low = (*minimum > i64::MIN).then(|| minimum.to_string());
                let high = (*maximum < i64::MAX).then(|| maximum.to_string());
                format!("a whole number{}", between(low, high))
            }
            DeclaredKind::Float { minimum, maximum } => {
                let low = (*minimum > f64::NEG_INFINITY).then(|| minimum.to_string());
                let high = (*maximum < f64::INFINITY).then(|| maximum.to_string());
                format!("a number{}", between(low, high))
            }
            DeclaredKind::Text { one_of } if one_of.is_empty() => "a text".into(),
            DeclaredKind::Text { one_of } => format!("one of {}", one_of.join(", ")),
        }
    }
}

impl DeclaredParameters {
    /// The parameter of that name.
    ///
    /// # Errors
    /// It does not exist; the hint names the nearest one.
    pub(crate) fn find(&self, name: &str) -> Result<&DeclaredParameter, Problem> {
        if let Some(parameter) = self.parameters.get(name) {
            return Ok(parameter);
        }
        let hint = match nearest(name, self.parameters.keys().map(String::as_str)) {
            Some(near) => match self.parameters[near].help.as_str() {
                "" => format!("did you mean `{near}`?"),
                help => format!("did you mean `{near}`? {help}"),
            },
            None => "[worker.parameters] lists all parameters".into(),
        };
        Err(Problem {
            parameter: name.into(),
            message: format!("unknown parameter `{name}`"),
            hint: Some(hint),
        })
    }

    /// Checks a value of the parameter, and converts it to the declared type.
    ///
    /// # Errors
    /// No such parameter, another kind of value, a value out of range.
    pub(crate) fn check(&self, name: &str, value: &Value) -> Result<Value, Problem> {
        let parameter = self.find(name)?;
        parameter.kind.fitting(value).ok_or_else(|| {
            let got = match value {
                Value::Text(text) => format!("{text:?}"),
                Value::Boolean(_) | Value::Integer(_) | Value::Float(_) | Value::List(_) => value.to_string(),
            };
            let near = match (&parameter.kind, value) {
                (DeclaredKind::Text { one_of }, Value::Text(text)) => {
                    nearest(text, one_of.iter().map(String::as_str))
                }
                _ => None,
            };
            Problem {
                parameter: name.into(),
                message: format!("`{name}` must be {}, got {got}", parameter.kind.words()),
                hint: near
                    .map(|near| format!("did you mean \"{near}\"?"))
                    .or_else(|| (!parameter.help.is_empty()).then(|| parameter.help.clone())),
            }
        })
    }

    /// All defaults.
    pub(crate) fn defaults(&self) -> ValueMap {
        let with = |(name, parameter): (&String, &DeclaredParameter)| {
            Some((name.clone(), parameter.default.clone()?))
        };
        self.parameters.iter().filter_map(with).collect()
    }

    /// All parameters of a cell.
    ///
    /// # Errors
    /// Every value that its parameter may not have, and every parameter without a value.
    pub(crate) fn resolve(&self, given: ValueMap) -> Result<ValueMap, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut values = self.defaults();
        for (name, value) in given {
            // Trained networks bring the parameters of their training.
            let Some(_) = self.parameters.get(&name) else {
                values.insert(name, value);
                continue;
            };
            match self.check(&name, &value) {
                Ok(value) => {
                    values.insert(name, value);
                }
                Err(problem) => problems.push(problem),
            }
        }
        for name in self.parameters.keys().filter(|name| !values.contains_key(*name)) {
            if problems.iter().all(|problem| problem.parameter != *name) {
                problems.push(Problem {
                    parameter: name.clone(),
                    message: format!("`{name}` has no value, and no default"),
                    hint: Some(format!("write `{name} = ...` below [params], or declare a `default`")),
                });
            }
        }
        if problems.is_empty() { Ok(values) } else { Err(problems) }
    }
}
