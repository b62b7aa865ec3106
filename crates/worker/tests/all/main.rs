//! `gainsweep-worker` from outside: its commands, its messages, and its files.

#![allow(clippy::print_stderr, reason = "measured numbers are shown beside the published ones")]

mod analyses;
mod bad_input;
mod commands;
mod demo;
mod golden;
mod python;
mod support;
mod tensorboard;
#[path = "../../src/tensorboard/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the product's own module, which writes; here it reads")]
mod tensorboard_format;
mod train;
