//! Given parameters, together with the defaults of the others. Ids, checks and complete sets of parameters
//! all come from one walk through both.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::LazyLock;

use crate::analysis::Analysis;
use crate::check::fitting;
use crate::identity::{self, CellId};
use crate::model::Model;
use crate::schema::{self, Fallback, PARAMETERS, Parameter};
use crate::value::{Value, ValueMap};

/// The value that the built-in worker uses for a parameter that is not given: the default of the given
/// network, or a value computed from other parameters. `None` if that network has no such parameter, or if
/// the given values are invalid.
pub fn default_of(name: &str, given: &ValueMap) -> Option<Value> {
    WithDefaults::of(given)?.default(name).map(Cow::into_owned)
}

/// The parameters that a default depends on.
pub fn default_rests_on(name: &str) -> Vec<&'static str> {
    let mut others = Vec::new();
    let Some(parameter) = schema::find(name).filter(|parameter| parameter.name != "model") else {
        return others;
    };
    others.push("model");
    let mut fallback = &parameter.default;
    if let Fallback::Of(_, inner) = fallback {
        others.push("analysis");
        fallback = inner;
    }
    if let Fallback::From(other, ..) = fallback {
        others.push(other);
    }
    others
}

/// One parameter of one network, with precomputed parts of ids.
struct NetworkParameter {
    parameter: &'static Parameter,
    /// The default, if it depends on nothing but the network.
    default: Option<Value>,
    /// Its name as in ids, `=` included.
    head: String,
    /// The same with the default and the end of the line; empty if the default depends on other parameters,
    /// or is absent.
    line: String,
}

/// The parameters of each network, in the order of their names.
static NETWORKS: LazyLock<[Vec<NetworkParameter>; Model::ALL.len()]> =
    LazyLock::new(|| Model::ALL.map(network_parameters));

fn network_parameters(model: Model) -> Vec<NetworkParameter> {
    let row = |parameter: &'static Parameter| {
        let mut head = String::new();
        identity::push_name(&mut head, parameter.name);
        let line = parameter.default_for(model).map_or_else(String::new, |value| {
            let mut line = head.clone();
            identity::push_value(&mut line, &value);
            line
        });
        NetworkParameter { parameter, default: fixed(&parameter.default, model), head, line }
    };
    let own = PARAMETERS.iter().filter(|parameter| parameter.models.contains(&model));
    let mut rows: Vec<NetworkParameter> = own.map(row).collect();
    rows.sort_by_key(|row| row.parameter.name);
    rows
}

fn fixed(fallback: &Fallback, model: Model) -> Option<Value> {
    match fallback {
        Fallback::Is(literal) => Some((*literal).into()),
        Fallback::By(choose) => Some(choose(model).into()),
        Fallback::From(..) | Fallback::Absent(_) => None,
        Fallback::Of(_, fallback) => fixed(fallback, model),
    }
}

/// The given parameters, and the others of the network.
#[derive(Clone, Copy)]
pub(crate) struct WithDefaults<'a> {
    pub(crate) given: &'a ValueMap,
    pub(crate) model: Model,
    pub(crate) analysis: Option<Analysis>,
}

impl<'a> WithDefaults<'a> {
    /// `None` if the network is unknown.
    pub(crate) fn of(given: &'a ValueMap) -> Option<WithDefaults<'a>> {
        let model = match given.get("model") {
            None => Model::Modulation,
            Some(Value::Text(name)) => Model::from_name(name)?,
            Some(_) => return None,
        };
        let analysis = match given.get("analysis") {
            Some(Value::Text(name)) => Analysis::from_name(name),
            _ => None,
        };
        Some(WithDefaults { given, model, analysis })
    }

    /// The final value of the parameter.
    pub(crate) fn value(&self, name: &str) -> Option<Cow<'a, Value>> {
        self.given.get(name).map(Cow::Borrowed).or_else(|| self.default(name))
    }

    /// The same for a number; 0 if it is not a number, or absent.
    pub(crate) fn number(&self, name: &str) -> f64 {
        self.value(name).and_then(|value| value.as_number()).unwrap_or_default()
    }

    /// The same for a count.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.number(name) as usize
    }

    /// The same for a text; empty if it is not a text, or absent.
    pub(crate) fn text(&self, name: &str) -> Cow<'a, str> {
        match self.value(name) {
            Some(Cow::Borrowed(Value::Text(text))) => Cow::Borrowed(text),
            Some(Cow::Owned(Value::Text(text))) => Cow::Owned(text),
            _ => Cow::Borrowed(""),
        }
    }

    fn default(&self, name: &str) -> Option<Cow<'a, Value>> {
        let rows = &NETWORKS[self.model as usize];
        let place = rows.binary_search_by(|row| row.parameter.name.cmp(name)).ok()?;
        self.default_in(&rows[place], &rows[place].parameter.default)
    }

    fn default_in(&self, row: &'static NetworkParameter, fallback: &Fallback) -> Option<Cow<'a, Value>> {
        match fallback {
            Fallback::Is(_) | Fallback::By(_) => row.default.as_ref().map(Cow::Borrowed),
            Fallback::From(other, compute, _) => compute(&*self.value(other)?).map(Cow::Owned),
            Fallback::Absent(_) => None,
            Fallback::Of(analyses, fallback) => {
                let has_it = self.analysis.is_some_and(|analysis| analyses.contains(&analysis));
                if has_it { self.default_in(row, fallback) } else { None }
            }
        }
    }

    /// Walks through the given parameters and those of the network together: both are sorted by name. Returns
    /// `false` if a given parameter is not the network's, or its value does not have the parameter's own
    /// type.
    fn walk(&self, mut visit: impl FnMut(&'static NetworkParameter, Option<&'a Value>)) -> bool {
        let mut left = self.given.iter().peekable();
        for row in &NETWORKS[self.model as usize] {
            let order =
                left.peek().map_or(Ordering::Greater, |(given, _)| given.as_str().cmp(row.parameter.name));
            let given = match order {
                Ordering::Less => return false,
                Ordering::Equal => match left.next().and_then(|(_, value)| fitting(row.parameter, value)) {
                    Some(Cow::Borrowed(value)) => Some(value),
                    Some(Cow::Owned(_)) | None => return false,
                },
                Ordering::Greater => None,
            };
            visit(row, given);
        }
        left.next().is_none()
    }

    /// Is each given parameter one of the network, with a value in its own type?
    pub(crate) fn fits(&self) -> bool {
        self.walk(|_, _| ())
    }

    /// The id of the complete parameters, if the given ones fit.
    pub(crate) fn id(&self) -> Option<CellId> {
        let mut text = identity::text();
        let fits = self.walk(|row, given| {
            if given.is_none() && !row.line.is_empty() {
                text.push_str(&row.line);
                return;
            }
            let value = given.map(Cow::Borrowed).or_else(|| self.default_in(row, &row.parameter.default));
            if let Some(value) = value {
                text.push_str(&row.head);
                identity::push_value(&mut text, &value);
            }
        });
        fits.then(|| identity::of_text(&text))
    }

    /// The complete parameters, if the given ones fit.
    pub(crate) fn values(&self) -> Option<ValueMap> {
        let mut values = Vec::with_capacity(NETWORKS[self.model as usize].len());
        let fits = self.walk(|row, given| {
            let value = given.map(Cow::Borrowed).or_else(|| self.default_in(row, &row.parameter.default));
            values.extend(value.map(|value| (row.parameter.name.to_string(), value.into_owned())));
        });
        fits.then(|| values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Parameters;

    #[test]
    fn each_default_is_the_one_that_resolving_fills_in() {
        let text = |text: &str| Value::Text(text.into());
        for model in Model::ALL {
            let given: ValueMap = [
                ("model".to_string(), text(model.name())),
                ("sources".to_string(), text("sine 100, sine 150, sine 200")),
                ("samples_per_context".to_string(), Value::Integer(70)),
                ("context_type".to_string(), text("random")),
            ]
            .into();
            let resolved = Parameters::resolve(&given).expect("valid").into_values();
            for parameter in PARAMETERS {
                let expected = resolved.get(parameter.name).filter(|_| !given.contains_key(parameter.name));
                if !given.contains_key(parameter.name) {
                    assert_eq!(default_of(parameter.name, &given).as_ref(), expected, "{}", parameter.name);
                }
            }
        }
    }

    #[test]
    fn a_default_rests_on_what_it_is_computed_from() {
        assert_eq!(default_rests_on("model"), [""; 0]);
        assert_eq!(default_rests_on("tau"), ["model"]);
        assert_eq!(default_rests_on("number_of_sources"), ["model", "sources"]);
        assert_eq!(default_rests_on("drive"), ["model", "analysis"]);
    }
}
