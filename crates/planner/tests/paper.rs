//! Every sweep of the paper (`sweeps/paper`), made small: it is read, trained or analysed, gathered and drawn.
#![allow(clippy::print_stderr, reason = "that it was skipped is said")]

mod common;

use std::path::{Path, PathBuf};

use common::Folder;

/// What makes a training a matter of milliseconds.
const SMALL: &[&str] =
    &["batches=2", "hidden_units=4", "trials_per_batch=2", "samples_per_context=60", "sampling_rate=1000"];

/// The worker that is built beside the planner.
fn worker() -> Option<PathBuf> {
    let worker = Path::new(env!("CARGO_BIN_EXE_gainsweep")).with_file_name("gainsweep-worker");
    worker.is_file().then_some(worker)
}

/// The sweeps, those that train before those that read networks.
fn sweeps() -> Vec<(PathBuf, bool)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sweeps/paper");
    let files = fs_err::read_dir(folder).expect("sweeps").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<(PathBuf, bool)> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| {
            let trains = !fs_err::read_to_string(&path).expect("text").contains("\n[networks]\n");
            (path, trains)
        })
        .collect();
    files.sort_by_key(|(path, trains)| (!trains, path.clone()));
    files
}

#[test]
fn each_sweep_of_the_paper_runs() {
    let Some(worker) = worker() else {
        eprintln!("SKIPPED: there is no gainsweep-worker beside gainsweep; cargo build --workspace makes it");
        return;
    };
    let folder = Folder::new();
    let sweeps = sweeps();
    assert!(sweeps.len() >= 15, "{sweeps:?}");
    for (sweep, trains) in sweeps {
        let mut arguments = vec!["run", sweep.to_str().expect("text"), "--jobs", "2"];
        if trains {
            arguments.extend(SMALL.iter().flat_map(|set| ["--set", set]));
        }
        let mut command = folder.gainsweep(&arguments);
        let output = command.env("GAINSWEEP_WORKER", &worker).output().expect("gainsweep runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{}: {said}", sweep.display());
        assert!(!said.contains("warning"), "{}: {said}", sweep.display());
        let name = sweep.file_stem().expect("a name");
        let results = folder.path("results").join(name);
        let figures = fs_err::read_dir(results.join("figures")).map_or(0, Iterator::count);
        let tables = fs_err::read_dir(results.join("tables")).map_or(0, Iterator::count);
        assert!(figures > 0 && tables > 2, "{}: {figures} figures, {tables} tables", sweep.display());
    }
}
