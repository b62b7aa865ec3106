//! Results on disk: where each file is, how it is written so that a kill or a full disk never leaves half of
//! it under its name, and how it is read while another process may write it.
//!
//! Every file has one writer. A cell is done if and only if its `done.json` exists. This crate knows folders
//! and tables, but not the sweep language, tensors or the terms of a batch system.

pub mod atomic;
pub mod attempts;
mod cell;
mod cells_on_disk;
mod claimant;
pub mod claims;
pub mod csv_table;
mod folder;
pub mod lock;
pub mod merged_table;
mod metrics;
pub mod plan_table;
pub mod previous_gathering;
pub mod provenance;
mod read_error;
pub mod regular_file;
pub mod result_table;
pub mod submissions;
pub mod this_machine;
pub mod work;

pub use atomic::{AtomicFile, WriteError};
pub use attempts::{Attempt, AttemptCounts, Attempts, Outcome};
pub use cell::CellContents;
pub use cells_on_disk::{CellsOnDisk, OnDisk};
pub use folder::{CellFolder, SweepFolder};
pub use metrics::{CellMetrics, MetricValues, UsualNames};
pub use read_error::ReadError;
