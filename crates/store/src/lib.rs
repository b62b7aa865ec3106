//! Results on disk: where each file is, how it is written so that a kill or a full disk never leaves half of it under
//! its name, and how it is read although someone else is just writing it.
//!
//! Every file has one writer. A cell is done if and only if its `done.json` is there. This crate knows folders and
//! tables; it knows no sweep language, no tensors and no words of a batch system.

pub mod atomic;
pub mod attempts;
mod cell;
pub mod claims;
mod folder;
pub mod gathered;
pub mod lock;
pub mod long_table;
pub mod plan;
pub mod provenance;
pub mod submissions;
mod survey;
pub mod table;
pub mod this_machine;

pub use atomic::{AtomicFile, WriteError};
pub use attempts::{Attempt, Attempts, Outcome, Tally};
pub use cell::{CellContents, ReadError};
pub use folder::{CellFolder, SweepFolder};
pub use survey::Survey;
