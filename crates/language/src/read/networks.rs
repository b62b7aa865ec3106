//! `[networks]`: a sweep of analyses reads the trained networks of another sweep.
//!
//! This crate reads no folders. The caller appends a table `[found]` with the trained networks to the text.
//! So the kept text names the networks of its cells.

use std::collections::{BTreeMap, BTreeSet};

use gainsweep_contract::{Value, schema};
use toml::de::DeTable;

use super::factors::FactorReader;
use super::syntax::{self, Key, Node, flag, table, text, texts, unknown_key};
use super::values::{self, Schema};
use super::{entry, random};
use crate::axis::{Axis, Setting, Spans};
use crate::diagnostic::{Diagnostic, Span};
use crate::networks::{FoundNetworks, NETWORK, Networks};

/// The `[networks]` table of a file, even if the rest has mistakes; `None` without one.
pub(super) fn asked(text: &str) -> Option<Networks> {
    let document = syntax::document(text).ok()?;
    let (key, node) = entry(&document, "networks")?;
    let mut problems = Vec::new();
    let networks = networks(key, node, &mut problems).filter(|_| problems.is_empty())?;
    Some(Networks { foreign: entry(&document, "worker").is_some(), ..networks })
}

/// `[networks]`.
pub(super) fn networks(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<Networks> {
    let entries = table(key, node, problems)?;
    let mut networks = Networks { place: node.span(), ..Networks::default() };
    let before = problems.len();
    for (key, node) in entries {
        match key.get_ref().as_ref() {
            "sweep" => {
                networks.sweep = text(key, node, problems).unwrap_or_default();
                networks.place = node.span();
                if let Err(reason) = crate::check_name(&networks.sweep)
                    && problems.len() == before
                {
                    problems.push(
                        Diagnostic::new(format!("the name of a sweep {reason}")).at(node.span()).hint(
                            "the name that its folder of results has, for example `sweep = \"timescale\"`",
                        ),
                    );
                }
            }
            "only" => networks.only = texts(key, node, problems).into_iter().map(|(word, _)| word).collect(),
            "finished" => networks.finished = flag(key, node, problems).unwrap_or_default(),
            _ => problems.push(unknown_key("[networks]", key, &["sweep", "only", "finished"])),
        }
    }
    if networks.sweep.is_empty() && problems.len() == before {
        problems.push(
            Diagnostic::new("[networks] needs a `sweep`")
                .at(node.span())
                .hint("the sweep that trained them, for example `sweep = \"timescale\"`"),
        );
    }
    (problems.len() == before).then_some(networks)
}

/// The networks in `[found]`.
pub(super) fn found(
    document: &DeTable<'_>,
    networks: &Networks,
    problems: &mut Vec<Diagnostic>,
) -> Option<FoundNetworks> {
    let Some(entries) = entry(document, "found").and_then(|(_, node)| node.get_ref().as_table()) else {
        problems.push(
            Diagnostic::new(format!("the networks of `{}` were not looked up", networks.sweep))
                .at(networks.place.clone())
                .hint("`gainsweep check` does that"),
        );
        return None;
    };
    let said =
        |name: &str| entry(entries, name).and_then(|(_, node)| node.get_ref().as_str().map(String::from));
    Some(FoundNetworks {
        sweep: networks.sweep.clone(),
        folder: said("folder").unwrap_or_default().into(),
        replicates: said("replicates"),
    })
}

impl FactorReader<'_> {
    /// One factor: each found network, with the parameters of its training. The file's own settings override
    /// them.
    pub(super) fn networks(&mut self, tables: &[&DeTable<'_>], document: &DeTable<'_>, asked: &Networks) {
        let Some((key, node)) = entry(document, "found") else { return };
        let Some(entries) = table(key, node, self.problems) else { return };
        let own = said(tables);
        let axes: Vec<String> = entry(entries, "axes").map_or_else(Vec::new, |(key, node)| {
            texts(key, node, self.problems).into_iter().map(|(name, _)| name).collect()
        });
        self.refuse_own(&own, &axes, asked);
        let cells = entry(entries, "cells").and_then(|(_, node)| node.get_ref().as_array());
        let mut levels = Vec::new();
        let mut columns: Vec<(Vec<Value>, BTreeSet<String>)> = vec![Default::default(); axes.len()];
        for cell in cells.into_iter().flatten().filter_map(|cell| cell.get_ref().as_table()) {
            let mut level = Vec::with_capacity(cell.len());
            for (key, node) in cell {
                let name = key.get_ref().as_ref();
                // With its own frequencies, the multiples of preset frequencies have no meaning.
                let left_out =
                    own.contains_key(name) || (name == "base_frequency" && own.contains_key("sources"));
                let Some(value) = values::value(node).ok().filter(|_| !left_out) else { continue };
                if let Some(axis) = axes.iter().position(|axis| axis == name)
                    && columns[axis].1.insert(value.canonical())
                {
                    columns[axis].0.push(value.clone());
                }
                let place = asked.place.clone();
                level.push(Setting { name: name.into(), value, key: place.clone(), span: place, when: None });
            }
            levels.push(level);
        }
        if levels.is_empty() {
            self.problems.push(
                Diagnostic::new(format!("no network of `{}` was found", asked.sweep))
                    .at(asked.place.clone())
                    .hint(format!("`gainsweep run {}` trains them", asked.sweep)),
            );
            return;
        }
        let axis = |(name, (values, _)): (String, (Vec<Value>, _))| Axis {
            name,
            values,
            key: asked.place.clone(),
            spans: Spans::One(asked.place.clone()),
            when: None,
        };
        self.push_levels(axes.into_iter().zip(columns).map(axis).collect(), levels);
    }

    /// Refuses parameters that trained networks cannot vary.
    fn refuse_own(&mut self, own: &BTreeMap<String, Span>, axes: &[String], asked: &Networks) {
        for (name, span) in own {
            let problem = if axes.contains(name) {
                let hint = if name == "seed" {
                    "`test_seed` selects the contexts and the noise of the tests"
                } else {
                    "`only` in [networks] reads some of them"
                };
                Diagnostic::new(format!("`{name}` varies among the networks of `{}` already", asked.sweep))
                    .hint(hint)
            } else if name == NETWORK {
                Diagnostic::new("`network` comes from [networks]")
                    .hint("`only` in [networks] reads some of them")
            } else if self.schema == Schema::BuiltIn
                && schema::find(name).is_some()
                && !schema::OF_A_TEST.contains(&name.as_str())
            {
                Diagnostic::new(format!("`{name}` was fixed when the networks were trained"))
                    .hint(format!("a test may vary {}", schema::OF_A_TEST.join(", ")))
            } else {
                continue;
            };
            self.problems.push(problem.at(span.clone()).also(asked.place.clone(), "the networks"));
        }
    }
}

/// The parameters that the file itself sets, and where.
fn said(tables: &[&DeTable<'_>]) -> BTreeMap<String, Span> {
    // For each table, the keys that are not parameters.
    const PLACES: [(&str, &[&str]); 9] = [
        ("params", &[]),
        ("case", &["name"]),
        ("zip", &[]),
        ("grid", &[]),
        ("random", &random::KEYS),
        ("one_at_a_time", &[]),
        ("derived", &[]),
        ("replicates", &[]),
        ("set", &[]),
    ];
    let mut said = BTreeMap::new();
    for (place, others) in PLACES {
        let mut add = |table: &DeTable<'_>| {
            let parameters = table.iter().filter(|(key, _)| !others.contains(&key.get_ref().as_ref()));
            said.extend(parameters.map(|(key, _)| (key.get_ref().to_string(), key.span())));
        };
        for (_, node) in tables.iter().filter_map(|table| entry(table, place)) {
            let items = node.get_ref().as_array().into_iter().flatten();
            let tables = items.filter_map(|item| item.get_ref().as_table());
            node.get_ref().as_table().into_iter().chain(tables).for_each(&mut add);
        }
    }
    said
}
