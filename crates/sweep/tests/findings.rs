//! What the fuzzer (`fuzz/`) found, each once: files that must be refused, or read, without a panic.

use gainsweep_sweep::parse;

/// A condition over an axis that was refused, and so has no values.
#[test]
fn a_condition_over_an_axis_without_values() {
    let text = "[grid]\nmodel = [\"modulation\", 3]\nnoise = []\ntau = { values = [1, 2], when = \"noise > 0\" }\n\
                hidden_units = { values = [], when = \"tau > 1\" }\n";
    let problems = parse(text).expect_err("two mistakes");
    assert_eq!(problems.len(), 3, "{problems:#?}");
}
