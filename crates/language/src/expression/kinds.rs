//! The kind of value of each part of an expression. A mistake here is a mistake in every cell.

use gainsweep_contract::Value;

use super::{Comparison, ExpressionFault, ExpressionNode, Function, Operator, Term};

/// A kind of value, as far as it is known without a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Number,
    Boolean,
    Text,
    /// Any kind: a parameter of another program.
    Any,
}

impl ValueKind {
    /// The kind of a value; a list may be of any kind.
    pub(crate) fn of(value: &Value) -> ValueKind {
        match value {
            Value::Boolean(_) => ValueKind::Boolean,
            Value::Integer(_) | Value::Float(_) => ValueKind::Number,
            Value::Text(_) => ValueKind::Text,
            Value::List(_) => ValueKind::Any,
        }
    }

    /// As text.
    pub(crate) fn words(self) -> &'static str {
        match self {
            ValueKind::Number => "a number",
            ValueKind::Boolean => "true or false",
            ValueKind::Text => "a text",
            ValueKind::Any => "a value",
        }
    }

    fn fits(self, other: ValueKind) -> bool {
        self == other || self == ValueKind::Any || other == ValueKind::Any
    }
}

pub(super) fn kind(
    node: &ExpressionNode,
    of: &dyn Fn(&str) -> ValueKind,
) -> Result<ValueKind, ExpressionFault> {
    let must = |node: &ExpressionNode, wanted: ValueKind| {
        let got = kind(node, of)?;
        if got.fits(wanted) {
            return Ok(wanted);
        }
        Err(ExpressionFault::new(
            node.place.clone(),
            format!("this is {}, but {} is needed", got.words(), wanted.words()),
        ))
    };
    match &node.term {
        Term::Literal(value) => Ok(ValueKind::of(value)),
        Term::Name(name) => Ok(of(name)),
        Term::Not(inner) => must(inner, ValueKind::Boolean),
        Term::Negative(inner) => must(inner, ValueKind::Number),
        Term::Binary(Operator::And | Operator::Or, one, other) => {
            must(one, ValueKind::Boolean)?;
            must(other, ValueKind::Boolean)
        }
        Term::Binary(Operator::Compare(Comparison::Equal | Comparison::Unequal), one, other) => {
            same(one, other, of)?;
            Ok(ValueKind::Boolean)
        }
        Term::Binary(Operator::Compare(_), one, other) => {
            let order = |fault: ExpressionFault| {
                fault.hint("only numbers are larger or smaller; others have `==`, `!=`, `in`")
            };
            must(one, ValueKind::Number).map_err(order)?;
            must(other, ValueKind::Number).map_err(order)?;
            Ok(ValueKind::Boolean)
        }
        Term::Binary(Operator::Compute(_), one, other) => {
            must(one, ValueKind::Number)?;
            must(other, ValueKind::Number)
        }
        Term::In(value, items) => {
            // Computed once: otherwise a chain of `in` would compute it for each item of each link.
            let wanted = kind(value, of)?;
            for item in items {
                together((value, wanted), (item, kind(item, of)?))?;
            }
            Ok(ValueKind::Boolean)
        }
        Term::Call(Function::If, arguments) => {
            must(&arguments[0], ValueKind::Boolean)?;
            same(&arguments[1], &arguments[2], of)
        }
        Term::Call(Function::Min | Function::Max | Function::OfOne(_), arguments) => {
            for argument in arguments {
                must(argument, ValueKind::Number)?;
            }
            Ok(ValueKind::Number)
        }
    }
}

/// The kind of two parts that must have the same kind.
fn same(
    one: &ExpressionNode,
    other: &ExpressionNode,
    of: &dyn Fn(&str) -> ValueKind,
) -> Result<ValueKind, ExpressionFault> {
    let (first, second) = (kind(one, of)?, kind(other, of)?);
    together((one, first), (other, second))
}

/// The common kind of two parts with known kinds.
fn together(
    (one, first): (&ExpressionNode, ValueKind),
    (other, second): (&ExpressionNode, ValueKind),
) -> Result<ValueKind, ExpressionFault> {
    if first.fits(second) {
        return Ok(if first == ValueKind::Any { second } else { first });
    }
    let place = one.place.start.min(other.place.start)..one.place.end.max(other.place.end);
    let fault = ExpressionFault::new(place, format!("{} is compared with {}", first.words(), second.words()));
    Err(match (&one.term, &other.term) {
        (_, Term::Name(word)) | (Term::Name(word), _) => {
            fault.hint(format!("`{word}` is a parameter; a text needs quotes"))
        }
        _ => fault,
    })
}
