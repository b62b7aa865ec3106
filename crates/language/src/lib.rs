//! The sweep language: from the text of a sweep file to its cells.
//!
//! The way of a file: [`parse`] walks its TOML and gives a [`Sweep`] or every mistake with its place in the text;
//! [`Sweep::check_limit`] refuses what is too large before anything is expanded; [`Sweep::validate_cells`] checks
//! what only whole cells can show; [`Sweep::cell`] gives one cell by arithmetic.
//!
//! This crate is pure: it reads no file, no clock and no environment, and prints nothing.

mod block;
mod changes;
mod declared;
mod diagnostic;
mod editor;
mod expression;
mod name;
mod networks;
mod plots;
mod precision;
pub mod quantity;
mod quick;
mod read;
pub mod slurm;
mod sweep;
mod validate;

pub use changes::Changes;
pub use diagnostic::{Diagnostic, Note, Span};
pub use editor::json_schema;
pub use name::check_name;
pub use networks::{FoundNetworks, Networks, found_table, networks};
pub use plots::{Plot, PlotKind};
pub use precision::{Precision, Target};
pub use read::{parse, parse_profile};
pub use slurm::{SlurmSection, SlurmSettings};
pub use sweep::{Axis, Cell, Gather, Sweep};
