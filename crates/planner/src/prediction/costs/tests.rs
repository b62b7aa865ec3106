//! Predictions of made-up times with a known law.

use super::*;

/// Uniform random numbers in (0, 1), and approximately normal ones: good enough for times.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

fn done(wall_seconds: f64) -> Done {
    let text = format!(
        "{{\"format\":1,\"exit\":0,\"wall_seconds\":{wall_seconds:?},\"cpu_seconds\":0.0,\"host\":\"\",\"version\":\"\",\
         \"commit\":\"\",\"engine\":\"\",\"device\":\"\",\"threads\":2}}"
    );
    serde_json::from_str(&text).expect("a record")
}

fn cell(batches: i64, units: i64, model: &str) -> ValueMap {
    [
        ("batches".to_string(), Value::Integer(batches)),
        ("hidden_units".into(), Value::Integer(units)),
        ("model".into(), Value::Text(model.into())),
    ]
    .into()
}

/// 0.01 s a batch for 100 units, growing with their 1.5th power; the spatial network takes 3 times as long.
fn truth(parameters: &ValueMap) -> f64 {
    let number = |name: &str| parameters[name].as_number().expect("a number");
    let factor = if parameters["model"] == Value::Text("spatial".into()) { 3.0 } else { 1.0 };
    0.01 * factor * number("batches") * (number("hidden_units") / 100.0).powf(1.5)
}

fn any(random: &mut Random) -> ValueMap {
    let units = [50, 100, 200][(random.uniform() * 3.0) as usize];
    let model = ["modulation", "spatial"][(random.uniform() * 2.0) as usize];
    cell(100 + (random.uniform() * 900.0) as i64, units, model)
}

fn finished(random: &mut Random, count: usize, noise: f64) -> Vec<Finished> {
    (0..count)
        .map(|_| {
            let parameters = any(random);
            let seconds = truth(&parameters) * (noise * random.normal()).exp();
            Finished { done: done(seconds), parameters, peak_bytes: None }
        })
        .collect()
}

#[test]
fn of_ten_new_cells_eight_are_in_the_interval() {
    let (mut inside, mut all) = (0.0, 0.0);
    for seed in 0..40 {
        let mut random = Random(seed * 7919 + 1);
        let costs = Costs::learn(&finished(&mut random, 40, 0.2), true, Source::Finished).expect("costs");
        for _ in 0..50 {
            let parameters = any(&mut random);
            let took = truth(&parameters) * (0.2 * random.normal()).exp();
            let predicted = costs.of(&parameters);
            all += 1.0;
            inside += f64::from(u8::from((predicted.low..=predicted.high).contains(&took)));
        }
    }
    let share = inside / all;
    assert!((0.74..=0.86).contains(&share), "{share}");
}

#[test]
fn ten_times_the_batches_take_ten_times_as_long() {
    let mut random = Random(3);
    let costs = Costs::learn(&finished(&mut random, 60, 0.05), true, Source::Finished).expect("costs");
    for model in ["modulation", "spatial"] {
        let new = cell(10_000, 200, model);
        let ratio = costs.of(&new).middle / truth(&new);
        assert!((0.85..1.15).contains(&ratio), "{ratio}");
    }
    let of = |index: u64| cell(100 * i64::try_from(index).expect("small"), 100, "spatial");
    let outlook = costs.outlook(&[1, 2, 3], of).expect("cells");
    let hours = truth(&of(6)) * 2.0 / 3600.0;
    assert!((outlook.core_hours.middle / hours - 1.0).abs() < 0.1, "two threads each");
    // More than cells 1 and 2 take together, and less than all three.
    let budget = (truth(&of(3)) + truth(&of(2))) * 2.0 / 3600.0;
    assert_eq!(costs.within(&[1, 2, 3], of, budget), 2);
    assert_eq!(costs.within(&[1, 2, 3], of, 1e-9), 0);
    assert_eq!(costs.within(&[1, 2, 3], of, 1e9), 3);
    assert!(outlook.words().contains("from 60 finished cells"), "{}", outlook.words());
}

#[test]
fn memory_grows_with_what_needs_it() {
    let mut random = Random(5);
    let mut cells = finished(&mut random, 30, 0.1);
    let need =
        |parameters: &ValueMap| 40.0 * parameters["hidden_units"].as_number().expect("a number") / 50.0;
    for cell in &mut cells {
        cell.peak_bytes = Some((need(&cell.parameters) * f64::from(1 << 20)) as u64);
    }
    // A cell without a known peak counts for its time alone.
    cells[0].peak_bytes = None;
    let costs = Costs::learn(&cells, true, Source::Finished).expect("costs");
    let memory = costs.memory_of(&cell(300, 400, "spatial")).expect("memory");
    assert!((memory.middle / 320.0 - 1.0).abs() < 0.05, "{memory:?}");
    let outlook =
        costs.outlook(&[1, 2], |index| cell(9, 100 * index.cast_signed(), "spatial")).expect("cells");
    assert!(outlook.words().contains("160 MiB, "), "{}", outlook.words());
    assert!(
        Costs::learn(&cells[..1], true, Source::Finished)
            .expect("costs")
            .memory_of(&cells[0].parameters)
            .is_none()
    );
}

#[test]
fn few_cells_say_little() {
    assert!(Costs::learn(&[], true, Source::Finished).is_none());
    let one = [Finished { parameters: cell(100, 100, "modulation"), done: done(60.0), peak_bytes: None }];
    let predicted =
        Costs::learn(&one, true, Source::Finished).expect("costs").of(&cell(200, 100, "modulation"));
    assert!((predicted.middle - 120.0).abs() < 1e-6 && (predicted.high - 240.0).abs() < 1e-6);
    // The batches of another program do not count.
    let predicted =
        Costs::learn(&one, false, Source::Finished).expect("costs").of(&cell(200, 100, "modulation"));
    assert!((predicted.middle - 60.0).abs() < 1e-6);
}

#[test]
fn odd_records_break_nothing() {
    let odd = |seconds: f64, batches: i64| Finished {
        parameters: cell(batches, 100, "x"),
        done: done(seconds),
        peak_bytes: None,
    };
    let cells = [odd(0.0, 0), odd(1e300, 5), odd(3.0, -1), odd(3.0, i64::MAX)];
    for built_in in [true, false] {
        let costs = Costs::learn(&cells, built_in, Source::Finished).expect("costs");
        let sum: Prediction = (0..10).map(|batches| costs.of(&cell(batches, 100, "y"))).sum();
        assert!(sum.middle.is_finite() && sum.low <= sum.middle && sum.middle <= sum.high, "{sum:?}");
        assert!(costs.of(&ValueMap::new()).high.is_finite());
    }
}
