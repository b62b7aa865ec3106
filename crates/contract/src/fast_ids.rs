//! Ids and checks of many cells. The answers equal those of [`Parameters::resolve`], but no parameters are
//! built: a sweep of a million cells asks a million times.
//!
//! If something is wrong, or a value has another type than its own, [`Parameters::resolve`] gives the answer.

use crate::contradictions::{decides, find_contradictions};
use crate::defaults::WithDefaults;
use crate::identity::CellId;
use crate::parameters::Parameters;
use crate::value::ValueMap;

/// The id that [`Parameters::resolve`] would return; `None` if it would refuse the parameters.
pub fn id(given: &ValueMap) -> Option<CellId> {
    let id = WithDefaults::of(given).filter(agrees).and_then(|complete| complete.id());
    id.or_else(|| Parameters::resolve(given).ok().map(|parameters| parameters.id()))
}

/// The id of parameters that passed [`is_right`]: contradictions are not checked again.
pub fn id_of_right(given: &ValueMap) -> Option<CellId> {
    let id = WithDefaults::of(given).and_then(|complete| complete.id());
    id.or_else(|| Parameters::resolve(given).ok().map(|parameters| parameters.id()))
}

/// Would [`Parameters::resolve`] accept them?
pub fn is_right(given: &ValueMap) -> bool {
    WithDefaults::of(given).is_some_and(|complete| complete.fits() && agrees(&complete))
        || Parameters::resolve(given).is_ok()
}

/// Is it free of contradictions? Defaults do not contradict each other.
fn agrees(complete: &WithDefaults<'_>) -> bool {
    let deciding = |name: &String| name != "model" && decides(name);
    if !complete.given.keys().any(deciding) {
        return true;
    }
    let mut problems = Vec::new();
    find_contradictions(complete, &mut problems);
    problems.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fitting;
    use crate::model::Model;
    use crate::schema::{Kind, PARAMETERS, Parameter};
    use crate::value::Value;

    /// The parameters of the test, and the values that are tried.
    fn tried_at(parameter: &Parameter) -> Vec<Value> {
        let Kind::Choice(names) = parameter.kind else { return tried() };
        names.iter().map(|name| Value::Text((*name).into())).chain(tried()).collect()
    }

    /// Values that the tests try for a parameter, valid and invalid ones.
    fn tried() -> Vec<Value> {
        let texts = [
            "chords",
            "waveforms",
            " chords ",
            "0123456789abcdef",
            "sine 100, sine 2e2",
            "sine 100",
            "x",
            "dale",
            "spatial",
            "scale",
            "xy",
        ];
        let mut values: Vec<Value> = texts.iter().map(|text| Value::Text((*text).into())).collect();
        values.extend([0, 1, 2, 3, 101, 1 << 60, -1].map(Value::Integer));
        values.extend([0.0, -0.0, 0.5, 1.0, 1e300, f64::INFINITY, f64::NAN, -2.0].map(Value::Float));
        values.extend([Value::Boolean(true), Value::List(vec![Value::Integer(1)])]);
        values
    }

    fn same(given: &ValueMap) {
        let expected = Parameters::resolve(given).ok().map(|parameters| parameters.id());
        assert_eq!(id(given), expected, "{given:?}");
        assert_eq!(is_right(given), expected.is_some(), "{given:?}");
        if expected.is_some() {
            assert_eq!(id_of_right(given), expected, "{given:?}");
        }
    }

    #[test]
    fn a_quick_look_says_what_resolving_says() {
        for model in Model::ALL.map(|model| Some(model.name())).into_iter().chain([None, Some("x")]) {
            let base: ValueMap =
                model.iter().map(|name| ("model".to_string(), Value::Text((*name).into()))).collect();
            same(&base);
            for parameter in PARAMETERS {
                for value in tried_at(parameter) {
                    let mut one = base.clone();
                    one.insert(parameter.name.into(), value);
                    same(&one);
                    for (name, value) in [
                        ("sources", Value::Text("waveforms".into())),
                        ("number_of_sources", Value::Integer(2)),
                        ("samples_per_context", Value::Integer(50)),
                        ("modulation_width", Value::Integer(0)),
                        ("analysis", Value::Text("stages".into())),
                        ("analysis", Value::Text("frozen_feedback".into())),
                        ("network", Value::Text("0123456789abcdef".into())),
                        ("zzz", Value::Integer(1)),
                    ] {
                        let mut two = one.clone();
                        two.insert(name.into(), value);
                        same(&two);
                    }
                }
            }
        }
    }

    /// The fast check tries each value of such a parameter with one value of each other parameter. This test
    /// shows why that suffices.
    #[test]
    fn what_decides_nothing_is_right_by_itself() {
        for model in Model::ALL {
            let base = ValueMap::from([("model".to_string(), Value::Text(model.name().into()))]);
            let own = PARAMETERS.iter().filter(|parameter| parameter.models.contains(&model));
            let lone = own.clone().filter(|parameter| !decides(parameter.name));
            for (one, other) in lone.flat_map(|one| own.clone().map(move |other| (one, other))) {
                for beside in tried() {
                    let mut given = base.clone();
                    given.insert(other.name.into(), beside);
                    let fits = |value: &Value| fitting(one, value).is_some();
                    let right: Vec<bool> = tried_at(one)
                        .into_iter()
                        .filter(fits)
                        .map(|value| {
                            given.insert(one.name.into(), value);
                            is_right(&given)
                        })
                        .collect();
                    let same = right.windows(2).all(|pair| pair[0] == pair[1]) || one.name == other.name;
                    assert!(same && !right.is_empty(), "{} beside {given:?}", one.name);
                }
            }
        }
    }

    /// The fast check is useless if it always asks for the slow one.
    #[test]
    fn what_sweeps_give_is_seen_at_once() {
        let given = ValueMap::from([
            ("model".to_string(), Value::Text("spatial".into())),
            ("tau".into(), Value::Float(30.0)),
            ("seed".into(), Value::Integer(7)),
            ("sources".into(), Value::Text("sine 100, sine 150".into())),
        ]);
        assert!(WithDefaults::of(&given).is_some_and(|complete| complete.fits() && agrees(&complete)));
    }
}
