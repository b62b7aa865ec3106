//! `[random]`: randomly drawn parameters. One factor, whose axes are combined row by row.
//!
//! A draw is a pure function of the seed, the parameter and the number of the draw. So a larger count keeps
//! the first draws, and an added parameter changes no other.

use std::collections::HashSet;

use gainsweep_contract::Value;
use gainsweep_contract::schema::nearest;
use toml::de::DeTable;

use super::factors::FactorReader;
use super::syntax::{Key, Node, describe, one_or_several, unknown_key};
use super::values::{self, MOST_VALUES};
use crate::axis::{Axis, Spans};
use crate::diagnostic::{Diagnostic, Span};

/// The keys besides the parameters.
pub(crate) const KEYS: [&str; 3] = ["count", "seed", "method"];
pub(crate) const METHODS: [&str; 2] = ["independent", "low_discrepancy"];
pub(crate) const DISTRIBUTIONS: [&str; 5] = ["uniform", "log_uniform", "integer", "log_integer", "choice"];
/// The number of members of the low-discrepancy sequence, and of its dimensions.
const SEQUENCE: u64 = 1 << 16;
const DIMENSIONS: usize = sobol_burley::NUM_DIMENSIONS as usize;
/// Significant digits of a drawn value, so that every machine has the same number, and the same cell.
const DIGITS: usize = 12;

/// The distribution of a parameter. Both bounds are included.
enum Distribution {
    Uniform(f64, f64),
    LogUniform(f64, f64),
    Integer(i64, i64),
    LogInteger(i64, i64),
    Choice(Vec<Value>),
}

/// The number of draws, and their sequence.
struct Draws {
    count: u64,
    seed: u32,
    low_discrepancy: bool,
}

/// A parameter to draw.
struct Drawn {
    name: String,
    key: Span,
    span: Span,
    distribution: Distribution,
}

impl FactorReader<'_> {
    /// `[random]`, or `[[random]]` several times.
    pub(super) fn random(&mut self, key: &Key<'_>, node: &Node<'_>) {
        for (span, table) in one_or_several(key, node, self.problems) {
            self.random_group(&span, table);
        }
    }

    fn random_group(&mut self, span: &Span, table: &DeTable<'_>) {
        let before = self.problems.len();
        let draws = draws(span, table, self.problems);
        let mut parameters = Vec::new();
        for (key, node) in table.iter().filter(|(key, _)| !KEYS.contains(&key.get_ref().as_ref())) {
            // Check the name as for any axis, before the distribution.
            let (name, known) = (key.get_ref().to_string(), self.problems.len());
            values::check_axis_name(key, self.schema, self.problems);
            if let Some(distribution) =
                distribution(key, node, self.problems).filter(|_| self.problems.len() == known)
            {
                parameters.push(Drawn { name, key: key.span(), span: node.span(), distribution });
            }
        }
        if self.problems.len() > before {
            return;
        }
        let Some(draws) = draws else { return };
        if parameters.is_empty() {
            self.problems.push(
                Diagnostic::new("nothing is drawn")
                    .at(span.clone())
                    .hint("add a parameter, for example `noise = { uniform = [0, 0.1] }`"),
            );
            return;
        }
        if draws.low_discrepancy && parameters.len() > DIMENSIONS {
            self.problems.push(
                Diagnostic::new(format!("a low-discrepancy sequence has at most {DIMENSIONS} parameters"))
                    .at(span.clone()),
            );
            return;
        }
        let rows = rows(&draws, &parameters);
        if (rows.len() as u64) < draws.count {
            self.problems.push(
                Diagnostic::new(format!(
                    "there are only {} different draws, not {}",
                    rows.len(),
                    draws.count
                ))
                .at(span.clone())
                .hint("draw fewer, or list the values in [grid]"),
            );
            return;
        }
        let mut axes = Vec::new();
        for (column, drawn) in parameters.into_iter().enumerate() {
            let listed = rows.iter().map(|row| row[column].clone()).collect();
            let listed = values::in_range(&drawn.name, listed, &drawn.span, self.schema, self.problems);
            axes.push(Axis {
                name: drawn.name,
                values: listed,
                key: drawn.key,
                spans: Spans::One(drawn.span),
                when: None,
            });
        }
        self.push_rows(axes, self.problems.len() == before);
    }
}

/// The first draws that differ from each other.
fn rows(draws: &Draws, parameters: &[Drawn]) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    let mut seen = HashSet::new();
    let last =
        if draws.low_discrepancy { SEQUENCE } else { draws.count.saturating_mul(50).saturating_add(1000) };
    for number in 0..last {
        if rows.len() as u64 == draws.count {
            break;
        }
        let row: Vec<Value> = parameters
            .iter()
            .enumerate()
            .map(|(dimension, drawn)| drawn.distribution.at(draws.fraction(&drawn.name, dimension, number)))
            .collect();
        let key: Vec<String> = row.iter().map(Value::canonical).collect();
        if seen.insert(key) {
            rows.push(row);
        }
    }
    rows
}

impl Draws {
    /// A number from 0 to below 1.
    fn fraction(&self, name: &str, dimension: usize, number: u64) -> f64 {
        if self.low_discrepancy {
            // A Sobol' sequence with Owen scrambling.
            return f64::from(sobol_burley::sample(number as u32, dimension as u32, self.seed));
        }
        let hash = blake3::hash(format!("gainsweep draw 1\n{}\n{name}\n{number}", self.seed).as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hash.as_bytes()[..8]);
        // The 53 bits that a float holds.
        (u64::from_le_bytes(first) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Distribution {
    /// The value with this share of the distribution below it.
    fn at(&self, share: f64) -> Value {
        let between = |low: f64, high: f64| low + share * (high - low);
        let logarithmic = |low: f64, high: f64| libm::exp(between(libm::log(low), libm::log(high)));
        match self {
            Distribution::Uniform(low, high) => {
                Value::Float(rounded(between(*low, *high)).clamp(*low, *high))
            }
            Distribution::LogUniform(low, high) => {
                Value::Float(rounded(logarithmic(*low, *high)).clamp(*low, *high))
            }
            Distribution::Integer(low, high) => {
                let width = (high - low + 1) as f64;
                Value::Integer((low + (share * width) as i64).min(*high))
            }
            Distribution::LogInteger(low, high) => {
                Value::Integer((logarithmic(*low as f64, (*high + 1) as f64) as i64).clamp(*low, *high))
            }
            Distribution::Choice(values) => {
                let place = (share * values.len() as f64) as usize;
                values[place.min(values.len() - 1)].clone()
            }
        }
    }
}

fn rounded(value: f64) -> f64 {
    format!("{value:.*e}", DIGITS - 1).parse().unwrap_or(value)
}

fn draws(span: &Span, table: &DeTable<'_>, problems: &mut Vec<Diagnostic>) -> Option<Draws> {
    let (mut count, mut seed, mut low_discrepancy) = (None, 1, false);
    let before = problems.len();
    let whole = |node: &Node<'_>, range: std::ops::RangeInclusive<u64>| {
        let number = node.get_ref().as_integer()?;
        u64::from_str_radix(number.as_str(), number.radix()).ok().filter(|number| range.contains(number))
    };
    let mut refuse = |name: &str, node: &Node<'_>, wanted: &str| {
        let got = describe(node.get_ref());
        problems.push(Diagnostic::new(format!("`{name}` must be {wanted}, got {got}")).at(node.span()));
    };
    for (key, node) in table {
        match key.get_ref().as_ref() {
            "count" => match whole(node, 1..=MOST_VALUES) {
                Some(number) => count = Some((number, node.span())),
                None => refuse("count", node, &format!("a whole number from 1 to {MOST_VALUES}")),
            },
            "seed" => match whole(node, 0..=u32::MAX.into()) {
                Some(number) => seed = number as u32,
                None => refuse(
                    "seed",
                    node,
                    "the seed of the draws, a whole number from 0 to 4294967295; to draw the parameter `seed`, use [replicates]",
                ),
            },
            "method" => match node.get_ref().as_str() {
                Some(method) if METHODS.contains(&method) => low_discrepancy = method == METHODS[1],
                _ => refuse("method", node, "\"independent\" or \"low_discrepancy\""),
            },
            _ => {}
        }
    }
    if problems.len() > before {
        return None;
    }
    let Some((count, place)) = count else {
        problems.push(
            Diagnostic::new("`count` is missing").at(span.clone()).hint("add `count = 20`, for example"),
        );
        return None;
    };
    if low_discrepancy && count > SEQUENCE {
        problems.push(
            Diagnostic::new(format!("a low-discrepancy sequence has at most {SEQUENCE} draws")).at(place),
        );
        return None;
    }
    Some(Draws { count, seed, low_discrepancy })
}

fn distribution(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<Distribution> {
    let entry =
        node.get_ref().as_table().filter(|table| table.len() == 1).and_then(|table| table.iter().next());
    let Some((kind, bounds)) = entry else {
        let name = key.get_ref();
        problems.push(
            Diagnostic::new(format!("`{name}` must have a distribution, got {}", describe(node.get_ref())))
                .at(node.span())
                .hint(format!(
                    "for example `{name} = {{ uniform = [0, 1] }}`; the distributions are {}",
                    DISTRIBUTIONS.join(", ")
                )),
        );
        return None;
    };
    let name = kind.get_ref().as_ref();
    if !DISTRIBUTIONS.contains(&name) {
        let problem = unknown_key("a distribution", kind, &DISTRIBUTIONS);
        problems.push(match nearest(name, DISTRIBUTIONS) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        });
        return None;
    }
    let read = || -> Result<Distribution, String> {
        let items = bounds.get_ref().as_array().ok_or("must be a list in brackets")?;
        let items: Vec<Value> =
            items.iter().map(values::value).collect::<Result<_, _>>().map_err(|problem| problem.message)?;
        if name == "choice" {
            return if items.is_empty() {
                Err("needs values".into())
            } else {
                Ok(Distribution::Choice(items))
            };
        }
        let [low, high] = items.as_slice() else { return Err("must be two bounds, [from, to]".into()) };
        let (Some(a), Some(b)) = (low.as_number(), high.as_number()) else {
            return Err("must be two numbers".into());
        };
        if !(a.is_finite() && b.is_finite() && a < b) {
            return Err("must go up, from one finite number to another".into());
        }
        if name.starts_with("log") && a <= 0.0 {
            return Err("must be above 0 to be logarithmic".into());
        }
        match (name, low, high) {
            ("uniform", ..) => Ok(Distribution::Uniform(a, b)),
            ("log_uniform", ..) => Ok(Distribution::LogUniform(a, b)),
            (_, Value::Integer(low), Value::Integer(high)) if a.abs() < 2e9 && b.abs() < 2e9 => {
                Ok(if name == "integer" {
                    Distribution::Integer(*low, *high)
                } else {
                    Distribution::LogInteger(*low, *high)
                })
            }
            _ => Err("must be whole numbers, below two billion".into()),
        }
    };
    match read() {
        Ok(distribution) => Some(distribution),
        Err(reason) => {
            problems.push(Diagnostic::new(format!("`{name}` {reason}")).at(bounds.span()));
            None
        }
    }
}
