//! One parameter's value, and its one canonical spelling.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// Parameters by name, in the order of their names.
pub type ValueMap = BTreeMap<String, Value>;

/// A parameter's value: any TOML value except dates and nested tables.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number; `inf` is one, not-a-number is not a value.
    Float(f64),
    /// A text.
    Text(String),
    /// A list of values.
    List(Vec<Value>),
}

impl Value {
    /// The kind of value, as text for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Boolean(_) => "a boolean",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
        }
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Integer(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            Value::Boolean(_) | Value::Text(_) | Value::List(_) => None,
        }
    }

    /// The one spelling for ids. 1, 1.0 and 1e0 are one number; `-0` is `0`; other floats have the shortest
    /// spelling that reads back bit for bit; texts are quoted, so that `"1"` is not `1`.
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        self.push_canonical(&mut text);
        text
    }

    /// Appends the canonical spelling.
    pub(crate) fn push_canonical(&self, text: &mut String) {
        // Writing to a string cannot fail.
        let _ = match self {
            Value::Boolean(flag) => write!(text, "{flag}"),
            Value::Integer(number) => write!(text, "{number}"),
            Value::Float(number) if number.fract() == 0.0 && number.abs() <= EXACT_INTEGERS => {
                write!(text, "{}", *number as i64)
            }
            Value::Float(number) => write!(text, "{number:?}"),
            Value::Text(content) => {
                push_quoted(text, content);
                Ok(())
            }
            Value::List(items) => {
                text.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        text.push(',');
                    }
                    item.push_canonical(text);
                }
                text.push(']');
                Ok(())
            }
        };
    }

    /// The value in TOML's syntax. A float keeps its point, so that its type survives.
    pub fn to_toml(&self) -> String {
        match self {
            Value::Float(number) if number.is_finite() => format!("{number:?}"),
            Value::Text(text) => toml_string(text),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Value::to_toml).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Boolean(_) | Value::Integer(_) | Value::Float(_) => self.canonical(),
        }
    }
}

impl Value {
    /// The value as JSON. What is infinite becomes a number that readers take for infinite: `1e999`.
    pub fn to_json(&self) -> String {
        match self {
            Value::Float(number) if number.is_infinite() => {
                if *number > 0.0 {
                    "1e999".into()
                } else {
                    "-1e999".into()
                }
            }
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Value::to_json).collect();
                format!("[{}]", items.join(","))
            }
            // A basic string of TOML is a string of JSON.
            Value::Boolean(_) | Value::Integer(_) | Value::Float(_) | Value::Text(_) => self.to_toml(),
        }
    }
}

/// A TOML basic string on one line; also valid as a key, and as a string of JSON.
pub(crate) fn toml_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            control if control.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Up to this size, floats represent every whole number exactly.
const EXACT_INTEGERS: f64 = 9_007_199_254_740_992.0;

/// Appends a quoted text in the format of Rust's `{:?}`; faster for plain names, which are nearly all.
pub(crate) fn push_quoted(text: &mut String, content: &str) {
    if content.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        text.push('"');
        text.push_str(content);
        text.push('"');
    } else {
        let _ = write!(text, "{content:?}");
    }
}

/// As a person writes it: texts without quotes, whole floats without a point.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => formatter.write_str(text),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Value::to_string).collect();
                write!(formatter, "[{}]", items.join(", "))
            }
            Value::Boolean(_) | Value::Integer(_) | Value::Float(_) => formatter.write_str(&self.canonical()),
        }
    }
}

/// Dates and tables are valid TOML, but not valid parameters: they are refused with their kind.
impl TryFrom<&toml::Value> for Value {
    type Error = String;

    fn try_from(value: &toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::Boolean(flag) => Ok(Value::Boolean(*flag)),
            toml::Value::Integer(number) => Ok(Value::Integer(*number)),
            toml::Value::Float(number) if number.is_nan() => Err("not-a-number is not a value".into()),
            toml::Value::Float(number) => Ok(Value::Float(*number)),
            toml::Value::String(text) => Ok(Value::Text(text.clone())),
            toml::Value::Array(items) => {
                items.iter().map(Value::try_from).collect::<Result<_, _>>().map(Value::List)
            }
            toml::Value::Datetime(_) => Err("a date cannot be a parameter value; write it as a text".into()),
            toml::Value::Table(_) => Err("a table cannot be a parameter value".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_spelling() {
        for one in [Value::Integer(1), Value::Float(1.0), Value::Float(1e0)] {
            assert_eq!(one.canonical(), "1");
        }
        assert_eq!(Value::Text("1".into()).canonical(), "\"1\"");
        assert_eq!(Value::Boolean(true).canonical(), "true");
        assert_eq!(Value::Float(f64::INFINITY).canonical(), "inf");
        assert_eq!(Value::Float(-0.0).canonical(), "0");
        assert_eq!(Value::Float(0.1).canonical(), "0.1");
        assert_eq!(Value::Float(1e300).canonical(), "1e300");
    }

    #[test]
    fn toml_spelling_reads_back_bit_for_bit() {
        for value in [
            Value::Float(0.123_456_789_012_3),
            Value::Float(1.0),
            Value::Float(-0.0),
            Value::Float(f64::INFINITY),
            Value::Float(5e-324),
            Value::Integer(i64::MIN),
            Value::Text("a\n\"'\\$(x) \u{1}é".into()),
            Value::List(vec![Value::Integer(1), Value::Text("b".into())]),
        ] {
            let text = format!("x = {}", value.to_toml());
            let table: toml::Table = text.parse().expect(&text);
            let back = Value::try_from(&table["x"]).expect("a value");
            assert_eq!(format!("{back:?}"), format!("{value:?}"));
        }
    }
}
