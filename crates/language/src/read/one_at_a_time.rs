//! `[one_at_a_time]`: around a point, each parameter varies by itself.

use gainsweep_contract::{Value, ValueMap};

use super::factors::FactorReader;
use super::syntax::{Key, Node, table};
use super::values;
use crate::axis::{Axis, Setting};
use crate::diagnostic::Diagnostic;

impl FactorReader<'_> {
    /// One factor: the point itself, then each value of each parameter that differs from the point's value.
    pub(super) fn one_at_a_time(&mut self, key: &Key<'_>, node: &Node<'_>, constants: &[Setting]) {
        let Some(entries) = table(key, node, self.problems) else { return };
        let point: ValueMap =
            constants.iter().map(|setting| (setting.name.clone(), setting.value.clone())).collect();
        let mut axes = Vec::new();
        let mut levels = vec![Vec::new()];
        for (key, node) in entries {
            let before = self.problems.len();
            let mut axis = values::axis(key, node, self.schema, self.problems);
            values::refuse_duplicates(&axis, self.problems);
            self.refuse_condition(&axis);
            if self.is_set(&axis.name) || self.problems.len() > before {
                continue;
            }
            let Some(base) = self.base(&axis, &point) else { continue };
            let same = |value: &Value| value.canonical() == base.canonical();
            for (level, value) in axis.values.iter().enumerate().filter(|(_, value)| !same(value)) {
                levels.push(vec![Setting {
                    name: axis.name.clone(),
                    value: value.clone(),
                    key: axis.key.clone(),
                    span: axis.spans.of(level),
                    when: None,
                }]);
            }
            // The column contains the point's own value, too. From here on the levels have the places of the
            // values.
            if !axis.values.iter().any(same) {
                axis.values.insert(0, base);
            }
            axis.spans = crate::axis::Spans::One(node.span());
            axes.push(axis);
        }
        if axes.is_empty() {
            if entries.is_empty() {
                self.problems.push(
                    Diagnostic::new("[one_at_a_time] is empty")
                        .at(node.span())
                        .hint("add lists, for example `tau = [1, 10, 100]`, or leave the table out"),
                );
            }
            return;
        }
        self.push_levels(axes, levels);
    }

    /// The value of a parameter while others vary.
    fn base(&mut self, axis: &Axis, point: &ValueMap) -> Option<Value> {
        let written = point.get(&axis.name).cloned();
        let base = written.or_else(|| self.schema.default_of(&axis.name, point));
        if base.is_none() {
            self.problems.push(
                Diagnostic::new(format!("`{}` has no value to vary around", axis.name))
                    .at(axis.key.clone())
                    .hint(format!("write `{} = ...` below [params]", axis.name)),
            );
        }
        base
    }
}
