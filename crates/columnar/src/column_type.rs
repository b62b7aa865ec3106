//! The type of a column's fields.

use std::collections::HashSet;

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// `true` and `false`, also with a capital letter.
    Boolean,
    /// Whole numbers of at most 64 bits.
    Integer,
    /// Numbers, `nan` and `inf` included, in double precision.
    Float,
    /// Anything else, also numbers with leading zeros, and integers that are too large: as numbers they would
    /// not read back unchanged.
    Text,
}

/// Number of fields that are checked to see whether there are few different values.
const LOOKED_AT: usize = 4096;

/// What was found about a column so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldsSeen {
    /// The narrowest kind for all fields; `None` before the first non-empty field.
    kind: Option<ColumnType>,
    looked_at: usize,
    different: HashSet<Vec<u8>>,
}

impl FieldsSeen {
    pub(crate) fn look<'f>(&mut self, fields: impl Iterator<Item = &'f [u8]>) {
        for field in fields.filter(|field| !field.is_empty()) {
            if self.looked_at < LOOKED_AT {
                self.looked_at += 1;
                self.different.insert(field.to_vec());
            } else if self.kind == Some(ColumnType::Text) {
                return;
            }
            self.kind = Some(wider(self.kind, field));
        }
    }

    /// A column without values counts as numbers.
    pub(crate) fn column_type(&self) -> ColumnType {
        self.kind.unwrap_or(ColumnType::Float)
    }

    pub(crate) fn few(&self) -> bool {
        self.different.len() * 4 <= self.looked_at
    }
}

/// The narrowest kind for this field and all fields of that kind.
fn wider(kind: Option<ColumnType>, field: &[u8]) -> ColumnType {
    let text = std::str::from_utf8(field).unwrap_or("-");
    let of_number = |whole: bool| match float(text) {
        _ if whole && integer(text).is_some() => ColumnType::Integer,
        Some(_) => ColumnType::Float,
        None => ColumnType::Text,
    };
    match kind {
        None | Some(ColumnType::Boolean) if boolean(text).is_some() => ColumnType::Boolean,
        Some(ColumnType::Text | ColumnType::Boolean) => ColumnType::Text,
        None | Some(ColumnType::Integer) => of_number(true),
        Some(ColumnType::Float) => of_number(false),
    }
}

pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" => Some(true),
        "false" | "False" => Some(false),
        _ => None,
    }
}

pub(crate) fn integer(text: &str) -> Option<i64> {
    if padded(text) { None } else { text.parse().ok() }
}

pub(crate) fn float(text: &str) -> Option<f64> {
    let whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if padded(text) || whole && text.parse::<i64>().is_err() { None } else { text.trim().parse().ok() }
}

/// Does it begin with a zero that a number would not have?
fn padded(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    digits.starts_with(b"+") || digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column_type(fields: &[&str]) -> ColumnType {
        let mut seen = FieldsSeen::default();
        seen.look(fields.iter().map(|field| field.as_bytes()));
        seen.column_type()
    }

    #[test]
    fn each_column_has_the_narrowest_kind_that_holds_it() {
        assert_eq!(column_type(&["1", "", "-20", "0"]), ColumnType::Integer);
        assert_eq!(column_type(&["1", "2.50", "1e-3", "nan", "-inf"]), ColumnType::Float);
        assert_eq!(column_type(&["2.5", "1"]), ColumnType::Float);
        assert_eq!(column_type(&["true", "False", ""]), ColumnType::Boolean);
        assert_eq!(column_type(&["true", "1"]), ColumnType::Text);
        assert_eq!(column_type(&["1", "true"]), ColumnType::Text);
        assert_eq!(column_type(&["1", "x", "2"]), ColumnType::Text);
        assert_eq!(column_type(&["", ""]), ColumnType::Float);
        assert_eq!(column_type(&["007"]), ColumnType::Text);
        assert_eq!(column_type(&["0.5", "0"]), ColumnType::Float);
        assert_eq!(column_type(&["9223372036854775807"]), ColumnType::Integer);
        assert_eq!(column_type(&["9223372036854775808"]), ColumnType::Text);
        assert_eq!(column_type(&["1", "99999999999999999999"]), ColumnType::Text);
        assert_eq!(column_type(&["12e4567890123456"]), ColumnType::Float, "so ids must be said to be texts");
    }

    #[test]
    fn what_is_not_utf8_is_text() {
        let mut seen = FieldsSeen::default();
        seen.look([&b"1"[..], b"\xff"].into_iter());
        assert_eq!(seen.column_type(), ColumnType::Text);
    }
}
