//! Sums of outer products over time and trials: the gradients of weights.
//!
//! A weight matrix W that is used at every step, a = W v, has as gradient the sum over t and trials of
//! (dL/da) v^T. This is a product with a very long inner dimension, (t, trial). [`Outer`] collects some
//! steps, and adds their product to the sum while they are still in the cache. Elements of the left side are
//! read one by one, so they stay in their order; those of the right side are read as vectors of columns, so
//! they are transposed on arrival.

use super::vector::{LANES, Lanes, Task, Vector};

/// Steps that are collected.
const BLOCK: usize = 16;

/// A sum over time and trials of left times right transposed.
#[derive(Clone, Debug)]
pub struct Outer {
    rows: usize,
    columns: usize,
    filled: usize,
    /// `[BLOCK][rows]`
    left: Vec<Lanes>,
    /// `[panels][BLOCK][trials]`, each element [`LANES`] columns.
    right: Vec<Lanes>,
    /// `[rows][panels]`, each element [`LANES`] columns.
    sum: Vec<Lanes>,
}

impl Outer {
    /// A zero sum of `[rows, columns]`.
    pub fn new(rows: usize, columns: usize) -> Outer {
        let panels = columns.div_ceil(LANES);
        Outer {
            rows,
            columns,
            filled: 0,
            left: vec![Lanes::ZERO; BLOCK * rows],
            right: vec![Lanes::ZERO; panels * BLOCK * LANES],
            sum: vec![Lanes::ZERO; rows * panels],
        }
    }

    /// Resets the sum to zero.
    pub fn clear(&mut self) {
        self.filled = 0;
        self.sum.fill(Lanes::ZERO);
    }

    /// The left side of the next step; write it before [`Outer::push`].
    #[inline(always)]
    pub fn left(&mut self) -> &mut [Lanes] {
        &mut self.left[self.filled * self.rows..][..self.rows]
    }

    /// Adds the step whose left side is in [`Outer::left`].
    ///
    /// # Panics
    /// If `right` does not have one vector for each column of the sum.
    #[inline(always)]
    pub fn push<V: Vector>(&mut self, right: &[Lanes]) {
        assert_eq!(right.len(), self.columns, "columns of an outer product");
        V::enter(Push { outer: self, right });
    }

    /// Adds the waiting steps to the sum.
    #[inline(always)]
    pub fn flush<V: Vector>(&mut self) {
        V::enter(Flush { outer: self });
    }

    /// An element of the sum. Call [`Outer::flush`] first.
    pub fn get(&self, row: usize, column: usize) -> f32 {
        let panels = self.columns.div_ceil(LANES);
        self.sum[row * panels + column / LANES].0[column % LANES]
    }
}

/// [`Outer::push`].
struct Push<'a> {
    outer: &'a mut Outer,
    right: &'a [Lanes],
}

impl Task for Push<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Push { outer, right } = self;
        let place = outer.filled * LANES;
        for (columns, panel) in right.chunks(LANES).zip(outer.right.chunks_exact_mut(BLOCK * LANES)) {
            let mut rows = [V::splat(0.0); LANES];
            for row in 0..columns.len().min(LANES) {
                rows[row] = V::load(&columns[row]);
            }
            let transposed = V::transpose(rows);
            let panel = &mut panel[place..][..LANES];
            for row in 0..LANES {
                transposed[row].store(&mut panel[row]);
            }
        }
        outer.filled += 1;
        if outer.filled == BLOCK {
            outer.flush::<V>();
        }
    }
}

/// [`Outer::flush`].
struct Flush<'a> {
    outer: &'a mut Outer,
}

impl Task for Flush<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Outer { rows, columns, filled, left, right, sum } = self.outer;
        let (rows, panels) = (*rows, columns.div_ceil(LANES));
        let left = &left[..*filled * rows];
        for start in (0..rows).step_by(V::ROWS) {
            let count = V::ROWS.min(rows - start);
            for panel in 0..panels {
                let right = &right[panel * BLOCK * LANES..][..*filled * LANES];
                let sum = &mut sum[start * panels + panel..];
                let place = Place { rows, start, panels };
                // Few sizes: the remaining rows at the end are cut into pieces of 4 and 1.
                match count {
                    16 => add::<V, 16>(place, left, right, sum),
                    12 => add::<V, 12>(place, left, right, sum),
                    8 => add::<V, 8>(place, left, right, sum),
                    4 => add::<V, 4>(place, left, right, sum),
                    _ => {
                        let whole = count / 4 * 4;
                        for start in (0..whole).step_by(4) {
                            add::<V, 4>(place.below(start), left, right, &mut sum[start * panels..]);
                        }
                        for start in whole..count {
                            add::<V, 1>(place.below(start), left, right, &mut sum[start * panels..]);
                        }
                    }
                }
            }
        }
        *filled = 0;
    }
}

/// The place of a tile.
#[derive(Clone, Copy)]
struct Place {
    rows: usize,
    start: usize,
    panels: usize,
}

impl Place {
    #[inline(always)]
    fn below(self, rows: usize) -> Place {
        Place { start: self.start + rows, ..self }
    }
}

/// Adds the product of ROWS rows of the left side and one panel of the right side.
#[inline(always)]
fn add<V: Vector, const ROWS: usize>(place: Place, left: &[Lanes], right: &[Lanes], sum: &mut [Lanes]) {
    let mut sums = [V::splat(0.0); ROWS];
    for (left, right) in left.chunks_exact(place.rows).zip(right.as_chunks::<LANES>().0) {
        let left: &[Lanes; ROWS] = left[place.start..].first_chunk().expect("rows of a tile");
        for (trial, columns) in right.iter().enumerate() {
            let columns = V::load(columns);
            for row in 0..ROWS {
                sums[row] = V::splat(left[row].0[trial]).mul_add(columns, sums[row]);
            }
        }
    }
    for row in 0..ROWS {
        let sum = &mut sum[row * place.panels];
        (V::load(sum) + sums[row]).store(sum);
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "sums of small whole numbers are exact")]
mod tests {
    use super::*;
    use crate::kernels::Level;

    struct Collect<'a>(&'a mut Outer, usize);

    fn left(step: usize, row: usize, trial: usize) -> f32 {
        ((step * 5 + row * 3 + trial) % 7) as f32 - 3.0
    }

    fn right(step: usize, column: usize, trial: usize) -> f32 {
        ((step + column * 2 + trial * 3) % 5) as f32 - 2.0
    }

    impl Task for Collect<'_> {
        type Output = ();
        #[inline(always)]
        fn run<V: Vector>(self) {
            for step in 0..self.1 {
                for (row, lanes) in self.0.left().iter_mut().enumerate() {
                    *lanes = Lanes(std::array::from_fn(|trial| left(step, row, trial)));
                }
                let columns: Vec<Lanes> = (0..self.0.columns)
                    .map(|column| Lanes(std::array::from_fn(|trial| right(step, column, trial))))
                    .collect();
                self.0.push::<V>(&columns);
            }
            self.0.flush::<V>();
        }
    }

    #[test]
    fn sums_of_every_shape_are_right() {
        for level in Level::ALL.into_iter().filter(|level| level.is_available()) {
            for (rows, columns, steps) in [
                (1, 1, 1),
                (2, 5, 3),
                (4, 16, 16),
                (7, 17, 40),
                (16, 33, 17),
                (23, 40, 5),
                (44, 3, 32),
                (31, 31, 31),
            ] {
                let mut outer = Outer::new(rows, columns);
                level.run(Collect(&mut outer, 3));
                outer.clear();
                level.run(Collect(&mut outer, steps));
                for row in 0..rows {
                    for column in 0..columns {
                        let expected: f32 = (0..steps)
                            .flat_map(|step| (0..LANES).map(move |trial| (step, trial)))
                            .map(|(step, trial)| left(step, row, trial) * right(step, column, trial))
                            .sum();
                        assert_eq!(outer.get(row, column), expected, "{level:?} {rows} {columns} {steps}");
                    }
                }
            }
        }
    }
}
