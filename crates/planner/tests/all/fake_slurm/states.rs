//! One vocabulary: a cell in each state, and every command that takes cells selects it by that state's name.

use std::collections::BTreeMap;

use gainsweep_contract::CellState;
use gainsweep_store::attempts::COLUMNS;
use gainsweep_testkit::sweep::{id, table};

use super::Site;

/// How the sent cells end: the first entry is for the first one's task, and so on.
struct Sent {
    state: CellState,
    /// What Slurm says about its task.
    slurm: &'static str,
    /// What our record says about its last attempt.
    attempt: Option<&'static str>,
}

const SENT: [Sent; 14] = [
    sent(CellState::Done, "COMPLETED", Some("done")),
    sent(CellState::Running, "RUNNING", Some("started")),
    sent(CellState::Pending, "PENDING", None),
    sent(CellState::Stopped, "COMPLETED", Some("stopped")),
    sent(CellState::Timeout, "TIMEOUT", None),
    sent(CellState::OutOfMemory, "OUT_OF_MEMORY", None),
    sent(CellState::NodeFailure, "NODE_FAIL", None),
    sent(CellState::Preempted, "PREEMPTED", None),
    sent(CellState::Failed, "FAILED", None),
    sent(CellState::Diverged, "COMPLETED", Some("diverged")),
    sent(CellState::Cancelled, "CANCELLED", None),
    sent(CellState::Damaged, "COMPLETED", Some("done")),
    sent(CellState::Lost, "COMPLETED", None),
    sent(CellState::Unknown, "FROBNICATED", None),
];

const fn sent(state: CellState, slurm: &'static str, attempt: Option<&'static str>) -> Sent {
    Sent { state, slurm, attempt }
}

/// A site with one cell in each state, and each state's cell.
fn every_state() -> (Site, BTreeMap<CellState, String>) {
    let (sent, all) = (SENT.len(), SENT.len() + 2);
    let site = Site::new(u32::try_from(all).expect("few"), "");
    site.cluster.settings(|settings| {
        settings.hold = true;
        // Exactly these tasks fit, and the small job that sends the next wave.
        settings.max_submit = Some(sent as u64 + 1);
    });
    let seeds: Vec<String> = (1..all).map(|seed| seed.to_string()).collect();
    site.talk(0, &["submit", "s", "--yes", "--only", &format!("seed={}", seeds.join(","))]);
    let name = site.cluster.jobs()[0].name.clone();
    site.cluster.crash(2);
    let tasks: Vec<(u32, u32, &str)> =
        (0..).zip(&SENT).map(|(task, sent)| (task, task, sent.slurm)).collect();
    let job = site.cluster.declare(&name, &tasks);

    let cells = site.cells_of_the_file();
    let attempts = site.results().attempts();
    fs_err::create_dir_all(&attempts).expect("made");
    let mut by_state = BTreeMap::new();
    for (task, (sent, cell)) in SENT.iter().zip(&cells).enumerate() {
        by_state.insert(sent.state, id(cell));
        fs_err::create_dir_all(cell.root()).expect("made");
        if let Some(outcome) = sent.attempt {
            let (header, cell) = (COLUMNS.join(","), id(cell));
            let row = format!("2,{cell},1,2026-01-01T00:00:00Z,,,{outcome},,,n,{job}_{task},,");
            let file = attempts.join(format!("{name}_{task}.0.csv"));
            fs_err::write(file, format!("{header}\n{row}\n")).expect("written");
        }
        if sent.state == CellState::Done {
            fs_err::write(cell.metrics(), "score\n1\n").expect("written");
            let done = r#"{"format": 1, "exit": 0, "wall_seconds": 1, "cpu_seconds": 1, "host": "node", "version": "1",
                "commit": "unknown", "engine": "fused", "device": "cpu", "threads": 1}"#;
            fs_err::write(cell.done(), done).expect("written");
        }
    }
    by_state.insert(CellState::Unsent, id(&cells[sent]));
    by_state.insert(CellState::New, id(&cells[sent + 1]));
    assert_eq!(by_state.len(), CellState::ALL.len(), "each state has a cell");
    (site, by_state)
}

/// Runs a command that changes things, then restores the results.
fn try_out(site: &Site, arguments: &[&str]) -> String {
    let (results, kept) = (site.folder.path("results"), site.folder.path("kept"));
    let copy = |from: &std::path::Path, to: &std::path::Path| {
        let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status().expect("cp runs");
        assert!(copied.success());
    };
    copy(&results, &kept);
    let said = site.run(arguments);
    fs_err::remove_dir_all(&results).expect("removed");
    fs_err::rename(&kept, &results).expect("put back");
    format!("{}{}", said.stdout, said.stderr)
}

#[test]
fn a_state_means_the_same_in_every_command() {
    let (site, by_state) = every_state();
    let counts = &site.status(&["--look-only"])["counts"];
    for state in CellState::ALL {
        assert_eq!(counts[state.key()], 1, "status: {state}: {counts}");
    }
    for (state, cell) in &by_state {
        let selector = format!("state={}", state.key());
        let plan = site.run(&["plan", "s", "--only", &selector, "--json"]).json();
        let chosen: Vec<&str> =
            plan["cells"].as_array().expect("cells").iter().filter_map(|one| one["cell"].as_str()).collect();
        assert_eq!(chosen, [cell], "plan: {state}");
        assert_eq!(plan["cells"][0]["state"], state.key().as_str());

        let listed = site.run(&["cells", "s", &selector, "--json"]).json();
        let listed = listed["cells"].as_array().expect("cells");
        assert_eq!((listed.len(), listed[0]["cell"].as_str()), (1, Some(cell.as_str())), "cells: {state}");
        assert_eq!(listed[0]["where"].is_string(), *state == CellState::Running, "{}", listed[0]);

        let page = site.shown(&["explain", "s", &selector]);
        assert!(
            page.starts_with(&format!("cell {cell} ")) && page.matches("\nstate ").count() == 1,
            "{page}"
        );

        site.talk(0, &["logs", "s", &selector]);
        let show = site.run(&["show", "s", &selector]);
        let (show, is_done) = (format!("{}{}", show.stdout, show.stderr), *state == CellState::Done);
        assert!(show.contains(cell) && show.contains("is not done") != is_done, "show: {state}: {show}");
        let release = try_out(&site, &["release", "s", &selector]);
        assert!(release.contains(&format!("{}: nobody holds it", &cell[..8])), "release: {state}: {release}");

        let submit = site.run(&["submit", "s", "--dry-run", "--only", &selector]);
        let (submit, kept) = (submit.stdout, submit.stderr);
        let one =
            submit.contains("# 1: 1 cell in 1 task") || kept.contains(&format!("Not included: 1 {state}"));
        assert!(one, "submit: {state}: {submit}{kept}");

        let short = &cell[..8];
        let run = try_out(&site, &["run", "s", "--only", &selector, "--jobs", "1"]);
        let ran: Vec<&str> = by_state.values().map(|cell| &cell[..8]).filter(|id| run.contains(id)).collect();
        let expected: &[&str] = if *state == CellState::Done { &[] } else { &[short] };
        assert_eq!(ran, expected, "run: {state}: {run}");

        let failed =
            ["timeout", "failed", "diverged", "out_of_memory", "node_failure", "preempted", "stopped"];
        if failed.contains(&state.key().as_str()) {
            let retry = try_out(&site, &["retry", "s", "--state", &state.key(), "--force"]);
            let counted = retry.contains("1 cell: ") || retry.contains("1 cell skipped: ");
            assert!(counted && !retry.contains("2 cells"), "retry: {state}: {retry}");
            let other = try_out(&site, &["retry", "s", "--state", "lost", &selector]);
            assert!(other.contains("nothing to retry"), "retry: {state} is not lost: {other}");
        }
    }
    // Last, because the cluster cannot be restored.
    for state in by_state.keys() {
        let selector = format!("state={}", state.key());
        let is_open =
            [CellState::Running, CellState::Pending, CellState::Unsent, CellState::Unknown].contains(state);
        let cancel = try_out(&site, &["cancel", "s", &selector]);
        let expected = if is_open { "s: cancelled 1 cell" } else { "s: nothing waits or runs" };
        assert!(cancel.contains(expected), "cancel: {state}: {cancel}");
    }
}

#[test]
fn every_state_that_a_table_holds_can_be_selected() {
    let (site, _) = every_state();
    site.talk(0, &["gather", "s"]);
    let rows = table(&site.results().cells_table());
    assert_eq!(rows.len(), CellState::ALL.len());
    for state in rows.iter().map(|row| row["state"].as_str()) {
        assert!(CellState::named(state).is_some(), "`{state}` is no cell state");
        let plan = site.run(&["plan", "s", "--only", &format!("state={state}")]);
        assert!(!plan.stderr.contains("there is no state"), "{state}: {}", plan.stderr);
    }
}
