//! Fake workers: programs that follow the contract of a worker and end as they are told.

use std::path::{Path, PathBuf};

/// A Python script whose parameters say how it ends, and after how long: see its first lines.
pub fn behaving() -> PathBuf {
    worker("worker.py")
}

/// A shell script that is done at once, and counts its starts.
pub fn quick() -> PathBuf {
    worker("once.sh")
}

/// A shell script that takes `pause` seconds, forces nothing to disk and fails on demand: see its first lines.
pub fn plain() -> PathBuf {
    worker("plain.sh")
}

/// The lines of a sweep file for a worker with these words as its command.
pub fn table(words: &[&Path]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{:?}", word.to_str().expect("text"))).collect();
    format!("[worker]\ncommand = [{}]\n", words.join(", "))
}

fn worker(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("workers").join(name)
}
