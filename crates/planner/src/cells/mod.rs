//! How each cell stands, from all that is known of it: files, Slurm's queue, Slurm's accounting.

mod known;
pub(crate) mod logs;
pub(crate) mod next_step;
pub(crate) mod reasons;
pub(crate) mod stale;
pub(crate) mod standing;
pub(crate) mod verdict;
pub(crate) mod view;
