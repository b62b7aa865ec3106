//! What to type next for a cell in some state.

use gainsweep_contract::{CellState, NextStep};

/// The commands that advance cells in this state: here, or on Slurm if the sweep was sent there.
pub(crate) fn commands(state: CellState, file: &str, on_slurm: bool) -> Vec<String> {
    let (here, there) = (format!("gainsweep run {file}"), format!("gainsweep submit {file}"));
    match state.next_step() {
        NextStep::Nothing | NextStep::Wait => Vec::new(),
        NextStep::Decide if on_slurm && state == CellState::Diverged => {
            vec![format!("gainsweep retry {file} --state diverged")]
        }
        NextStep::Decide if on_slurm => vec![format!("gainsweep retry {file}")],
        NextStep::Continue if on_slurm => vec![there],
        NextStep::Continue if state == CellState::New => vec![here, there],
        NextStep::Continue | NextStep::Decide => vec![here],
    }
}
