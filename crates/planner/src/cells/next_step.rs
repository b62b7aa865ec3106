//! What to type next for a cell in some state.

use gainsweep_contract::{CellId, CellState, NextStep};

use super::evidence::Evidence;

/// Where a cell was last tried, or where it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Venue {
    /// Nowhere yet, nor any other cell of the sweep.
    Nowhere,
    /// By `run`, here or on another machine.
    Here,
    /// On a cluster.
    Cluster,
}

impl Venue {
    /// Of a cell that was never tried: that of the others.
    pub(crate) fn of_sweep(evidence: &Evidence) -> Venue {
        if evidence.has_sent() {
            Venue::Cluster
        } else if evidence.attempts.by_cell.is_empty() {
            Venue::Nowhere
        } else {
            Venue::Here
        }
    }

    /// Of a cell.
    pub(crate) fn of(evidence: &Evidence, cell: CellId) -> Venue {
        let submission = evidence.sent.place(cell).map(|place| place.submission);
        let sent = submission.and_then(|at| evidence.sent.submitted[at].submission.created.parse().ok());
        match (evidence.last(cell), sent) {
            (Some(last), _) if last.job.is_some() => Venue::Cluster,
            (Some(last), Some(sent)) if last.started < sent => Venue::Cluster,
            (Some(_), _) => Venue::Here,
            (None, Some(_)) => Venue::Cluster,
            (None, None) => Venue::of_sweep(evidence),
        }
    }
}

/// The commands that advance a cell in this state, where it was last tried.
pub(crate) fn commands(state: CellState, file: &str, venue: Venue) -> Vec<String> {
    let (here, there) = (format!("gainsweep run {file}"), format!("gainsweep submit {file}"));
    match (state.next_step(), venue) {
        (NextStep::Nothing | NextStep::Wait, _) => Vec::new(),
        (NextStep::Decide, Venue::Cluster) if state == CellState::Diverged => {
            vec![format!("gainsweep retry {file} --state diverged")]
        }
        (NextStep::Decide, Venue::Cluster) => vec![format!("gainsweep retry {file}")],
        (NextStep::Decide, _) if state == CellState::Diverged => run_diverged(file).into(),
        (NextStep::Continue, Venue::Cluster) => vec![there],
        (NextStep::Continue, Venue::Nowhere) => vec![here, there],
        (NextStep::Continue | NextStep::Decide, Venue::Here | Venue::Nowhere) => vec![here],
    }
}

/// Diverged cells run only when they are asked for: the same parameters diverge again.
pub(crate) fn run_diverged(file: &str) -> [String; 1] {
    [format!("gainsweep run {file} --only state=diverged")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ran_here_is_not_sent_to_a_cluster() {
        for state in CellState::ALL {
            let commands = commands(state, "s", Venue::Here);
            assert!(commands.iter().all(|command| command.starts_with("gainsweep run s")), "{commands:?}");
            let waits = matches!(state.next_step(), NextStep::Nothing | NextStep::Wait);
            assert_eq!(commands.is_empty(), waits, "{state}");
        }
    }

    #[test]
    fn what_ran_on_a_cluster_runs_there_again() {
        for state in CellState::ALL {
            let commands = commands(state, "s", Venue::Cluster);
            assert!(commands.iter().all(|command| !command.starts_with("gainsweep run")), "{commands:?}");
        }
        assert_eq!(commands(CellState::New, "s", Venue::Nowhere), ["gainsweep run s", "gainsweep submit s"]);
    }
}
