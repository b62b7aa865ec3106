//! The tokens of an expression.

use std::ops::Range;

use gainsweep_contract::Value;

use super::ExpressionFault;

/// A token and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) place: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    Literal(Value),
    /// A parameter, a function, or a word of the language such as `and`.
    Word(String),
    /// One of [`SYMBOLS`].
    Symbol(&'static str),
}

/// Longer ones first: `<=` is not `<` and `=`.
const SYMBOLS: [&str; 18] =
    ["==", "!=", "<=", ">=", "//", "<", ">", "+", "-", "*", "/", "%", "^", "(", ")", "[", "]", ","];

/// Splits an expression into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ExpressionFault> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = if first == '"' || first == '\'' {
            let Some(end) = rest[1..].find(first) else {
                return Err(ExpressionFault::new(
                    at..at + 1,
                    format!("`{first}` opens a text that does not end"),
                )
                .hint("is the other quote missing?"));
            };
            (TokenKind::Literal(Value::Text(rest[1..=end].into())), end + 2)
        } else if first.is_ascii_digit()
            || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()))
        {
            let length = number_length(rest);
            (TokenKind::Literal(number(&rest[..length], at)?), length)
        } else if first.is_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            (word(&rest[..length]), length)
        } else if let Some(symbol) = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
            // `**` is a power in other languages.
            if symbol == "*" && rest.starts_with("**") {
                return Err(ExpressionFault::new(at..at + 2, "`**` is not understood here")
                    .hint("write `^` for powers"));
            }
            (TokenKind::Symbol(symbol), symbol.len())
        } else {
            return Err(odd(rest, first, at));
        };
        tokens.push(Token { kind, place: at..at + length });
        at += length;
    }
    Ok(tokens)
}

fn word(word: &str) -> TokenKind {
    match word {
        "true" => TokenKind::Literal(Value::Boolean(true)),
        "false" => TokenKind::Literal(Value::Boolean(false)),
        "inf" => TokenKind::Literal(Value::Float(f64::INFINITY)),
        _ => TokenKind::Word(word.into()),
    }
}

/// Digits, a point, more digits, an exponent with its sign. Also letters and `_`, for the error message.
fn number_length(text: &str) -> usize {
    let mut before = ' ';
    text.find(|c: char| {
        let exponent_sign = (c == '+' || c == '-') && (before == 'e' || before == 'E');
        let inside = c.is_alphanumeric() || c == '.' || c == '_' || exponent_sign;
        before = c;
        !inside
    })
    .unwrap_or(text.len())
}

fn number(written: &str, at: usize) -> Result<Value, ExpressionFault> {
    let plain = written.replace('_', "");
    let fault = |message: String| Err(ExpressionFault::new(at..at + written.len(), message));
    if plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return match plain.parse() {
            Ok(whole) => Ok(Value::Integer(whole)),
            Err(_) => fault("this whole number is too large; 2^63 - 1 is the largest".into()),
        };
    }
    match plain.parse::<f64>() {
        Ok(number) if number.is_finite() && !plain.contains("inf") => Ok(Value::Float(number)),
        Ok(_) => fault("this number is too large; write `inf` for infinity".into()),
        Err(_) => fault(format!("`{written}` is not a number")),
    }
}

fn odd(rest: &str, first: char, at: usize) -> ExpressionFault {
    let double = ["&&", "||"].into_iter().find(|double| rest.starts_with(double));
    let written = double.map_or_else(|| first.to_string(), str::to_string);
    let fault = ExpressionFault::new(at..at + written.len(), format!("`{written}` is not understood here"));
    match written.as_str() {
        "=" => fault.hint("write `==` to compare"),
        "&&" | "&" => fault.hint("write `and`"),
        "||" | "|" => fault.hint("write `or`"),
        "!" => fault.hint("write `not`"),
        "?" | ":" => fault.hint("write `if(condition, value, other)`"),
        _ => fault,
    }
}
