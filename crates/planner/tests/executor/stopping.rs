//! Ctrl-C, kills, and two at once.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gainsweep_store::Outcome;
use rustix::process::{Pid, Signal, kill_process};

use crate::{Folder, attempts, cells, results, starts, sweep, talk, wait_until};

fn start(folder: &Folder, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_gainsweep"))
        .args(arguments)
        .current_dir(folder.root())
        .env_remove("GAINSWEEP_RESULTS")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("gainsweep runs")
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id().cast_signed()).expect("a process id");
    kill_process(pid, signal).expect("it lives");
}

/// Exit code and what was said.
fn end(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().expect("it ends");
    (output.status.code(), String::from_utf8(output.stderr).expect("text"))
}

fn running(folder: &Folder) -> usize {
    if !results(folder).cells().exists() {
        return 0;
    }
    cells(folder).iter().filter(|cell| cell.progress().exists()).count()
}

#[test]
fn ctrl_c_writes_checkpoints_and_a_second_run_goes_on_from_them() {
    for asked in [Signal::INT, Signal::TERM] {
        let folder = Folder::new();
        sweep(&folder, "steps = 40\npause = 0.05", "x = [1, 2, 3]", "");
        let child = start(&folder, &["run", "s", "--jobs", "2"]);
        wait_until("two cells run", || running(&folder) == 2);
        signal(&child, asked);
        let (code, talk) = end(child);
        assert_eq!(code, Some(1), "{talk}");
        assert!(
            talk.contains(
                "stopping: 2 cells write a checkpoint ... done. `gainsweep run s` goes on from here."
            ),
            "{talk}"
        );
        assert!(!talk.contains("not done"), "{talk}");
        let stopped = attempts(&folder);
        assert_eq!(stopped.by_cell.len(), 2);
        assert!(stopped.by_cell.values().flatten().all(|attempt| attempt.outcome == Outcome::Stopped));
        let began = Instant::now();
        let words = crate::talk(&folder, 0, &["run", "s", "--jobs", "3"]);
        assert!(words.contains("3 cells done"), "{words}");
        // The steps that were done before are not done again (3 cells of 40 steps of 0.05 s, 3 at a time).
        assert!(began.elapsed() < Duration::from_secs(30));
        let log: String = fs_err::read_dir(results(&folder).logs())
            .expect("logs")
            .flatten()
            .map(|entry| fs_err::read_to_string(entry.path()).expect("a log"))
            .collect();
        assert_eq!(log.matches("stopped at step").count(), 2, "{log}");
        assert_eq!(cells(&folder).iter().map(starts).sum::<usize>(), 5);
    }
}

#[test]
fn a_second_signal_kills_at_once() {
    let folder = Folder::new();
    // One step of a minute: the worker answers no signal before its end.
    sweep(&folder, "steps = 2\npause = 60", "x = [1, 2]", "");
    let child = start(&folder, &["run", "s", "--jobs", "2"]);
    wait_until("two cells run", || running(&folder) == 2);
    // Python goes on sleeping after the first.
    signal(&child, Signal::INT);
    std::thread::sleep(Duration::from_millis(300));
    let began = Instant::now();
    signal(&child, Signal::INT);
    let (code, talk) = end(child);
    assert_eq!(code, Some(1), "{talk}");
    assert!(began.elapsed() < Duration::from_secs(20), "{talk}");
    let killed = attempts(&folder);
    assert!(killed.by_cell.values().flatten().all(|attempt| attempt.signal == Some(9)), "{killed:?}");
}

#[test]
fn after_kill_9_of_the_planner_its_workers_end_and_a_second_run_finishes() {
    let folder = Folder::new();
    sweep(&folder, "steps = 30\npause = 0.1", "x = [1, 2, 3]", "");
    let mut child = start(&folder, &["run", "s", "--jobs", "2"]);
    wait_until("two cells run", || running(&folder) == 2);
    signal(&child, Signal::KILL);
    child.wait().expect("it ends");
    // At once: the new run waits for the workers of the old one, so no cell has two.
    let talk = talk(&folder, 0, &["run", "s", "--jobs", "2"]);
    assert!(talk.contains("3 cells done"), "{talk}");
    let all = attempts(&folder);
    let lost = all.by_cell.values().flatten().filter(|attempt| attempt.outcome == Outcome::Started).count();
    assert_eq!(lost, 2, "their ends are not known, and nothing is guessed");
    for cell in cells(&folder) {
        assert!(cell.is_done());
    }
    // The workers of the killed planner wrote how far they were.
    let steps = cells(&folder).iter().filter(|cell| cell.root().join("step").exists()).count();
    assert_eq!(steps, 2);
    let rows = crate::table(&results(&folder).cells_table());
    let tried: Vec<&str> = rows.iter().map(|row| row["attempts"].as_str()).collect();
    assert_eq!(tried.iter().filter(|tried| **tried == "2").count(), 2, "{tried:?}");
}

#[test]
fn two_at_once_run_no_cell_twice_and_the_second_says_who_runs_it() {
    let folder = Folder::new();
    sweep(&folder, "steps = 30\npause = 0.1", "x = [1, 2]", "");
    let first = start(&folder, &["run", "s", "--jobs", "2"]);
    wait_until("two cells run", || running(&folder) == 2);
    let began = Instant::now();
    let error = talk(&folder, 3, &["run", "s"]);
    assert!(began.elapsed() < Duration::from_secs(3));
    assert!(error.contains("this sweep is already being run by process"), "{error}");
    assert!(error.contains(&first.id().to_string()), "{error}");
    // Tables can be made meanwhile, and say how it stands.
    let words = talk(&folder, 0, &["gather", "s"]);
    assert!(words.contains("0 of 2 cells (2 missing: 2 running)"), "{words}");
    let (code, talk) = end(first);
    assert_eq!(code, Some(0), "{talk}");
    assert!(cells(&folder).iter().all(|cell| starts(cell) == 1));
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let folder = Folder::new();
    sweep(&folder, "", "x = [1, 2]", "");
    talk(&folder, 0, &["run", "s"]);
    let output = Command::new("bash")
        .args(["-c", "set -o pipefail; \"$0\" gather s | true", env!("CARGO_BIN_EXE_gainsweep")])
        .current_dir(folder.root())
        .output()
        .expect("bash runs");
    let error = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.success() && !error.contains("error"), "{error}");
}
