//! The example of docs/how-to/run-another-program.md, as its page says.
#![allow(clippy::print_stderr, reason = "that it was skipped is said")]

use std::path::Path;
use std::process::Command;

use super::{Folder, gainsweep, talk};

/// The repository's `docs/examples/python`, in the folder at the same place. `false` where Python is too old for it.
fn example(folder: &Folder) -> bool {
    let version = Command::new("python3").args(["-c", "import sys, tomllib; print(sys.version)"]).output();
    if !version.is_ok_and(|version| version.status.success()) {
        eprintln!("SKIPPED: the example needs python3 of version 3.11 or later");
        return false;
    }
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/python");
    for name in ["train.py", "sweep.toml"] {
        let text = fs_err::read_to_string(home.join(name)).expect("the example");
        folder.write(Path::new("docs/examples/python").join(name), &text);
    }
    true
}

const SWEEP: &str = "docs/examples/python/sweep.toml";

#[test]
fn the_example_in_python_runs_as_its_page_says() {
    let folder = Folder::new();
    if !example(&folder) {
        return;
    }
    let said = talk(&folder, 0, &["run", SWEEP]);
    assert!(said.contains("ridge: 20 cells done"), "{said}");
    let table = fs_err::read_to_string(folder.path("results/ridge/tables/summary.csv")).expect("a table");
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let column = |name: &str| header.iter().position(|column| *column == name).expect(name);
    let weights: Vec<f64> = lines.map(|row| row[column("weight_mean")].parse().expect("a number")).collect();
    assert_eq!(weights.len(), 5);
    // The true weight is 2, and a stronger penalty pulls it towards 0.
    assert!((weights[0] - 2.0).abs() < 0.3 && weights[4] < 1.0, "{weights:?}");
    assert!(weights.windows(2).all(|pair| pair[0] > pair[1]), "{weights:?}");
    assert!(folder.path("results/ridge/figures/error_over_alpha.svg").is_file());
    // The same seed gives the same numbers.
    let cells = || fs_err::read_to_string(folder.path("results/ridge/tables/cells.csv")).expect("a table");
    let before = cells();
    fs_err::remove_dir_all(folder.path("results")).expect("removed");
    gainsweep(&folder, &["run", SWEEP]);
    assert_eq!(cells(), before);
}

#[test]
fn bad_parameters_are_refused_before_anything_runs_and_by_the_example_itself() {
    let folder = Folder::new();
    if !example(&folder) {
        return;
    }
    let said = talk(&folder, 2, &["run", SWEEP, "--set", "alpha=-1"]);
    assert!(said.contains("`alpha` must be a number of at least 0, got -1"), "{said}");
    let params = folder.write("params.toml", "alpha = -1\nsamples = 20\nseed = 1\n");
    let output = Command::new("python3")
        .arg(folder.path("docs/examples/python/train.py"))
        .arg("train")
        .arg("--params")
        .arg(params)
        .arg("--out")
        .arg(folder.root())
        .output()
        .expect("python3 runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("alpha must be at least 0"));
}
