//! Slurm through its command-line tools: what is asked, how it is asked, and what the answers mean.
//!
//! All of Slurm's words live here: commands, options, output formats, states, reasons, environment names, batch
//! scripts. This crate knows nothing of sweeps, cells or folders of results.
//!
//! Three rules run through it. No answer is ever taken for a verdict that it is not: a command that fails, hangs or
//! says nothing readable is an error, never "no such job". A submission whose fate is not known says so
//! ([`SubmitError::Uncertain`]). And however many jobs are asked about, it is one call.

mod accounting;
mod command;
pub mod environment;
mod limits;
mod program;
mod query;
mod queue;
pub mod reason;
pub mod script;
mod slurm;
mod state;
mod submit;
mod tasks;

pub use accounting::{Accounting, AccountingRow};
pub use limits::Limits;
pub use query::QueryError;
pub use queue::QueueRow;
pub use slurm::Slurm;
pub use state::JobState;
pub use submit::{JobId, Refusal, SubmitError};
pub use tasks::Tasks;
