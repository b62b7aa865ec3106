//! Every example of docs/sweep-files.md is a sweep with as many cells as it says.

use std::path::Path;

use gainsweep_language::{found_table, networks, parse};

const PAGE: &str = include_str!("../../../../docs/sweep-files.md");

#[test]
fn every_example_is_right() {
    let blocks: Vec<&str> =
        PAGE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 7, "{}", blocks.len());
    for text in &blocks {
        let sweep =
            parse(&with_networks(text, blocks[0])).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"));
        assert_eq!(sweep.validate_cells(), Ok(()), "{text}");
        let said = text.lines().next().and_then(|line| line.strip_prefix("# ")?.strip_suffix(" cells"));
        assert_eq!(said, Some(sweep.count().to_string().as_str()), "{text}");
    }
}

/// The text with the networks of the sweep of the first example, where it asks for networks.
fn with_networks(text: &str, first: &str) -> String {
    let Some(asked) = networks(text) else { return text.to_string() };
    assert_eq!(asked.sweep, "timescale");
    let source = parse(first).expect("a sweep");
    let cells: Vec<_> = source.cells().collect();
    format!("{text}{}", found_table(&asked, Path::new("cells"), &source, &cells))
}

/// The table of what is one value, row by row as it stands on the page.
#[test]
fn one_value_is_one_cell() {
    let ids = |values: &[&str]| -> Vec<_> {
        let id = |value: &&str| {
            let text = format!("[worker]\ncommand = [\"x\"]\n[params]\nx = {value}\n");
            let sweep = parse(&text).ok()?;
            // What the worker reads is what the id was made of.
            let cell = sweep.cell(0);
            let file = gainsweep_contract::params_file::render(&cell.parameters);
            let read = gainsweep_contract::params_file::parse(&file).expect("parameters");
            assert_eq!(format!("{read:?}"), format!("{:?}", cell.parameters));
            Some(cell.id)
        };
        let ids: Vec<_> = values.iter().map(id).collect();
        assert!(values.iter().all(|value| PAGE.contains(&format!("`{value}`"))), "{values:?}");
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
    assert!(PAGE.contains(text.lines().last().expect("a line")));
    let sweep = parse(text).expect("a sweep");
    let values: Vec<String> = sweep.axes()[0].values.iter().map(ToString::to_string).collect();
    assert!(PAGE.contains(&format!("# logarithmic: {}", values.join(", "))), "{values:?}");
}
