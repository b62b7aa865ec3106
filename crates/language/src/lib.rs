//! The sweep language: from the text of a sweep file to its cells.
//!
//! The steps: [`parse`] reads the TOML, and returns a [`Sweep`] or every mistake with its place in the text.
//! [`Sweep::check_limit`] refuses a sweep that is too large before anything is expanded.
//! [`Sweep::validate_cells`] checks what only whole cells can show. [`Sweep::cell`] computes one cell.
//!
//! This crate is pure: it reads no file, no clock and no environment, and prints nothing.

mod axis;
mod block;
mod declared_parameters;
mod diagnostic;
mod expression;
mod fast_check;
mod found_table;
mod json_schema;
mod name;
mod networks;
mod plots;
mod precision;
pub mod quantity;
mod read;
pub mod slurm;
mod sweep;
mod sweep_changes;
mod validate;
mod worker;

pub use axis::Axis;
pub use diagnostic::{Diagnostic, RelatedPlace, Span};
pub use found_table::found_table;
pub use json_schema::json_schema;
pub use name::check_name;
pub use networks::{FoundNetworks, Networks};
pub use plots::{Plot, PlotKind};
pub use precision::{Precision, Target};
pub use read::{ProjectSettings, networks, parse, parse_profile, parse_project};
pub use slurm::{SlurmSection, SlurmSettings};
pub use sweep::{Cell, Gather, GpuShare, Sweep};
pub use sweep_changes::SweepChanges;
pub use worker::{Filling, ResultsFile, Row, Worker, WorkerCommand};
