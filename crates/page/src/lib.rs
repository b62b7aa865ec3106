//! The report of a sweep as one HTML page that needs nothing else: values in, text out.
//!
//! Nothing here knows what a number means or where it comes from: whoever makes a [`Page`] decides what is on it, this
//! crate how it looks on a screen, on a phone and on paper. Templates, style and script are the files of `templates/`.
//! Every text is shown as it is, whatever it holds: see [`Visible`].

mod escape;
mod figure;
mod page;
mod sections;
mod table;

pub use escape::Visible;
pub use figure::{Drawing, Figure};
pub use page::{Page, Standing, StateCount, Tone};
pub use sections::{Costs, Fact, Group, Parameters, Provenance, Unfinished, UnfinishedCell};
pub use table::{Column, Field, Table, Use};
