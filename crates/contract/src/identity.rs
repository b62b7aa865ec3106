//! A cell's id: a short hash of what it computes.

use std::fmt;
use std::str::FromStr;

use crate::value::{Value, ValueMap, push_quoted};

/// The version of the meaning of parameters. It is part of every id: raise it when cells whose resolved parameters stay
/// the same compute something else than before. A new parameter with a default is itself among the resolved parameters,
/// so that the networks that have it get new ids without that.
pub const PARAMETER_FORMAT: u32 = 1;

/// Hexadecimal digits of an id: 64 bits, so that among a million cells a collision has odds of 1 in 30 million.
pub const ID_DIGITS: usize = 16;

/// The id of a cell: hash of its canonical, resolved parameters and of [`PARAMETER_FORMAT`].
///
/// It does not depend on the order of parameters, on the spelling of numbers, or on whether a default is written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId(u64);

impl CellId {
    /// The id of these resolved parameters.
    pub fn of(parameters: &ValueMap) -> CellId {
        // One text, hashed at once: a plan of a million cells needs a million ids.
        let mut whole = text();
        for (name, value) in parameters {
            push_name(&mut whole, name);
            push_value(&mut whole, value);
        }
        of_text(&whole)
    }

    /// All digits, as ASCII: fast, for a hundred thousand names of folders.
    pub fn digits(&self) -> [u8; ID_DIGITS] {
        std::array::from_fn(|at| b"0123456789abcdef"[(self.0 >> (4 * (ID_DIGITS - 1 - at)) & 15) as usize])
    }

    /// The first digits, for people.
    pub fn short(&self) -> String {
        self.to_string()[..8].to_string()
    }
}

/// The beginning of the text that every id is the hash of.
pub(crate) fn text() -> String {
    let mut text = String::with_capacity(1024);
    text.push_str("gainsweep parameters ");
    text.push_str(&PARAMETER_FORMAT.to_string());
    text.push('\n');
    text
}

/// Appends a parameter's name, quoted: a line break in a free-form name cannot imitate another parameter.
pub(crate) fn push_name(text: &mut String, name: &str) {
    push_quoted(text, name);
    text.push('=');
}

/// Appends the value that belongs to the name before it.
pub(crate) fn push_value(text: &mut String, value: &Value) {
    value.push_canonical(text);
    text.push('\n');
}

/// The id of a complete text: [`text`], and then each parameter, sorted by name.
pub(crate) fn of_text(text: &str) -> CellId {
    let mut head = [0; 8];
    head.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..8]);
    CellId(u64::from_be_bytes(head))
}

impl fmt::Display for CellId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl fmt::Debug for CellId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

/// A folder's name is an id only in full and in lower case.
impl FromStr for CellId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.len() == ID_DIGITS && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match u64::from_str_radix(text, 16) {
            Ok(number) if digits => Ok(CellId(number)),
            _ => Err(format!("`{text}` is not a cell id ({ID_DIGITS} hexadecimal digits)")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_fixed_for_ever() {
        let mut parameters = ValueMap::new();
        parameters.insert("tau".into(), Value::Float(1.0));
        parameters.insert("model".into(), Value::Text("spatial".into()));
        let id = CellId::of(&parameters);
        // A change of this value orphans all existing results: raise PARAMETER_FORMAT deliberately.
        assert_eq!(id.to_string(), "14c4641a39128249");
        parameters.insert("tau".into(), Value::Integer(1));
        assert_eq!(CellId::of(&parameters), id);
        assert_eq!(id.to_string().parse::<CellId>(), Ok(id));
        assert_eq!(id.to_string().as_bytes(), id.digits());
        assert!("14C4641A39128249".parse::<CellId>().is_err());
    }

    #[test]
    fn a_name_cannot_imitate_another_parameter() {
        let one = ValueMap::from([("a\"=1\n\"b".to_string(), Value::Integer(2))]);
        let two =
            ValueMap::from([("a".to_string(), Value::Integer(1)), ("b".to_string(), Value::Integer(2))]);
        assert_ne!(CellId::of(&one), CellId::of(&two));
    }
}
