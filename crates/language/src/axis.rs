//! Axes and single settings of a file, each with its place in the text.

use gainsweep_contract::Value;

use crate::diagnostic::Span;

/// The axis of named cases.
pub(crate) const CASE_AXIS: &str = "case";
/// The axis of named blocks.
pub(crate) const BLOCK_AXIS: &str = "block";

/// A named list of values; a column of every table. The axes of a zip group are combined row by row.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The parameter, or `case`.
    pub name: String,
    /// Its values, in the order of the file. No value is there twice, except in a zip group.
    pub values: Vec<Value>,
    pub(crate) key: Span,
    pub(crate) spans: Spans,
    /// Where it varies; `None` for everywhere.
    pub(crate) when: Option<WrittenExpression>,
}

/// An expression as written in the file.
#[derive(Clone, Debug)]
pub(crate) struct WrittenExpression {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// Where the values of an axis were written.
#[derive(Clone, Debug)]
pub(crate) enum Spans {
    /// Each value at its own place.
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
    /// Where it is set; `None` for everywhere.
    pub(crate) when: Option<WrittenExpression>,
}
