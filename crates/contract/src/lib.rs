//! What the planner and the worker agree on, and nothing else.
//!
//! They share a parameters file, a folder, an argument list, environment names and exit codes. Each of these has
//! one module here. This crate reads no file, no clock and no environment: it is names, formats and pure functions.

pub mod analysis;
pub mod cell_state;
mod check;
pub mod contradictions;
pub mod defaults;
pub mod environment;
pub mod exit;
pub mod fast_ids;
pub mod files;
pub mod identity;
mod model;
pub mod parameters;
pub mod params_file;
mod problem;
pub mod records;
pub mod schema;
pub mod sources;
pub mod value;

pub use analysis::Analysis;
pub use cell_state::{CellState, NextStep, Tone};
pub use check::check_value;
pub use identity::CellId;
pub use parameters::Parameters;
pub use problem::Problem;
pub use value::{Value, ValueMap};
