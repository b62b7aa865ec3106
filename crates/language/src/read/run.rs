//! `[run]`: cells on this machine.

use super::syntax::{Key, Node, describe, table, unknown_key};
use super::values;
use crate::diagnostic::Diagnostic;
use crate::sweep::GpuShare;

pub(crate) const KEYS: [&str; 1] = ["gpus_per_cell"];

/// Reads the table: how many GPUs each cell gets.
pub(super) fn read(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<GpuShare> {
    let mut share = None;
    for (key, node) in table(key, node, problems).into_iter().flatten() {
        match key.get_ref().as_ref() {
            "gpus_per_cell" => share = gpus(key, node, problems),
            _ => problems.push(unknown_key("[run]", key, &KEYS)),
        }
    }
    share
}

/// A whole number of GPUs, or a part of one.
fn gpus(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<GpuShare> {
    let number = values::above_zero(key, node).map_err(|problem| problems.push(problem.hint(HINT))).ok()?;
    if number >= 1.0 && number.fract() == 0.0 && number <= f64::from(u16::MAX) {
        return Some(GpuShare::Whole(number as u32));
    }
    if number < 1.0 && number > 1.0 / f64::from(u16::MAX) {
        return Some(GpuShare::Shared((1.0 / number + 1e-9).floor() as u32));
    }
    let got = describe(node.get_ref());
    problems.push(
        Diagnostic::new(format!("`gpus_per_cell` must be whole, or a part of one GPU, got {got}"))
            .at(node.span())
            .hint(HINT),
    );
    None
}

const HINT: &str = "1 is a GPU for each cell, 2 are two, and 0.5 lets two cells share one";
