//! Refuses parameters that are set in two places.

use std::collections::BTreeMap;

use crate::axis::{Axis, Setting};
use crate::block::Factor;
use crate::diagnostic::{Diagnostic, Span};

/// The place where a parameter was set.
#[derive(Clone)]
struct SetAt {
    key: Span,
    words: &'static str,
}

/// Refuses a parameter that is constant and varies, is derived and anything else, or varies in two factors. A
/// case may override a constant that some case keeps; so may one at a time.
pub(super) fn refuse(
    constants: &[Setting],
    factors: &[Factor],
    axes: &[Axis],
    derived: &[(String, Span)],
    problems: &mut Vec<Diagnostic>,
) {
    let mut varied: BTreeMap<&str, SetAt> = BTreeMap::new();
    for (name, key) in derived {
        varied.insert(name, SetAt { key: key.clone(), words: "derived" });
    }
    for factor in factors {
        let said: Vec<(&str, SetAt)> = match &factor.cases {
            Some(cases) => in_cases(cases),
            None => axes[factor.axes.clone()]
                .iter()
                .map(|axis| (axis.name.as_str(), SetAt { key: axis.key.clone(), words: "an axis" }))
                .collect(),
        };
        for (name, place) in said {
            if let Some(first) = varied.get(name) {
                problems.push(
                    Diagnostic::new(format!("`{name}` varies in two places"))
                        .at(place.key)
                        .label(place.words)
                        .also(first.key.clone(), first.words)
                        .hint("a parameter can vary in one place only: remove the other"),
                );
            } else {
                varied.insert(name, place);
            }
        }
    }
    let cases = factors.iter().find_map(|factor| factor.cases.as_ref());
    for constant in constants {
        let Some(place) = varied.get(constant.name.as_str()) else { continue };
        let name = &constant.name;
        if place.words == "derived" {
            problems.push(
                Diagnostic::new(format!("`{name}` is both constant and derived"))
                    .at(place.key.clone())
                    .also(constant.key.clone(), "constant here")
                    .hint("remove one of them"),
            );
        } else if place.words == "an axis" {
            problems.push(
                Diagnostic::new(format!("`{name}` is both constant and an axis"))
                    .at(place.key.clone())
                    .also(constant.key.clone(), "constant here")
                    .hint(format!("remove `{name}` from [params] to let it vary")),
            );
        } else if cases
            .is_some_and(|cases| cases.iter().all(|case| case.iter().any(|setting| setting.name == *name)))
        {
            problems.push(
                Diagnostic::new(format!("`{name}` in [params] does nothing: every case sets it"))
                    .at(constant.key.clone())
                    .hint("remove it here, or from the cases with this value"),
            );
        }
    }
}

fn in_cases(cases: &[Vec<Setting>]) -> Vec<(&str, SetAt)> {
    let mut said: BTreeMap<&str, SetAt> = BTreeMap::new();
    for setting in cases.iter().flatten() {
        said.entry(&setting.name).or_insert(SetAt { key: setting.key.clone(), words: "set by a case" });
    }
    said.into_iter().collect()
}
