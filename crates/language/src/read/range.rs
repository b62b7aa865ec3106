//! Ranges: `{ from, to, step }` or `{ from, to, count, scale }`, computed in exact decimals.

use gainsweep_contract::Value;
use gainsweep_contract::schema::nearest;
use rust_decimal::Decimal;
use toml::de::DeTable;

use super::syntax::{Key, Node, describe, unknown_key};
use super::values::MOST_VALUES;
use crate::diagnostic::{Diagnostic, Span};

pub(crate) const KEYS: [&str; 5] = ["from", "to", "step", "count", "scale"];

/// Digits of the inner values of a logarithmic range. Powers differ in the last bits between machines.
/// Rounded to this many digits, they are the same number, and the same cell, on all of them.
const LOG_DIGITS: usize = 12;

/// A number as it was written.
struct Number {
    text: String,
    span: Span,
    whole: bool,
}

impl Number {
    /// Its exact value.
    fn decimal(&self) -> Result<Decimal, Diagnostic> {
        let text = self.text.trim_start_matches('+');
        let parsed = if text.contains(['e', 'E']) {
            Decimal::from_scientific(text).ok()
        } else {
            Decimal::from_str_exact(text).ok()
        };
        // A number below the last decimal place must not become zero.
        let lost = |decimal: &Decimal| decimal.is_zero() && self.float() != 0.0;
        parsed.filter(|decimal| !lost(decimal)).ok_or_else(|| {
            Diagnostic::new("a linear range cannot represent this number: it has more than 28 digits")
                .at(self.span.clone())
                .hint("use fewer digits, `scale = \"log\"`, or list the values")
        })
    }

    fn float(&self) -> f64 {
        self.text.parse().unwrap_or(f64::NAN)
    }
}

#[derive(Default)]
struct RangeKeys {
    from: Option<Number>,
    to: Option<Number>,
    step: Option<Number>,
    count: Option<(u64, Span)>,
    log: Option<(bool, Span)>,
}

/// The values of a range; empty if it is wrong, with the mistakes in `problems`.
pub(super) fn read(span: Span, table: &DeTable<'_>, problems: &mut Vec<Diagnostic>) -> Vec<Value> {
    let before = problems.len();
    let parts = parts(table, problems);
    if problems.len() > before {
        return Vec::new();
    }
    match values(span, parts) {
        Ok(values) => values,
        Err(problem) => {
            problems.push(problem);
            Vec::new()
        }
    }
}

fn parts(table: &DeTable<'_>, problems: &mut Vec<Diagnostic>) -> RangeKeys {
    let mut parts = RangeKeys::default();
    for (key, node) in table {
        match key.get_ref().as_ref() {
            "from" => parts.from = number(key, node, problems),
            "to" => parts.to = number(key, node, problems),
            "step" => parts.step = number(key, node, problems),
            "count" => match node.get_ref().as_integer().map(|count| count.as_str().parse::<i64>()) {
                Some(Ok(count)) if count >= 2 && (count as u64) <= MOST_VALUES => {
                    parts.count = Some((count as u64, node.span()));
                }
                _ => problems.push(
                    Diagnostic::new(format!(
                        "`count` must be a whole number from 2 to {MOST_VALUES}, got {}",
                        describe(node.get_ref())
                    ))
                    .at(node.span()),
                ),
            },
            // Read with the axis.
            "when" => {}
            "scale" => parts.log = scale(node, problems).map(|log| (log, node.span())),
            _ => problems.push(unknown_key("a range", key, &KEYS)),
        }
    }
    parts
}

/// `linear` or `log`. Returns whether it is `log`.
pub(super) fn scale(node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<bool> {
    let got = node.get_ref();
    match got.as_str() {
        Some("log") => return Some(true),
        Some("linear") => return Some(false),
        Some(_) | None => {}
    }
    let problem = Diagnostic::new(format!("`scale` must be \"linear\" or \"log\", got {}", describe(got)));
    let near = got.as_str().and_then(|text| nearest(text, ["linear", "log"]));
    let problem = problem.at(node.span());
    problems.push(match near {
        Some(near) => problem.hint(format!("did you mean \"{near}\"?")),
        None => problem,
    });
    None
}

fn number(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<Number> {
    let number = |text: String, whole: bool| Number { text, whole, span: node.span() };
    let whole = node.get_ref().as_integer().and_then(|integer| {
        let exact = i64::from_str_radix(integer.as_str(), integer.radix()).ok()?;
        Some(number(exact.to_string(), true))
    });
    let float = || {
        let text = node.get_ref().as_float()?.as_str();
        text.parse::<f64>().ok().filter(|float| float.is_finite())?;
        Some(number(text.to_string(), false))
    };
    let read = whole.or_else(float);
    if read.is_none() {
        let got = describe(node.get_ref());
        let name = key.get_ref();
        problems
            .push(Diagnostic::new(format!("`{name}` must be a finite number, got {got}")).at(node.span()));
    }
    read
}

fn values(span: Span, parts: RangeKeys) -> Result<Vec<Value>, Diagnostic> {
    let (Some(from), Some(to)) = (parts.from, parts.to) else {
        return Err(Diagnostic::new("a range needs `from` and `to`")
            .at(span)
            .hint("for example { from = 0, to = 1, step = 0.1 }"));
    };
    match (parts.step, parts.count, parts.log) {
        (Some(step), Some((_, count)), _) => Err(Diagnostic::new("a range has a `step` or a `count`, not both")
            .at(step.span)
            .also(count, "the count")
            .hint("leave one out")),
        (None, None, _) => Err(Diagnostic::new("a range needs a `step` or a `count`")
            .at(span)
            .hint("for example { from = 0, to = 1, step = 0.1 } or { from = 1, to = 1000, count = 4, scale = \"log\" }")),
        (Some(_), None, Some((true, scale))) => {
            Err(Diagnostic::new("a logarithmic range has a `count`, not a `step`")
                .at(scale)
                .hint("for example { from = 1, to = 1000, count = 4, scale = \"log\" }"))
        }
        (Some(step), None, _) => by_step(&from, &to, &step),
        (None, Some((count, _)), Some((true, _))) => logarithmic(&from, &to, count),
        (None, Some((count, _)), _) => by_count(&from, &to, count),
    }
}

fn by_step(from: &Number, to: &Number, step: &Number) -> Result<Vec<Value>, Diagnostic> {
    let (first, last, stride) = (from.decimal()?, to.decimal()?, step.decimal()?);
    if stride.is_zero() || stride.is_sign_negative() {
        return Err(Diagnostic::new(format!("`step` must be above 0, got {}", step.text))
            .at(step.span.clone())
            .hint("a range goes up; the order of values does not matter"));
    }
    if first > last {
        return Err(Diagnostic::new(format!("the range from {} never reaches {}", from.text, to.text))
            .at(to.span.clone())
            .hint("write the smaller number as `from`"));
    }
    let wide = || too_wide(to);
    let distance = last.checked_sub(first).ok_or_else(wide)?;
    let steps = distance.checked_div(stride).ok_or_else(wide)?.trunc();
    if steps >= Decimal::from(MOST_VALUES) {
        return Err(Diagnostic::new(format!(
            "the range has {} values; an axis has at most {MOST_VALUES}",
            steps.normalize() + Decimal::ONE
        ))
        .at(step.span.clone()));
    }
    let at =
        |index: Decimal| stride.checked_mul(index).and_then(|way| first.checked_add(way)).ok_or_else(wide);
    let end = at(steps)?;
    if end != last {
        let next = at(steps + Decimal::ONE)?;
        return Err(Diagnostic::new(format!(
            "the range from {} by {} never reaches {}",
            from.text, step.text, to.text
        ))
        .at(to.span.clone())
        .hint(format!("end it at {} or {}", end.normalize(), next.normalize())));
    }
    let whole = from.whole && to.whole && step.whole;
    let mut values = Vec::new();
    let mut index = Decimal::ZERO;
    while index <= steps {
        values.push(exact(at(index)?, whole));
        index += Decimal::ONE;
    }
    Ok(values)
}

fn by_count(from: &Number, to: &Number, count: u64) -> Result<Vec<Value>, Diagnostic> {
    let (first, last) = (from.decimal()?, to.decimal()?);
    refuse_no_width(first == last, from, to)?;
    let gaps = Decimal::from(count - 1);
    let exact_at = |index: u64| {
        let way = last.checked_sub(first)?.checked_mul(Decimal::from(index))?;
        first.checked_add(way.checked_div(gaps)?)
    };
    let points: Option<Vec<Decimal>> = (0..count).map(exact_at).collect();
    let points = points.ok_or_else(|| too_wide(to))?;
    let whole = from.whole && to.whole && points.iter().all(Decimal::is_integer);
    Ok(points.into_iter().map(|point| exact(point, whole)).collect())
}

fn logarithmic(from: &Number, to: &Number, count: u64) -> Result<Vec<Value>, Diagnostic> {
    for bound in [from, to] {
        if bound.float() <= 0.0 {
            return Err(Diagnostic::new(format!(
                "the bounds of a logarithmic range must be above 0, got {}",
                bound.text
            ))
            .at(bound.span.clone()));
        }
    }
    let (first, last) = (from.float(), to.float());
    refuse_no_width(first.total_cmp(&last).is_eq(), from, to)?;
    let (low, high) = (first.log10(), last.log10());
    let points: Vec<f64> = (0..count)
        .map(|index| {
            if index == 0 {
                return first;
            }
            if index == count - 1 {
                return last;
            }
            let way = index as f64 / (count - 1) as f64;
            let digits = LOG_DIGITS - 1;
            let point = 10_f64.powf(low + (high - low) * way);
            format!("{point:.digits$e}").parse().unwrap_or(point)
        })
        .collect();
    let whole = from.whole && to.whole && points.iter().all(|point| point.fract() == 0.0);
    Ok(points
        .into_iter()
        .map(|point| if whole { Value::Integer(point as i64) } else { Value::Float(point) })
        .collect())
}

fn refuse_no_width(same: bool, from: &Number, to: &Number) -> Result<(), Diagnostic> {
    if same {
        return Err(Diagnostic::new(format!("the range starts and ends at {}", from.text))
            .at(to.span.clone())
            .hint("for one value write a list of one"));
    }
    Ok(())
}

fn too_wide(to: &Number) -> Diagnostic {
    Diagnostic::new("the range is too wide to be computed exactly (28 digits)").at(to.span.clone())
}

/// The nearest float, found through its text: the same value as for a hand-written decimal.
fn exact(decimal: Decimal, whole: bool) -> Value {
    let text = decimal.normalize().to_string();
    if whole && let Ok(integer) = text.parse() {
        return Value::Integer(integer);
    }
    Value::Float(text.parse().unwrap_or(f64::NAN))
}
