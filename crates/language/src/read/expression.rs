//! Expressions of a file: parsed, and checked against the parameters.

use std::collections::BTreeSet;

use gainsweep_contract::check_value;
use gainsweep_contract::schema::{self, Kind, PARAMETERS, nearest};

use super::values::Schema;
use crate::block::place_in;
use crate::declared_parameters::DeclaredKind;
use crate::diagnostic::{Diagnostic, Span};
use crate::expression::{Expression, ExpressionFault, ValueKind};
use crate::slurm::Condition;

/// The parameters that an expression may use.
pub(super) struct KnownNames<'d> {
    schema: Schema<'d>,
    /// For a free schema: the parameters of the sweep.
    known: BTreeSet<String>,
}

impl<'d> KnownNames<'d> {
    /// Those of the built-in worker.
    pub(super) fn built_in() -> KnownNames<'d> {
        KnownNames { schema: Schema::BuiltIn, known: BTreeSet::new() }
    }

    /// The parameters of a sweep that sets these.
    pub(super) fn of(schema: Schema<'d>, known: BTreeSet<String>) -> KnownNames<'d> {
        KnownNames { schema, known }
    }

    /// The parameters that the sweep sets, in the order of their names.
    pub(super) fn all(&self) -> Vec<String> {
        self.known.iter().cloned().collect()
    }

    pub(super) fn kind(&self, name: &str) -> ValueKind {
        if let Schema::Declared(declared) = self.schema {
            return match declared.parameters.get(name).map(|parameter| &parameter.kind) {
                Some(DeclaredKind::Boolean) => ValueKind::Boolean,
                Some(DeclaredKind::Integer { .. } | DeclaredKind::Float { .. }) => ValueKind::Number,
                Some(DeclaredKind::Text { .. }) => ValueKind::Text,
                None => ValueKind::Any,
            };
        }
        match schema::find(name).filter(|_| self.schema == Schema::BuiltIn).map(|parameter| parameter.kind) {
            Some(Kind::Boolean) => ValueKind::Boolean,
            Some(Kind::Integer { .. } | Kind::Float { .. }) => ValueKind::Number,
            Some(Kind::Choice(_) | Kind::Sources | Kind::Cell) => ValueKind::Text,
            None => ValueKind::Any,
        }
    }

    /// The message and hint for an unknown name.
    fn refuse(&self, name: &str) -> Option<(String, String)> {
        let near = |near: Option<&str>, otherwise: &str| {
            near.map_or_else(|| otherwise.to_string(), |near| format!("did you mean `{near}`?"))
        };
        let hint = match self.schema {
            Schema::BuiltIn if schema::find(name).is_some() => return None,
            Schema::Free if self.known.contains(name) => return None,
            Schema::Declared(declared) => {
                let problem = declared.find(name).err().filter(|_| !self.known.contains(name))?;
                return Some((problem.message, problem.hint.unwrap_or_default()));
            }
            Schema::BuiltIn => near(
                nearest(name, PARAMETERS.iter().map(|parameter| parameter.name)),
                "`gainsweep-worker params` lists all parameters",
            ),
            Schema::Free => {
                near(nearest(name, self.known.iter().map(String::as_str)), "no cell of this sweep has it")
            }
        };
        Some((format!("unknown parameter `{name}`"), hint))
    }
}

/// Reads a quoted expression at that place of the file. Mistakes go to `problems`.
pub(super) fn read(
    text: &str,
    span: &Span,
    names: &KnownNames<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<(Expression, ValueKind)> {
    let before = problems.len();
    let mut refuse = |fault: ExpressionFault| {
        let place = place_in(text, span, &fault.place);
        problems.push(Diagnostic { hint: fault.hint, ..Diagnostic::new(fault.message).at(place) });
    };
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(fault) => {
            refuse(fault);
            return None;
        }
    };
    let mut unknown = false;
    for (name, place) in expression.names() {
        if let Some((message, hint)) = names.refuse(name) {
            unknown = true;
            // A text without quotes looks like a parameter.
            let hint =
                if hint.starts_with("did") { hint } else { format!("{hint}; a text needs quotes: '{name}'") };
            refuse(ExpressionFault { place, message, hint: Some(hint) });
        }
    }
    if unknown {
        return None;
    }
    let kind = match expression.kind(&|name| names.kind(name)) {
        Ok(kind) => kind,
        Err(fault) => {
            refuse(fault);
            return None;
        }
    };
    if names.schema != Schema::Free {
        // A value in a comparison must be possible for its parameter.
        for (name, value, place) in expression.equalities() {
            let checked = match names.schema {
                Schema::Declared(declared) if declared.parameters.contains_key(name) => {
                    declared.check(name, value)
                }
                Schema::Declared(_) => continue,
                Schema::BuiltIn | Schema::Free => check_value(name, value),
            };
            if let Err(problem) = checked {
                refuse(ExpressionFault { place, message: problem.message, hint: problem.hint });
            }
        }
    }
    (problems.len() == before).then_some((expression, kind))
}

/// Reads a condition.
pub(super) fn condition(
    text: &str,
    span: &Span,
    names: &KnownNames<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Condition> {
    let (expression, kind) = read(text, span, names, problems)?;
    if matches!(kind, ValueKind::Number | ValueKind::Text) {
        problems.push(
            Diagnostic::new(format!("a condition is true or false, this is {}", kind.words()))
                .at(place_in(text, span, &expression.place()))
                .hint("compare it: for example `tau >= 10`"),
        );
        return None;
    }
    Some(Condition { text: text.trim().into(), expression })
}
