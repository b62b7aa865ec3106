//! What cells cost: learnt from finished cells, predicted for the others, kept below a budget.

pub(crate) mod budget;
pub(crate) mod costs;
pub(crate) mod forecast;
pub(crate) mod replicates_wanted;
pub(crate) mod spending;
pub(crate) mod time_left;
