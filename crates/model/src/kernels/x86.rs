//! The vectors of x86-64.

#[allow(clippy::wildcard_imports, reason = "forty names of intrinsics")]
use std::arch::x86_64::*;
use std::ops::{Add, Mul, Sub};

use super::vector::{LANES, Lanes, Task, Vector};

/// One register of 512 bits.
#[derive(Clone, Copy)]
pub(super) struct Avx512(__m512);

/// Two registers of 256 bits.
#[derive(Clone, Copy)]
pub(super) struct Avx2(__m256, __m256);

// SAFETY, here and below: a value or a function of `Avx512` is reached only through `Level::run`, which has
// checked that the machine has AVX-512F, AVX2 and FMA. Pointers come from references to `Lanes`, which are 64
// bytes and aligned.
macro_rules! wide {
    ($intrinsic:expr) => {
        // SAFETY: `Level::run` has checked for AVX-512F; `Lanes` are aligned.
        Avx512(unsafe { $intrinsic })
    };
}

impl Add for Avx512 {
    type Output = Avx512;
    #[inline(always)]
    fn add(self, other: Avx512) -> Avx512 {
        wide!(_mm512_add_ps(self.0, other.0))
    }
}

impl Sub for Avx512 {
    type Output = Avx512;
    #[inline(always)]
    fn sub(self, other: Avx512) -> Avx512 {
        wide!(_mm512_sub_ps(self.0, other.0))
    }
}

impl Mul for Avx512 {
    type Output = Avx512;
    #[inline(always)]
    fn mul(self, other: Avx512) -> Avx512 {
        wide!(_mm512_mul_ps(self.0, other.0))
    }
}

impl Vector for Avx512 {
    // 16 of 32 registers, and one for the other operand; the rest is for the code after a product.
    const ROWS: usize = 16;

    #[inline(always)]
    fn splat(value: f32) -> Avx512 {
        wide!(_mm512_set1_ps(value))
    }

    #[inline(always)]
    fn load(lanes: &Lanes) -> Avx512 {
        wide!(_mm512_load_ps(lanes.0.as_ptr()))
    }

    #[inline(always)]
    fn store(self, lanes: &mut Lanes) {
        // SAFETY: `Level::run` has checked for AVX-512F; `Lanes` are aligned.
        unsafe { _mm512_store_ps(lanes.0.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn stream(self, lanes: &mut Lanes) {
        // SAFETY: `Level::run` has checked for AVX-512F; `drain` orders it before other threads.
        unsafe { _mm512_stream_ps(lanes.0.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn drain() {
        // SAFETY: every level here has this instruction.
        unsafe { _mm_sfence() }
    }

    #[inline(always)]
    fn mul_add(self, factor: Avx512, addend: Avx512) -> Avx512 {
        wide!(_mm512_fmadd_ps(self.0, factor.0, addend.0))
    }

    #[inline(always)]
    fn neg_mul_add(self, factor: Avx512, addend: Avx512) -> Avx512 {
        wide!(_mm512_fnmadd_ps(self.0, factor.0, addend.0))
    }

    #[inline(always)]
    fn over(self, divisor: Avx512) -> Avx512 {
        // Division takes as long as ten multiplications. One Newton step from 14 bits gives 23 or 24.
        wide!({
            let guess = _mm512_rcp14_ps(divisor.0);
            let error = _mm512_fnmadd_ps(divisor.0, guess, _mm512_set1_ps(1.0));
            _mm512_mul_ps(self.0, _mm512_fmadd_ps(error, guess, guess))
        })
    }

    #[inline(always)]
    fn max(self, other: Avx512) -> Avx512 {
        wide!(_mm512_max_ps(self.0, other.0))
    }

    #[inline(always)]
    fn min(self, other: Avx512) -> Avx512 {
        wide!(_mm512_min_ps(self.0, other.0))
    }

    #[inline(always)]
    fn where_positive(self, condition: Avx512) -> Avx512 {
        wide!({
            let mask = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(condition.0, _mm512_setzero_ps());
            _mm512_maskz_mov_ps(mask, self.0)
        })
    }

    #[inline(always)]
    fn shift_exponent(self, count: Avx512) -> Avx512 {
        wide!({
            let shifted = _mm512_slli_epi32::<23>(_mm512_castps_si512(count.0));
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(self.0), shifted))
        })
    }

    #[inline(always)]
    fn transpose(rows: [Avx512; LANES]) -> [Avx512; LANES] {
        let mut from = rows;
        let mut to = rows;
        // Interleave pairs of rows four times: after n rounds, 2^n rows of an element's column are adjacent.
        // Row i and row i + 8, those before the others, four times: that is the perfect shuffle of all 256
        // elements.
        for _ in 0..4 {
            for row in 0..LANES / 2 {
                let (low, high) = (from[row].0, from[row + LANES / 2].0);
                to[2 * row] = wide!(_mm512_permutex2var_ps(low, first_half(), high));
                to[2 * row + 1] = wide!(_mm512_permutex2var_ps(low, second_half(), high));
            }
            from = to;
        }
        from
    }

    #[inline(always)]
    fn prefetch(lanes: &Lanes) {
        // SAFETY: `Level::run` has checked for AVX-512F; `Lanes` are aligned.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(lanes.0.as_ptr().cast()) }
    }

    #[inline(always)]
    fn enter<T: Task>(task: T) -> T::Output {
        #[target_feature(enable = "avx512f,avx2,fma")]
        #[inline(never)]
        fn enabled<T: Task>(task: T) -> T::Output {
            task.run::<Avx512>()
        }
        // SAFETY: `Level::run` has checked for AVX-512F; `Lanes` are aligned.
        unsafe { enabled(task) }
    }
}

/// Indices that interleave the first halves of two registers.
#[inline(always)]
fn first_half() -> __m512i {
    // SAFETY: `Level::run` has checked for AVX-512F; `Lanes` are aligned.
    unsafe { _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0) }
}

/// Indices that interleave the second halves of two registers.
#[inline(always)]
fn second_half() -> __m512i {
    // SAFETY: `Level::run` has checked for AVX-512F; `Lanes` are aligned.
    unsafe { _mm512_set_epi32(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8) }
}

// SAFETY, here and below: the same as for `Avx512`, with AVX2 and FMA only.
macro_rules! both {
    ($intrinsic:ident, $($vector:expr),+) => {
        // SAFETY: `Level::run` has checked for AVX2 and FMA; `Lanes` are aligned.
        unsafe { Avx2($intrinsic($($vector.0),+), $intrinsic($($vector.1),+)) }
    };
}

impl Add for Avx2 {
    type Output = Avx2;
    #[inline(always)]
    fn add(self, other: Avx2) -> Avx2 {
        both!(_mm256_add_ps, self, other)
    }
}

impl Sub for Avx2 {
    type Output = Avx2;
    #[inline(always)]
    fn sub(self, other: Avx2) -> Avx2 {
        both!(_mm256_sub_ps, self, other)
    }
}

impl Mul for Avx2 {
    type Output = Avx2;
    #[inline(always)]
    fn mul(self, other: Avx2) -> Avx2 {
        both!(_mm256_mul_ps, self, other)
    }
}

impl Vector for Avx2 {
    // Twice 4 of 16 registers, two for the other operand and one for an element of the matrix.
    const ROWS: usize = 4;

    #[inline(always)]
    fn splat(value: f32) -> Avx2 {
        // SAFETY: `Level::run` has checked for AVX2 and FMA; `Lanes` are aligned.
        let half = unsafe { _mm256_set1_ps(value) };
        Avx2(half, half)
    }

    #[inline(always)]
    fn load(lanes: &Lanes) -> Avx2 {
        let start = lanes.0.as_ptr();
        // SAFETY: `Level::run` has checked for AVX2 and FMA; `Lanes` are aligned.
        unsafe { Avx2(_mm256_load_ps(start), _mm256_load_ps(start.add(8))) }
    }

    #[inline(always)]
    fn store(self, lanes: &mut Lanes) {
        let start = lanes.0.as_mut_ptr();
        // SAFETY: `Level::run` has checked for AVX2 and FMA; `Lanes` are aligned.
        unsafe {
            _mm256_store_ps(start, self.0);
            _mm256_store_ps(start.add(8), self.1);
        }
    }

    #[inline(always)]
    fn stream(self, lanes: &mut Lanes) {
        let start = lanes.0.as_mut_ptr();
        // SAFETY: `Level::run` has checked for AVX2; `drain` orders it before other threads.
        unsafe {
            _mm256_stream_ps(start, self.0);
            _mm256_stream_ps(start.add(8), self.1);
        }
    }

    #[inline(always)]
    fn drain() {
        // SAFETY: every level here has this instruction.
        unsafe { _mm_sfence() }
    }

    #[inline(always)]
    fn mul_add(self, factor: Avx2, addend: Avx2) -> Avx2 {
        both!(_mm256_fmadd_ps, self, factor, addend)
    }

    #[inline(always)]
    fn neg_mul_add(self, factor: Avx2, addend: Avx2) -> Avx2 {
        both!(_mm256_fnmadd_ps, self, factor, addend)
    }

    #[inline(always)]
    fn over(self, divisor: Avx2) -> Avx2 {
        both!(_mm256_div_ps, self, divisor)
    }

    #[inline(always)]
    fn max(self, other: Avx2) -> Avx2 {
        both!(_mm256_max_ps, self, other)
    }

    #[inline(always)]
    fn min(self, other: Avx2) -> Avx2 {
        both!(_mm256_min_ps, self, other)
    }

    #[inline(always)]
    fn where_positive(self, condition: Avx2) -> Avx2 {
        let zero = Avx2::splat(0.0);
        // SAFETY: `Level::run` has checked for AVX2 and FMA; `Lanes` are aligned.
        let mask = unsafe {
            Avx2(
                _mm256_cmp_ps::<_CMP_GT_OQ>(condition.0, zero.0),
                _mm256_cmp_ps::<_CMP_GT_OQ>(condition.1, zero.1),
            )
        };
        both!(_mm256_and_ps, self, mask)
    }

    #[inline(always)]
    fn shift_exponent(self, count: Avx2) -> Avx2 {
        #[inline(always)]
        fn half(value: __m256, count: __m256) -> __m256 {
            // SAFETY: `Level::run` has checked for AVX2 and FMA; `Lanes` are aligned.
            unsafe {
                let shifted = _mm256_slli_epi32::<23>(_mm256_castps_si256(count));
                _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(value), shifted))
            }
        }
        Avx2(half(self.0, count.0), half(self.1, count.1))
    }

    #[inline(always)]
    fn transpose(rows: [Avx2; LANES]) -> [Avx2; LANES] {
        // Four quarters of eight by eight; the off-diagonal ones are exchanged.
        let mut quarters = [[rows[0].0; LANES / 2]; 4];
        for row in 0..LANES / 2 {
            quarters[0][row] = rows[row].0;
            quarters[1][row] = rows[row + LANES / 2].0;
            quarters[2][row] = rows[row].1;
            quarters[3][row] = rows[row + LANES / 2].1;
        }
        let (first, second) = (transpose_eight(quarters[0]), transpose_eight(quarters[1]));
        let (third, fourth) = (transpose_eight(quarters[2]), transpose_eight(quarters[3]));
        let mut columns = rows;
        for row in 0..LANES / 2 {
            columns[row] = Avx2(first[row], second[row]);
            columns[row + LANES / 2] = Avx2(third[row], fourth[row]);
        }
        columns
    }

    #[inline(always)]
    fn prefetch(lanes: &Lanes) {
        // SAFETY: `Level::run` has checked for AVX2 and FMA; `Lanes` are aligned.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(lanes.0.as_ptr().cast()) }
    }

    #[inline(always)]
    fn enter<T: Task>(task: T) -> T::Output {
        #[target_feature(enable = "avx2,fma")]
        #[inline(never)]
        fn enabled<T: Task>(task: T) -> T::Output {
            task.run::<Avx2>()
        }
        // SAFETY: `Level::run` has checked for AVX2 and FMA; `Lanes` are aligned.
        unsafe { enabled(task) }
    }
}

/// Eight rows of eight become columns.
#[inline(always)]
fn transpose_eight(rows: [__m256; 8]) -> [__m256; 8] {
    // SAFETY: `Level::run` has checked for AVX2 and FMA; `Lanes` are aligned.
    unsafe {
        let mut pairs = rows;
        for i in 0..4 {
            pairs[2 * i] = _mm256_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
            pairs[2 * i + 1] = _mm256_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
        }
        let mut fours = pairs;
        for i in 0..2 {
            fours[4 * i] = _mm256_shuffle_ps::<0x44>(pairs[4 * i], pairs[4 * i + 2]);
            fours[4 * i + 1] = _mm256_shuffle_ps::<0xEE>(pairs[4 * i], pairs[4 * i + 2]);
            fours[4 * i + 2] = _mm256_shuffle_ps::<0x44>(pairs[4 * i + 1], pairs[4 * i + 3]);
            fours[4 * i + 3] = _mm256_shuffle_ps::<0xEE>(pairs[4 * i + 1], pairs[4 * i + 3]);
        }
        let mut columns = fours;
        for i in 0..4 {
            columns[i] = _mm256_permute2f128_ps::<0x20>(fours[i], fours[i + 4]);
            columns[i + 4] = _mm256_permute2f128_ps::<0x31>(fours[i], fours[i + 4]);
        }
        columns
    }
}
