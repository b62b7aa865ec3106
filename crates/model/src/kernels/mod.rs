//! Vectors, elementary functions and matrix products, in instructions that are chosen at run time.
//!
//! One vector is [`LANES`] trials on every machine: one register of AVX-512, two of AVX2, or an array.
//! Computing code is written once, as a [`Task`] that is generic over a [`Vector`]; [`Level::run`] runs it
//! with the instructions of a [`Level`]. Everything that a task calls is `#[inline(always)]`, so that it ends
//! up in the one function for each task and level that may use those instructions. Large code that is called
//! from several places is its own task, entered with [`Vector::enter`].
//!
//! All levels do the same operations on each lane in the same order, with two exceptions: AVX-512 divides by
//! a Newton step, and the portable level rounds between multiplication and addition. So they differ only in
//! the last bits.

#![allow(clippy::needless_range_loop, reason = "arrays of registers, walked side by side, without closures")]
#![expect(
    clippy::inline_always,
    reason = "what a task calls must end up in the one function that may use its instructions: see above"
)]

pub mod function;
pub mod outer;
mod portable;
pub mod product;
pub mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use vector::{LANES, Lanes, Task, Vector};

/// Sets of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Instructions of every machine.
    Portable,
    /// AVX2 and fused multiply-add.
    Avx2,
    /// AVX-512 (F).
    Avx512,
}

impl Level {
    /// All levels, the best last.
    pub const ALL: [Level; 3] = [Level::Portable, Level::Avx2, Level::Avx512];

    /// The best level of this machine.
    pub fn best() -> Level {
        Level::ALL.into_iter().rev().find(|level| level.is_available()).unwrap_or(Level::Portable)
    }

    /// Does this machine have it?
    pub fn is_available(self) -> bool {
        match self {
            Level::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => is_x86_feature_detected!("avx512f") && Level::Avx2.is_available(),
            #[cfg(not(target_arch = "x86_64"))]
            Level::Avx2 | Level::Avx512 => false,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Portable => "portable",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        }
    }

    /// Rows of a packed matrix's tile at this level.
    pub(crate) fn tile_rows(self) -> usize {
        struct Rows;
        impl Task for Rows {
            type Output = usize;
            #[inline(always)]
            fn run<V: Vector>(self) -> usize {
                V::ROWS
            }
        }
        self.run(Rows)
    }

    /// Runs a task with the instructions of this level.
    ///
    /// # Panics
    /// If this machine does not have them.
    pub fn run<T: Task>(self, task: T) -> T::Output {
        assert!(self.is_available(), "this machine has no {}", self.name());
        match self {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => x86::Avx512::enter(task),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => x86::Avx2::enter(task),
            #[cfg(not(target_arch = "x86_64"))]
            Level::Avx2 | Level::Avx512 => unreachable!("it is not available"),
            Level::Portable => portable::Portable::enter(task),
        }
    }
}
