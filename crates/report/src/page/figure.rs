//! Figures.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A figure with its texts.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "figure.html")]
pub struct Figure {
    /// From 1.
    pub number: usize,
    /// What it shows.
    pub caption: String,
    /// The same for readers who cannot see it, with the most important numbers.
    pub alternative: String,
    /// What could not be drawn as requested.
    pub notes: Vec<String>,
    /// The figure itself.
    pub drawing: Drawing,
}

/// The format of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// An `<svg>` element. It is inserted unchanged: the drawing code has escaped it, and its ids are unique.
    Svg(String),
    /// Pixels, if there would be too many lines.
    Png {
        /// The file.
        bytes: Vec<u8>,
        /// Width in px.
        width: u32,
        /// Height in px.
        height: u32,
    },
}

/// Encodes bytes as text.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
