//! What to type next for a cell in some state.

use crate::cells::verdict::State;

/// The commands that try cells in this state once more: here, or on Slurm where the sweep was sent there.
pub(crate) fn commands(state: State, file: &str, on_slurm: bool) -> Vec<String> {
    if state.is_open() || state == State::Done {
        return Vec::new();
    }
    let mut commands = vec![match state {
        State::Diverged if on_slurm => format!("gainsweep retry {file} --state diverged"),
        _ if on_slurm && state.is_failure() => format!("gainsweep retry {file}"),
        _ if on_slurm => format!("gainsweep submit {file}"),
        _ => format!("gainsweep run {file}"),
    }];
    if !on_slurm && state == State::New {
        commands.push(format!("gainsweep submit {file}"));
    }
    commands
}
