//! From TOML to a sweep. Each part of a file has a module here. A mistake in one part hides no mistake in
//! another.

mod block_assembly;
pub(crate) mod blocks;
pub(crate) mod declared_parameters;
mod expression;
mod factors;
mod networks;
mod one_at_a_time;
pub(crate) mod output;
pub(crate) mod plots;
pub(crate) mod precision;
mod project;
pub(crate) mod random;
pub(crate) mod range;
pub(crate) mod run;
mod set_twice;
pub(crate) mod slurm;
mod syntax;
mod values;
pub(crate) mod worker;

use toml::de::DeTable;

pub use self::project::ProjectSettings;
use self::syntax::{Key, Node, text, unknown_key};
use self::values::Schema;
use crate::diagnostic::Diagnostic;
use crate::name::check_name;
use crate::networks::Networks;
use crate::slurm::SlurmSection;
use crate::sweep::{Sweep, columns};

/// The keys and tables at the top of a sweep file.
pub(crate) const TOP: [&str; 22] = [
    "name",
    "question",
    "budget_core_hours",
    "params",
    "grid",
    "zip",
    "case",
    "random",
    "one_at_a_time",
    "derived",
    "exclude",
    "replicates",
    "block",
    "set",
    "networks",
    "found",
    "precision",
    "gather",
    "plot",
    "worker",
    "run",
    "slurm",
];

/// Reads a sweep file.
///
/// # Errors
/// Every mistake that the file has, each with its place, in the order of the file.
pub fn parse(text: &str) -> Result<Sweep, Vec<Diagnostic>> {
    let document = syntax::document(text)?;
    let mut problems = Vec::new();
    let sweep = sweep(&document, &mut problems);
    sorted(sweep, problems)
}

/// The `[networks]` table of a sweep file; `None` if it has none, or one with mistakes.
pub fn networks(text: &str) -> Option<Networks> {
    networks::asked(text)
}

/// Reads a site's profile: `[slurm]` as in a sweep file, and nothing else.
///
/// # Errors
/// Every mistake that the file has, each with its place, in the order of the file.
pub fn parse_profile(text: &str) -> Result<SlurmSection, Vec<Diagnostic>> {
    let document = syntax::document(text)?;
    let mut problems = Vec::new();
    let section = slurm::profile(&document, &mut problems);
    sorted(section, problems)
}

/// Reads a project's `gainsweep.toml`.
///
/// # Errors
/// Every mistake that the file has, each with its place, in the order of the file.
pub fn parse_project(text: &str) -> Result<ProjectSettings, Vec<Diagnostic>> {
    let document = syntax::document(text)?;
    let mut problems = Vec::new();
    let settings = project::settings(&document, &mut problems);
    sorted(settings, problems)
}

/// The result, or the mistakes in the order of the file.
fn sorted<T>(read: T, mut problems: Vec<Diagnostic>) -> Result<T, Vec<Diagnostic>> {
    if problems.is_empty() {
        return Ok(read);
    }
    problems.sort_by_key(|problem| problem.span.as_ref().map_or(usize::MAX, |span| span.start));
    // Shared parts are read once for each block.
    problems.dedup();
    Err(problems)
}

fn sweep(document: &DeTable<'_>, problems: &mut Vec<Diagnostic>) -> Sweep {
    refuse_unknown(document, problems);
    let part = |name: &str| entry(document, name);
    let name = part("name").and_then(|(key, node)| sweep_name(key, node, problems));
    let question = part("question").and_then(|(key, node)| syntax::text(key, node, problems));
    let budget = part("budget_core_hours").and_then(|(key, node)| output::hours(key, node, problems));
    let worker = part("worker").map(|(key, node)| worker::read(key, node, problems));
    let schema = match worker.as_ref().map(|worker| &worker.parameters) {
        None => Schema::BuiltIn,
        Some(None) => Schema::Free,
        Some(Some(declared)) => Schema::Declared(declared),
    };

    let networks = part("networks").and_then(|(key, node)| networks::networks(key, node, problems));
    if let (None, Some((key, _))) = (part("networks"), part("found")) {
        problems.push(
            Diagnostic::new("[found] belongs to [networks], which is missing")
                .at(key.span())
                .hint("gainsweep adds [found] itself"),
        );
    }
    let found = networks.as_ref().and_then(|networks| networks::found(document, networks, problems));

    let asked = part("precision").and_then(|(key, node)| precision::read(key, node, problems));
    let at_most = asked.as_ref().map(|asked| asked.at_most);
    let read = blocks::read(document, schema, networks.as_ref(), at_most, problems);
    let precision = asked.and_then(|asked| asked.resolve(&read.counts, read.listed, problems));
    let axes = columns(&read.list);
    let replicates = read.replicates.or_else(|| found.as_ref()?.replicates.clone());
    let set = part("set").and_then(|(_, node)| node.get_ref().as_table());
    let set = set.into_iter().flatten().map(|(key, _)| key.get_ref().as_ref());
    let fixed: Vec<&str> = set.filter(|name| axes.iter().all(|axis| axis.name != *name)).collect();
    let gather = output::gather(part("gather"), replicates, &axes, &fixed, problems);
    let plots = plots::plots(part("plot"), &gather, &axes, &fixed, problems);
    let slurm = part("slurm")
        .map_or_else(Default::default, |(key, node)| slurm::section(key, node, &read.names, problems));
    let gpus = part("run").and_then(|(key, node)| run::read(key, node, problems));
    let blocks = read.list;
    let names = read.names.all();
    let (worker, declared) = match worker {
        Some(worker) => {
            let (worker, declared) = worker.finish(&names, problems);
            (Some(worker), declared)
        }
        None => (None, None),
    };
    Sweep {
        name,
        question,
        budget_core_hours: budget,
        worker,
        declared,
        networks: found,
        precision,
        gather,
        plots,
        gpus,
        slurm,
        blocks,
        axes,
    }
}

/// An entry of a table.
fn entry<'a, 'i>(table: &'a DeTable<'i>, name: &str) -> Option<(&'a Key<'i>, &'a Node<'i>)> {
    table.iter().find(|(key, _)| key.get_ref() == name)
}

fn refuse_unknown(document: &DeTable<'_>, problems: &mut Vec<Diagnostic>) {
    for (key, node) in document {
        let name = key.get_ref().as_ref();
        if TOP.contains(&name) {
            continue;
        }
        let mut problem = unknown_key("a sweep file", key, &TOP);
        if node.get_ref().is_table() {
            problem.message = format!("unknown table `{name}`");
        }
        problems.push(if gainsweep_contract::schema::find(name).is_some() {
            problem.hint("it is a parameter: write it below [params], or as a list below [grid]")
        } else {
            problem
        });
    }
}

fn sweep_name(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<String> {
    let name = text(key, node, problems)?;
    if let Err(reason) = check_name(&name) {
        problems.push(Diagnostic::new(format!("the sweep's name `{name}` {reason}")).at(node.span()));
    }
    Some(name)
}
