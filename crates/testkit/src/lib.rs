//! For tests: stands in for Slurm's commands.
//!
//! Links named after the commands, in a folder put first on `PATH`, all lead to one program. It keeps its state in the
//! folder that the environment variable `SLURM_STAND_IN` names, so any number of processes may use it at once. Jobs
//! really run, as processes of this machine; time limits, requeues, node failures and preemption happen to them as
//! they do under Slurm, only faster. Formats and texts are those of version 22.05.
//!
//! What a cluster does once a year it does whenever it is told to: see [`Fault`].

mod commands;
pub mod fake_scheduler;
mod fault;
mod folder;
mod options;
mod pattern;
mod processes;
mod program;
mod ranges;
mod runner;
mod spawn;
mod stand_in;
mod state;

pub use commands::run;
pub use fault::Fault;
pub use folder::CallRecord;
pub use program::Program;
pub use stand_in::{Bulk, JobView, StandIn, TaskView};
pub use state::Settings;
