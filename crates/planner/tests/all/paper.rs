//! Every sweep of the paper (`sweeps/paper`), made small: read, trained or analysed, gathered and drawn.

use std::path::{Path, PathBuf};

use gainsweep_testkit::folder::{self, Folder, names};
use gainsweep_testkit::program::{beside_the_tests, run};
use gainsweep_testkit::skip;

/// Makes a training last milliseconds.
const SMALL: &[&str] =
    &["batches=2", "hidden_units=4", "trials_per_batch=2", "samples_per_context=200", "sampling_rate=2000"];

/// The sweeps; those that train come before those that read networks.
fn sweeps() -> Vec<(PathBuf, bool)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sweeps/paper");
    let files = fs_err::read_dir(folder).expect("sweeps").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<(PathBuf, bool)> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| {
            let trains = !folder::read(&path).contains("\n[networks]\n");
            (path, trains)
        })
        .collect();
    files.sort_by_key(|(path, trains)| (!trains, path.clone()));
    files
}

#[test]
fn each_sweep_of_the_paper_runs() {
    let worker = beside_the_tests().join("gainsweep-worker");
    if !skip::has(worker.is_file(), "gainsweep-worker", "cargo build --workspace makes it") {
        return;
    }
    let folder = Folder::new();
    let sweeps = sweeps();
    assert!(sweeps.len() >= 15, "{sweeps:?}");
    for (sweep, trains) in sweeps {
        let mut arguments = vec!["run", sweep.to_str().expect("text"), "--jobs", "2"];
        if trains {
            arguments.extend(SMALL.iter().flat_map(|set| ["--set", set]));
        }
        let mut command = folder.gainsweep(&arguments);
        // The sweeps lie in this project, where their real results are.
        command.env("GAINSWEEP_WORKER", &worker).env("GAINSWEEP_RESULTS", "results");
        let said = run(command).expect(0, &[]).stderr;
        assert!(!said.contains("warning"), "{}: {said}", sweep.display());
        let name = sweep.file_stem().expect("a name");
        let results = folder.path("results").join(name);
        let (figures, tables) = (names(&results.join("figures")).len(), names(&results.join("tables")).len());
        assert!(figures > 0 && tables > 2, "{}: {figures} figures, {tables} tables", sweep.display());
    }
}
