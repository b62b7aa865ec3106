//! Networks between gainsweep and `PyTorch`: the example of docs/how-to/use-networks-in-pytorch.md and the import of published networks.

use std::path::Path;
use std::process::Command;

use gainsweep_testkit::folder::Folder;
use gainsweep_testkit::program::{built, run};
use gainsweep_testkit::skip;

#[test]
fn networks_go_to_pytorch_and_back() {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let has = Command::new(&python).args(["-c", "import torch, safetensors, numpy, tomllib"]).output();
    let what = "a Python (PYTHON=...) of version 3.11 with torch, safetensors and numpy";
    if !skip::has_by_chance(has.is_ok_and(|output| output.status.success()), what) {
        return;
    }
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Folder::new();
    let mut check = Command::new(python);
    check.arg(home.join("tests/python/check_networks.py")).arg(home.join("../../docs/examples/python"));
    check.arg(home.join("tests/cases")).arg(home.join("../../scripts/import-published-network"));
    check.arg(built("gainsweep-worker")).arg(folder.root()).env("PYTHONDONTWRITEBYTECODE", "1");
    assert_eq!(run(check).expect(0, &[]).stdout.matches(" ok\n").count(), 3);
}
