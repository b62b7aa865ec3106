//! What varies: `[[case]]`, `[zip]`, `[grid]` and `[replicates]`, each a factor of the sweep.

use std::collections::HashMap;

use gainsweep_contract::Value;
use toml::de::{DeTable, DeValue};

use super::precision::Count;
use super::syntax::{Key, Node, one_or_several, table, tables, text};
use super::values::{self, MOST_VALUES, Schema};
use crate::axis::{Axis, CASE_AXIS, Setting, Spans};
use crate::block::Factor;
use crate::diagnostic::{Diagnostic, Span};

/// The factors and axes read so far, and the mistakes in them.
pub(super) struct FactorReader<'p> {
    pub(super) schema: Schema<'p>,
    /// Parameters that `[set]` overrides: other settings in the file do not count.
    pub(super) set: &'p [String],
    pub(super) list: Vec<Factor>,
    pub(super) axes: Vec<Axis>,
    /// Most replicates of a point, if the file has a precision.
    pub(super) at_most: Option<usize>,
    /// The number of replicates, if the file has a count.
    pub(super) replicates: Count,
    /// Does the command line list the replicates?
    pub(super) listed: bool,
    pub(super) problems: &'p mut Vec<Diagnostic>,
}

impl FactorReader<'_> {
    /// Adds a factor of these axes, which are combined row by row.
    pub(super) fn push(&mut self, axes: Vec<Axis>, cases: Option<Vec<Vec<Setting>>>) {
        let first = self.axes.len();
        let len = axes.iter().map(|axis| axis.values.len()).min().unwrap_or(0);
        self.axes.extend(axes);
        self.list.push(Factor { len, axes: first..self.axes.len(), cases });
    }

    /// Adds axes that are combined row by row, without overridden ones. If the axes are valid, looks for
    /// equal rows.
    pub(super) fn push_rows(&mut self, axes: Vec<Axis>, right: bool) {
        let axes: Vec<Axis> = axes.into_iter().filter(|axis| !self.is_set(&axis.name)).collect();
        if axes.is_empty() {
            return;
        }
        if right {
            refuse_same_rows(&axes, self.problems);
        }
        self.push(axes, None);
    }

    /// Adds a factor whose levels set what they list.
    pub(super) fn push_levels(&mut self, axes: Vec<Axis>, levels: Vec<Vec<Setting>>) {
        let first = self.axes.len();
        self.axes.extend(axes);
        self.list.push(Factor { len: levels.len(), axes: first..self.axes.len(), cases: Some(levels) });
    }

    /// `[grid]`: each key is an axis.
    pub(super) fn grid(&mut self, key: &Key<'_>, node: &Node<'_>) {
        let Some(table) = table(key, node, self.problems) else { return };
        if table.is_empty() {
            self.problems.push(
                Diagnostic::new("the grid is empty")
                    .at(node.span())
                    .hint("add an axis, for example `tau = [1, 10, 100]`, or leave the table out"),
            );
        }
        for (key, node) in table {
            let axis = values::axis(key, node, self.schema, self.problems);
            values::refuse_duplicates(&axis, self.problems);
            if !self.is_set(&axis.name) {
                self.push(vec![axis], None);
            }
        }
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        self.set.iter().any(|set| set == name)
    }

    /// Refuses a condition on an axis that is combined row by row, or varies alone anyway.
    pub(super) fn refuse_condition(&mut self, axis: &Axis) {
        if let Some(when) = &axis.when {
            self.problems.push(
                Diagnostic::new("`when` is not allowed here")
                    .at(when.span.clone())
                    .hint("conditions belong in [params] and [grid]"),
            );
        }
    }

    /// `[zip]`, or `[[zip]]` several times: lists that are combined row by row.
    pub(super) fn zip(&mut self, key: &Key<'_>, node: &Node<'_>) {
        for (span, table) in one_or_several(key, node, self.problems) {
            self.zip_group(&span, table);
        }
    }

    fn zip_group(&mut self, span: &Span, table: &DeTable<'_>) {
        let before = self.problems.len();
        let axes: Vec<Axis> =
            table.iter().map(|(key, node)| values::axis(key, node, self.schema, self.problems)).collect();
        let Some(first) = axes.first() else {
            self.problems.push(
                Diagnostic::new("the zip group is empty")
                    .at(span.clone())
                    .hint("add lists of equal length, or leave the table out"),
            );
            return;
        };
        if self.problems.len() == before {
            for axis in axes.iter().filter(|axis| axis.values.len() != first.values.len()) {
                self.problems.push(
                    Diagnostic::new(format!(
                        "`{}` has {}, but `{}` has {}",
                        axis.name,
                        count(axis.values.len(), "value"),
                        first.name,
                        first.values.len()
                    ))
                    .at(axis.key.clone())
                    .also(first.key.clone(), format!("{} here", count(first.values.len(), "value")))
                    .hint("lists of one zip group are combined row by row: give them equal lengths"),
                );
            }
        }
        for axis in &axes {
            self.refuse_condition(axis);
        }
        self.push_rows(axes, self.problems.len() == before);
    }

    /// `[[case]]`: named points.
    pub(super) fn cases(&mut self, key: &Key<'_>, node: &Node<'_>) {
        let mut names: Vec<Value> = Vec::new();
        let mut spans = Vec::new();
        let mut cases = Vec::new();
        for (span, table) in tables(key, node, self.problems) {
            let mut name = None;
            let mut settings = Vec::new();
            for (key, node) in table {
                if key.get_ref() == "name" {
                    name = Some((text(key, node, self.problems), node.span()));
                    continue;
                }
                match values::setting(key, node, self.schema) {
                    Ok(setting) if self.is_set(&setting.name) => {}
                    Ok(setting) => settings.push(setting),
                    Err(problem) => self.problems.push(problem),
                }
            }
            let Some((name, place)) = name else {
                self.problems.push(
                    Diagnostic::new("this case has no name")
                        .at(span)
                        .hint("add `name = \"...\"`: the tables show it in the column `case`"),
                );
                continue;
            };
            let Some(name) = name.map(Value::Text) else { continue };
            if let Some(first) = names.iter().position(|known| *known == name) {
                let first: Span = Span::clone(&spans[first]);
                self.problems.push(
                    Diagnostic::new(format!("two cases are called `{name}`"))
                        .at(place)
                        .also(first, "first here"),
                );
                continue;
            }
            names.push(name);
            spans.push(place);
            cases.push(settings);
        }
        let axis = Axis {
            name: CASE_AXIS.into(),
            values: names,
            key: key.span(),
            spans: Spans::Each(spans),
            when: None,
        };
        self.push(vec![axis], Some(cases));
    }

    /// `[replicates]`: one axis, a count or a list. Returns its name, for statistics.
    pub(super) fn replicates(&mut self, key: &Key<'_>, node: &Node<'_>) -> Option<String> {
        let entries = table(key, node, self.problems)?;
        let mut entries = entries.iter();
        let Some((key, node)) = entries.next() else {
            self.problems.push(
                Diagnostic::new("[replicates] is empty")
                    .at(node.span())
                    .hint("set a count, for example `seed = 3`, or leave the table out"),
            );
            return None;
        };
        for (other, _) in entries {
            self.problems.push(
                Diagnostic::new("a sweep has one replicate axis")
                    .at(other.span())
                    .also(key.span(), "the first")
                    .hint("move this one to [grid] or [zip]"),
            );
        }
        let axis = match node.get_ref() {
            DeValue::Integer(_) => self.counted(key, node),
            DeValue::String(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => values::axis(key, node, self.schema, self.problems),
        };
        self.refuse_condition(&axis);
        values::refuse_duplicates(&axis, self.problems);
        let name = axis.name.clone();
        if !self.is_set(&name) {
            self.push(vec![axis], None);
        }
        Some(name)
    }

    /// `[set]`: the command line overrides the file. Returns its constants.
    pub(super) fn set(&mut self, node: &Node<'_>, replicate: Option<&str>) -> Vec<Setting> {
        let Some(entries) = node.get_ref().as_table() else { return Vec::new() };
        let mut constants = Vec::new();
        for (key, node) in entries {
            let is_replicate = replicate == Some(key.get_ref().as_ref());
            let count = is_replicate && node.get_ref().as_integer().is_some();
            self.listed |= is_replicate && !count;
            let axis = if count {
                self.counted(key, node)
            } else if matches!(node.get_ref(), DeValue::Array(_) | DeValue::Table(_)) {
                values::axis(key, node, self.schema, self.problems)
            } else {
                match values::setting(key, node, self.schema) {
                    Ok(setting) => constants.push(setting),
                    Err(problem) => self.problems.push(problem),
                }
                continue;
            };
            self.refuse_condition(&axis);
            values::refuse_duplicates(&axis, self.problems);
            self.push(vec![axis], None);
        }
        constants
    }

    /// `seed = 3` means 1, 2, 3.
    pub(super) fn counted(&mut self, key: &Key<'_>, node: &Node<'_>) -> Axis {
        let number = node
            .get_ref()
            .as_integer()
            .and_then(|count| i128::from_str_radix(count.as_str(), count.radix()).ok());
        let name = key.get_ref().to_string();
        let values = match number {
            Some(count) if (1..=i128::from(MOST_VALUES)).contains(&count) => {
                self.replicates = Some((count as usize, node.span()));
                let most = self.at_most.map_or(count, |most| (most as i128).max(count));
                (1..=most as i64).map(Value::Integer).collect()
            }
            _ => {
                self.problems.push(
                    Diagnostic::new(format!("`{name}` must be a count from 1 to {MOST_VALUES}"))
                        .at(node.span())
                        .hint(format!("`{name} = 3` means 1, 2, 3; a list in brackets gives other values")),
                );
                Vec::new()
            }
        };
        if let Err(problem) = self.schema.check_key(key) {
            self.problems.push(problem);
        }
        let values = values::in_range(&name, values, &node.span(), self.schema, self.problems);
        Axis { name, values, key: key.span(), spans: Spans::One(node.span()), when: None }
    }
}

fn refuse_same_rows(axes: &[Axis], problems: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<Vec<String>, usize> = HashMap::new();
    for level in 0..axes[0].values.len() {
        let row = axes.iter().map(|axis| axis.values[level].canonical()).collect();
        if let Some(first) = seen.insert(row, level) {
            problems.push(
                Diagnostic::new(format!("rows {} and {} of these lists are the same", first + 1, level + 1))
                    .at(axes[0].spans.of(level))
                    .also(axes[0].spans.of(first), "first here")
                    .hint("leave one out"),
            );
        }
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
