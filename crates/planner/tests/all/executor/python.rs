//! The example of docs/how-to/run-another-program.md, step by step.

use std::path::Path;

use gainsweep_testkit::folder::{self, Folder};
use gainsweep_testkit::program::{command, run};
use gainsweep_testkit::skip;

/// Copies the repository's `docs/examples/python` into the folder. `false` if Python is too old for it.
fn example(folder: &Folder) -> bool {
    let version = run(command("python3", &["-c", "import sys, tomllib; print(sys.version)"]));
    if !skip::has(version.code == Some(0), "python3 of version 3.11 or later", "install it") {
        return false;
    }
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/python");
    for name in ["train.py", "sweep.toml"] {
        let text = folder::read(&home.join(name));
        folder.write(Path::new("docs/examples/python").join(name), &text);
    }
    true
}

const SWEEP: &str = "docs/examples/python/sweep.toml";
const RESULTS: &str = "docs/examples/python/results";

#[test]
fn the_example_in_python_runs_as_its_page_says() {
    let folder = Folder::new();
    if !example(&folder) {
        return;
    }
    let said = run(folder.gainsweep(&["run", SWEEP])).expect(0, &[]).stderr;
    assert!(said.contains("ridge: 20 cells done"), "{said}");
    let table = folder.read(format!("{RESULTS}/ridge/tables/summary.csv"));
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let column = |name: &str| header.iter().position(|column| *column == name).expect(name);
    let weights: Vec<f64> = lines.map(|row| row[column("weight_mean")].parse().expect("a number")).collect();
    assert_eq!(weights.len(), 5);
    // The true weight is 2, and a stronger penalty pulls it towards 0.
    assert!((weights[0] - 2.0).abs() < 0.3 && weights[4] < 1.0, "{weights:?}");
    assert!(weights.windows(2).all(|pair| pair[0] > pair[1]), "{weights:?}");
    assert!(folder.path(format!("{RESULTS}/ridge/figures/error_over_alpha.svg")).is_file());
    // The same seed gives the same numbers.
    let cells = || folder.read(format!("{RESULTS}/ridge/tables/cells.csv"));
    let before = cells();
    fs_err::remove_dir_all(folder.path(RESULTS)).expect("removed");
    run(folder.gainsweep(&["run", SWEEP])).expect(0, &[]);
    assert_eq!(cells(), before);
}

#[test]
fn bad_parameters_are_refused_before_anything_runs_and_by_the_example_itself() {
    let folder = Folder::new();
    if !example(&folder) {
        return;
    }
    let said = run(folder.gainsweep(&["run", SWEEP, "--set", "alpha=-1"])).expect(2, &[]).stderr;
    assert!(said.contains("`alpha` must be a number of at least 0, got -1"), "{said}");
    let params = folder.write("params.toml", "alpha = -1\nsamples = 20\nseed = 1\n");
    let mut train = command("python3", &[folder.path("docs/examples/python/train.py")]);
    train.arg("train").arg("--params").arg(params).arg("--out").arg(folder.root());
    run(train).expect(2, &["alpha must be at least 0"]);
}
