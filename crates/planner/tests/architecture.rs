//! The rules of ARCHITECTURE.md that a compiler does not hold: who depends on whom, and how long a file may be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Each crate of the workspace with the crates of the workspace that it may use in its product.
const MAY_USE: &[(&str, &[&str])] = &[
    ("gainsweep-contract", &[]),
    ("gainsweep-store", &["gainsweep-contract"]),
    ("gainsweep-language", &["gainsweep-contract"]),
    ("gainsweep-columnar", &[]),
    ("gainsweep-draw", &[]),
    ("gainsweep-manual", &[]),
    ("gainsweep-report", &["gainsweep-contract", "gainsweep-draw", "gainsweep-language"]),
    ("gainsweep-scheduler", &[]),
    ("gainsweep-testkit", &["gainsweep-scheduler"]),
    ("gainsweep-model", &["gainsweep-contract"]),
    (
        "gainsweep-worker",
        &["gainsweep-contract", "gainsweep-manual", "gainsweep-store", "gainsweep-model", "gainsweep-draw"],
    ),
    (
        "gainsweep",
        &[
            "gainsweep-columnar",
            "gainsweep-contract",
            "gainsweep-manual",
            "gainsweep-store",
            "gainsweep-language",
            "gainsweep-report",
            "gainsweep-scheduler",
        ],
    ),
];

/// Packages that only some crates may use at all.
const RESERVED: &[(&str, &[&str])] = &[
    ("tch", &["gainsweep-model"]),
    ("torch-sys", &["gainsweep-model", "gainsweep-worker"]),
    ("kuva", &["gainsweep-draw"]),
    ("parquet", &["gainsweep-columnar"]),
    ("askama", &["gainsweep-report"]),
    ("prost", &["gainsweep-worker"]),
    ("clap", &["gainsweep", "gainsweep-worker", "gainsweep-manual"]),
    ("indicatif", &["gainsweep", "gainsweep-worker"]),
    ("signal-hook", &["gainsweep", "gainsweep-worker"]),
];

/// Direct dependencies of the product (not of tests) of each crate of the workspace.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_string();
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    list(&metadata["packages"])
        .iter()
        .map(|package| {
            let product = list(&package["dependencies"]).into_iter().filter(|entry| entry["kind"] != "dev");
            (text(&package["name"]), product.map(|entry| text(&entry["name"])).collect())
        })
        .collect()
}

#[test]
fn crates_use_only_whom_they_may() {
    let dependencies = dependencies();
    let known: BTreeSet<&str> = MAY_USE.iter().map(|(name, _)| *name).collect();
    let found: BTreeSet<&str> = dependencies.keys().map(String::as_str).collect();
    assert_eq!(found, known, "a crate came or went: say in MAY_USE and ARCHITECTURE.md whom it may use");
    for (name, allowed) in MAY_USE {
        for used in &dependencies[*name] {
            assert!(
                !known.contains(used.as_str()) || allowed.contains(&used.as_str()),
                "{name} must not use {used}"
            );
        }
    }
    for (package, allowed) in RESERVED {
        for (name, used) in &dependencies {
            assert!(
                !used.contains(*package) || allowed.contains(&name.as_str()),
                "{name} must not use {package}"
            );
        }
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_source_file_is_longer_than_a_reader() {
    const MOST_LINES: usize = 400;
    let mut files = Vec::new();
    for crate_folder in std::fs::read_dir(root().join("crates")).expect("crates").flatten() {
        let source = crate_folder.path().join("src");
        if source.is_dir() {
            sources(&source, &mut files);
        }
    }
    assert!(files.len() > 50, "only {} source files were found", files.len());
    for file in files {
        let lines = std::fs::read_to_string(&file).expect("a source file").lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines: find a better cut", file.display());
    }
}

/// Names of results, of the environment and of Slurm's words live in one module each.
#[test]
fn names_live_in_one_place() {
    let rules: &[(&str, &[&str])] = &[
        ("\"GAINSWEEP_", &["contract/src/environment.rs"]),
        ("\"done.json\"", &["contract/src/files.rs"]),
        ("\"checkpoint.safetensors\"", &["contract/src/files.rs"]),
        ("\"sbatch\"", &["scheduler/src/slurm/program.rs", "testkit/src/program.rs"]),
        ("\"squeue\"", &["scheduler/src/slurm/program.rs", "testkit/src/program.rs"]),
    ];
    let mut files = Vec::new();
    for crate_folder in std::fs::read_dir(root().join("crates")).expect("crates").flatten() {
        let source = crate_folder.path().join("src");
        if source.is_dir() {
            sources(&source, &mut files);
        }
    }
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source file");
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        // `env!` of what a build script set is no environment that anybody sets.
        let product = product.replace("env!(\"GAINSWEEP_", "");
        for (name, homes) in rules {
            let home = homes.iter().any(|home| file.ends_with(home));
            assert!(home || !product.contains(name), "{} must not spell {name}", file.display());
        }
    }
}

/// The planner names no batch system but in texts for people: not its module, its programs, or its environment.
#[test]
fn the_planner_speaks_to_a_scheduler_through_the_trait_alone() {
    const SPOKEN_BY_SLURM: &[&str] =
        &["scheduler::slurm", "sbatch", "squeue", "sacct", "scancel", "scontrol", "SBATCH", "SLURM_"];
    let mut files = Vec::new();
    sources(&root().join("crates/planner/src"), &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source file");
        for word in SPOKEN_BY_SLURM {
            assert!(!text.contains(word), "{} must not say `{word}`", file.display());
        }
    }
}
