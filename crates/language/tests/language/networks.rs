//! `[networks]`: the cells of a sweep of analyses.

use std::path::Path;

use gainsweep_contract::Value;
use gainsweep_language::{Sweep, found_table, networks, parse};

const SOURCE: &str = "[params]\nbatches = 5\nnoise = 0.01\n[grid]\ntau = [1, 10]\n[replicates]\nseed = 3\n";

/// The analyses of all networks of `SOURCE`.
fn analyses(text: &str) -> Result<Sweep, Vec<String>> {
    let source = parse(SOURCE).expect("a sweep");
    let asked = networks(text).expect("networks");
    let cells: Vec<_> = source.cells().collect();
    let whole = format!("{text}{}", found_table(&asked, Path::new("/r/s/cells"), &source, &cells));
    let sweep = parse(&whole).map_err(|problems| {
        problems
            .into_iter()
            .map(|problem| format!("{}: {}", problem.message, &whole[problem.span.expect("a place")]))
            .collect::<Vec<_>>()
    })?;
    assert_eq!(sweep.validate_cells(), Ok(()));
    Ok(sweep)
}

#[test]
fn each_network_is_tested_under_each_circumstance() {
    let sweep = analyses("[networks]\nsweep = \"s\"\n[params]\ntest_seed = 7\n[grid]\nnoise = [0, 0.1]\n")
        .expect("right");
    assert_eq!(sweep.count(), 6 * 2);
    let names: Vec<&str> = sweep.axes().iter().map(|axis| axis.name.as_str()).collect();
    assert_eq!(names, ["tau", "seed", "noise"]);
    assert_eq!(sweep.replicate_axis(), Some(1), "the networks' own");
    let source = parse(SOURCE).expect("a sweep");
    for cell in sweep.cells() {
        let trained = source.cell(cell.index / 2);
        assert_eq!(cell.parameters["network"], Value::Text(trained.id.to_string()));
        for (name, value) in &trained.parameters {
            assert!(name == "noise" || cell.parameters[name] == *value, "{name}");
        }
        assert_ne!(cell.id, trained.id);
        assert_eq!(sweep.id(cell.index), cell.id);
    }
    assert_eq!(sweep.networks.expect("found").folder, Path::new("/r/s/cells"));
}

#[test]
fn own_sources_leave_no_frequency_of_the_training() {
    let source = SOURCE.replace("noise = 0.01", "base_frequency = 200");
    let text = "[networks]\nsweep = \"s\"\n[params]\nsources = \"sine 100, sine 150\"\n";
    let (source, asked) = (parse(&source).expect("a sweep"), networks(text).expect("networks"));
    let cells: Vec<_> = source.cells().collect();
    let sweep =
        parse(&format!("{text}{}", found_table(&asked, Path::new("r"), &source, &cells))).expect("right");
    assert_eq!(sweep.validate_cells(), Ok(()));
}

#[test]
fn what_training_fixed_does_not_vary() {
    let wrong = |more: &str| analyses(&format!("[networks]\nsweep = \"s\"\n{more}")).expect_err("refused");
    assert_eq!(
        wrong("[params]\nbatches = 7\n"),
        ["`batches` was fixed when the networks were trained: batches"]
    );
    assert_eq!(wrong("[grid]\ntau = [5]\n"), ["`tau` varies among the networks of `s` already: tau"]);
    assert_eq!(wrong("[set]\nseed = 5\n"), ["`seed` varies among the networks of `s` already: seed"]);
    assert_eq!(
        wrong("[params]\nnetwork = \"0123456789abcdef\"\n"),
        ["`network` comes from [networks]: network"]
    );
}

#[test]
fn without_a_look_there_are_no_networks() {
    let problems = parse("[networks]\nsweep = \"s\"\n").expect_err("refused");
    assert_eq!(problems[0].message, "the networks of `s` were not looked up");
    let problems = parse("[grid]\ntau = [1]\n[found]\nfolder = \"x\"\n").expect_err("refused");
    assert_eq!(problems[0].message, "[found] belongs to [networks], which is missing");
    for wrong in
        ["sweep = 3", "sweep = \"\"", "sweep = \"a/b\"", "swep = \"s\"", "sweep = \"s\"\nfinished = 1", ""]
    {
        let text = format!("[networks]\n{wrong}\n");
        assert_eq!(networks(&text), None, "{wrong}");
        assert!(parse(&text).is_err(), "{wrong}");
    }
}

#[test]
fn other_programs_get_every_parameter() {
    let sweep = analyses("[networks]\nsweep = \"s\"\n[worker]\ncommand = [\"x\"]\n[grid]\ndepth = [1, 2]\n");
    let cell = sweep.expect("right").cell(0);
    for name in ["network", "depth", "hidden_units", "model"] {
        assert!(cell.parameters.contains_key(name), "{name}");
    }
}
