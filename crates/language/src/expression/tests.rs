use gainsweep_contract::{Value, ValueMap};

use super::{Expression, ExpressionFault, ValueKind};

fn cell() -> ValueMap {
    [
        ("tau", Value::Float(10.0)),
        ("units", Value::Integer(7)),
        ("input", Value::Text("xy".into())),
        ("additive", Value::Boolean(true)),
        ("layers", Value::List(vec![Value::Integer(1)])),
    ]
    .map(|(name, value)| (name.to_string(), value))
    .into()
}

fn value(text: &str) -> Result<Option<Value>, ExpressionFault> {
    let cell = cell();
    Expression::parse(text)?.evaluate(&|name| cell.get(name).cloned())
}

fn number(text: &str) -> f64 {
    value(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}")).and_then(|v| v.as_number()).expect(text)
}

fn holds(text: &str) -> bool {
    value(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}")) == Some(Value::Boolean(true))
}

#[test]
fn arithmetic_is_exact_where_it_can_be() {
    assert_eq!(value("7 / 7"), Ok(Some(Value::Integer(1))));
    assert_eq!(value("units * 2 + 1"), Ok(Some(Value::Integer(15))));
    assert_eq!(value("3 * 0.1"), Ok(Some(Value::Float(0.3))));
    assert_eq!(value("9007199254740993 + 0"), Ok(Some(Value::Integer(9_007_199_254_740_993))));
    for (text, expected) in [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("-2 ^ 2", -4.0),
        ("2 ^ -1", 0.5),
        ("10 - 2 - 3", 5.0),
        ("7 // 2", 3.0),
        ("-7 // 2", -4.0),
        ("7 // -2", -4.0),
        ("-7 % 2", 1.0),
        ("7.5 // 2", 3.0),
        ("1 / 3", 0.333_333_333_333_333),
        ("1e-3 * tau", 0.01),
        ("min(3, tau, 2.5)", 2.5),
        ("max(3, tau)", 10.0),
        ("round(2.5)", 3.0),
        ("floor(-0.5)", -1.0),
        ("ceil(tau / 3)", 4.0),
        ("sqrt(16) + abs(-1)", 5.0),
        ("log10(1000) + log2(8) + log(exp(2))", 8.0),
        ("if(tau > 5, 1, 2)", 1.0),
        ("+5 - -3", 8.0),
        ("1_000", 1000.0),
    ] {
        assert!((number(text) - expected).abs() < 1e-12, "{text} = {}, not {expected}", number(text));
    }
}

#[test]
fn conditions_compare_values_and_never_fit_what_is_absent() {
    for text in [
        "tau == 10",
        "tau == 1e1 and input == 'xy'",
        "units in [1, 7] and input not in [\"x\"]",
        "not (tau < 10 or additive == false)",
        "additive and tau > 1",
        "3 * 0.1 == 0.3",
        "input != 5",
        "inf > tau",
        "not absent == 3",
        "9007199254740993 != 9007199254740992",
        "layers == layers",
    ] {
        assert!(holds(text), "{text}");
    }
    for text in
        ["tau != 10", "absent == 1", "absent != 1", "absent > 1", "absent in [1]", "input == 'x' or absent"]
    {
        assert!(!holds(text), "{text}");
    }
    assert_eq!(value("absent * 2"), Ok(None));
    assert_eq!(value("min(absent, 2)"), Ok(None));
}

#[test]
fn mistakes_have_their_places() {
    let cases = [
        ("tau = 10", "`=` is not understood", "="),
        ("tau > 1 && tau < 3", "`&&` is not understood", "&&"),
        ("tau ** 2", "`**` is not understood", "**"),
        ("'x", "opens a text", "'"),
        ("1 < tau < 3", "cannot be chained", "< tau <"),
        ("tau >", "ends too early", ">"),
        ("", "is empty", ""),
        ("tau tau", "`tau` is not expected", "tau"),
        ("maxx(1)", "unknown function `maxx`", "maxx"),
        ("if(true, 1)", "takes three values", "if(true, 1)"),
        ("(1 + 2", "`)` is missing", "(1 + 2"),
        ("1 + 2)", "`)` is not expected", ")"),
        ("12abc", "is not a number", "12abc"),
        ("99999999999999999999", "too large", "99999999999999999999"),
        ("tau in 3", "needs a list", "in"),
        ("and 3", "missing before `and`", "and"),
        ("1 / (units - 7)", "is 0", "(units - 7)"),
        ("9223372036854775807 + 1", "too large for a whole number", "9223372036854775807 + 1"),
        ("input * 2", "a number is needed", "input"),
        ("log(0)", "is not a number", "log(0)"),
        ("sqrt(0 - 1)", "is not a number", "sqrt(0 - 1)"),
        ("not tau", "true or false is needed", "tau"),
        ("inf - inf", "this is not a number", "inf - inf"),
    ];
    for (text, message, place) in cases {
        let fault = value(text).expect_err(text);
        assert!(fault.message.contains(message), "{text}: {fault:?}");
        assert_eq!(&text[fault.place.clone()], place, "{text}: {fault:?}");
    }
}

#[test]
fn kinds_are_known_before_there_is_a_cell() {
    let of = |name: &str| match name {
        "input" => ValueKind::Text,
        "additive" => ValueKind::Boolean,
        "anything" => ValueKind::Any,
        _ => ValueKind::Number,
    };
    let kind = |text: &str| Expression::parse(text).expect(text).kind(&of);
    assert_eq!(kind("tau > 1 and additive"), Ok(ValueKind::Boolean));
    assert_eq!(kind("if(additive, tau, anything)"), Ok(ValueKind::Number));
    assert_eq!(kind("anything"), Ok(ValueKind::Any));
    for wrong in
        ["input > 3", "tau == 'x'", "tau and additive", "input + 1", "input in [1]", "if(1, 2, 3)", "-input"]
    {
        assert!(kind(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn depth_and_length_are_bounded() {
    let deep = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
    assert!(value(&deep).is_err());
    let nested = format!("{}1{}", "(".repeat(100), ")".repeat(100));
    assert!(value(&nested).expect_err("too deep").message.contains("nested deeper"));
    assert!(value(&format!("{}1", "- ".repeat(1000))).is_err());
    assert!(value(&vec!["1"; 500].join("+")).is_ok(), "long, and not nested");
    assert!(value(&vec!["1"; 501].join("+")).expect_err("long").message.contains("more than 1000 words"));
    assert!(value(&vec!["2"; 1000].join("^")).is_err());
}
