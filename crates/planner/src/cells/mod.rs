//! The state of each cell: [`evidence`] gathers what files, Slurm's queue and its accounting say, [`verdict`]
//! judges it.

pub(crate) mod bad_nodes;
mod by_task;
pub(crate) mod evidence;
pub(crate) mod logs;
pub(crate) mod next_step;
pub(crate) mod reasons;
pub(crate) mod selected;
pub(crate) mod stale;
pub(crate) mod submissions;
pub(crate) mod sweep_cells;
pub(crate) mod verdict;
