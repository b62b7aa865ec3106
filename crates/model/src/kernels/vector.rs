//! What a vector can do.

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

/// Something to compute with vectors of whatever kind.
pub trait Task {
    /// Its result.
    type Output;

    /// Computes it. Implementations are `#[inline(always)]`, and so is all that they call: no vector goes through a
    /// closure or an iterator's adaptor, which need not be inlined and do not know the level's instructions.
    fn run<V: Vector>(self) -> Self::Output;
}

/// A vector in registers. The types behind it are private to [`super`]: who has one has come through
/// [`super::Level::run`], which has made sure that the machine knows its instructions.
pub trait Vector: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// Rows of a tile of a matrix product, so that its sums fit into the registers: a multiple of 4, at most 16.
    const ROWS: usize;

    /// The same number in every lane.
    fn splat(value: f32) -> Self;
    /// From memory.
    fn load(lanes: &Lanes) -> Self;
    /// To memory.
    fn store(self, lanes: &mut Lanes);
    /// To memory that is not read again soon, past the caches where the machine can. [`Vector::drain`] comes before
    /// another thread reads it.
    fn stream(self, lanes: &mut Lanes);
    /// Waits until what was streamed is in memory.
    fn drain();
    /// `self * factor + addend`, rounded once where the machine can.
    #[must_use]
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// `addend - self * factor`, likewise.
    #[must_use]
    fn neg_mul_add(self, factor: Self, addend: Self) -> Self;
    /// Quotient.
    #[must_use]
    fn over(self, divisor: Self) -> Self;
    /// The larger one; `other` where one of them is not a number.
    #[must_use]
    fn max(self, other: Self) -> Self;
    /// The smaller one; `other` where one of them is not a number.
    #[must_use]
    fn min(self, other: Self) -> Self;
    /// `self` where `condition` is above zero, zero elsewhere.
    #[must_use]
    fn where_positive(self, condition: Self) -> Self;
    /// Adds the low bits of `count`, taken as integer, to the exponent.
    #[must_use]
    fn shift_exponent(self, count: Self) -> Self;
    /// Rows become columns.
    #[must_use]
    fn transpose(rows: [Self; LANES]) -> [Self; LANES];
    /// Has memory brought into the cache, if the machine likes.
    fn prefetch(lanes: &Lanes);
    /// Runs a task in a function of its own.
    fn enter<T: Task>(task: T) -> T::Output;

    /// `self`, with everything outside `-limit..=limit` moved to that range's ends. Not-a-number stays what it is.
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
