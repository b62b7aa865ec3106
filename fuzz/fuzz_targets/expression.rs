//! Any text as an expression: it has a value, no value, or an error with a place. It terminates, and a second
//! evaluation gives the same.

#![no_main]

use gainsweep_language::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|expression: &str| {
    // In a literal TOML string nothing is escaped, so places in it are places in the expression.
    if expression.contains("'''") || expression.contains('\r') {
        return;
    }
    for table in ["[derived]\nd = ", "[[exclude]]\nwhen = "] {
        let file = format!(
            "{table}'''{expression}'''\n[worker]\ncommand = [\"x\"]\n[params]\na = 3\nb = 0.5\nc = \"x\"\ne = true\n\
             l = [1, 2]\n[grid]\ng = [1, 2]\nh = {{ values = [1, 2], when = \"g == 1\" }}\n"
        );
        let all = |file: &str| {
            let sweep = parse(file).ok()?;
            sweep.validate_cells().ok()?;
            Some(sweep.cells().collect::<Vec<_>>())
        };
        let once = all(&file);
        assert_eq!(once, all(&file));
        for cell in once.into_iter().flatten() {
            let derived = cell.parameters.get("d").and_then(|value| value.as_number());
            assert!(!derived.is_some_and(f64::is_nan), "{:?}", cell.parameters);
        }
    }
});
