//! The rules of ARCHITECTURE.md that a compiler does not check: which crate may use which, and how long a
//! file may be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The crates of the workspace that each crate may use, outside tests.
const MAY_USE: &[(&str, &[&str])] = &[
    ("gainsweep-contract", &[]),
    ("gainsweep-store", &["gainsweep-contract"]),
    ("gainsweep-language", &["gainsweep-contract"]),
    ("gainsweep-columnar", &[]),
    ("gainsweep-draw", &[]),
    ("gainsweep-manual", &[]),
    ("gainsweep-report", &["gainsweep-contract", "gainsweep-draw", "gainsweep-language"]),
    ("gainsweep-scheduler", &[]),
    (
        "gainsweep-testkit",
        &["gainsweep-contract", "gainsweep-language", "gainsweep-scheduler", "gainsweep-store"],
    ),
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

/// Packages that only some crates may use.
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

/// Direct dependencies of each crate of the workspace, without those of tests.
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
    assert_eq!(found, known, "a crate was added or removed: update MAY_USE and ARCHITECTURE.md");
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

/// Names of results, of the environment and of Slurm's commands are spelled in one module each.
#[test]
fn names_live_in_one_place() {
    let rules: &[(&str, &[&str])] = &[
        ("\"GAINSWEEP_", &["contract/src/environment.rs"]),
        ("\"done.json\"", &["contract/src/files.rs"]),
        ("\"checkpoint.safetensors\"", &["contract/src/files.rs"]),
        ("\"sbatch\"", &["scheduler/src/slurm/program.rs", "testkit/src/slurm_command.rs"]),
        ("\"squeue\"", &["scheduler/src/slurm/program.rs", "testkit/src/slurm_command.rs"]),
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
        // Variables that a build script sets are not settings of a user.
        let product = product.replace("env!(\"GAINSWEEP_", "");
        for (name, homes) in rules {
            let home = homes.iter().any(|home| file.ends_with(home));
            assert!(home || !product.contains(name), "{} must not spell {name}", file.display());
        }
    }
}

/// No two modules of a crate need each other: each can be read without the modules that use it.
#[test]
fn no_import_circle_between_the_modules_of_a_crate() {
    for crate_folder in std::fs::read_dir(root().join("crates")).expect("crates").flatten() {
        let source = crate_folder.path().join("src");
        let name = crate_folder.file_name().to_string_lossy().into_owned();
        if !source.is_dir() {
            continue;
        }
        assert_eq!(circle(&imports(&source)), None, "the modules of {name} import each other in a circle");
    }
}

/// Which module imports which, each with a file that does.
type Imports = BTreeMap<String, BTreeMap<String, PathBuf>>;

/// The imports between the modules at the top level of the crate with this folder of sources.
fn imports(source: &Path) -> Imports {
    let mut files = Vec::new();
    sources(source, &mut files);
    let module = |file: &Path| {
        let inside = file.strip_prefix(source).expect("a file of the crate");
        let first = inside.iter().next().expect("a name").to_string_lossy();
        first.trim_end_matches(".rs").to_string()
    };
    let modules: BTreeSet<String> = files.iter().map(|file| module(file)).collect();
    let mut imports = Imports::new();
    for file in files {
        let own = module(&file);
        // A re-export at a crate's root is not an import of a module.
        let is_test = file.iter().any(|part| part == "tests.rs" || part == "tests");
        if own == "lib" || own == "main" || is_test {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a source file");
        let at_the_top = file.parent() == Some(source);
        for other in named_modules(&text, at_the_top) {
            if other != own && modules.contains(&other) {
                imports.entry(own.clone()).or_default().entry(other).or_insert_with(|| file.clone());
            }
        }
    }
    imports
}

/// The first names of paths into the own crate, outside tests and comments.
fn named_modules(text: &str, at_the_top: bool) -> BTreeSet<String> {
    let product = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let without_comments: String = product
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n");
    let roots: &[&str] = if at_the_top { &["crate::", "super::"] } else { &["crate::"] };
    let mut named = BTreeSet::new();
    for root in roots {
        for (at, _) in without_comments.match_indices(root) {
            // The macro variable `$crate`, and other names that end like this, do not count.
            let before = without_comments[..at].chars().next_back();
            if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == '$') {
                continue;
            }
            named.extend(heads(&without_comments[at + root.len()..]));
        }
    }
    named
}

/// The first name of a path, or of each path of a group in braces.
fn heads(path: &str) -> Vec<String> {
    let word = |text: &str| {
        text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect::<String>()
    };
    let Some(group) = path.strip_prefix('{') else { return vec![word(path)] };
    let (mut depth, mut heads, mut expected) = (0, Vec::new(), true);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expected = true,
            _ if letter.is_whitespace() => {}
            _ if expected && depth == 0 => {
                heads.push(word(&group[at..]));
                expected = false;
            }
            _ => {}
        }
    }
    heads
}

/// A shortest circle: `a -> b -> a`, with the file of each import.
fn circle(imports: &Imports) -> Option<String> {
    let mut shortest: Option<Vec<&str>> = None;
    for start in imports.keys() {
        // The shortest paths from here, the nearest modules first.
        let mut ways = vec![vec![start.as_str()]];
        let mut seen = BTreeSet::new();
        let mut next = 0;
        while let Some(way) = ways.get(next).cloned() {
            next += 1;
            let last = way[way.len() - 1];
            for other in imports.get(last).into_iter().flat_map(BTreeMap::keys) {
                if other == start && shortest.as_ref().is_none_or(|known| way.len() < known.len()) {
                    shortest = Some(way.clone());
                }
                if seen.insert(other.as_str()) {
                    ways.push([way.as_slice(), &[other.as_str()]].concat());
                }
            }
        }
    }
    let way = shortest?;
    let around: Vec<&str> = way.iter().chain(way.first()).copied().collect();
    let files: Vec<String> = around
        .windows(2)
        .map(|pair| format!("{} -> {} in {}", pair[0], pair[1], imports[pair[0]][pair[1]].display()))
        .collect();
    Some(format!("{}: {}", around.join(" -> "), files.join(", ")))
}

#[test]
fn a_circle_is_found_and_told() {
    let text = "use crate::{b::{c, d}, e, f::G};\nuse crate::h::I;\n// crate::no\nfn x() { crate::j::k(); \
                super::l::m(); }\n#[cfg(test)]\nmod tests { use crate::n; }";
    let names: Vec<String> = named_modules(text, true).into_iter().collect();
    assert_eq!(names, ["b", "e", "f", "h", "j", "l"]);
    let edge = |one: &str, other: &str| {
        (one.to_string(), BTreeMap::from([(other.to_string(), PathBuf::from(format!("{one}.rs")))]))
    };
    assert_eq!(circle(&Imports::from([edge("a", "b"), edge("b", "c")])), None);
    let found = circle(&Imports::from([edge("a", "b"), edge("b", "c"), edge("c", "b")])).expect("a circle");
    assert_eq!(found, "b -> c -> b: b -> c in b.rs, c -> b in c.rs");
}

/// The planner names a batch system only in texts for people: not its module, its programs, or its
/// environment.
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
