//! Findings of the fuzzer (`fuzz/`): files that must be refused, or read, without a panic.

use gainsweep_language::parse;

/// A condition over an axis that was refused, and so has no values.
#[test]
fn a_condition_over_an_axis_without_values() {
    let text = "[grid]\nmodel = [\"modulation\", 3]\nnoise = []\ntau = { values = [1, 2], when = \"noise > 0\" }\n\
                hidden_units = { values = [], when = \"tau > 1\" }\n";
    let problems = parse(text).expect_err("two mistakes");
    assert_eq!(problems.len(), 3, "{problems:#?}");
}

/// The time for a chain of `in` grew as a power of its length: 12 seconds for 300 letters.
#[test]
fn a_long_chain_of_memberships_is_read_once() {
    // 50 links of 3 items each would be 4^50 evaluations.
    let chain = format!("h{}", " in [e, l, l]".repeat(50));
    let text = format!(
        "[worker]\ncommand = [\"x\"]\n[params]\nh = true\ne = true\nl = false\n[derived]\nd = \"{chain}\"\n"
    );
    let sweep = parse(&text).expect("a sweep");
    assert_eq!(sweep.cell(0).parameters["d"], gainsweep_contract::Value::Boolean(true));
}
