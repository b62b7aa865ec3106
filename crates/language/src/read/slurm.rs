//! `[slurm]`, `[slurm.retry]`, `[[slurm.rule]]`.

mod values;

use std::time::Duration;

use toml::de::DeTable;

use super::expression::{self, KnownNames};
use super::syntax::{Key, Node, table, table_called, tables_called, text, unknown_key};
use crate::diagnostic::{Diagnostic, Span};
use crate::quantity::{format_duration, format_memory};
use crate::slurm::{Amount, MemoryRequest, Packing, RetrySettings, SlurmRule, SlurmSection, SlurmSettings};

/// The keys of `[slurm]`; those of `SWEEP` are not allowed in a rule.
pub(crate) const KEYS: [&str; 23] = [
    "partition",
    "account",
    "qos",
    "constraint",
    "reservation",
    "exclude",
    "gpus",
    "nice",
    "time",
    "memory",
    "memory_per_cpu",
    "cpus",
    "nodes",
    "tasks",
    "srun",
    "cells_per_task",
    "task_length",
    "cells_at_once",
    "signal_seconds",
    "requeue",
    "preamble",
    "directives",
    "when",
];
pub(crate) const SWEEP: [&str; 3] = ["at_most", "retry", "rule"];
pub(crate) const RETRY: [&str; 7] = [
    "attempts",
    "memory_factor",
    "memory_limit",
    "time_factor",
    "time_limit",
    "exclude_failed_nodes",
    "same_error_limit",
];

/// A whole profile.
pub(super) fn profile(document: &DeTable<'_>, problems: &mut Vec<Diagnostic>) -> SlurmSection {
    let mut read = SlurmSection::default();
    let names = KnownNames::built_in();
    for (key, node) in document {
        let name = key.get_ref().as_ref();
        if name == "slurm" {
            read = section(key, node, &names, problems);
        } else {
            let problem = unknown_key("a profile", key, &["slurm"]);
            problems.push(if KEYS.contains(&name) || SWEEP.contains(&name) {
                problem.hint("write it below [slurm]")
            } else {
                problem
            });
        }
    }
    read
}

/// `[slurm]`.
pub(super) fn section(
    key: &Key<'_>,
    node: &Node<'_>,
    names: &KnownNames<'_>,
    problems: &mut Vec<Diagnostic>,
) -> SlurmSection {
    let mut section = SlurmSection::default();
    let Some(entries) = table(key, node, problems) else { return section };
    let mut limits = LimitPlaces::default();
    for (key, node) in entries {
        match key.get_ref().as_ref() {
            "at_most" => section.settings.at_most = values::count(key, node, problems),
            "retry" => section.settings.retry = retry(node, &mut limits, problems),
            "rule" => section.rules = rules(node, names, problems),
            "when" => problems.push(
                Diagnostic::new("`when` belongs in a rule")
                    .at(key.span())
                    .hint("write [[slurm.rule]] above it, and the rule's settings below it"),
            ),
            _ => {
                if !setting(&mut section.settings, key, node, &mut limits, problems) {
                    let known: Vec<&str> =
                        KEYS.iter().chain(&SWEEP).copied().filter(|key| *key != "when").collect();
                    problems.push(unknown_slurm_key("[slurm]", key, &known));
                }
            }
        }
    }
    limits.check(&section.settings, problems);
    section
}

fn unknown_slurm_key(place: &str, key: &Key<'_>, known: &[&str]) -> Diagnostic {
    let problem = unknown_key(place, key, known);
    match values::meant(key.get_ref()) {
        Some(meant) => problem.hint(format!("did you mean `{meant}`?")),
        None if RETRY.contains(&key.get_ref().as_ref()) => problem.hint("write it below [slurm.retry]"),
        None => problem,
    }
}

/// `[[slurm.rule]]`.
fn rules(node: &Node<'_>, names: &KnownNames<'_>, problems: &mut Vec<Diagnostic>) -> Vec<SlurmRule> {
    let mut rules = Vec::new();
    for (span, entries) in tables_called("slurm.rule", node, problems) {
        let before = problems.len();
        let mut settings = SlurmSettings::default();
        let mut limits = LimitPlaces::default();
        let mut condition = None;
        for (key, node) in entries {
            let name = key.get_ref().as_ref();
            if name == "when" {
                condition = text(key, node, problems)
                    .and_then(|text| expression::condition(&text, &node.span(), names, problems));
            } else if SWEEP.contains(&name) {
                problems.push(
                    Diagnostic::new(format!(
                        "`{name}` is not allowed in a rule: it applies to the whole sweep"
                    ))
                    .at(key.span())
                    .hint("write it in [slurm]"),
                );
            } else if !setting(&mut settings, key, node, &mut limits, problems) {
                problems.push(unknown_slurm_key("[[slurm.rule]]", key, &KEYS));
            }
        }
        limits.check(&settings, problems);
        if problems.len() > before {
            continue;
        }
        let Some(condition) = condition else {
            problems.push(
                Diagnostic::new("a rule needs a `when`").at(span).hint(
                    "for example when = \"hidden_units > 100\"; settings for all cells belong in [slurm]",
                ),
            );
            continue;
        };
        if entries.len() == 1 {
            problems.push(
                Diagnostic::new("a rule changes nothing").at(span).hint("add for example time = \"6 h\""),
            );
            continue;
        }
        rules.push(SlurmRule { condition, settings });
    }
    rules
}

/// One key of `[slurm]` or of a rule. Returns `false` for an unknown key.
fn setting(
    to: &mut SlurmSettings,
    key: &Key<'_>,
    node: &Node<'_>,
    limits: &mut LimitPlaces,
    problems: &mut Vec<Diagnostic>,
) -> bool {
    match key.get_ref().as_ref() {
        "partition" => to.partition = values::word(key, node, problems),
        "account" => to.account = values::word(key, node, problems),
        "qos" => to.qos = values::word(key, node, problems),
        "constraint" => to.constraint = values::word(key, node, problems),
        "reservation" => to.reservation = values::word(key, node, problems),
        "exclude" => to.exclude = values::words(key, node, problems),
        "gpus" => to.gpus = values::gpus(key, node, problems),
        "nice" => to.nice = values::nice(key, node, problems),
        "time" => {
            to.time = values::or_auto(key, node, problems, values::time);
            limits.time = Some(node.span());
        }
        "memory" => {
            let nothing = node.get_ref().as_str() == Some("none");
            let request = if nothing { MemoryRequest::Nothing } else { MemoryRequest::Total };
            to.memory_request = Some(request);
            to.memory = if nothing { None } else { values::or_auto(key, node, problems, values::memory) };
            limits.memory = Some(node.span());
        }
        "memory_per_cpu" => {
            to.memory_request = Some(MemoryRequest::PerCpu);
            to.memory = values::memory(key, node, problems).map(Amount::Said);
            limits.memory_per_cpu = Some(node.span());
        }
        "cpus" => to.cpus = values::count(key, node, problems),
        "nodes" => to.nodes = values::count(key, node, problems),
        "tasks" => to.ranks = values::count(key, node, problems),
        "srun" => to.srun = values::flag(key, node, problems),
        "cells_per_task" => {
            let cells = values::count(key, node, problems);
            to.packing = to.packing.or(cells.map(Packing::Cells));
            limits.per_task = Some(node.span());
        }
        "task_length" => {
            // Both are refused below, whichever comes first.
            let length = values::time(key, node, problems);
            to.packing = to.packing.or(length.map(Packing::Length));
            limits.task_length = Some(node.span());
        }
        "cells_at_once" => {
            to.cells_at_once = values::count(key, node, problems);
            limits.at_once = Some(node.span());
        }
        "signal_seconds" => {
            to.signal_seconds = values::count(key, node, problems);
            limits.signal = Some(node.span());
        }
        "requeue" => to.requeue = values::flag(key, node, problems),
        "preamble" => to.preamble = values::preamble(key, node, problems),
        "directives" => to.directives = values::directives(key, node, problems),
        _ => return false,
    }
    true
}

/// `[slurm.retry]`.
fn retry(node: &Node<'_>, limits: &mut LimitPlaces, problems: &mut Vec<Diagnostic>) -> RetrySettings {
    let mut retry = RetrySettings::default();
    let Some(entries) = table_called("slurm.retry", node, problems) else { return retry };
    for (key, node) in entries {
        match key.get_ref().as_ref() {
            "attempts" => retry.attempts = values::count(key, node, problems),
            "memory_factor" => retry.memory_factor = values::factor(key, node, problems),
            "memory_limit" => {
                retry.memory_limit = values::memory(key, node, problems);
                limits.memory_limit = Some(node.span());
            }
            "time_factor" => retry.time_factor = values::factor(key, node, problems),
            "time_limit" => {
                retry.time_limit = values::time(key, node, problems);
                limits.time_limit = Some(node.span());
            }
            "exclude_failed_nodes" => retry.exclude_failed_nodes = values::flag(key, node, problems),
            "same_error_limit" => retry.same_error_limit = values::count(key, node, problems),
            _ => problems.push(unknown_key("[slurm.retry]", key, &RETRY)),
        }
    }
    retry
}

/// Places of settings that must fit together.
#[derive(Default)]
struct LimitPlaces {
    time: Option<Span>,
    time_limit: Option<Span>,
    memory: Option<Span>,
    memory_per_cpu: Option<Span>,
    memory_limit: Option<Span>,
    per_task: Option<Span>,
    task_length: Option<Span>,
    at_once: Option<Span>,
    signal: Option<Span>,
}

impl LimitPlaces {
    fn check(self, settings: &SlurmSettings, problems: &mut Vec<Diagnostic>) {
        let mut refuse = |message: String, at: Option<Span>, also: Option<Span>, label: &str| {
            if let Some((at, also)) = at.zip(also) {
                problems.push(Diagnostic::new(message).at(at).also(also, label));
            }
        };
        let retry = &settings.retry;
        let said = settings.time.and_then(Amount::said);
        if let Some((time, limit)) = said.zip(retry.time_limit).filter(|(time, limit)| limit < time) {
            let (time, limit) = (format_duration(time), format_duration(limit));
            let message = format!("`time_limit` = {limit} is below `time` = {time}");
            refuse(message, self.time_limit, self.time.clone(), "the time of the first attempt");
        }
        refuse(
            "`memory` and `memory_per_cpu` exclude each other".into(),
            self.memory_per_cpu,
            self.memory.clone(),
            "leave one of them out",
        );
        let memory = settings.memory.and_then(Amount::said);
        if let Some((memory, limit)) = memory.zip(retry.memory_limit).filter(|(memory, limit)| limit < memory)
        {
            let (memory, limit) = (format_memory(memory), format_memory(limit));
            let message = format!("`memory_limit` = {limit} is below `memory` = {memory}");
            refuse(message, self.memory_limit, self.memory, "the memory of the first attempt");
        }
        refuse(
            "`cells_per_task` and `task_length` exclude each other".into(),
            self.task_length.clone(),
            self.per_task.clone(),
            "leave one of them out",
        );
        let per_task = match settings.packing {
            Some(Packing::Cells(cells)) => Some(cells),
            _ => None,
        };
        let cells = settings.cells_at_once.zip(per_task);
        if let Some((at_once, per_task)) = cells.filter(|(at_once, per_task)| at_once > per_task) {
            let message = format!("a task of {per_task} cells cannot run {at_once} of them at once");
            refuse(message, self.at_once, self.per_task, "the cells of a task");
        }
        if let Some((time, length)) = said.zip(match settings.packing {
            Some(Packing::Length(length)) => Some(length),
            _ => None,
        }) && length < time
        {
            let (time, length) = (format_duration(time), format_duration(length));
            let message = format!("a cell of {time} does not fit into a task of {length}");
            refuse(message, self.task_length, self.time.clone(), "the time of a cell");
        }
        let warning = settings.signal_seconds.zip(said);
        if let Some((signal, time)) =
            warning.filter(|(signal, time)| Duration::from_secs((*signal).into()) >= *time)
        {
            let message = format!(
                "a warning {signal} s before the end is too early for a cell of {}",
                format_duration(time)
            );
            refuse(message, self.signal, self.time, "the time of a cell");
        }
    }
}
