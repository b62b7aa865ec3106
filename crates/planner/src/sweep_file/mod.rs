//! From the command line to a sweep and some of its cells.

mod arguments;
mod load;
pub(crate) mod networks;
pub(crate) mod own_program;
pub(crate) mod selectors;
pub(crate) mod sweep_lock;

pub(crate) use arguments::SweepArgs;
pub(crate) use load::{Loaded, SWEEPS, load};
