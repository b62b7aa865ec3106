//! The fused engine: networks with hand-written forward and backward passes, for the CPU, without libtorch.
//! This module has what all networks share; what one network does with the feedback is in its folder in
//! `networks/`.
//!
//! Automatic differentiation spends nearly all of its time on the bookkeeping of a thousand small steps. Here
//! a step is a few products of packed matrices and a loop over units, and the backward pass is the forward
//! pass read from its end.
//!
//! # Symbols
//!
//! t counts steps, from 0 to T - 1. x are stimuli, y outputs, s sources; h, c output and cell of the LSTM; f
//! its readout, the feedback; W or m or p the modulation; `*` is elementwise. d(a) is the gradient of the
//! objective with respect to a: a column like a itself. Each trial has its own columns. Weights are shared,
//! so their gradients are sums over trials.
//!
//! # Forward
//!
//! ```text
//! x(t) = A s(t) + noise(t)                                  chunk.rs, for all t at once
//! y(t) from x(t) and the modulation after step t - 1        the network's folder: Circuit::output
//! v(t) = (h(t-1), 1, x(t), y(t))                            what the LSTM multiplies with weights
//! (a, b, g', e) = U v(t)                                    U = (W_hh, b_ih + b_hh, W_ih)
//! i = sigmoid(a)   k = sigmoid(b)   g = tanh(g')   o = sigmoid(e)
//! c(t) = k * c(t-1) + i * g
//! h(t) = o * tanh(c(t))
//! f(t) = R (h(t), 1)                                        R = (readout weights, their bias)
//! the modulation after step t from f(t)                     the network's folder: Circuit::modulate
//! ```
//!
//! The direct network is the exception: its y(t) is f(t).
//!
//! # Objective
//!
//! ```text
//! sum over t of the mean over trials and sources of  l(y - s),    l(e) = e^2 / 2 where |e| < 1, |e| - 1/2 elsewhere
//! + regularisation * sum over t, trials and signals of |f|
//! ```
//!
//! So outputs have their own gradient, clamp(y - s, -1, 1) / (trials * sources), and so has the feedback,
//! regularisation * sign(f) (`loss.rs`).
//!
//! # Backward
//!
//! By the chain rule, each equation of the forward pass passes the gradient of its left side to the
//! quantities on its right. A quantity in several equations gets the sum. From the last step to the first:
//!
//! ```text
//! h(t) = o * tanh c(t)       d(o) = d(h) * tanh c           d(c) += d(h) * o * (1 - tanh^2 c)
//! c(t) = k * c(t-1) + i * g  d(i) = d(c) * g                d(g) = d(c) * i
//!                            d(k) = d(c) * c(t-1)           d(c(t-1)) = d(c) * k
//! i = sigmoid(a), ...        d(a) = d(i) * i * (1 - i)      d(b) = d(k) * k * (1 - k)
//!                            d(g') = d(g) * (1 - g^2)       d(e) = d(o) * o * (1 - o)
//! (a, b, g', e) = U v        d(v) = U^T d(a, b, g', e)      d(U) += d(a, b, g', e) v^T
//! y(t)                       d(y) = clamp(y - s) / (...) + what d(v) says of y, if the LSTM sees y
//!                            Circuit::receive: d(y) to d(modulation after t - 1)
//! modulation after t - 1     Circuit::feedback_gradient: to d(f(t-1)); regularisation * sign(f(t-1)) is added
//! f(t-1) = R (h(t-1), 1)     d(h(t-1)) = what d(v) says of h + R^T d(f(t-1))       d(R) += d(f(t-1)) (h(t-1), 1)^T
//! ```
//!
//! This is one round; d(h(t-1)), d(c(t-1)) and d(modulation after t - 1) begin the next one. The gradient
//! stops at the first step: the state before it is given.
//!
//! Two things make this fast (`lstm.rs`, `pass.rs`). First, a round ends with d(gates of t) and d(f(t-1)),
//! and both go to h(t-1). Stacked as q = (d(a, b, g', e), d(f(t-1))), they need one product for d(h(t-1)),
//! with `W_hh` above the readout weights, transposed. All gradients of the LSTM's and the readout's weights
//! are the sum of q v(t)^T, because v(t) also begins with (h(t-1), 1). Second, that sum is a product with an
//! inner dimension of T times trials, computed for some steps at a time ([`crate::kernels::outer`]). For each
//! unit and step, i, k, g, o, c(t-1) and tanh c are kept; all else is recomputed.
//!
//! # To add a network
//!
//! `fused.rs` of its folder in `networks/` has a type that implements [`Circuit`], with the equations of both
//! passes at its top; that of the spatial network is a good one to start from. The tests in `tests/fused.rs`
//! and `tests/engine.rs` compare it with the torch engine and with finite differences.
//!
//! # Trials, threads, bits
//!
//! Trials are the contiguous dimension of matrices: [`crate::kernels::LANES`] trials, a chunk, are computed
//! together, lane by lane, from the first step to the last and back (`chunk.rs`). Threads share the chunks.
//! Neither the chunks nor the order of their sum depend on the number of threads, so the result does not
//! either, bit for bit. The last bits depend on the machine: `Level::Avx512` divides by another method than
//! `Level::Avx2`, and the portable level has no fused multiply-add.
//!
//! A chunk needs 6 * 64 bytes a unit and step: 38 MB for 100 units and 1000 steps, once a thread.

#![allow(clippy::needless_range_loop, reason = "arrays of registers, walked side by side, without closures")]
#![expect(
    clippy::inline_always,
    reason = "what a task calls must end up in the one function that may use its instructions: see kernels"
)]

mod chunk;
mod circuit;
mod engine;
mod loss;
mod lstm;
mod pass;
mod tape;
mod weight_sum;

pub(crate) use circuit::{Circuit, Relaxation};
pub(crate) use engine::FusedEngine;
pub(crate) use loss::Loss;
pub(crate) use tape::Tape;
pub(crate) use weight_sum::WeightSum;
