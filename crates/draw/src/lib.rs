//! Panels as SVG and PNG. `panel.rs` says what can be drawn; the folder `with_kuva/` is the one place that knows the
//! library that draws it.
//!
//! Whoever makes a panel decides what to show, this crate how it looks; it does not know what a number means.
//! Colour-blind people can tell the colours apart, and series also differ in their marks.

mod panel;
mod round_ticks;
mod shortened_text;
mod style;
mod with_kuva;

pub use panel::{
    Axis, Band, Boxes, Dashes, Heat, Layer, Line, Marks, Note, Panel, Reference, Scale, Sheet, Span,
};
pub use shortened_text::shortened;
pub use style::{Shape, colour, shape};
pub use with_kuva::{DrawError, gradient};
