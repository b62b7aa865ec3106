//! The value of an expression for one cell.

use std::cmp::Ordering;

use gainsweep_contract::Value;

use super::{
    Arithmetic, Comparison, ExpressionFault, ExpressionNode, Function, NumberFunction, Operator, Term,
};

type Found = Result<Option<Value>, ExpressionFault>;

/// Reads a value that may be absent; an absent part makes the whole absent.
macro_rules! present {
    ($found:expr) => {
        match $found {
            Some(value) => value,
            None => return Ok(None),
        }
    };
}

pub(super) fn evaluate(node: &ExpressionNode, lookup: &dyn Fn(&str) -> Option<Value>) -> Found {
    match &node.term {
        Term::Literal(value) => Ok(Some(value.clone())),
        Term::Name(name) => Ok(lookup(name)),
        Term::Not(inner) => Ok(Some(Value::Boolean(!truth(inner, lookup)?))),
        Term::Negative(inner) => {
            let value = present!(evaluate(inner, lookup)?);
            match value {
                Value::Integer(whole) => {
                    whole.checked_neg().map(Value::Integer).map(Some).ok_or_else(|| too_large(node))
                }
                Value::Boolean(_) | Value::Float(_) | Value::Text(_) | Value::List(_) => {
                    float(node, -number(inner, &value)?).map(Some)
                }
            }
        }
        Term::Binary(Operator::Or, one, other) => {
            Ok(Some(Value::Boolean(truth(one, lookup)? || truth(other, lookup)?)))
        }
        Term::Binary(Operator::And, one, other) => {
            Ok(Some(Value::Boolean(truth(one, lookup)? && truth(other, lookup)?)))
        }
        Term::Binary(Operator::Compare(operator), one, other) => {
            compare(*operator, one, other, lookup).map(|holds| Some(Value::Boolean(holds)))
        }
        Term::Binary(Operator::Compute(operator), one, other) => {
            let (left, right) = (evaluate(one, lookup)?, evaluate(other, lookup)?);
            let (left, right) = (present!(left), present!(right));
            arithmetic(node, *operator, (one, &left), (other, &right)).map(Some)
        }
        Term::In(value, items) => {
            let Some(value) = evaluate(value, lookup)? else { return Ok(Some(Value::Boolean(false))) };
            for item in items {
                if evaluate(item, lookup)?.is_some_and(|item| order(&value, &item) == Some(Ordering::Equal)) {
                    return Ok(Some(Value::Boolean(true)));
                }
            }
            Ok(Some(Value::Boolean(false)))
        }
        Term::Call(Function::If, arguments) => {
            let chosen = if truth(&arguments[0], lookup)? { &arguments[1] } else { &arguments[2] };
            evaluate(chosen, lookup)
        }
        Term::Call(function @ (Function::Min | Function::Max), arguments) => {
            let mut best: Option<Value> = None;
            for argument in arguments {
                let value = present!(evaluate(argument, lookup)?);
                number(argument, &value)?;
                let wanted = if *function == Function::Min { Ordering::Less } else { Ordering::Greater };
                if best.as_ref().is_none_or(|best| order(&value, best) == Some(wanted)) {
                    best = Some(value);
                }
            }
            Ok(best)
        }
        Term::Call(Function::OfOne(function), arguments) => {
            let value = present!(evaluate(&arguments[0], lookup)?);
            call(node, *function, &arguments[0], &value).map(Some)
        }
    }
}

/// Is it true? An expression with an absent parameter is not.
fn truth(node: &ExpressionNode, lookup: &dyn Fn(&str) -> Option<Value>) -> Result<bool, ExpressionFault> {
    match evaluate(node, lookup)? {
        None => Ok(false),
        Some(Value::Boolean(flag)) => Ok(flag),
        Some(other) => Err(wrong_kind(node, &other, "true or false is needed")),
    }
}

fn compare(
    operator: Comparison,
    one: &ExpressionNode,
    other: &ExpressionNode,
    lookup: &dyn Fn(&str) -> Option<Value>,
) -> Result<bool, ExpressionFault> {
    let (Some(left), Some(right)) = (evaluate(one, lookup)?, evaluate(other, lookup)?) else {
        return Ok(false);
    };
    let order = order(&left, &right);
    let ordered = |holds: fn(Ordering) -> bool| {
        number(one, &left)?;
        number(other, &right)?;
        Ok(order.is_some_and(holds))
    };
    match operator {
        Comparison::Equal => Ok(order == Some(Ordering::Equal)),
        Comparison::Unequal => Ok(order != Some(Ordering::Equal)),
        Comparison::Below => ordered(Ordering::is_lt),
        Comparison::AtMost => ordered(Ordering::is_le),
        Comparison::Above => ordered(Ordering::is_gt),
        Comparison::AtLeast => ordered(Ordering::is_ge),
    }
}

/// How two values compare; `None` for values of different kinds.
fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) => Some(one.cmp(other)),
        (Value::Boolean(one), Value::Boolean(other)) => Some(one.cmp(other)),
        // Two whole numbers are compared exactly: a float cannot hold all of them.
        (Value::Integer(one), Value::Integer(other)) => Some(one.cmp(other)),
        (Value::List(_), Value::List(_)) => (one.canonical() == other.canonical()).then_some(Ordering::Equal),
        (one, other) => {
            one.as_number().zip(other.as_number()).and_then(|(one, other)| one.partial_cmp(&other))
        }
    }
}

fn arithmetic(
    node: &ExpressionNode,
    operator: Arithmetic,
    (one, left): (&ExpressionNode, &Value),
    (other, right): (&ExpressionNode, &Value),
) -> Result<Value, ExpressionFault> {
    let (a, b) = (number(one, left)?, number(other, right)?);
    if matches!(operator, Arithmetic::Over | Arithmetic::FloorOver | Arithmetic::Remainder) && b == 0.0 {
        return Err(ExpressionFault::new(other.place.clone(), "this is 0, and division by 0 has no value"));
    }
    if let (Value::Integer(a), Value::Integer(b)) = (left, right) {
        let whole = match operator {
            Arithmetic::Plus => Some(a.checked_add(*b)),
            Arithmetic::Minus => Some(a.checked_sub(*b)),
            Arithmetic::Times => Some(a.checked_mul(*b)),
            Arithmetic::FloorOver => Some(a.checked_div_euclid(*b).map(|quotient| {
                // Rounds down for a negative divisor, too, as `floor` does.
                if *b < 0 && a.rem_euclid(*b) != 0 { quotient - 1 } else { quotient }
            })),
            Arithmetic::Remainder => Some(a.checked_rem_euclid(*b)),
            Arithmetic::Over if a.checked_rem(*b) == Some(0) => Some(a.checked_div(*b)),
            Arithmetic::Power if *b >= 0 => Some(u32::try_from(*b).ok().and_then(|b| a.checked_pow(b))),
            Arithmetic::Over | Arithmetic::Power => None,
        };
        if let Some(whole) = whole {
            return whole.map(Value::Integer).ok_or_else(|| too_large(node));
        }
    }
    float(
        node,
        match operator {
            Arithmetic::Plus => a + b,
            Arithmetic::Minus => a - b,
            Arithmetic::Times => a * b,
            Arithmetic::Over => a / b,
            Arithmetic::FloorOver => rounded(a / b).floor(),
            Arithmetic::Remainder => a.rem_euclid(b),
            Arithmetic::Power => libm::pow(a, b),
        },
    )
}

fn call(
    node: &ExpressionNode,
    function: NumberFunction,
    argument: &ExpressionNode,
    value: &Value,
) -> Result<Value, ExpressionFault> {
    if let (Value::Integer(whole), NumberFunction::Floor | NumberFunction::Ceil | NumberFunction::Round) =
        (value, function)
    {
        return Ok(Value::Integer(*whole));
    }
    if let (Value::Integer(whole), NumberFunction::Abs) = (value, function) {
        return whole.checked_abs().map(Value::Integer).ok_or_else(|| too_large(node));
    }
    let x = number(argument, value)?;
    let result = match function {
        NumberFunction::Abs => x.abs(),
        NumberFunction::Floor => x.floor(),
        NumberFunction::Ceil => x.ceil(),
        // Halves are rounded away from zero, as at school.
        NumberFunction::Round => x.round(),
        NumberFunction::Sqrt => x.sqrt(),
        NumberFunction::Exp => libm::exp(x),
        NumberFunction::Log => libm::log(x),
        NumberFunction::Log2 => libm::log2(x),
        NumberFunction::Log10 => libm::log10(x),
    };
    let whole = matches!(function, NumberFunction::Floor | NumberFunction::Ceil | NumberFunction::Round);
    if whole && result.abs() < 9.0e15 {
        return Ok(Value::Integer(result as i64));
    }
    if result.is_nan() || (result.is_infinite() && x.is_finite()) {
        return Err(ExpressionFault::new(
            node.place.clone(),
            format!("`{}` of {x} is not a number", Function::OfOne(function).name()),
        ));
    }
    float(node, result)
}

fn number(node: &ExpressionNode, value: &Value) -> Result<f64, ExpressionFault> {
    value.as_number().ok_or_else(|| wrong_kind(node, value, "a number is needed"))
}

fn wrong_kind(node: &ExpressionNode, value: &Value, needed: &str) -> ExpressionFault {
    ExpressionFault::new(
        node.place.clone(),
        format!("this is {} ({}), but {needed}", value.to_toml(), value.kind()),
    )
}

fn too_large(node: &ExpressionNode) -> ExpressionFault {
    ExpressionFault::new(node.place.clone(), "this is too large for a whole number; 2^63 - 1 is the largest")
        .hint("write one of its numbers with a point to compute with fractions")
}

fn float(node: &ExpressionNode, value: f64) -> Result<Value, ExpressionFault> {
    if value.is_nan() {
        return Err(ExpressionFault::new(node.place.clone(), "this is not a number"));
    }
    Ok(Value::Float(rounded(value)))
}

/// Rounds to 15 significant digits, which keep every decimal of that length.
fn rounded(value: f64) -> f64 {
    if value.is_finite() { format!("{value:.14e}").parse().unwrap_or(value) } else { value }
}
