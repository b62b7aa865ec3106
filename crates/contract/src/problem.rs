//! What is wrong with a parameter.

use std::fmt;

/// What is wrong with a parameter, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The parameter as it was written.
    pub parameter: String,
    /// What is wrong.
    pub message: String,
    /// What to do, if known.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(formatter, " ({hint})"))
    }
}

impl Problem {
    pub(crate) fn new(parameter: &str, message: String) -> Problem {
        Problem { parameter: parameter.into(), message, hint: None }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Problem {
        Problem { hint: Some(hint.into()), ..self }
    }
}
