//! Networks between gainsweep and `PyTorch`: the example of docs/how-to/use-networks-in-pytorch.md and the import of published networks.
#![allow(clippy::print_stderr, reason = "that it was skipped is said")]

mod support;

use std::path::Path;
use std::process::Command;

/// The Python that has `PyTorch`: `PYTHON`, else `python3`.
fn python() -> String {
    std::env::var("PYTHON").unwrap_or_else(|_| "python3".into())
}

#[test]
fn networks_go_to_pytorch_and_back() {
    let has = Command::new(python()).args(["-c", "import torch, safetensors, numpy, tomllib"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        eprintln!(
            "SKIPPED: it needs a Python (PYTHON=...) of version 3.11 with torch, safetensors and numpy"
        );
        return;
    }
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(python())
        .arg(home.join("tests/python/check_networks.py"))
        .arg(home.join("../../docs/examples/python"))
        .arg(home.join("tests/cases"))
        .arg(home.join("../../scripts/import-published-network"))
        .arg(env!("CARGO_BIN_EXE_gainsweep-worker"))
        .arg(folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).matches(" ok\n").count(), 3);
}
