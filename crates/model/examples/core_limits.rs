//! The limits of one core of this machine, as JSON: the rate of multiplications and additions that stay in
//! the registers, and the rate of the fused engine's own products at the sizes of the default
//! weight-modulation network, all in GFLOP/s. `cargo run --release -p gainsweep-model --no-default-features
//! --example core_limits`.

#![allow(
    clippy::inline_always,
    reason = "tasks are inlined into the function that knows their level's instructions"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program: it reads the clock and prints"
)]
#![allow(clippy::needless_range_loop, reason = "arrays of registers")]

use std::hint::black_box;
use std::time::Instant;

use gainsweep_model::kernels::outer::Outer;
use gainsweep_model::kernels::product::Matrix;
use gainsweep_model::kernels::{LANES, Lanes, Level, Task, Vector};

/// Each result is the best of this many tries: a limit, not a typical value.
const TRIES: usize = 15;

/// Independent sums: enough for two additions a cycle with a latency of four cycles.
const SUMS: usize = 12;

/// Multiplications and additions without memory access.
struct Registers {
    rounds: usize,
}

impl Task for Registers {
    type Output = Lanes;
    #[inline(always)]
    fn run<V: Vector>(self) -> Lanes {
        let (factor, addend) = (V::splat(0.999_99), V::splat(1e-6));
        let mut sums = [V::splat(1.0); SUMS];
        for _ in 0..self.rounds {
            for index in 0..SUMS {
                sums[index] = sums[index].mul_add(factor, addend);
            }
        }
        let mut total = sums[0];
        for index in 1..SUMS {
            total = total + sums[index];
        }
        let mut lanes = Lanes::ZERO;
        total.store(&mut lanes);
        lanes
    }
}

struct Product<'a> {
    matrix: &'a Matrix,
    input: &'a [Lanes],
    output: &'a mut [Lanes],
    rounds: usize,
}

impl Task for Product<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(self) {
        for _ in 0..self.rounds {
            self.matrix.times::<V>(self.input, self.output);
        }
    }
}

struct Collect<'a> {
    sum: &'a mut Outer,
    left: &'a [Lanes],
    right: &'a [Lanes],
    rounds: usize,
}

impl Task for Collect<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(self) {
        for _ in 0..self.rounds {
            self.sum.left().copy_from_slice(self.left);
            self.sum.push::<V>(self.right);
        }
        self.sum.flush::<V>();
    }
}

/// Best GFLOP/s of a function that multiplies and adds this many vectors.
fn rate(vectors: usize, mut work: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..TRIES {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    (2 * vectors * LANES) as f64 / best * 1e-9
}

fn lanes(count: usize) -> Vec<Lanes> {
    (0..count)
        .map(|index| Lanes(std::array::from_fn(|lane| ((index * 7 + lane * 13) % 41) as f32 * 0.1 - 2.0)))
        .collect()
}

fn main() {
    let level = Level::best();
    let rounds = 2_000_000;
    let registers = rate(rounds * SUMS, || {
        black_box(level.run(Registers { rounds }));
    });

    let rounds = 2000;
    let product = |rows: usize, columns: usize| {
        let matrix = Matrix::pack(level, rows, columns, |row, column| ((row + column) % 9) as f32 * 0.01);
        let (input, mut output) = (lanes(columns), lanes(rows));
        rate(rounds * rows * columns, || {
            level.run(Product { matrix: &matrix, input: &input, output: &mut output, rounds });
        })
    };
    let (rows, columns) = (404, 105);
    let (left, right) = (lanes(rows), lanes(columns));
    let mut sum = Outer::new(rows, columns);
    let weights = rate(rounds * rows * columns, || {
        level.run(Collect { sum: &mut sum, left: &left, right: &right, rounds });
    });

    let report = serde_json::json!({
        "library": "products of engine fused",
        "version": format!("{} ({})", env!("CARGO_PKG_VERSION"), level.name()),
        "registers": registers,
        "forward": product(400, 105),
        "backward": product(100, 404),
        "weights": weights,
    });
    println!("{report}");
}
