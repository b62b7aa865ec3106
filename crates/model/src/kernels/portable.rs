//! The vector for machines without AVX2: an array, which the compiler maps to the machine's registers.

use std::ops::{Add, Mul, Sub};

use super::vector::{LANES, Lanes, Task, Vector};

/// [`LANES`] numbers.
#[derive(Clone, Copy)]
pub(super) struct Portable([f32; LANES]);

/// One operation on each lane.
macro_rules! lanewise {
    (|$($name:ident),+| $operation:expr) => {{
        let mut result = [0.0; LANES];
        for lane in 0..LANES {
            $(let $name = $name.0[lane];)+
            result[lane] = $operation;
        }
        Portable(result)
    }};
}

impl Add for Portable {
    type Output = Portable;
    #[inline(always)]
    fn add(self, other: Portable) -> Portable {
        let one = self;
        lanewise!(|one, other| one + other)
    }
}

impl Sub for Portable {
    type Output = Portable;
    #[inline(always)]
    fn sub(self, other: Portable) -> Portable {
        let one = self;
        lanewise!(|one, other| one - other)
    }
}

impl Mul for Portable {
    type Output = Portable;
    #[inline(always)]
    fn mul(self, other: Portable) -> Portable {
        let one = self;
        lanewise!(|one, other| one * other)
    }
}

impl Vector for Portable {
    const ROWS: usize = 4;

    #[inline(always)]
    fn splat(value: f32) -> Portable {
        Portable([value; LANES])
    }

    #[inline(always)]
    fn load(lanes: &Lanes) -> Portable {
        Portable(lanes.0)
    }

    #[inline(always)]
    fn store(self, lanes: &mut Lanes) {
        lanes.0 = self.0;
    }

    #[inline(always)]
    fn stream(self, lanes: &mut Lanes) {
        self.store(lanes);
    }

    #[inline(always)]
    fn drain() {}

    #[inline(always)]
    fn mul_add(self, factor: Portable, addend: Portable) -> Portable {
        let one = self;
        lanewise!(|one, factor, addend| one * factor + addend)
    }

    #[inline(always)]
    fn neg_mul_add(self, factor: Portable, addend: Portable) -> Portable {
        let one = self;
        lanewise!(|one, factor, addend| addend - one * factor)
    }

    #[inline(always)]
    fn over(self, divisor: Portable) -> Portable {
        let one = self;
        lanewise!(|one, divisor| one / divisor)
    }

    #[inline(always)]
    fn max(self, other: Portable) -> Portable {
        let one = self;
        lanewise!(|one, other| if one > other { one } else { other })
    }

    #[inline(always)]
    fn min(self, other: Portable) -> Portable {
        let one = self;
        lanewise!(|one, other| if one < other { one } else { other })
    }

    #[inline(always)]
    fn where_positive(self, condition: Portable) -> Portable {
        let one = self;
        lanewise!(|one, condition| if condition > 0.0 { one } else { 0.0 })
    }

    #[inline(always)]
    fn shift_exponent(self, count: Portable) -> Portable {
        let one = self;
        lanewise!(|one, count| f32::from_bits(one.to_bits().wrapping_add(count.to_bits() << 23)))
    }

    #[inline(always)]
    fn transpose(rows: [Portable; LANES]) -> [Portable; LANES] {
        let mut columns = [Portable([0.0; LANES]); LANES];
        for row in 0..LANES {
            for column in 0..LANES {
                columns[column].0[row] = rows[row].0[column];
            }
        }
        columns
    }

    #[inline(always)]
    fn prefetch(_: &Lanes) {}

    #[inline(never)]
    fn enter<T: Task>(task: T) -> T::Output {
        task.run::<Portable>()
    }
}
