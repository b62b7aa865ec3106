//! Conditions of rules: `hidden_units > 100 and modulator_input == "xy"`.

use std::ops::Range;

use gainsweep_contract::Value;
use gainsweep_contract::parameters::check_value;
use gainsweep_contract::schema::{self, Kind, PARAMETERS, nearest};

use super::Names;
use crate::diagnostic::{Diagnostic, Span};
use crate::read::values::Schema;
use crate::slurm::{Comparison, Condition, Operator};

/// A part of a condition, and where in it.
struct Token {
    kind: Part,
    place: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// A bare word: a name, `and`, a number, `true`.
    Word(String),
    /// In quotes.
    Text(String),
    Operator(Operator),
    /// Anything else.
    Odd(String),
}

/// Something wrong at a place of the condition.
struct Wrong {
    place: Range<usize>,
    message: String,
    hint: Option<String>,
}

impl Wrong {
    fn new(place: Range<usize>, message: impl Into<String>, hint: impl Into<String>) -> Wrong {
        Wrong { place, message: message.into(), hint: Some(hint.into()) }
    }
}

const EXAMPLE: &str = "for example when = \"hidden_units > 100 and tau >= 10\"";

/// Reads a condition that stands, in quotes, at that place of the file. What is wrong with it goes to `problems`.
pub(super) fn read(
    text: &str,
    span: &Span,
    names: &Names,
    problems: &mut Vec<Diagnostic>,
) -> Option<Condition> {
    let before = problems.len();
    // Where the file has the text as it is, the place within it is known.
    let inner = (span.len() == text.len() + 2).then_some(span.start + 1);
    let mut refuse = |wrong: Wrong| {
        let at =
            inner.map_or_else(|| span.clone(), |start| start + wrong.place.start..start + wrong.place.end);
        problems.push(Diagnostic { hint: wrong.hint, ..Diagnostic::new(wrong.message).at(at) });
    };
    let tokens = tokens(text);
    let mut comparisons = Vec::new();
    for part in tokens.split(|token| token.kind == Part::Word("and".into())) {
        match comparison(part, &tokens, text, names) {
            Ok(comparison) => comparisons.push(comparison),
            Err(wrong) => refuse(wrong),
        }
    }
    (problems.len() == before).then(|| Condition { text: text.trim().into(), comparisons })
}

fn comparison(part: &[Token], all: &[Token], text: &str, names: &Names) -> Result<Comparison, Wrong> {
    let place = match part {
        [first, .., last] => first.place.start..last.place.end,
        [only] => only.place.clone(),
        [] => all
            .first()
            .zip(all.last())
            .map_or(0..text.len(), |(first, last)| first.place.start..last.place.end),
    };
    if let Some(odd) = part.iter().find(|token| matches!(token.kind, Part::Odd(_))) {
        let Part::Odd(written) = &odd.kind else { unreachable!("looked for") };
        let hint = match written.as_str() {
            "=" => "write `==`".to_string(),
            "&&" | "&" => "write `and`".into(),
            "||" | "|" => "write a rule of its own for each".into(),
            "\"" | "'" => "is the other quote missing?".into(),
            _ => EXAMPLE.into(),
        };
        return Err(Wrong::new(
            odd.place.clone(),
            format!("`{written}` is not understood in a condition"),
            hint,
        ));
    }
    if let Some(or) = part.iter().find(|token| token.kind == Part::Word("or".into())) {
        return Err(Wrong::new(
            or.place.clone(),
            "a condition knows `and`, but no `or`",
            "write a rule of its own for each",
        ));
    }
    let [name, operator, value] = part else {
        let message = if part.is_empty() {
            "a comparison is missing beside `and`".into()
        } else {
            format!("`{}` is no comparison", &text[place.clone()])
        };
        return Err(Wrong::new(place, message, EXAMPLE));
    };
    let (Part::Word(word), Part::Operator(operator)) = (&name.kind, &operator.kind) else {
        let message = format!("`{}` is no comparison", &text[place.clone()]);
        return Err(Wrong::new(place, message, format!("name, operator, value: {EXAMPLE}")));
    };
    if literal(word).is_some() {
        let hint = format!("the parameter comes first: {EXAMPLE}");
        return Err(Wrong::new(name.place.clone(), format!("`{word}` is no parameter"), hint));
    }
    check_name(word, &name.place, names)?;
    let value_place = value.place.clone();
    let value = match &value.kind {
        Part::Text(text) => Value::Text(text.clone()),
        Part::Word(word) => literal(word).ok_or_else(|| {
            let quoted = word.chars().all(|c| c.is_alphanumeric() || c == '_');
            let hint =
                if quoted { format!("a text stands in quotes: '{word}'") } else { EXAMPLE.to_string() };
            Wrong::new(value_place.clone(), format!("`{word}` is no value"), hint)
        })?,
        _ => return Err(Wrong::new(place.clone(), format!("`{}` is no comparison", &text[place]), EXAMPLE)),
    };
    check_kinds(word, *operator, &value, &value_place, names.schema)?;
    let value = check(word, *operator, value, &value_place, names.schema)?;
    Ok(Comparison { name: word.clone(), operator: *operator, value })
}

fn check_name(name: &str, place: &Range<usize>, names: &Names) -> Result<(), Wrong> {
    let (known, place) = (schema::find(name).is_some(), place.clone());
    let message = format!("unknown parameter `{name}`");
    match names.schema {
        Schema::BuiltIn if known => Ok(()),
        Schema::BuiltIn => Err(match nearest(name, PARAMETERS.iter().map(|parameter| parameter.name)) {
            Some(near) => Wrong::new(place, message, format!("did you mean `{near}`?")),
            None => Wrong::new(place, message, "`gainsweep-worker params` lists all parameters"),
        }),
        Schema::Free if names.known.contains(name) => Ok(()),
        Schema::Free => Err(match nearest(name, names.known.iter().map(String::as_str)) {
            Some(near) => Wrong::new(place, message, format!("did you mean `{near}`?")),
            None => Wrong::new(place, message, "no cell of this sweep has it"),
        }),
    }
}

/// Order is for numbers.
fn check_kinds(
    name: &str,
    operator: Operator,
    value: &Value,
    place: &Range<usize>,
    schema: Schema,
) -> Result<(), Wrong> {
    if matches!(operator, Operator::Equal | Operator::Unequal) {
        return Ok(());
    }
    if value.as_number().is_none() {
        let message = format!("{} is no number: it can be equal, but not larger or smaller", value.to_toml());
        return Err(Wrong::new(place.clone(), message, "write `==` or `!=`"));
    }
    let numeric = schema::find(name)
        .is_none_or(|parameter| matches!(parameter.kind, Kind::Integer { .. } | Kind::Float { .. }));
    if schema == Schema::BuiltIn && !numeric {
        return Err(Wrong::new(
            place.clone(),
            format!("`{name}` is no number"),
            "write `==` or `!=` and a value that it can have",
        ));
    }
    Ok(())
}

/// What is asked to be equal must be a value that the parameter can have.
fn check(
    name: &str,
    operator: Operator,
    value: Value,
    place: &Range<usize>,
    schema: Schema,
) -> Result<Value, Wrong> {
    let exact = matches!(operator, Operator::Equal | Operator::Unequal);
    if schema == Schema::Free || !exact {
        return Ok(value);
    }
    check_value(name, &value).map_err(|problem| Wrong {
        place: place.clone(),
        message: problem.message,
        hint: problem.hint,
    })
}

/// A number or `true` or `false`.
fn literal(word: &str) -> Option<Value> {
    match word {
        "true" => return Some(Value::Boolean(true)),
        "false" => return Some(Value::Boolean(false)),
        "inf" | "+inf" => return Some(Value::Float(f64::INFINITY)),
        "-inf" => return Some(Value::Float(f64::NEG_INFINITY)),
        _ => {}
    }
    if !word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return None;
    }
    if let Ok(whole) = word.parse() {
        return Some(Value::Integer(whole));
    }
    word.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if first == '"' || first == '\'' {
            match rest[1..].find(first) {
                Some(end) => (Part::Text(rest[1..=end].into()), end + 2),
                None => (Part::Odd(first.into()), 1),
            }
        } else if let Some((written, operator)) = operator(rest) {
            (Part::Operator(operator), written.len())
        } else if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            (Part::Word(rest[..length].into()), length)
        } else {
            let double = rest.starts_with("&&") || rest.starts_with("||");
            let length = if double { 2 } else { first.len_utf8() };
            (Part::Odd(rest[..length].into()), length)
        };
        tokens.push(Token { kind, place: at..at + length });
        at += length;
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || "_-+.".contains(c)
}

fn operator(text: &str) -> Option<(&'static str, Operator)> {
    const OPERATORS: [(&str, Operator); 6] = [
        ("==", Operator::Equal),
        ("!=", Operator::Unequal),
        ("<=", Operator::AtMost),
        (">=", Operator::AtLeast),
        ("<", Operator::Below),
        (">", Operator::Above),
    ];
    OPERATORS.into_iter().find(|(written, _)| text.starts_with(written))
}
