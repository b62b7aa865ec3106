//! `[worker.parameters]`: a table of parameters, each `{ type = "float", minimum = 0, default = 1, help = "..." }`.

use gainsweep_contract::schema::nearest;
use toml::de::DeTable;

use super::entry;
use super::syntax::{Key, Node, describe, table_called, text, texts, unknown_key};
use super::values;
use crate::declared_parameters::{DeclaredKind, DeclaredParameter, DeclaredParameters};
use crate::diagnostic::Diagnostic;

pub(crate) const KEYS: [&str; 6] = ["type", "minimum", "maximum", "one_of", "default", "help"];
pub(crate) const TYPES: [&str; 4] = ["boolean", "integer", "float", "text"];

/// Reads the declarations.
pub(super) fn read(node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<DeclaredParameters> {
    let entries = table_called("worker.parameters", node, problems)?;
    let mut declared = DeclaredParameters::default();
    for (key, node) in entries {
        if let Some(parameter) = parameter(key, node, problems) {
            declared.parameters.insert(key.get_ref().to_string(), parameter);
        }
    }
    Some(declared)
}

fn parameter(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<DeclaredParameter> {
    let name = key.get_ref();
    let Some(entries) = node.get_ref().as_table() else {
        problems.push(
            Diagnostic::new(format!(
                "`{name}` must be declared in a table, got {}",
                describe(node.get_ref())
            ))
            .at(node.span())
            .hint("for example { type = \"float\", minimum = 0, default = 1.0 }"),
        );
        return None;
    };
    let before = problems.len();
    for (key, _) in entries.iter().filter(|(key, _)| !KEYS.contains(&key.get_ref().as_ref())) {
        problems.push(unknown_key("a declared parameter", key, &KEYS));
    }
    let Some((type_key, type_node)) = entry(entries, "type") else {
        problems.push(
            Diagnostic::new(format!("`{name}` has no `type`"))
                .at(node.span())
                .hint(format!("one of {}", TYPES.join(", "))),
        );
        return None;
    };
    let name_of_type = text(type_key, type_node, problems)?;
    let Some(kind) = kind(&name_of_type, entries, problems) else {
        let problem = Diagnostic::new(format!("unknown type `{name_of_type}`")).at(type_node.span());
        problems.push(match nearest(&name_of_type, TYPES) {
            Some(near) => problem.hint(format!("did you mean \"{near}\"?")),
            None => problem.hint(format!("the types are {}", TYPES.join(", "))),
        });
        return None;
    };
    let empty = match &kind {
        DeclaredKind::Integer { minimum, maximum } => minimum > maximum,
        DeclaredKind::Float { minimum, maximum } => minimum > maximum,
        DeclaredKind::Boolean | DeclaredKind::Text { .. } => false,
    };
    if empty {
        let place = entry(entries, "minimum").map_or_else(|| node.span(), |(_, node)| node.span());
        problems.push(
            Diagnostic::new(format!("`{name}` has no possible value: its minimum is above its maximum"))
                .at(place),
        );
    }
    let help = entry(entries, "help").and_then(|(key, node)| text(key, node, problems)).unwrap_or_default();
    let default = entry(entries, "default").and_then(|(_, node)| match values::value(node) {
        Ok(value) => {
            let fitting = kind.fitting(&value);
            if fitting.is_none() && !empty {
                problems.push(
                    Diagnostic::new(format!("the default of `{name}` must be {}", kind.words()))
                        .at(node.span()),
                );
            }
            fitting
        }
        Err(problem) => {
            problems.push(problem);
            None
        }
    });
    (problems.len() == before).then(|| DeclaredParameter { kind, default, help, place: key.span() })
}

/// The kind of values; `None` for an unknown type.
fn kind(name: &str, entries: &DeTable<'_>, problems: &mut Vec<Diagnostic>) -> Option<DeclaredKind> {
    let mut refuse = |word: &str, why: &str| {
        if let Some((key, _)) = entry(entries, word) {
            problems.push(Diagnostic::new(format!("`{word}` belongs to {why}")).at(key.span()));
        }
    };
    if name != "integer" && name != "float" {
        refuse("minimum", "numbers");
        refuse("maximum", "numbers");
    }
    if name != "text" {
        refuse("one_of", "texts");
    }
    let minimum = bound("minimum", entries, problems);
    let maximum = bound("maximum", entries, problems);
    Some(match name {
        "boolean" => DeclaredKind::Boolean,
        "integer" => DeclaredKind::Integer {
            minimum: minimum.map_or(i64::MIN, |number| number.ceil() as i64),
            maximum: maximum.map_or(i64::MAX, |number| number.floor() as i64),
        },
        "float" => DeclaredKind::Float {
            minimum: minimum.unwrap_or(f64::NEG_INFINITY),
            maximum: maximum.unwrap_or(f64::INFINITY),
        },
        "text" => DeclaredKind::Text {
            one_of: entry(entries, "one_of").map_or_else(Vec::new, |(key, node)| {
                texts(key, node, problems).into_iter().map(|(text, _)| text).collect()
            }),
        },
        _ => return None,
    })
}

fn bound(word: &str, entries: &DeTable<'_>, problems: &mut Vec<Diagnostic>) -> Option<f64> {
    let (_, node) = entry(entries, word)?;
    match values::value(node) {
        Ok(value) if value.as_number().is_some() => return value.as_number(),
        Ok(_) => problems.push(
            Diagnostic::new(format!("`{word}` must be a number, got {}", describe(node.get_ref())))
                .at(node.span()),
        ),
        Err(problem) => problems.push(problem),
    }
    None
}
