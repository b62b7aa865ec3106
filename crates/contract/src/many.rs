//! Is it right, and what is its id? The same answers as [`Parameters::resolve`] gives, without making the parameters:
//! sweeps of a million cells ask a million times.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::LazyLock;

use crate::analysis::Analysis;
use crate::contradictions::{contradictions, decides};
use crate::identity::{self, CellId};
use crate::parameters::{Parameters, fitting};
use crate::schema::{Model, PARAMETERS, Parameter};
use crate::sources::Sources;
use crate::value::{Value, ValueMap};

/// The id that [`Parameters::resolve`] of the same would have; `None` where it would refuse them.
pub fn id(given: &ValueMap) -> Option<CellId> {
    let mut text = identity::text();
    match look(given, Some(&mut text)) {
        Look::Right => Some(identity::of_text(&text)),
        Look::Unsure => Parameters::resolve(given).ok().map(|parameters| parameters.id()),
    }
}

/// The id of what [`is_right`] was said of already: whether values contradict each other is not asked again.
pub fn id_of_right(given: &ValueMap) -> Option<CellId> {
    let mut text = identity::text();
    let known = Known::new(given)?;
    match known.walk(Some(&mut text)) {
        Look::Right => Some(identity::of_text(&text)),
        Look::Unsure => Parameters::resolve(given).ok().map(|parameters| parameters.id()),
    }
}

/// Would [`Parameters::resolve`] take them?
pub fn is_right(given: &ValueMap) -> bool {
    match look(given, None) {
        Look::Right => true,
        Look::Unsure => Parameters::resolve(given).is_ok(),
    }
}

/// What a look without making anything can tell.
enum Look {
    /// They are right.
    Right,
    /// They are wrong, or written in another type than their own: somebody must look closely.
    Unsure,
}

/// One parameter of one network.
struct Entry {
    parameter: &'static Parameter,
    default: Option<Value>,
    /// Its default beside the analyses that have one.
    beside: Vec<(&'static str, Value)>,
    /// Its name as ids are made of it, `=` included.
    head: String,
    /// The same with the default and the end of the line; empty without a default.
    line: String,
}

/// The parameters of each network, by name.
static TABLES: LazyLock<[Vec<Entry>; Model::ALL.len()]> = LazyLock::new(|| Model::ALL.map(table));

fn table(model: Model) -> Vec<Entry> {
    let own = PARAMETERS.iter().filter(|parameter| parameter.models.contains(&model));
    let mut entries: Vec<Entry> = own
        .map(|parameter| {
            let mut head = String::new();
            identity::push_name(&mut head, parameter.name);
            // The network has no default here: whoever names none gets that of the schema.
            let default = parameter.default_for(model).filter(|_| parameter.name != "model");
            let line = default.as_ref().map_or_else(String::new, |value| {
                let mut line = head.clone();
                identity::push_value(&mut line, value);
                line
            });
            let beside = Analysis::NAMES.into_iter().filter_map(|name| {
                let value = parameter.default_with(Some(&Value::Text(name.into())))?;
                Some((name, value))
            });
            Entry { parameter, default, beside: beside.collect(), head, line }
        })
        .collect();
    entries.sort_by_key(|entry| entry.parameter.name);
    entries
}

fn look(given: &ValueMap, text: Option<&mut String>) -> Look {
    let Some(known) = Known::new(given) else { return Look::Unsure };
    if matches!(known.walk(text), Look::Unsure) {
        return Look::Unsure;
    }
    // Defaults do not contradict each other.
    let deciding = |name: &String| decides(name) && name != "model";
    if !given.keys().any(deciding) {
        return Look::Right;
    }
    let mut problems = Vec::new();
    contradictions(&|name| known.value(name), given, &mut problems);
    if problems.is_empty() { Look::Right } else { Look::Unsure }
}

/// What is given, and what the network has beside it.
struct Known<'a> {
    given: &'a ValueMap,
    table: &'static [Entry],
    model: Value,
    /// How many sources there are, as a value.
    sources: Value,
}

impl<'a> Known<'a> {
    /// `None` where the network is none.
    fn new(given: &'a ValueMap) -> Option<Known<'a>> {
        let model = match given.get("model") {
            None => Model::Modulation,
            Some(Value::Text(name)) => Model::from_name(name)?,
            Some(_) => return None,
        };
        let (table, sources) = (TABLES[model as usize].as_slice(), Value::Integer(0));
        let mut known = Known { given, table, model: Value::Text(model.name().into()), sources };
        if let Some(Value::Text(text)) = known.plain("sources") {
            let count = text.parse::<Sources>().map_or(0, |sources| sources.count());
            known.sources = Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        }
        Some(known)
    }

    fn entry(&self, name: &str) -> Option<&'static Entry> {
        let place = self.table.binary_search_by(|entry| entry.parameter.name.cmp(name)).ok()?;
        Some(&self.table[place])
    }

    /// What is given, or the default that depends on nothing.
    fn plain(&self, name: &str) -> Option<&Value> {
        self.given.get(name).or_else(|| self.entry(name)?.default.as_ref())
    }

    /// The default beside the analysis.
    fn beside(&self, name: &str) -> Option<&Value> {
        let Some(Value::Text(analysis)) = self.given.get("analysis") else { return None };
        let of_analysis = |(name, _): &&(&str, Value)| name == analysis;
        self.entry(name)?.beside.iter().find(of_analysis).map(|(_, value)| value)
    }

    /// What the parameter is in the end.
    fn value(&self, name: &str) -> Option<&Value> {
        match name {
            "model" => Some(&self.model),
            "number_of_sources" => self.given.get(name).or(Some(&self.sources)),
            "test_samples_per_context" => self.given.get(name).or_else(|| self.plain("samples_per_context")),
            _ => self.plain(name).or_else(|| self.beside(name)),
        }
    }

    /// Walks through what is given and what the network has side by side: both are in the order of their names.
    fn walk(&self, mut text: Option<&mut String>) -> Look {
        let mut left = self.given.iter().peekable();
        for entry in self.table {
            let name = entry.parameter.name;
            let order = left.peek().map_or(Ordering::Greater, |(given, _)| given.as_str().cmp(name));
            let own = match order {
                // A name that the network does not have.
                Ordering::Less => return Look::Unsure,
                Ordering::Equal => match left.next().and_then(|(_, value)| fitting(entry.parameter, value)) {
                    Some(Cow::Borrowed(value)) => Some(value),
                    _ => return Look::Unsure,
                },
                Ordering::Greater => None,
            };
            let Some(text) = text.as_deref_mut() else { continue };
            if own.is_none() && !entry.line.is_empty() {
                text.push_str(&entry.line);
            } else if let Some(value) = own.or_else(|| self.value(name)) {
                text.push_str(&entry.head);
                identity::push_value(text, value);
            }
        }
        if left.next().is_some() { Look::Unsure } else { Look::Right }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Kind;

    /// What is tried, and what this parameter may be.
    fn tried_at(parameter: &Parameter) -> Vec<Value> {
        let Kind::Choice(names) = parameter.kind else { return tried() };
        names.iter().map(|name| Value::Text((*name).into())).chain(tried()).collect()
    }

    /// Every value that a table of tests can try at a parameter, right and wrong ones.
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

    /// Whoever checks many cells tries each value of such a parameter beside one value of each other.
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

    /// The quick look is worth nothing when it always asks to look closely.
    #[test]
    fn what_sweeps_give_is_seen_at_once() {
        let given = ValueMap::from([
            ("model".to_string(), Value::Text("spatial".into())),
            ("tau".into(), Value::Float(30.0)),
            ("seed".into(), Value::Integer(7)),
            ("sources".into(), Value::Text("sine 100, sine 150".into())),
        ]);
        assert!(matches!(look(&given, None), Look::Right));
    }
}
