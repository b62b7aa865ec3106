//! `[worker.parameters]`: parameters that a file declares for its own worker.

use gainsweep_contract::Value;
use gainsweep_language::{Sweep, parse};

const DECLARED: &str = "[worker]\ncommand = [\"x\"]\n[worker.parameters]\n\
    alpha = { type = \"float\", minimum = 0, default = 1.0, help = \"strength of the penalty\" }\n\
    depth = { type = \"integer\", minimum = 1, maximum = 10 }\n\
    loss = { type = \"text\", one_of = [\"l1\", \"l2\"], default = \"l2\" }\n\
    early = { type = \"boolean\", default = false }\n";

fn read(more: &str) -> Result<Sweep, Vec<(String, String)>> {
    let text = format!("{DECLARED}{more}");
    let checked = parse(&text).and_then(|sweep| sweep.validate_cells().map(|()| sweep));
    checked.map_err(|problems| {
        let place = |span: std::ops::Range<usize>| text[span].to_string();
        problems.into_iter().map(|problem| (problem.message, place(problem.span.expect("a place")))).collect()
    })
}

fn messages(more: &str) -> Vec<String> {
    read(more)
        .expect_err("refused")
        .into_iter()
        .map(|(message, place)| format!("{message} @ {place}"))
        .collect()
}

#[test]
fn defaults_are_filled_in_and_numbers_get_their_type() {
    let sweep = read("[grid]\ndepth = [1, 2.0]\n[params]\nalpha = 2\n").expect("right");
    let cell = sweep.cell(1);
    assert_eq!(cell.parameters["depth"], Value::Integer(2));
    assert_eq!(cell.parameters["alpha"], Value::Float(2.0));
    assert_eq!(cell.parameters["loss"], Value::Text("l2".into()));
    let id = |more: &str| read(more).expect("right").cell(0).id;
    let bare = id("[params]\ndepth = 3\n");
    assert_eq!(
        id("[params]\nearly = false\ndepth = 3.0\nalpha = 1\nloss = \"l2\"\n"),
        bare,
        "defaults written out"
    );
    assert_ne!(id("[params]\ndepth = 4\n"), bare);
    let sweep = read("[params]\ndepth = 3\n").expect("right");
    assert_eq!(sweep.id(0), bare);
}

#[test]
fn everything_is_held_against_it() {
    assert_eq!(
        messages("[params]\nalhpa = 1\ndepth = 0\n[grid]\nloss = [\"l1\", \"l3\"]\nearly = [1]\n"),
        [
            "unknown parameter `alhpa` @ alhpa",
            "`depth` must be a whole number from 1 to 10, got 0 @ 0",
            "`loss` must be one of l1, l2, got \"l3\" @ \"l3\"",
            "`early` must be true or false, got 1 @ 1",
        ]
    );
    assert_eq!(
        messages("[grid]\ndepth = { from = 8, to = 12, step = 1 }\n"),
        ["`depth` must be a whole number from 1 to 10, got 11 @ { from = 8, to = 12, step = 1 }"]
    );
    assert_eq!(
        messages("[params]\nalpha = -1.5\ndepth = [1, 2]\n"),
        [
            "`alpha` must be a number of at least 0, got -1.5 @ -1.5",
            "`depth` must be one value here, got a list @ [1, 2]",
        ]
    );
    assert_eq!(messages("[params]\nalpha = 1\n"), ["`depth` has no value, and no default @ depth"]);
    assert_eq!(
        messages("[grid]\nalpha = [1, 20]\n[derived]\ndepth = \"alpha\"\n"),
        ["`depth` must be a whole number from 1 to 10, got 20 @ \"alpha\""]
    );
    assert_eq!(
        messages("[params]\ndepth = 1\n[[exclude]]\nwhen = \"loss == 'l3' or lss == 'l1'\"\n"),
        ["unknown parameter `lss` @ lss"]
    );
    assert_eq!(
        messages("[params]\ndepth = 1\n[[exclude]]\nwhen = \"loss > 3\"\n"),
        ["this is a text, but a number is needed @ loss"]
    );
    let hint = parse(&format!("{DECLARED}[params]\nalhpa = 1\n")).expect_err("refused");
    assert_eq!(hint[0].hint.as_deref(), Some("did you mean `alpha`? strength of the penalty"));
}

#[test]
fn expressions_see_declared_defaults() {
    let sweep =
        read("[grid]\nearly = [true, false]\n[derived]\ndepth = \"if(early, 1, 2) + round(alpha)\"\n");
    let sweep = sweep.expect("right");
    let depths: Vec<_> = sweep.cells().map(|cell| cell.parameters["depth"].clone()).collect();
    assert_eq!(depths, [Value::Integer(2), Value::Integer(3)]);
    let sweep = read("[params]\ndepth = 2\n[one_at_a_time]\nalpha = [0.1, 1, 10]\n").expect("right");
    assert_eq!(sweep.count(), 3, "around the default");
}

#[test]
fn wrong_declarations_are_refused() {
    for (declaration, message) in [
        ("x = { minimum = 1 }", "`x` has no `type`"),
        ("x = { type = \"flaot\" }", "unknown type `flaot`"),
        (
            "x = { type = \"float\", minimum = 2, maximum = 1 }",
            "`x` has no possible value: its minimum is above its maximum",
        ),
        ("x = { type = \"integer\", default = 0.5 }", "the default of `x` must be a whole number"),
        ("x = { type = \"float\", one_of = [\"a\"] }", "`one_of` belongs to texts"),
        ("x = { type = \"text\", maximum = 1 }", "`maximum` belongs to numbers"),
        ("x = { type = \"float\", minmum = 1 }", "unknown key `minmum` in a declared parameter"),
        ("x = 3", "`x` must be declared in a table, got 3 (a whole number)"),
        ("x = { type = \"float\", minimum = \"a\" }", "`minimum` must be a number, got \"a\" (a text)"),
    ] {
        let text = format!("[worker]\ncommand = [\"x\"]\n[worker.parameters]\n{declaration}\n");
        let problems = parse(&text).expect_err("refused");
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert_eq!(problems[0].message, message, "{declaration}");
    }
}
