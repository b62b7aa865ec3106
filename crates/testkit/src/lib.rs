//! Helpers of the tests, so that each test reads like the manual: arrange, act, check what a user sees.
//!
//! | module | purpose |
//! |---|---|
//! | [`disk`] | small file systems, power cuts, full disks |
//! | [`folder`] | a folder with an odd name |
//! | [`program`] | start a program of this workspace; its output |
//! | [`waiting`] | wait until a condition holds |
//! | [`skip`] | tests that need something that may be missing |
//! | [`workers`] | fake workers |
//! | [`sound`] | what must hold of a sweep whatever happened to it |
//! | [`sweep`] | a sweep in a folder, and `gainsweep` for it |
//! | [`fake_scheduler`] | a second implementation of the trait of `gainsweep-scheduler`, without processes |
//! | [`fake_slurm`] | a cluster that fails on demand |
//! | [`real_slurm`] | a separate real cluster, by `scripts/local-slurm` |

pub mod disk;
pub mod examples;
pub mod fake_scheduler;
pub mod fake_slurm;
pub mod folder;
pub mod program;
pub mod real_slurm;
pub mod skip;
pub mod slurm_command;
pub mod sound;
pub mod sweep;
pub mod waiting;
pub mod workers;
