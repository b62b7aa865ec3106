//! The operations of a vector.

use std::ops::{Add, Mul, Sub};

/// Numbers in a vector.
pub const LANES: usize = 16;

/// One vector in memory: one cache line, one number for each of [`LANES`] trials.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Lanes(pub [f32; LANES]);

impl Lanes {
    /// All zero.
    pub const ZERO: Lanes = Lanes([0.0; LANES]);
    /// All one.
    pub const ONE: Lanes = Lanes([1.0; LANES]);
}

/// A computation with vectors of any kind.
pub trait Task {
    /// Its result.
    type Output;

    /// Computes it. Implementations are `#[inline(always)]`, and so is everything that they call. Do not pass
    /// a vector through a closure or an iterator adaptor: these need not be inlined, and then lack the
    /// level's instructions.
    fn run<V: Vector>(self) -> Self::Output;
}

/// A vector in registers. The types that implement it are private to [`super`]: only [`super::Level::run`]
/// creates them, after it has checked that the machine has their instructions.
pub trait Vector: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// Rows of a tile of a matrix product, such that its sums fit into the registers: a multiple of 4, at
    /// most 16.
    const ROWS: usize;

    /// The same number in every lane.
    fn splat(value: f32) -> Self;
    /// From memory.
    fn load(lanes: &Lanes) -> Self;
    /// To memory.
    fn store(self, lanes: &mut Lanes);
    /// To memory that is not read again soon; bypasses the caches if the machine can. Call [`Vector::drain`]
    /// before another thread reads it.
    fn stream(self, lanes: &mut Lanes);
    /// Waits until streamed data are in memory.
    fn drain();
    /// `self * factor + addend`, rounded once if the machine can.
    #[must_use]
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// `addend - self * factor`, likewise.
    #[must_use]
    fn neg_mul_add(self, factor: Self, addend: Self) -> Self;
    /// Quotient.
    #[must_use]
    fn over(self, divisor: Self) -> Self;
    /// The larger one; `other` if one of them is not a number.
    #[must_use]
    fn max(self, other: Self) -> Self;
    /// The smaller one; `other` if one of them is not a number.
    #[must_use]
    fn min(self, other: Self) -> Self;
    /// `self` where `condition` is above zero, zero elsewhere.
    #[must_use]
    fn where_positive(self, condition: Self) -> Self;
    /// Adds the low bits of `count`, as an integer, to the exponent.
    #[must_use]
    fn shift_exponent(self, count: Self) -> Self;
    /// Rows become columns.
    #[must_use]
    fn transpose(rows: [Self; LANES]) -> [Self; LANES];
    /// Prefetches memory into the cache, if the machine can.
    fn prefetch(lanes: &Lanes);
    /// Runs a task in its own function.
    fn enter<T: Task>(task: T) -> T::Output;

    /// `self`, clamped to `-limit..=limit`. Not-a-number stays unchanged.
    #[must_use]
    #[inline(always)]
    fn clamp_to(self, limit: Self) -> Self {
        let low = Self::splat(0.0) - limit;
        limit.min(low.max(self))
    }

    /// `magnitude` with the sign of `self`; zero where `self` is zero.
    #[must_use]
    #[inline(always)]
    fn sign_times(self, magnitude: Self) -> Self {
        magnitude.where_positive(self) - magnitude.where_positive(Self::splat(0.0) - self)
    }
}
