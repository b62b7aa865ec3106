//! Any text as a sweep file: mistakes have places within the text; otherwise there are cells or errors;
//! nothing panics.

#![no_main]

use gainsweep_language::{Diagnostic, parse, parse_profile};
use libfuzzer_sys::fuzz_target;

/// More cells than this are only counted.
const MOST: u64 = 300;

fn check(text: &str, problems: &[Diagnostic]) {
    assert!(!problems.is_empty(), "refused without a reason");
    for problem in problems {
        assert!(!problem.message.is_empty());
        let also = problem.also.iter().map(|note| &note.span);
        for span in problem.span.iter().chain(also) {
            assert!(text.get(span.clone()).is_some(), "no place in the text: {problem:?}");
        }
    }
}

fuzz_target!(|text: &str| {
    if let Err(problems) = parse_profile(text) {
        check(text, &problems);
    }
    match parse(text) {
        Err(problems) => check(text, &problems),
        Ok(sweep) => {
            let _ = sweep.product();
            if sweep.check_limit(MOST).is_err() {
                return;
            }
            if let Err(problems) = sweep.validate_cells() {
                check(text, &problems);
                return;
            }
            let mut seen = std::collections::HashSet::new();
            for cell in sweep.cells() {
                assert!(seen.insert(cell.id), "the same cell twice");
                let _ = (sweep.label(&cell), sweep.slurm.settings_for(&cell.parameters));
            }
            assert_eq!(seen.len() as u64, sweep.count());
        }
    }
});
