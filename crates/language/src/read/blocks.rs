//! The blocks of a file. All of them share what is at the top of the file.

use std::collections::BTreeSet;

use gainsweep_contract::ValueMap;
use toml::de::{DeTable, DeValue};

use super::block_assembly::{self, BlockParts};
use super::expression::KnownNames;
use super::factors::FactorReader;
use super::precision::Count;
use super::syntax::{Key, Node, table, tables, text, unknown_key};
use super::values::{self, Schema};
use super::{entry, set_twice};
use crate::axis::{Setting, WrittenExpression};
use crate::block::Block;
use crate::diagnostic::{Diagnostic, Span};
use crate::networks::Networks;

/// The tables of a block.
pub(crate) const IN_BLOCK: [&str; 10] =
    ["name", "params", "case", "zip", "grid", "random", "one_at_a_time", "derived", "exclude", "replicates"];

/// All blocks, and more of what they set.
pub(super) struct Blocks<'d> {
    pub(super) list: Vec<Block>,
    /// The replicate axis.
    pub(super) replicates: Option<String>,
    /// The count of each block's replicates, if it is a count.
    pub(super) counts: Vec<Count>,
    /// Does the command line list the replicates?
    pub(super) listed: bool,
    /// Most replicates of a point.
    at_most: Option<usize>,
    /// The parameters that expressions of the whole file may use.
    pub(super) names: KnownNames<'d>,
}

/// Reads the blocks; a file without `[[block]]` is one.
pub(super) fn read<'d>(
    document: &DeTable<'_>,
    schema: Schema<'d>,
    networks: Option<&Networks>,
    at_most: Option<usize>,
    problems: &mut Vec<Diagnostic>,
) -> Blocks<'d> {
    let mut read = Blocks {
        list: Vec::new(),
        replicates: None,
        counts: Vec::new(),
        listed: false,
        at_most,
        names: KnownNames::of(schema, BTreeSet::new()),
    };
    let mut known = BTreeSet::new();
    let set = entry(document, "set").map_or_else(Vec::new, |(key, node)| set_names(key, node, problems));
    let Some((key, node)) = entry(document, "block") else {
        one(&[document], document, &set, networks, None, schema, &mut known, &mut read, problems);
        read.names = KnownNames::of(schema, known);
        return read;
    };
    let mut names: Vec<(String, Span)> = Vec::new();
    for (span, table) in tables(key, node, problems) {
        for (key, _) in table.iter().filter(|(key, _)| !IN_BLOCK.contains(&key.get_ref().as_ref())) {
            problems.push(unknown_key("a block", key, &IN_BLOCK));
        }
        let Some((key, node)) = entry(table, "name") else {
            problems.push(
                Diagnostic::new("this block has no name")
                    .at(span)
                    .hint("add `name = \"...\"`: the tables show it in the column `block`"),
            );
            continue;
        };
        let Some(name) = text(key, node, problems) else { continue };
        if let Some((_, first)) = names.iter().find(|(known, _)| *known == name) {
            problems.push(
                Diagnostic::new(format!("two blocks are called `{name}`"))
                    .at(node.span())
                    .also(first.clone(), "first here"),
            );
            continue;
        }
        names.push((name.clone(), node.span()));
        one(
            &[document, table],
            document,
            &set,
            networks,
            Some(name),
            schema,
            &mut known,
            &mut read,
            problems,
        );
    }
    read.names = KnownNames::of(schema, known);
    read
}

fn set_names(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Vec<String> {
    table(key, node, problems)
        .map_or_else(Vec::new, |entries| entries.iter().map(|(key, _)| key.get_ref().to_string()).collect())
}

/// Reads one block: first the shared parts, then its own.
#[expect(clippy::too_many_arguments, reason = "what is read, what for, and where it goes")]
fn one(
    tables: &[&DeTable<'_>],
    document: &DeTable<'_>,
    set: &[String],
    networks: Option<&Networks>,
    name: Option<String>,
    schema: Schema<'_>,
    known: &mut BTreeSet<String>,
    into: &mut Blocks<'_>,
    problems: &mut Vec<Diagnostic>,
) {
    let each = |name: &'static str| tables.iter().filter_map(move |table| entry(table, name));
    let mut constants: Vec<Setting> = Vec::new();
    for (key, node) in each("params") {
        // A block's own constant overrides the shared one.
        let own = params(key, node, schema, problems);
        constants.retain(|shared| own.iter().all(|own| own.name != shared.name));
        constants.extend(own);
    }
    constants.retain(|constant| !set.contains(&constant.name));
    let derived = derived(each("derived"), set, schema, problems);
    let exclude = each("exclude").flat_map(|(key, node)| exclusions(key, node, problems)).collect();

    // The factors have this order, whatever the order of the file: replicates vary fastest.
    let mut read = FactorReader {
        schema,
        set,
        list: Vec::new(),
        axes: Vec::new(),
        at_most: into.at_most,
        replicates: None,
        listed: false,
        problems,
    };
    if let Some(networks) = networks {
        read.networks(tables, document, networks);
    }
    for (key, node) in each("case") {
        read.cases(key, node);
    }
    for (key, node) in each("zip") {
        read.zip(key, node);
    }
    for (key, node) in each("grid") {
        read.grid(key, node);
    }
    for (key, node) in each("random") {
        read.random(key, node);
    }
    for (key, node) in each("one_at_a_time") {
        read.one_at_a_time(key, node, &constants);
    }
    let replicates = each("replicates").next_back();
    let replicate = replicates.and_then(|(key, node)| read.replicates(key, node));
    if let Some((_, node)) = entry(document, "set") {
        constants.extend(read.set(node, replicate.as_deref()));
    }
    into.counts.push(read.replicates.take());
    into.listed |= read.listed;
    let FactorReader { list: factors, axes, problems, .. } = read;
    if tables.len() > 1 {
        // A parameter that varies or is derived in a block overrides the shared constant.
        let own = |constant: &Setting| {
            axes.iter().any(|axis| axis.name == constant.name)
                || derived.iter().any(|(name, ..)| *name == constant.name)
        };
        let shared = entry(document, "params").map_or(0..0, |(_, node)| node.span());
        let in_shared = |constant: &Setting| {
            entry(tables[1], "params").is_none_or(|(_, node)| !node.span().contains(&constant.key.start))
                && !shared.is_empty()
        };
        let by_levels = |constant: &Setting| {
            factors
                .iter()
                .filter_map(|factor| factor.cases.as_ref())
                .flatten()
                .flatten()
                .any(|s| s.name == constant.name)
        };
        constants.retain(|constant| !(own(constant) && in_shared(constant) && !by_levels(constant)));
    }
    let derived_keys: Vec<(String, Span)> =
        derived.iter().map(|(name, key, _)| (name.clone(), key.clone())).collect();
    set_twice::refuse(&constants, &factors, &axes, &derived_keys, problems);

    let cases = factors.iter().filter_map(|factor| factor.cases.as_ref()).flatten().flatten();
    let mut names: BTreeSet<String> =
        constants.iter().chain(cases).map(|setting| setting.name.clone()).collect();
    names.extend(axes.iter().map(|axis| axis.name.clone()));
    names.extend(derived.iter().map(|(name, ..)| name.clone()));
    known.extend(names.iter().cloned());
    let names = KnownNames::of(schema, names);
    let built_in = schema == Schema::BuiltIn;
    let defaults = match schema {
        Schema::Declared(declared) => declared.defaults(),
        Schema::BuiltIn | Schema::Free => ValueMap::new(),
    };
    let parts = BlockParts { name, constants, factors, axes, derived, exclude, built_in, defaults };
    into.list.push(block_assembly::assemble(parts, &names, problems));
    into.replicates = into.replicates.take().or(replicate);
}

/// `[params]`: constants.
fn params(
    key: &Key<'_>,
    node: &Node<'_>,
    schema: Schema<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Setting> {
    let Some(table) = table(key, node, problems) else { return Vec::new() };
    let mut settings = Vec::new();
    for (key, node) in table {
        match values::constant(key, node, schema) {
            Ok(setting) => settings.push(setting),
            Err(wrong) => problems.extend(wrong),
        }
    }
    settings
}

/// `[derived]`: each key is an expression of other parameters. A block's own key overrides the shared one.
fn derived<'a, 'i: 'a>(
    entries: impl Iterator<Item = (&'a Key<'i>, &'a Node<'i>)>,
    set: &[String],
    schema: Schema<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<(String, Span, WrittenExpression)> {
    let mut all: Vec<(String, Span, WrittenExpression)> = Vec::new();
    for (key, node) in entries {
        let Some(table) = table(key, node, problems) else { continue };
        for (key, node) in table {
            if let Err(problem) = schema.check_key(key) {
                problems.push(problem);
                continue;
            }
            let DeValue::String(text) = node.get_ref() else {
                problems.push(
                    Diagnostic::new(format!("`{}` must be an expression in quotes", key.get_ref()))
                        .at(node.span())
                        .hint("for example \"2 * tau\"; constants belong in [params]"),
                );
                continue;
            };
            let name = key.get_ref().to_string();
            all.retain(|(known, ..)| *known != name);
            if !set.contains(&name) {
                all.push((name, key.span(), WrittenExpression { text: text.to_string(), span: node.span() }));
            }
        }
    }
    all
}

/// `[[exclude]]`: conditions of excluded combinations.
fn exclusions(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Vec<WrittenExpression> {
    let mut all = Vec::new();
    for (span, table) in tables(key, node, problems) {
        let mut when = None;
        for (key, node) in table {
            match key.get_ref().as_ref() {
                "when" => {
                    when = Some(
                        text(key, node, problems).map(|text| WrittenExpression { text, span: node.span() }),
                    );
                }
                "because" => {
                    text(key, node, problems);
                }
                _ => problems.push(unknown_key("an exclusion", key, &["when", "because"])),
            }
        }
        match when {
            Some(when) => all.extend(when),
            None => problems.push(
                Diagnostic::new("this exclusion has no condition")
                    .at(span)
                    .hint("add `when = \"tau > 10 and noise == 0\"`"),
            ),
        }
    }
    all
}
