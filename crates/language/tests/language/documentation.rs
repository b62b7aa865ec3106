//! The pages of `docs/` and the README: every TOML example is valid, and tables equal those of the code.
#![allow(clippy::disallowed_methods, reason = "the pages are read")]

use std::path::{Path, PathBuf};

use gainsweep_contract::schema::{Fallback, Model, PARAMETERS, Parameter};
use gainsweep_contract::{Parameters, Value, params_file};
use gainsweep_language::{PlotKind, Sweep, found_table, networks, parse, parse_profile};

const SWEEP_FILE: &str = include_str!("../../../../docs/reference/sweep-file.md");
const IDS: &str = include_str!("../../../../docs/explanation/cells-and-ids.md");
const PARAMETERS_PAGE: &str = include_str!("../../../../docs/reference/parameters.md");
const FIGURES_PAGE: &str = include_str!("../../../../docs/reference/figures.md");
const README: &str = include_str!("../../../../README.md");
const DRAWING: &str = include_str!("../../../../docs/how-to/draw-one-network.md");
const GALLERY: &str = include_str!("../../../../sweeps/gallery.toml");
const PAPER_NETWORKS: &str = include_str!("../../../../sweeps/paper/networks.toml");

/// All pages, with their paths.
fn pages() -> Vec<(PathBuf, String)> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut paths = vec![home.join("README.md")];
    let mut folders = vec![home.join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path if path.extension().is_some_and(|ending| ending == "md") => paths.push(path),
                _ => {}
            }
        }
    }
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).expect("a page"))).collect()
}

/// The TOML blocks of a page; blocks in lists without their indentation.
fn toml_blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(indentation) = line.strip_suffix("```toml") else { continue };
        let block = lines.by_ref().take_while(|line| line.trim() != "```");
        let block: Vec<&str> = block.map(|line| line.strip_prefix(indentation).unwrap_or(line)).collect();
        blocks.push(block.join("\n") + "\n");
    }
    blocks
}

/// A sweep, with its number of cells if its first line has it; a profile; or the parameters of one cell.
#[test]
fn every_example_is_right() {
    let mut counted = 0;
    for (path, page) in pages() {
        for text in toml_blocks(&page) {
            let first = text.lines().next().unwrap_or_default();
            let place = format!("{}\n{text}", path.display());
            if first == "# profile" {
                parse_profile(&text).unwrap_or_else(|problems| panic!("{place}\n{problems:#?}"));
            } else if first == "# parameters" {
                let given =
                    params_file::parse(&text).unwrap_or_else(|problem| panic!("{place}\n{problem:#?}"));
                Parameters::resolve(&given).unwrap_or_else(|problem| panic!("{place}\n{problem:#?}"));
            } else {
                let sweep =
                    parse(&with_networks(&text)).unwrap_or_else(|problems| panic!("{place}\n{problems:#?}"));
                assert_eq!(sweep.validate_cells(), Ok(()), "{place}");
                if let Some(said) = first.strip_prefix("# ").and_then(|line| line.strip_suffix(" cells")) {
                    assert_eq!(said, sweep.count().to_string(), "{place}");
                    counted += 1;
                }
            }
        }
    }
    assert!(counted >= 30, "only {counted} examples say how many cells they are");
}

/// The text with the networks of its source sweep, if it has `[networks]`.
fn with_networks(text: &str) -> String {
    let Some(asked) = networks(text) else { return text.to_string() };
    let source = match asked.sweep.as_str() {
        "timescale" => toml_blocks(SWEEP_FILE).remove(0),
        "networks" => PAPER_NETWORKS.to_string(),
        other => panic!("there is no sweep {other} to read networks of"),
    };
    let source: Sweep = parse(&source).expect("a sweep");
    let chosen = |cell: &gainsweep_language::Cell| {
        asked.only.iter().all(|selector| {
            let (name, value) = selector.split_once('=').expect("a value of a parameter");
            cell.parameters.get(name).is_some_and(|own| own.to_string() == value)
        })
    };
    let cells: Vec<_> = source.cells().filter(chosen).collect();
    format!("{text}{}", found_table(&asked, Path::new("cells"), &source, &cells))
}

#[test]
fn the_page_of_parameters_is_the_table_of_the_code() {
    let mut rows = String::from("| name | meaning | default | values | networks | paper; published code |\n");
    rows.push_str("|---|---|---|---|---|---|\n");
    rows.extend(PARAMETERS.iter().map(row));
    assert!(PARAMETERS_PAGE.contains(&rows), "the table of docs/reference/parameters.md should be\n{rows}");
}

#[test]
fn pages_that_list_the_networks_list_each() {
    for model in Model::ALL {
        let name = format!("`{}`", model.name());
        assert!(README.contains(&name), "README.md lacks {name}");
        assert!(DRAWING.contains(&name), "the table of docs/how-to/draw-one-network.md lacks {name}");
    }
}

#[test]
fn each_kind_of_figure_is_explained_and_in_the_gallery() {
    let gallery: Sweep = parse(GALLERY).expect("a sweep");
    for kind in PlotKind::ALL {
        let name = kind.name();
        let (row, section) = (format!("| [`{name}`](#{name})"), format!("### `{name}`"));
        for part in [row, section] {
            assert!(FIGURES_PAGE.contains(&part), "docs/reference/figures.md lacks {part}");
        }
        assert!(gallery.plots.iter().any(|plot| plot.kind == *kind), "sweeps/gallery.toml lacks `{name}`");
    }
}

/// One parameter.
fn row(parameter: &Parameter) -> String {
    let models: Vec<&str> = parameter.models.iter().map(|model| model.name()).collect();
    let of_all = models.len() == Model::ALL.len();
    let unit = if parameter.unit.is_empty() { String::new() } else { format!(" ({})", parameter.unit) };
    let names = [parameter.symbol, parameter.published].into_iter().filter(|name| !name.is_empty());
    format!(
        "| `{}` | {}{unit} | {} | {} | {} | {} |\n",
        parameter.name,
        parameter.help.replace('|', "\\|"),
        default(parameter),
        parameter.range(),
        if of_all { "all".into() } else { models.join(", ") },
        names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join("; "),
    )
}

/// Its default, as text.
fn default(parameter: &Parameter) -> String {
    match parameter.default {
        Fallback::Is(literal) => format!("`{}`", Value::from(literal)),
        Fallback::By(of) => {
            let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
            for model in parameter.models {
                let value = format!("`{}`", Value::from(of(*model)));
                match groups.iter_mut().find(|(known, _)| *known == value) {
                    Some((_, models)) => models.push(model.name()),
                    None => groups.push((value, vec![model.name()])),
                }
            }
            let group = |(value, models): &(String, Vec<&str>)| format!("{value} ({})", models.join(", "));
            groups.iter().map(group).collect::<Vec<_>>().join(", ")
        }
        Fallback::From(_, _, text) => text.into(),
        Fallback::Absent(text) | Fallback::Of(_, &Fallback::Absent(text)) => {
            text.trim_start_matches("left out: ").into()
        }
        Fallback::Of(analyses, fallback) => {
            let analyses: Vec<String> = analyses.iter().map(|one| format!("`{}`", one.name())).collect();
            let &Fallback::Is(literal) = fallback else {
                panic!("{}: another kind of default", parameter.name)
            };
            format!("`{}` with {}", Value::from(literal), analyses.join(", "))
        }
    }
}

/// The table of equal spellings, row by row as on the page.
#[test]
fn one_value_is_one_cell() {
    let ids = |values: &[&str]| -> Vec<_> {
        let id = |value: &&str| {
            let text = format!("[worker]\ncommand = [\"x\"]\n[params]\nx = {value}\n");
            let sweep = parse(&text).ok()?;
            // The worker reads the values that the id was computed from.
            let cell = sweep.cell(0);
            let file = gainsweep_contract::params_file::render(&cell.parameters);
            let read = gainsweep_contract::params_file::parse(&file).expect("parameters");
            assert_eq!(format!("{read:?}"), format!("{:?}", cell.parameters));
            Some(cell.id)
        };
        let ids: Vec<_> = values.iter().map(id).collect();
        assert!(values.iter().all(|value| IDS.contains(&format!("`{value}`"))), "{values:?}");
        ids
    };
    let (one, several, refused): (&[&[&str]], &[&[&str]], &[&str]) = (
        &[
            &["1", "1.0", "1e0", "0x1", "+1"],
            &["0", "0.0", "-0.0"],
            &["0.1", "0.10", "1e-1"],
            &["inf", "+inf"],
            &["[1, 2]", "[1.0, 2]"],
        ],
        &[
            &["0.1", "0.1000000000000001"],
            &["1", "\"1\"", "true", "\"true\"", "inf", "-inf", "\"inf\""],
            &["[1, 2]", "[2, 1]"],
            &["9007199254740993", "9007199254740993.0"],
        ],
        &["nan", "True", "yes"],
    );
    for same in one {
        let ids = ids(same);
        assert!(ids[0].is_some() && ids.iter().all(|id| *id == ids[0]), "{same:?}");
    }
    for different in several {
        let ids = ids(different);
        assert!(ids.iter().all(Option::is_some), "{different:?}");
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{different:?}");
    }
    assert!(ids(refused).iter().all(Option::is_none));
    assert!(parse("[params]\ntau = \"1\"\n").is_err(), "the built-in worker refuses the text");
    let sweep = parse("[params]\ntau = 1\n").expect("a sweep");
    assert_eq!(sweep.cell(0).parameters["tau"], gainsweep_contract::Value::Float(1.0));
}

#[test]
fn the_logarithmic_example_has_the_values_it_names() {
    let text = "[grid]\ntau = { from = 1, to = 316.227766017, count = 6, scale = \"log\" }";
    assert!(SWEEP_FILE.contains(text.lines().last().expect("a line")));
    let sweep = parse(text).expect("a sweep");
    let values: Vec<String> = sweep.axes()[0].values.iter().map(ToString::to_string).collect();
    assert!(SWEEP_FILE.contains(&format!("# logarithmic: {}", values.join(", "))), "{values:?}");
}
