//! What the fields of a column are.

use std::collections::HashSet;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` and `false`, also with a capital letter.
    Boolean,
    /// Whole numbers of at most 64 bits.
    Integer,
    /// Numbers, `nan` and `inf` among them, in double precision.
    Float,
    /// Anything else: also numbers with leading zeros, and whole ones that are too large, which would not come back as they are.
    Text,
}

/// Fields that are looked at to see whether the values are few.
const LOOKED_AT: usize = 4096;

/// What was seen of a column so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// The narrowest kind that holds all of it; `None` before the first field that is not empty.
    kind: Option<Kind>,
    looked_at: usize,
    different: HashSet<Vec<u8>>,
}

impl Seen {
    /// Takes these fields of the column into account.
    pub(crate) fn look<'f>(&mut self, fields: impl Iterator<Item = &'f [u8]>) {
        for field in fields.filter(|field| !field.is_empty()) {
            if self.looked_at < LOOKED_AT {
                self.looked_at += 1;
                self.different.insert(field.to_vec());
            } else if self.kind == Some(Kind::Text) {
                return;
            }
            self.kind = Some(wider(self.kind, field));
        }
    }

    /// Where nothing was measured yet, numbers are expected.
    pub(crate) fn kind(&self) -> Kind {
        self.kind.unwrap_or(Kind::Float)
    }

    pub(crate) fn few(&self) -> bool {
        self.different.len() * 4 <= self.looked_at
    }
}

/// The narrowest kind that holds this field and all that are of that kind.
fn wider(kind: Option<Kind>, field: &[u8]) -> Kind {
    let text = std::str::from_utf8(field).unwrap_or("-");
    match kind {
        Some(Kind::Text) => Kind::Text,
        None if boolean(text).is_some() => Kind::Boolean,
        Some(Kind::Boolean) => {
            if boolean(text).is_some() {
                Kind::Boolean
            } else {
                Kind::Text
            }
        }
        None | Some(Kind::Integer) if integer(text).is_some() => Kind::Integer,
        None | Some(Kind::Integer | Kind::Float) if float(text).is_some() => Kind::Float,
        None | Some(Kind::Integer | Kind::Float) => Kind::Text,
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

/// Does it begin with a zero that a number does not have?
fn padded(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    digits.starts_with(b"+") || digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(fields: &[&str]) -> Kind {
        let mut seen = Seen::default();
        seen.look(fields.iter().map(|field| field.as_bytes()));
        seen.kind()
    }

    #[test]
    fn each_column_has_the_narrowest_kind_that_holds_it() {
        assert_eq!(kind(&["1", "", "-20", "0"]), Kind::Integer);
        assert_eq!(kind(&["1", "2.50", "1e-3", "nan", "-inf"]), Kind::Float);
        assert_eq!(kind(&["2.5", "1"]), Kind::Float);
        assert_eq!(kind(&["true", "False", ""]), Kind::Boolean);
        assert_eq!(kind(&["true", "1"]), Kind::Text);
        assert_eq!(kind(&["1", "true"]), Kind::Text);
        assert_eq!(kind(&["1", "x", "2"]), Kind::Text);
        assert_eq!(kind(&["", ""]), Kind::Float);
        assert_eq!(kind(&["007"]), Kind::Text);
        assert_eq!(kind(&["0.5", "0"]), Kind::Float);
        assert_eq!(kind(&["9223372036854775807"]), Kind::Integer);
        assert_eq!(kind(&["9223372036854775808"]), Kind::Text);
        assert_eq!(kind(&["1", "99999999999999999999"]), Kind::Text);
        assert_eq!(kind(&["12e4567890123456"]), Kind::Float, "so ids must be said to be texts");
    }

    #[test]
    fn what_is_not_utf8_is_text() {
        let mut seen = Seen::default();
        seen.look([&b"1"[..], b"\xff"].into_iter());
        assert_eq!(seen.kind(), Kind::Text);
    }
}
