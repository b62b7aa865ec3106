//! Figures as SVG and PNG: what stands on a panel, said in the words of the plane it is drawn on.
//!
//! Nothing here knows what a number means: who makes a panel decides what to show, this crate how it looks. Colours are
//! told apart by colour-blind people, and never stand alone: series differ in their marks too.

mod bare;
mod draw;
mod heat;
mod legend;
mod panel;
mod stack;
mod style;
mod ticks;

pub use panel::{
    Axis, Band, Boxes, Dashes, Heat, Layer, Line, Marks, Note, Panel, Reference, Scale, Sheet, Span,
};
pub use style::{Shape, colour, gradient, shape};

/// The library that draws gave up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the figure cannot be drawn: {0}")]
pub struct DrawError(pub(crate) String);

/// A text cut to a number of characters.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_string();
    }
    let head: String = text.chars().take(most.saturating_sub(3)).collect();
    format!("{head}...")
}

#[cfg(test)]
mod tests {
    #[test]
    fn long_texts_are_cut() {
        assert_eq!(super::shortened("abcdefgh", 6), "abc...");
        assert_eq!(super::shortened("äöü", 3), "äöü");
    }
}
