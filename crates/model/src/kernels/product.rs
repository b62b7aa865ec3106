//! Products of a matrix with the vectors of all trials of a chunk, one column a trial.

use super::Level;
use super::vector::{Lanes, Task, Vector};

/// A matrix, packed for products: tile after tile of a few rows, each tile column by column. So a product
/// reads it from front to back.
#[derive(Clone, Debug)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    tile: usize,
    packed: Vec<f32>,
}

impl Matrix {
    /// Packs the matrix with the elements `entry(row, column)`, for products at `level`.
    pub fn pack(level: Level, rows: usize, columns: usize, entry: impl Fn(usize, usize) -> f32) -> Matrix {
        let tile = level.tile_rows();
        let mut packed = Vec::with_capacity(rows * columns);
        for start in (0..rows).step_by(tile) {
            for column in 0..columns {
                packed.extend((start..rows.min(start + tile)).map(|row| entry(row, column)));
            }
        }
        Matrix { rows, columns, tile, packed }
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Its tiles, front to back.
    pub(crate) fn tiles(&self) -> impl Iterator<Item = &[f32]> {
        self.packed.chunks((self.tile * self.columns).max(1))
    }

    /// `output = self * input`.
    ///
    /// # Panics
    /// If the sizes do not match.
    #[inline(always)]
    pub fn times<V: Vector>(&self, input: &[Lanes], output: &mut [Lanes]) {
        self.times_with_ahead::<V>(input, output, &[]);
    }

    /// The same, and prefetches `ahead` into the cache meanwhile.
    ///
    /// # Panics
    /// If the sizes do not match.
    #[inline(always)]
    pub fn times_with_ahead<V: Vector>(&self, input: &[Lanes], output: &mut [Lanes], ahead: &[Lanes]) {
        assert!(input.len() == self.columns && output.len() == self.rows, "sizes of a product");
        if self.columns == 0 {
            output.fill(Lanes::ZERO);
        } else {
            V::enter(Times { matrix: self, input, output, ahead });
        }
    }
}

/// [`Matrix::times`].
struct Times<'a> {
    matrix: &'a Matrix,
    input: &'a [Lanes],
    output: &'a mut [Lanes],
    ahead: &'a [Lanes],
}

impl Task for Times<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Times { matrix, input, output, mut ahead } = self;
        let share = ahead.len().div_ceil(output.len().div_ceil(matrix.tile).max(1));
        for (tile, output) in matrix.tiles().zip(output.chunks_mut(matrix.tile)) {
            let (now, rest) = ahead.split_at(share.min(ahead.len()));
            ahead = rest;
            for lanes in now {
                V::prefetch(lanes);
            }
            match output.len() {
                16 => store(accumulate::<V, 16>(tile, input), output),
                15 => store(accumulate::<V, 15>(tile, input), output),
                14 => store(accumulate::<V, 14>(tile, input), output),
                13 => store(accumulate::<V, 13>(tile, input), output),
                12 => store(accumulate::<V, 12>(tile, input), output),
                11 => store(accumulate::<V, 11>(tile, input), output),
                10 => store(accumulate::<V, 10>(tile, input), output),
                9 => store(accumulate::<V, 9>(tile, input), output),
                8 => store(accumulate::<V, 8>(tile, input), output),
                7 => store(accumulate::<V, 7>(tile, input), output),
                6 => store(accumulate::<V, 6>(tile, input), output),
                5 => store(accumulate::<V, 5>(tile, input), output),
                4 => store(accumulate_apart::<V, 4, 2>(tile, input), output),
                3 => store(accumulate_apart::<V, 3, 2>(tile, input), output),
                2 => store(accumulate_apart::<V, 2, 4>(tile, input), output),
                _ => store(accumulate_apart::<V, 1, 8>(tile, input), output),
            }
        }
    }
}

#[inline(always)]
fn store<V: Vector, const ROWS: usize>(sums: [V; ROWS], output: &mut [Lanes]) {
    for row in 0..ROWS {
        sums[row].store(&mut output[row]);
    }
}

/// A tile of ROWS rows times the input, in registers.
#[inline(always)]
pub(crate) fn accumulate<V: Vector, const ROWS: usize>(tile: &[f32], input: &[Lanes]) -> [V; ROWS] {
    let mut sums = [V::splat(0.0); ROWS];
    for (column, lanes) in tile.as_chunks::<ROWS>().0.iter().zip(input) {
        let lanes = V::load(lanes);
        for row in 0..ROWS {
            sums[row] = V::splat(column[row]).mul_add(lanes, sums[row]);
        }
    }
    sums
}

/// The same for few rows: APART sums for each row, so that additions need not wait for each other.
#[inline(always)]
fn accumulate_apart<V: Vector, const ROWS: usize, const APART: usize>(
    tile: &[f32],
    input: &[Lanes],
) -> [V; ROWS] {
    let mut sums = [[V::splat(0.0); ROWS]; APART];
    let (groups, rest) = input.as_chunks::<APART>();
    let columns = tile.as_chunks::<ROWS>().0;
    let (column_groups, column_rest) = columns.as_chunks::<APART>();
    for (columns, group) in column_groups.iter().zip(groups) {
        for part in 0..APART {
            let lanes = V::load(&group[part]);
            for row in 0..ROWS {
                sums[part][row] = V::splat(columns[part][row]).mul_add(lanes, sums[part][row]);
            }
        }
    }
    let mut total = sums[0];
    for part in &sums[1..] {
        for row in 0..ROWS {
            total[row] = total[row] + part[row];
        }
    }
    for (column, lanes) in column_rest.iter().zip(rest) {
        let lanes = V::load(lanes);
        for row in 0..ROWS {
            total[row] = V::splat(column[row]).mul_add(lanes, total[row]);
        }
    }
    total
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "sums of small whole numbers are exact")]
mod tests {
    use super::*;
    use crate::kernels::LANES;

    struct Product<'a>(&'a Matrix, &'a [Lanes], &'a mut [Lanes]);

    impl Task for Product<'_> {
        type Output = ();
        #[inline(always)]
        fn run<V: Vector>(self) {
            self.0.times::<V>(self.1, self.2);
        }
    }

    #[test]
    fn products_of_every_shape_are_right() {
        let entry = |row: usize, column: usize| ((row * 7 + column * 3) % 11) as f32 - 5.0;
        for level in Level::ALL.into_iter().filter(|level| level.is_available()) {
            for rows in (0..36).chain([100]) {
                for columns in [0, 1, 2, 3, 9, 17, 40] {
                    let matrix = Matrix::pack(level, rows, columns, entry);
                    let input: Vec<Lanes> = (0..columns)
                        .map(|column| Lanes(std::array::from_fn(|lane| ((column + lane) % 5) as f32)))
                        .collect();
                    let mut output = vec![Lanes::ONE; rows];
                    level.run(Product(&matrix, &input, &mut output));
                    for (row, output) in output.iter().enumerate() {
                        for lane in 0..LANES {
                            let expected: f32 =
                                (0..columns).map(|column| entry(row, column) * input[column].0[lane]).sum();
                            assert_eq!(output.0[lane], expected, "{level:?} {rows} {columns} {row} {lane}");
                        }
                    }
                }
            }
        }
    }
}
