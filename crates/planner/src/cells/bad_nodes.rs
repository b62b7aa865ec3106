//! Nodes that end tasks before their cells begin, while other nodes do not: a mount that is lost, say. Such a node is
//! always free, and would eat a whole array.

use std::collections::{BTreeMap, BTreeSet};

use gainsweep_contract::CellId;
use gainsweep_scheduler::{AccountingRow, TaskState};

use super::evidence::Evidence;

/// One task may end early for other reasons.
const ENOUGH: u64 = 2;

/// These nodes, and how many tasks each of them ended.
pub(crate) fn find(evidence: &Evidence) -> BTreeMap<String, u64> {
    let mut bad: BTreeMap<String, u64> = BTreeMap::new();
    let mut good: BTreeSet<&str> = BTreeSet::new();
    for cell in evidence.sent.places.keys() {
        if let Some(row) = ended_before_it_began(evidence, *cell) {
            *bad.entry(row.nodes.clone()).or_default() += 1;
        } else if let Some(row) = row(evidence, *cell).filter(|_| began(evidence, *cell)) {
            good.insert(&row.nodes);
        }
    }
    bad.retain(|node, tasks| *tasks >= ENOUGH && !good.contains(node.as_str()));
    // Where no cell began anywhere, the job itself may be at fault.
    if good.is_empty() { BTreeMap::new() } else { bad }
}

/// Did one of these nodes end the cell's task before the cell began?
pub(crate) fn explain(bad: &BTreeMap<String, u64>, evidence: &Evidence, cell: CellId) -> bool {
    ended_before_it_began(evidence, cell).is_some_and(|row| bad.contains_key(&row.nodes))
}

/// The row of the cell's last task, if the task failed on a node and never began the cell.
fn ended_before_it_began(evidence: &Evidence, cell: CellId) -> Option<&AccountingRow> {
    let failed =
        |row: &&AccountingRow| row.end.is_some() && row.state == TaskState::Failed && !row.nodes.is_empty();
    row(evidence, cell).filter(failed).filter(|_| !began(evidence, cell))
}

/// The row of the cell's last task.
fn row(evidence: &Evidence, cell: CellId) -> Option<&AccountingRow> {
    evidence.accounting_row(evidence.sent.place(cell)?)
}

/// Did the cell's last task begin it?
fn began(evidence: &Evidence, cell: CellId) -> bool {
    evidence.is_done(cell) || evidence.last_of_this_job(cell).is_some()
}
