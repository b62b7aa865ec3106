//! Panels as SVG and PNG. `panel.rs` defines what can be drawn. Only the folder `with_kuva/` knows the
//! drawing library.
//!
//! The caller decides what to show, this crate how it looks; it does not know the meaning of a number.
//! Colour-blind people can distinguish the colours, and series also differ in their marks.

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
