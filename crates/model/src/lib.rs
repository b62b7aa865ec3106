//! The networks of Naumann, Keijser & Sprekeler, "Invariant neural subspaces maintained by feedback
//! modulation" (eLife 2022;11:e76096), their training and their tests.
//!
//! Everything here is a function of its arguments: this crate opens no file, reads no clock and no
//! environment, and prints nothing. The central interface is [`engine`]: an engine computes the loss, the
//! gradient and the next state of a batch, or the traces of a test. Everything else (data, optimiser,
//! trainer, metrics) works on plain named `f32` arrays, exists once, and does not know the engine.

pub mod analysis;
pub mod array;
pub mod batch;
pub mod contexts;
pub mod engine;
pub mod experiment;
mod fused;
pub mod kernels;
pub mod metrics;
pub mod network;
pub mod networks;
pub mod optimiser;
pub mod random;
pub mod sources;
pub mod testing;
#[cfg(feature = "torch")]
mod torch;
pub mod trainer;

pub use array::{Array, Arrays};
pub use engine::Engine;
pub use experiment::Experiment;
pub use network::Network;
