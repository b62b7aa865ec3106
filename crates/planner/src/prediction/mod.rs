//! The cost of cells: learned from finished cells, predicted for the others, kept within a budget.

pub(crate) mod budget;
pub(crate) mod costs;
pub(crate) mod forecast;
pub(crate) mod replicates_wanted;
pub(crate) mod spending;
pub(crate) mod time_left;
