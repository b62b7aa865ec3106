//! What tests share, so that each of them reads like the manual: arrange, act, look at what a user sees.
//!
//! | module | what it is for |
//! |---|---|
//! | [`folder`] | a folder to work in, with an odd name |
//! | [`program`] | starting a program of this workspace; what it said |
//! | [`waiting`] | waiting until something is so |
//! | [`skip`] | tests that need what is not everywhere |
//! | [`workers`] | fake workers |
//! | [`sweep`] | a sweep in a folder, and `gainsweep` on it |
//! | [`fake_scheduler`] | a second implementation of the trait of `gainsweep-scheduler`, without processes |
//! | [`fake_slurm`] | a cluster that fails on demand |
//! | [`real_slurm`] | a cluster of one's own, by `scripts/local-slurm` |

pub mod fake_scheduler;
pub mod fake_slurm;
pub mod folder;
pub mod program;
pub mod real_slurm;
pub mod skip;
pub mod slurm_command;
pub mod sweep;
pub mod waiting;
pub mod workers;
