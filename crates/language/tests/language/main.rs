//! What the language accepts and refuses. One test program, so that it is linked once.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod combinations;
mod declared_parameters;
mod documentation;
mod draws;
mod fuzzer_findings;
mod json_schema;
mod networks;
mod paper;
mod properties;
mod slurm;
mod sweeps;
