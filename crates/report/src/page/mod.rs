//! The report of a sweep as one HTML page that needs no other file: values in, text out.
//!
//! The caller decides what a [`Page`] contains; this module decides how it looks on a screen, on a phone and
//! on paper. It knows neither the meaning nor the source of a number, and uses no other module of this crate.
//! Templates, style and script are the files of `templates/`. Every text is shown literally: see [`Visible`].

mod document;
mod escape;
mod figure;
mod sections;
mod table;

pub use document::{Page, Standing, StateCount};
pub use escape::Visible;
pub use figure::{Drawing, Figure};
pub use sections::{Costs, Fact, Group, Parameters, Provenance, Unfinished, UnfinishedCell};
pub use table::{Column, Field, Table, Use};
