//! Programs that were not made for gainsweep: `docs/examples`, as they are.

use std::path::Path;
use std::process::Command;

use gainsweep_testkit::examples::{self, Example};

#[test]
fn every_example_runs_as_it_is() {
    for name in examples::ALL {
        let Some(example) = Example::prepare(name) else { continue };
        let said = example.gainsweep(&["check", &example.file()]).expect(0, &[]);
        assert!(said.stderr.contains("next: gainsweep plan"), "{name}: {}", said.stderr);
        example.gainsweep(&["run", &example.file(), "--jobs", "2"]).expect(0, &[]);
        let table = example.table();
        assert!(table.lines().count() > 2, "{name}: {table}");
        assert!(!table.contains("nan"), "{name}: {table}");
    }
}

#[test]
fn no_example_knows_gainsweep() {
    // Each says so in its first lines, and that is the only time it is named.
    for name in examples::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples").join(name);
        let list = Command::new("grep").args(["-rniE", "gainsweep"]).arg(&folder).output().expect("grep");
        for line in String::from_utf8_lossy(&list.stdout).lines() {
            let comment =
                line.contains("It knows nothing of gainsweep") || line.contains("of gainsweep.\"\"\"");
            assert!(comment || line.contains(".toml:"), "{line}");
        }
    }
}
