//! Values of parameters, and lists of them.

use std::cmp::Ordering;
use std::collections::HashMap;

use gainsweep_contract::defaults::default_of;
use gainsweep_contract::{Problem, Value, ValueMap, check_value, schema};
use toml::de::{DeTable, DeValue};

use super::range;
use super::syntax::{Key, Node, describe, must_be, text, unknown_key};
use crate::axis::{Axis, BLOCK_AXIS, CASE_AXIS, Setting, Spans, WrittenExpression};
use crate::declared_parameters::DeclaredParameters;
use crate::diagnostic::{Diagnostic, Span};
use crate::name::check_name;

/// Most values of one axis: it catches typing errors. Each value is at least one folder.
pub(super) const MOST_VALUES: u64 = 1_000_000;

/// The parameters that a sweep may have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Schema<'d> {
    /// The built-in worker's.
    BuiltIn,
    /// Any: another program knows them.
    Free,
    /// What the file declares for another program.
    Declared(&'d DeclaredParameters),
}

/// Columns of the tables; no axis can have these names.
const COLUMNS: [&str; 5] = ["cell", "state", "attempts", CASE_AXIS, BLOCK_AXIS];

/// Keys for the top of a file that people write below the first table by mistake.
pub(super) const TOP: [&str; 2] = ["name", "question"];

impl Schema<'_> {
    /// Does the parameter exist?
    pub(super) fn check_key(self, key: &Key<'_>) -> Result<(), Diagnostic> {
        let name = key.get_ref();
        let known = match self {
            Schema::Free => true,
            Schema::BuiltIn => schema::find(name).is_some(),
            Schema::Declared(declared) => {
                return declared.find(name).map(|_| ()).map_err(|problem| at(problem, key.span()));
            }
        };
        if known {
            return Ok(());
        }
        // The value does not matter: the name is wrong.
        let problem = check_value(name, &Value::Boolean(false)).err();
        let problem = problem.map_or_else(
            || Diagnostic::new(format!("unknown parameter `{name}`")).at(key.span()),
            |problem| at(problem, key.span()),
        );
        Err(if TOP.contains(&name.as_ref()) {
            problem.hint(format!("to set it for the sweep, write `{name}` above the first [table]"))
        } else {
            problem
        })
    }

    /// Checks a value of the parameter, and converts it to the parameter's type.
    fn check(self, name: &str, value: Value, span: &Span) -> Result<Value, Diagnostic> {
        match self {
            Schema::BuiltIn if schema::find(name).is_some() => check_value(name, &value),
            Schema::Declared(declared) if declared.parameters.contains_key(name) => {
                declared.check(name, &value)
            }
            Schema::BuiltIn | Schema::Free | Schema::Declared(_) => return Ok(value),
        }
        .map_err(|problem| at(problem, span.clone()))
    }

    /// The default of a parameter, given these others.
    pub(super) fn default_of(self, name: &str, given: &ValueMap) -> Option<Value> {
        match self {
            Schema::Free => None,
            Schema::BuiltIn => default_of(name, given),
            Schema::Declared(declared) => declared.parameters.get(name)?.default.clone(),
        }
    }
}

fn at(problem: Problem, span: Span) -> Diagnostic {
    Diagnostic { hint: problem.hint, ..Diagnostic::new(problem.message).at(span) }
}

/// A TOML value as a parameter's value.
pub(super) fn value(node: &Node<'_>) -> Result<Value, Diagnostic> {
    let problem = |message: &str| Err(Diagnostic::new(message).at(node.span()));
    match node.get_ref() {
        DeValue::Boolean(flag) => Ok(Value::Boolean(*flag)),
        DeValue::String(text) => Ok(Value::Text(text.to_string())),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Ok(Value::Integer(number)),
            Err(_) => problem("this whole number is too large; 2^63 - 1 is the largest"),
        },
        DeValue::Float(number) => match number.as_str().parse::<f64>() {
            Ok(float) if float.is_nan() => problem("not-a-number is not a value"),
            Ok(float) if float.is_finite() || number.as_str().contains("inf") => Ok(Value::Float(float)),
            _ => problem("this number is too large; write `inf` for infinity"),
        },
        DeValue::Array(items) => items.iter().map(value).collect::<Result<_, _>>().map(Value::List),
        DeValue::Datetime(_) => problem("a date cannot be a parameter value; write it in quotes as a text"),
        DeValue::Table(_) => problem("a table cannot be a parameter value"),
    }
}

/// A finite number above zero.
pub(super) fn above_zero(key: &Key<'_>, node: &Node<'_>) -> Result<f64, Diagnostic> {
    let number = value(node).ok().and_then(|value| value.as_number());
    let number = number.filter(|number| *number > 0.0 && number.is_finite());
    number.ok_or_else(|| must_be(key, node, "a number above 0"))
}

/// One parameter with one value.
pub(super) fn setting(key: &Key<'_>, node: &Node<'_>, schema: Schema<'_>) -> Result<Setting, Diagnostic> {
    schema.check_key(key)?;
    let name = key.get_ref();
    let many = schema != Schema::Free && matches!(node.get_ref(), DeValue::Array(_) | DeValue::Table(_));
    if many {
        return Err(Diagnostic::new(format!(
            "`{name}` must be one value here, got {}",
            describe(node.get_ref())
        ))
        .at(node.span())
        .hint("lists and ranges make an axis: move it to [grid]"));
    }
    let value = schema.check(name, value(node)?, &node.span())?;
    Ok(Setting { name: name.to_string(), value, key: key.span(), span: node.span(), when: None })
}

/// One constant of `[params]`: a value, or `{ value = 3, when = "..." }`.
pub(super) fn constant(
    key: &Key<'_>,
    node: &Node<'_>,
    schema: Schema<'_>,
) -> Result<Setting, Vec<Diagnostic>> {
    let conditional =
        node.get_ref().as_table().filter(|table| table.iter().any(|(key, _)| key.get_ref() == "when"));
    let Some(table) = conditional else { return setting(key, node, schema).map_err(|problem| vec![problem]) };
    let mut problems = Vec::new();
    let when = when(table, &mut problems);
    let mut read = None;
    for (entry, node) in table {
        match entry.get_ref().as_ref() {
            "value" => match setting(key, node, schema) {
                Ok(setting) => read = Some(setting),
                Err(problem) => problems.push(problem),
            },
            "when" => {}
            _ => problems.push(unknown_key("a constant with a condition", entry, &["value", "when"])),
        }
    }
    match read {
        Some(setting) if problems.is_empty() => Ok(Setting { when, ..setting }),
        None if problems.is_empty() => Err(vec![
            Diagnostic::new("a `value` is missing")
                .at(node.span())
                .hint("write it as { value = 3, when = \"tau > 10\" }"),
        ]),
        _ => Err(problems),
    }
}

/// The condition of a table, if any.
fn when(table: &DeTable<'_>, problems: &mut Vec<Diagnostic>) -> Option<WrittenExpression> {
    let (key, node) = table.iter().find(|(key, _)| key.get_ref() == "when")?;
    text(key, node, problems).map(|text| WrittenExpression { text, span: node.span() })
}

/// Checks the name of an axis.
pub(super) fn check_axis_name(key: &Key<'_>, schema: Schema<'_>, problems: &mut Vec<Diagnostic>) {
    let name = key.get_ref().to_string();
    if let Err(problem) = schema.check_key(key) {
        problems.push(problem);
    } else if let Err(reason) = check_name(&name) {
        problems.push(Diagnostic::new(format!("the name of the axis `{name}` {reason}")).at(key.span()));
    } else if COLUMNS.contains(&name.as_str()) {
        problems.push(
            Diagnostic::new(format!(
                "an axis cannot be called `{name}`: the tables have a column of that name"
            ))
            .at(key.span())
            .hint("choose another name"),
        );
    }
}

/// One parameter with a list of values. Mistakes go to `problems`; the axis has the valid values.
pub(super) fn axis(
    key: &Key<'_>,
    node: &Node<'_>,
    schema: Schema<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Axis {
    check_axis_name(key, schema, problems);
    let name = key.get_ref().to_string();
    let before = problems.len();
    let when = node.get_ref().as_table().and_then(|table| when(table, problems));
    let (values, spans) = match node.get_ref() {
        DeValue::Array(items) => listed(&name, items, schema, problems),
        DeValue::Table(table) if table.iter().any(|(key, _)| key.get_ref() == "values") => {
            listed_in_table(&name, table, schema, problems)
        }
        DeValue::Table(table) => {
            let values = range::read(node.span(), table, problems);
            (in_range(&name, values, &node.span(), schema, problems), Spans::One(node.span()))
        }
        other @ (DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)) => {
            let got = describe(other);
            problems.push(
                Diagnostic::new(format!("the axis `{name}` must be a list or a range, got {got}"))
                    .at(node.span())
                    .hint("write it in brackets, or move it to [params] if it is constant"),
            );
            (Vec::new(), Spans::One(node.span()))
        }
    };
    if values.is_empty() && problems.len() == before {
        problems.push(
            Diagnostic::new(format!("`{name}` is an empty list; an axis needs at least one value"))
                .at(node.span()),
        );
    }
    Axis { name, values, key: key.span(), spans, when }
}

/// `{ values = [1, 2], when = "..." }`.
fn listed_in_table(
    name: &str,
    table: &DeTable<'_>,
    schema: Schema<'_>,
    problems: &mut Vec<Diagnostic>,
) -> (Vec<Value>, Spans) {
    let mut read = (Vec::new(), Spans::Each(Vec::new()));
    for (key, node) in table {
        match (key.get_ref().as_ref(), node.get_ref()) {
            ("values", DeValue::Array(items)) => read = listed(name, items, schema, problems),
            ("values", other) => problems.push(
                Diagnostic::new(format!("`values` must be a list, got {}", describe(other))).at(node.span()),
            ),
            ("when", _) => {}
            _ => problems.push(unknown_key("a list with a condition", key, &["values", "when"])),
        }
    }
    read
}

fn listed(
    name: &str,
    items: &[Node<'_>],
    schema: Schema<'_>,
    problems: &mut Vec<Diagnostic>,
) -> (Vec<Value>, Spans) {
    let mut values = Vec::with_capacity(items.len());
    let mut spans = Vec::with_capacity(items.len());
    for item in items {
        match value(item).and_then(|value| schema.check(name, value, &item.span())) {
            Ok(value) => {
                values.push(value);
                spans.push(item.span());
            }
            Err(problem) => problems.push(problem),
        }
    }
    (values, Spans::Each(spans))
}

/// Checks the values of a range, up to the first mistake: others have the same cause.
pub(super) fn in_range(
    name: &str,
    values: Vec<Value>,
    span: &Span,
    schema: Schema<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Value> {
    let count = values.len();
    let mut checked = Vec::with_capacity(count);
    for (index, value) in values.into_iter().enumerate() {
        match schema.check(name, value, span) {
            Ok(value) => checked.push(value),
            Err(problem) => {
                problems.push(problem.label(format!("value {} of {count}", index + 1)));
                break;
            }
        }
    }
    checked
}

/// Refuses an axis that has a value twice. 1 and 1.0 are the same value.
pub(super) fn refuse_duplicates(axis: &Axis, problems: &mut Vec<Diagnostic>) {
    // Counts and ranges are monotonic, so their values differ: a million values need no table.
    let one_way = |order: Ordering| {
        axis.values.windows(2).all(|pair| match pair {
            [Value::Integer(one), Value::Integer(next)] => one.cmp(next) == order,
            [Value::Float(one), Value::Float(next)] => one.partial_cmp(next) == Some(order),
            _ => false,
        })
    };
    if one_way(Ordering::Less) || one_way(Ordering::Greater) {
        return;
    }
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(axis.values.len());
    for (level, value) in axis.values.iter().enumerate() {
        if let Some(first) = seen.insert(value.canonical(), level) {
            problems.push(
                Diagnostic::new(format!("`{}` has the value {value} twice", axis.name))
                    .at(axis.spans.of(level))
                    .also(axis.spans.of(first), "first here")
                    .hint(match value.as_number() {
                        Some(_) => "leave one out; 1, 1.0 and 1e0 are one value",
                        None => "leave one out",
                    }),
            );
        }
    }
}
