//! `params`, `bench`, `test`, and closed outputs.

use std::path::Path;

use gainsweep_contract::files;
use gainsweep_contract::schema::{Model, PARAMETERS};
use gainsweep_testkit::folder::{Folder, names, read};
use gainsweep_testkit::program::run;

use super::support::{tiny, train, worker, worker_after};

#[test]
fn params_lists_every_parameter() {
    let outcome = run(worker(&["params"])).expect(0, &[]);
    for parameter in PARAMETERS {
        assert!(
            outcome.stdout.contains(&format!("\n{} = ", parameter.name))
                || outcome.stdout.starts_with(parameter.name)
        );
        assert!(outcome.stdout.contains(parameter.help), "{}", parameter.name);
    }
    for model in Model::ALL {
        let outcome = run(worker(&["params", "--model", model.name(), "--json"]));
        let list: Vec<serde_json::Value> = serde_json::from_str(&outcome.stdout).expect("JSON");
        let expected = PARAMETERS.iter().filter(|parameter| parameter.models.contains(&model));
        assert!(
            list.iter().map(|entry| entry["name"].as_str().expect("a name")).eq(expected.map(|p| p.name))
        );
        for key in ["default", "values", "unit", "paper", "published", "models", "help"] {
            assert!(list.iter().all(|entry| !entry[key].is_null()), "{key}");
        }
    }
}

#[test]
fn bench_says_what_it_measured() {
    let outcome =
        run(worker(&["bench", "--model", "direct", "--batches", "1", "--engine", "torch", "--json"]));
    let report = outcome.json();
    assert_eq!(report["model"], "direct");
    assert_eq!(report["threads"], 1);
    assert_eq!(report["batches"], 1);
    assert!(report["engine"].as_str().is_some_and(|engine| engine.starts_with("torch")));
    assert!(report["seconds_per_batch"].as_f64().is_some_and(|seconds| seconds > 0.0));
    // 4 * 100 * (2 + 100) + 2 * 100 products, 2 operations each, three passes, 1000 steps of 32 trials.
    let gflop = report["gflop_per_batch"].as_f64().expect("a number");
    assert!((gflop - 6.0 * 41_000.0 * 32_000.0 * 1e-9).abs() < 1e-9, "{gflop}");
}

#[test]
fn bench_times_the_parameters_of_a_file() {
    let folder = Folder::new();
    let params = folder.write("a.toml", tiny("spatial", &[]));
    let mut command = worker(&["bench", "--batches", "1", "--json", "--params"]);
    command.arg(&params);
    let report = run(command).json();
    assert_eq!(report["model"], "spatial");
    assert!(report["seconds_per_batch"].as_f64().is_some_and(|seconds| seconds > 0.0));
    if cfg!(target_os = "linux") {
        assert!(report["peak_bytes"].as_u64().is_some_and(|bytes| bytes > 1 << 20), "{report}");
    }
    let analysis = folder.write("b.toml", "network = \"14c4641a39128249\"\n");
    let mut command = worker(&["bench", "--params"]);
    command.arg(&analysis);
    run(command).expect(2, &["trains no network"]);
}

/// Testing a finished cell repeats the test at the end of its training; options override parameters.
#[test]
fn test_repeats_the_test_of_the_training() {
    let folder = Folder::new();
    let params = folder.write("a.toml", tiny("spatial", &[("tau", "3")]));
    let cell = folder.path("cell");
    run(train(&params, &cell)).expect(0, &[]);
    let test = |more: &[&str], name: &str| {
        // With the engine of the training: only then the bits are the same.
        let mut command = worker(&["test", "--engine", "torch", "--model"]);
        command.arg(cell.join(files::MODEL)).args(more).arg("--out").arg(folder.path(name));
        run(command).expect(0, &[]);
        assert_eq!(names(&folder.path(name)), [files::CONTEXTS, files::METRICS]);
        read(&folder.path(name).join(files::CONTEXTS))
    };
    let contexts = read(&cell.join(files::CONTEXTS));
    assert_eq!(test(&[], "same"), contexts);
    assert_eq!(test(&["--freeze", "0"], "not frozen"), contexts);
    let frozen = test(&["--freeze", "12"], "frozen");
    assert_eq!(frozen.lines().nth(1), contexts.lines().nth(1), "the first context is not frozen");
    assert_ne!(frozen.lines().nth(2), contexts.lines().nth(2));
    let last = test(&["--freeze", "12", "--freeze-from", "2"], "frozen late");
    assert!(last.lines().take(3).eq(contexts.lines().take(3)));
    assert_ne!(last.lines().nth(3), contexts.lines().nth(3));
    assert_eq!(test(&["--contexts", "5"], "more").lines().count(), 1 + 5);
    assert_ne!(test(&["--seed", "9"], "other"), contexts);
    assert_ne!(test(&["--sources", "sine 100, sine 200"], "other sources"), contexts);

    let refused = |more: &[&str], parts: &[&str]| {
        let mut command = worker(&["test", "--model"]);
        command.arg(cell.join(files::MODEL)).args(more);
        run(command).expect(2, parts);
    };
    refused(&["--contexts", "0"], &["`test_contexts`"]);
    refused(&["--noise", "nan"], &["--noise"]);
    refused(&["--noise", "inf"], &["finite"]);
    refused(&["--sources", "sine 1"], &["`sources` has only 1"]);
    refused(&["--context-type", "scael"], &["did you mean \"scale\""]);
    refused(&["--freeze-from", "1"], &["--freeze"]);
}

#[test]
fn nobody_reading_is_no_error_and_a_full_device_is_one() {
    let json: &[&str] = &["params", "--json"];
    for arguments in [&["params"], &["--help"], json] {
        let outcome = run(worker_after("exec >&-", arguments));
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        // The reader has left before the worker writes.
        let outcome = run(worker_after("exec > >(true); sleep 0.2", arguments));
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
    if Path::new("/dev/full").exists() {
        run(worker_after("exec >/dev/full", &["params"])).expect(1, &["No space left"]);
    }
}

/// Training works with values at the limits of what makes sense.
#[test]
fn odd_sizes_work() {
    let folder = Folder::new();
    let odd: &[(&str, &[(&str, &str)])] = &[
        ("modulation", &[("batches", "0"), ("test_contexts", "1")]),
        ("modulation", &[("sources", "\"sine 100\""), ("context_type", "\"random\"")]),
        (
            "spatial",
            &[
                ("sources", "\"sine 100, sine 140, sawtooth 30, square 700\""),
                ("number_of_sources", "3"),
                ("determinant_threshold", "0.05"),
            ],
        ),
        ("dale", &[("samples_per_context", "500"), ("batches", "1"), ("inhibitory_units", "0")]),
        ("spatial", &[("modulation_width", "inf"), ("feedback_signals", "9"), ("carry_state", "false")]),
        ("unmixing", &[("trials_per_batch", "1"), ("hidden_units", "1"), ("samples_per_context", "2")]),
    ];
    for (index, (model, more)) in odd.iter().enumerate() {
        let params = folder.write("odd.toml", tiny(model, more));
        let cell = folder.path(index.to_string());
        run(train(&params, &cell)).expect(0, &["done: "]);
        let metrics = read(&cell.join(files::METRICS));
        // Not-a-number has one spelling, and nothing is infinite.
        let row = metrics.lines().nth(1).expect("a row");
        for field in row.split(',') {
            assert!(field == "nan" || field.parse::<f64>().is_ok_and(f64::is_finite), "{more:?}: {row}");
        }
        if index == 0 {
            let column = metrics.split(',').position(|name| name == "clarity_sd").expect("a column");
            assert_eq!(row.split(',').nth(column), Some("nan"), "one context has no spread");
        }
    }
}
