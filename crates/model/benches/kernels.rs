//! The kernels of the fused engine at the sizes of the default networks, and whole batches, at every level of
//! this machine: `cargo bench -p gainsweep-model --no-default-features`.

#![allow(
    clippy::inline_always,
    reason = "tasks are inlined into the function that knows their level's instructions"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gainsweep_contract::{Parameters, Value, ValueMap};
use gainsweep_model::Experiment;
use gainsweep_model::kernels::function::{exp, sigmoid, tanh};
use gainsweep_model::kernels::outer::Outer;
use gainsweep_model::kernels::product::Matrix;
use gainsweep_model::kernels::{LANES, Lanes, Level, Task, Vector};
use gainsweep_model::trainer::Training;

fn levels() -> impl Iterator<Item = Level> {
    Level::ALL.into_iter().filter(|level| level.is_available())
}

/// Numbers between -2 and 2.
fn lanes(count: usize) -> Vec<Lanes> {
    (0..count)
        .map(|index| Lanes(std::array::from_fn(|lane| ((index * 7 + lane * 13) % 41) as f32 * 0.1 - 2.0)))
        .collect()
}

struct Product<'a>(&'a Matrix, &'a [Lanes], &'a mut [Lanes]);

impl Task for Product<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(self) {
        self.0.times::<V>(self.1, self.2);
    }
}

/// The products in the loop over time.
fn products(criterion: &mut Criterion) {
    for (name, rows, columns) in
        [("gates", 400, 105), ("gates_back", 100, 404), ("readout", 4, 101), ("outputs_back", 2, 400)]
    {
        let mut group = criterion.benchmark_group(format!("product/{name} {rows}x{columns}"));
        // Two operations each, so elements per second are half of FLOP/s.
        group.throughput(Throughput::Elements((rows * columns * LANES) as u64));
        for level in levels() {
            let matrix = Matrix::pack(level, rows, columns, |row, column| ((row + column) % 9) as f32 * 0.01);
            let (input, mut output) = (lanes(columns), lanes(rows));
            group.bench_function(level.name(), |bencher| {
                bencher.iter(|| level.run(Product(&matrix, &input, &mut output)));
            });
        }
    }
}

struct Collect<'a>(&'a mut Outer, &'a [Lanes], &'a [Lanes]);

impl Task for Collect<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(self) {
        for _ in 0..64 {
            self.0.left().copy_from_slice(self.1);
            self.0.push::<V>(self.2);
        }
        self.0.flush::<V>();
    }
}

/// The weights' gradients of 64 steps.
fn outer_products(criterion: &mut Criterion) {
    for (name, rows, columns) in [("lstm", 404, 105), ("dale", 40, 100)] {
        let mut group = criterion.benchmark_group(format!("outer/{name} {rows}x{columns}"));
        group.throughput(Throughput::Elements((64 * rows * columns * LANES) as u64));
        for level in levels() {
            let mut outer = Outer::new(rows, columns);
            let (left, right) = (lanes(rows), lanes(columns));
            group.bench_function(level.name(), |bencher| {
                bencher.iter(|| level.run(Collect(&mut outer, &left, &right)));
            });
        }
    }
}

struct Apply<'a>(u8, &'a mut [Lanes]);

impl Task for Apply<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(self) {
        for lanes in self.1 {
            let x = V::load(lanes);
            let value = match self.0 {
                0 => exp(x),
                1 => sigmoid(x),
                _ => tanh(x),
            };
            value.store(lanes);
        }
    }
}

fn functions(criterion: &mut Criterion) {
    for (function, name) in [(0, "exp"), (1, "sigmoid"), (2, "tanh")] {
        let mut group = criterion.benchmark_group(format!("function/{name}"));
        group.throughput(Throughput::Elements((100 * LANES) as u64));
        for level in levels() {
            let numbers = lanes(100);
            group.bench_function(level.name(), |bencher| {
                let mut place = numbers.clone();
                bencher.iter(|| {
                    place.copy_from_slice(&numbers);
                    level.run(Apply(function, &mut place));
                });
            });
        }
    }
}

/// Loss and gradient of a batch of the default networks.
fn batches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("batch");
    group.sample_size(10);
    for model in ["modulation", "spatial", "dale"] {
        let given = ValueMap::from([("model".to_string(), Value::Text(model.into()))]);
        let experiment = Experiment::new(Parameters::resolve(&given).expect("defaults are valid"));
        let training = Training::new(&experiment);
        let batch = experiment.batch(0).expect("contexts");
        for level in levels() {
            let mut engine = experiment.network().fused_engine_at(level, 1).expect("an engine");
            group.bench_function(BenchmarkId::new(model, level.name()), |bencher| {
                bencher.iter(|| {
                    engine.gradient(&training.weights, &training.state, &batch, 0.0).expect("a gradient").loss
                });
            });
        }
    }
}

criterion_group!(benches, products, outer_products, functions, batches);
criterion_main!(benches);
