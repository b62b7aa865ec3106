//! The sweeps of the paper in `sweeps/paper` are valid, and those that read networks find them.

use std::path::{Path, PathBuf};

use gainsweep_language::{Cell, Networks, Sweep, found_table, networks, parse};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sweeps/paper")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(format!("{name}.toml")))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The cells that `only` selects: here it names parameters with one value each.
fn chosen(asked: &Networks, source: &Sweep) -> Vec<Cell> {
    let fits = |cell: &Cell| {
        asked.only.iter().all(|word| {
            let (name, value) = word.split_once('=').expect("a value of a parameter");
            cell.parameters.get(name).is_some_and(|known| known.to_string() == value)
        })
    };
    source.cells().filter(fits).collect()
}

#[test]
fn every_file_is_right_and_says_what_it_asks() {
    let mut analyses = 0;
    for entry in std::fs::read_dir(folder()).expect("sweeps/paper") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let mut whole = text(&name);
        if let Some(asked) = networks(&whole) {
            let source = parse(&text(&asked.sweep)).expect("a sweep that trains");
            let cells = chosen(&asked, &source);
            assert!(!cells.is_empty(), "{name}: `only` matches no network");
            whole += &found_table(&asked, Path::new("cells"), &source, &cells);
            analyses += 1;
        }
        let sweep = parse(&whole).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
        assert_eq!(sweep.validate_cells(), Ok(()), "{name}");
        assert!(sweep.question.is_some(), "{name} has no question");
        assert!(text(&name).starts_with("# "), "{name} does not say where it is in the paper");
    }
    assert!(analyses > 10, "only {analyses} files read networks");
}
