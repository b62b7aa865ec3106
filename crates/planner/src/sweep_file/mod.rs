//! From the command line to a sweep and some of its cells.

mod arguments;
mod find;
mod load;
pub(crate) mod networks;
pub(crate) mod origin;
pub(crate) mod own_program;
mod project;
pub(crate) mod selectors;
pub(crate) mod sweep_lock;

pub(crate) use arguments::SweepArgs;
pub(crate) use find::SWEEPS;
pub(crate) use load::{Loaded, load};
pub(crate) use project::ResultsChoice;
