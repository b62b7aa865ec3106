//! The first step: parse TOML; and helpers to walk its tables with their places.

use gainsweep_contract::schema::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Span};

/// A value of the file with its place.
pub(super) type Node<'a> = Spanned<DeValue<'a>>;
/// A key of the file with its place.
pub(super) type Key<'a> = Spanned<std::borrow::Cow<'a, str>>;

/// Reads TOML.
///
/// # Errors
/// The first mistake of each line. After a list that is never closed, all else is noise: then only the first
/// mistake.
pub(super) fn document(text: &str) -> Result<DeTable<'_>, Vec<Diagnostic>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(table.into_inner());
    }
    let mut problems: Vec<(usize, Diagnostic)> = Vec::new();
    for error in &errors {
        let start = error.span().map_or(0, |span| text.floor_char_boundary(span.start));
        let line = text[..start].matches('\n').count();
        if problems.iter().all(|(known, _)| *known != line) {
            let problem = Diagnostic::new(format!("this is not TOML: {}", error.message()));
            let problem = Diagnostic { span: error.span(), ..problem };
            problems.push((
                line,
                if error.message().contains("array") {
                    problem.hint("is a bracket `]` missing here or above?")
                } else {
                    problem
                },
            ));
        }
    }
    problems.sort_by_key(|(line, _)| *line);
    let open = |error: &toml::de::Error| {
        ["unclosed array", "unclosed inline"].iter().any(|start| error.message().starts_with(start))
    };
    if errors.iter().any(open) {
        problems.truncate(1);
    }
    Err(problems.into_iter().map(|(_, problem)| problem).collect())
}

/// The entries of a value that must be a table.
pub(super) fn table<'a, 'i>(
    key: &Key<'i>,
    node: &'a Node<'i>,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'a DeTable<'i>> {
    table_called(key.get_ref(), node, problems)
}

/// The same, for a table whose full name differs from its key.
pub(super) fn table_called<'a, 'i>(
    name: &str,
    node: &'a Node<'i>,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'a DeTable<'i>> {
    let table = node.get_ref().as_table();
    if table.is_none() {
        let got = describe(node.get_ref());
        problems.push(
            Diagnostic::new(format!("`{name}` must be a table, got {got}"))
                .at(node.span())
                .hint(format!("write `[{name}]` on a line of its own, and what belongs to it below")),
        );
    }
    table
}

/// The tables of a list of tables: `[[name]]`.
pub(super) fn tables<'a, 'i>(
    key: &Key<'i>,
    node: &'a Node<'i>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<(Span, &'a DeTable<'i>)> {
    tables_called(key.get_ref(), node, problems)
}

/// The same, for tables whose full name differs from their key.
pub(super) fn tables_called<'a, 'i>(
    name: &str,
    node: &'a Node<'i>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<(Span, &'a DeTable<'i>)> {
    let Some(items) = node.get_ref().as_array() else {
        problems.push(
            Diagnostic::new(format!("`{name}` must be a list of tables, got {}", describe(node.get_ref())))
                .at(node.span())
                .hint(format!("write `[[{name}]]` with two brackets, once for each")),
        );
        return Vec::new();
    };
    let mut tables = Vec::new();
    for item in items {
        match item.get_ref().as_table() {
            Some(table) => tables.push((item.span(), table)),
            None => problems.push(
                Diagnostic::new(format!("each `{name}` must be a table, got {}", describe(item.get_ref())))
                    .at(item.span()),
            ),
        }
    }
    tables
}

/// `[name]` once, or `[[name]]` several times.
pub(super) fn one_or_several<'a, 'i>(
    key: &Key<'i>,
    node: &'a Node<'i>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<(Span, &'a DeTable<'i>)> {
    if node.get_ref().as_array().is_some() {
        return tables(key, node, problems);
    }
    table(key, node, problems).map(|table| (node.span(), table)).into_iter().collect()
}

/// `true` or `false`.
pub(super) fn flag(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<bool> {
    let flag = node.get_ref().as_bool();
    if flag.is_none() {
        problems.push(must_be(key, node, "true or false"));
    }
    flag
}

/// A value that must be a text, and not empty.
pub(super) fn text(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<String> {
    let name = key.get_ref();
    let problem = match node.get_ref().as_str() {
        Some(text) if !text.trim().is_empty() => return Some(text.to_string()),
        Some(_) => Diagnostic::new(format!("`{name}` is empty")).at(node.span()),
        None => must_be(key, node, "a text in quotes"),
    };
    problems.push(problem);
    None
}

/// A list of texts, none of them empty.
pub(super) fn texts(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Vec<(String, Span)> {
    let Some(items) = node.get_ref().as_array() else {
        problems.push(
            Diagnostic::new(format!(
                "`{}` must be a list of texts, got {}",
                key.get_ref(),
                describe(node.get_ref())
            ))
            .at(node.span())
            .hint("write it in brackets: [\"...\", \"...\"]"),
        );
        return Vec::new();
    };
    items.iter().filter_map(|item| text(key, item, problems).map(|text| (text, item.span()))).collect()
}

/// The message for an unknown key of this place.
pub(super) fn unknown_key(place: &str, key: &Key<'_>, known: &[&str]) -> Diagnostic {
    let name = key.get_ref();
    let problem = Diagnostic::new(format!("unknown key `{name}` in {place}")).at(key.span());
    match nearest(name, known.iter().copied()) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint(format!("allowed here: {}", known.join(", "))),
    }
}

/// `NAME must be WHAT, got ...`.
pub(super) fn must_be(key: &Key<'_>, node: &Node<'_>, what: &str) -> Diagnostic {
    Diagnostic::new(format!("`{}` must be {what}, got {}", key.get_ref(), describe(node.get_ref())))
        .at(node.span())
}

/// What a value is, for messages: `5 (a whole number)`.
pub(super) fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?} (a text)"),
        DeValue::Integer(number) => format!("{number} (a whole number)"),
        DeValue::Float(number) => format!("{number} (a number)"),
        DeValue::Boolean(flag) => format!("{flag} (a boolean)"),
        DeValue::Datetime(_) => "a date".into(),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(_) => "a table".into(),
    }
}
