//! `run`, `gather` and `plot` from outside, with a worker of ours (`workers/worker.py`) that ends as it is told.

mod analyses;
#[path = "../common/mod.rs"]
mod common;
mod figures;
mod many;
mod outcomes;
mod precision;
mod python;
mod stopping;
mod tables;

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use gainsweep_contract::CellId;
use gainsweep_store::{Attempts, CellFolder, SweepFolder};

pub(crate) use common::Folder;

/// A sweep named `s` with our worker: these lines below `[params]` and `[grid]`, and `more` after them.
pub(crate) fn sweep(folder: &Folder, params: &str, grid: &str, more: &str) {
    let worker = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workers/worker.py");
    let worker = worker.to_str().expect("text");
    let text = format!(
        "{more}\n[worker]\ncommand = [\"python3\", {worker:?}]\n[params]\n{params}\n[grid]\n{grid}\n"
    );
    folder.write("sweeps/s.toml", &text);
}

/// Runs the program to its end.
pub(crate) fn gainsweep(folder: &Folder, arguments: &[&str]) -> Output {
    folder.gainsweep(arguments).output().expect("gainsweep runs")
}

/// Runs the program; its exit code must be this. What it said on stderr.
pub(crate) fn talk(folder: &Folder, code: i32, arguments: &[&str]) -> String {
    let output = gainsweep(folder, arguments);
    let talk = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(code), "{talk}");
    talk
}

/// The folder of the sweep `s`.
pub(crate) fn results(folder: &Folder) -> SweepFolder {
    SweepFolder::new(&folder.path("results"), "s")
}

/// The cells on disk, in the order of their ids.
pub(crate) fn cells(folder: &Folder) -> Vec<CellFolder> {
    let entries = fs_err::read_dir(results(folder).cells()).expect("cells").flatten();
    let mut ids: Vec<CellId> =
        entries.map(|entry| entry.file_name().to_str().expect("text").parse().expect("an id")).collect();
    ids.sort();
    ids.into_iter().map(|id| results(folder).cell(id)).collect()
}

/// How often the worker was started in a cell.
pub(crate) fn starts(cell: &CellFolder) -> usize {
    fs_err::read(cell.root().join("starts")).map_or(0, |bytes| bytes.len())
}

pub(crate) fn attempts(folder: &Folder) -> Attempts {
    let attempts = Attempts::read(&results(folder).attempts()).expect("read");
    assert!(attempts.damage.is_empty(), "{:?}", attempts.damage);
    attempts
}

/// Waits until something is so; fails when it is not for a minute.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_mins(1), "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The rows of a table, by column name.
pub(crate) fn table(path: &PathBuf) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("a table");
    let header = reader.headers().expect("a header").clone();
    let row = |record: csv::StringRecord| {
        header.iter().map(String::from).zip(record.iter().map(String::from)).collect()
    };
    reader.records().map(|record| row(record.expect("a row"))).collect()
}
