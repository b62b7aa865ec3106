//! What is wrong with a sweep file, and where.

use std::ops::Range;

/// Bytes of the file's text.
pub type Span = Range<usize>;

/// One mistake in a sweep file. Whoever read the file shows it with the lines it points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong: a sentence without a full stop.
    pub message: String,
    /// Where; `None` for what has no place, such as something that is missing.
    pub span: Option<Span>,
    /// A few words beside the place.
    pub label: Option<String>,
    /// Another place that is part of the matter.
    pub also: Option<Box<RelatedPlace>>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A second place of a [`Diagnostic`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedPlace {
    /// Where.
    pub span: Span,
    /// A few words beside it.
    pub label: String,
}

impl Diagnostic {
    /// A mistake without a place.
    pub fn new(message: impl Into<String>) -> Diagnostic {
        Diagnostic { message: message.into(), span: None, label: None, also: None, hint: None }
    }

    /// Gives it a place.
    #[must_use]
    pub fn at(self, span: Span) -> Diagnostic {
        Diagnostic { span: Some(span), ..self }
    }

    /// Puts words beside the place.
    #[must_use]
    pub fn label(self, label: impl Into<String>) -> Diagnostic {
        Diagnostic { label: Some(label.into()), ..self }
    }

    /// Adds a second place.
    #[must_use]
    pub fn also(self, span: Span, label: impl Into<String>) -> Diagnostic {
        Diagnostic { also: Some(Box::new(RelatedPlace { span, label: label.into() })), ..self }
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Diagnostic {
        Diagnostic { hint: Some(hint.into()), ..self }
    }
}
