//! `gainsweep` as a user meets it: commands, and then what is on the screen and on disk.

mod bad_sweeps;
mod bad_workers;
mod browser;
mod cells;
mod commands;
mod examples;
mod executor;
mod fake_slurm;
mod faults;
mod gathering;
mod limits;
mod paper;
mod plans;
mod projects;
mod shells;
mod soak;
mod terminal;
