//! Every example of docs/sweep-files.md is a sweep with as many cells as it says.

use gainsweep_sweep::parse;

const PAGE: &str = include_str!("../../../docs/sweep-files.md");

#[test]
fn every_example_is_right() {
    let blocks: Vec<&str> =
        PAGE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 7, "{}", blocks.len());
    for text in blocks {
        let sweep = parse(text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"));
        assert_eq!(sweep.validate_cells(), Ok(()), "{text}");
        let said = text.lines().next().and_then(|line| line.strip_prefix("# ")?.strip_suffix(" cells"));
        assert_eq!(said, Some(sweep.count().to_string().as_str()), "{text}");
    }
}

#[test]
fn the_logarithmic_example_has_the_values_it_names() {
    let text = "[grid]\ntau = { from = 1, to = 316.227766017, count = 6, scale = \"log\" }";
    assert!(PAGE.contains(text.lines().last().expect("a line")));
    let sweep = parse(text).expect("a sweep");
    let values: Vec<String> = sweep.axes()[0].values.iter().map(ToString::to_string).collect();
    assert!(PAGE.contains(&format!("# logarithmic: {}", values.join(", "))), "{values:?}");
}
