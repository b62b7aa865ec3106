//! Figures.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A figure with what it shows in words.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "figure.html")]
pub struct Figure {
    /// From 1.
    pub number: usize,
    /// What it shows.
    pub caption: String,
    /// The same for who cannot see it, with the numbers that matter.
    pub alternative: String,
    /// What could not be drawn as asked.
    pub notes: Vec<String>,
    /// The figure itself.
    pub drawing: Drawing,
}

/// How a figure is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// As an `<svg>` element. It is put into the page as it is: what draws has escaped it, and its ids are no others'.
    Svg(String),
    /// As pixels, where the lines would be too many.
    Png {
        /// The file.
        bytes: Vec<u8>,
        /// Width in px.
        width: u32,
        /// Height in px.
        height: u32,
    },
}

/// Bytes as text.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
