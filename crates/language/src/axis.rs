//! What a file says of parameters: axes, single settings, and where each was written.

use gainsweep_contract::Value;

use crate::diagnostic::Span;

/// The axis that named cases are.
pub(crate) const CASE_AXIS: &str = "case";
/// The axis that named blocks are.
pub(crate) const BLOCK_AXIS: &str = "block";

/// A named list of values; a column of every table. The axes of one zip group have values side by side.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The parameter, or `case`.
    pub name: String,
    /// Its values, in the order of the file; each different, but for those of a zip group.
    pub values: Vec<Value>,
    pub(crate) key: Span,
    pub(crate) spans: Spans,
    /// Where it varies, if not everywhere.
    pub(crate) when: Option<WrittenExpression>,
}

/// An expression as it stands in the file.
#[derive(Clone, Debug)]
pub(crate) struct WrittenExpression {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// Where the values of an axis were written.
#[derive(Clone, Debug)]
pub(crate) enum Spans {
    /// Each by itself.
    Each(Vec<Span>),
    /// All by one range or count.
    One(Span),
}

impl Spans {
    pub(crate) fn of(&self, level: usize) -> Span {
        match self {
            Spans::Each(spans) => spans[level].clone(),
            Spans::One(span) => span.clone(),
        }
    }
}

/// A parameter and its value, as written.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) name: String,
    pub(crate) value: Value,
    pub(crate) key: Span,
    pub(crate) span: Span,
    /// Where it is set, if not everywhere.
    pub(crate) when: Option<WrittenExpression>,
}
