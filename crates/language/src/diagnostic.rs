//! What is wrong with a sweep file, and where.

use std::ops::Range;

/// Bytes of the file's text.
pub type Span = Range<usize>;

/// One mistake in a sweep file. The caller prints it with the lines that it points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong: a sentence without a full stop.
    pub message: String,
    /// Where; `None` for a mistake without a place, such as a missing table.
    pub span: Option<Span>,
    /// A short label for the place.
    pub label: Option<String>,
    /// A second place that belongs to the mistake.
    pub also: Option<Box<RelatedPlace>>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A second place of a [`Diagnostic`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedPlace {
    /// Where.
    pub span: Span,
    /// A short label for it.
    pub label: String,
}

impl Diagnostic {
    /// A mistake without a place.
    pub fn new(message: impl Into<String>) -> Diagnostic {
        Diagnostic { message: message.into(), span: None, label: None, also: None, hint: None }
    }

    /// Sets its place.
    #[must_use]
    pub fn at(self, span: Span) -> Diagnostic {
        Diagnostic { span: Some(span), ..self }
    }

    /// Labels the place.
    #[must_use]
    pub fn label(self, label: impl Into<String>) -> Diagnostic {
        Diagnostic { label: Some(label.into()), ..self }
    }

    /// Adds a second place.
    #[must_use]
    pub fn also(self, span: Span, label: impl Into<String>) -> Diagnostic {
        Diagnostic { also: Some(Box::new(RelatedPlace { span, label: label.into() })), ..self }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Diagnostic {
        Diagnostic { hint: Some(hint.into()), ..self }
    }
}
