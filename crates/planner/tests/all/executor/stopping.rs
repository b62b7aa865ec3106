//! Ctrl-C, kills, and two at once.

use std::time::{Duration, Instant};

use gainsweep_store::Outcome;
use gainsweep_testkit::program::{built, command, end, run, signal, start};
use gainsweep_testkit::sweep::{Sweep, starts, table};
use gainsweep_testkit::waiting::wait_until;
use rustix::process::Signal;

/// Waits until this many cells run.
fn wait_for_cells(sweep: &Sweep, count: usize) {
    let running = || sweep.cells().iter().filter(|cell| cell.progress().exists()).count();
    wait_until("cells run", || running() == count);
}

#[test]
fn ctrl_c_writes_checkpoints_and_a_second_run_goes_on_from_them() {
    for asked in [Signal::INT, Signal::TERM] {
        let sweep = Sweep::new("s");
        sweep.write_grid("steps = 40\npause = 0.05", "x = [1, 2, 3]", "");
        let child = start(sweep.command(&["run", "s", "--jobs", "2"]));
        wait_for_cells(&sweep, 2);
        signal(&child, asked);
        let talk = end(child).expect(1, &[]).stderr;
        assert!(
            talk.contains(
                "stopping: 2 cells write a checkpoint ... done. `gainsweep run s` resumes from here."
            ),
            "{talk}"
        );
        assert!(!talk.contains("not done"), "{talk}");
        let stopped = sweep.attempts();
        assert_eq!(stopped.by_cell.len(), 2);
        assert!(stopped.by_cell.values().flatten().all(|attempt| attempt.outcome == Outcome::Stopped));
        let began = Instant::now();
        let words = sweep.talk(0, &["run", "s", "--jobs", "3"]);
        assert!(words.contains("3 cells done"), "{words}");
        // Finished steps are not repeated (3 cells of 40 steps of 0.05 s, 3 at a time).
        assert!(began.elapsed() < Duration::from_secs(30));
        let log = sweep.logs();
        assert_eq!(log.matches("stopped at step").count(), 2, "{log}");
        assert_eq!(sweep.cells().iter().map(starts).sum::<usize>(), 5);
    }
}

#[test]
fn a_second_signal_kills_at_once() {
    let sweep = Sweep::new("s");
    // One step of a minute: the worker answers no signal before its end.
    sweep.write_grid("steps = 2\npause = 60", "x = [1, 2]", "");
    let child = start(sweep.command(&["run", "s", "--jobs", "2"]));
    wait_for_cells(&sweep, 2);
    // Python keeps sleeping after the first signal.
    signal(&child, Signal::INT);
    std::thread::sleep(Duration::from_millis(300));
    let began = Instant::now();
    signal(&child, Signal::INT);
    let talk = end(child).expect(1, &[]).stderr;
    assert!(began.elapsed() < Duration::from_secs(20), "{talk}");
    let killed = sweep.attempts();
    assert!(killed.by_cell.values().flatten().all(|attempt| attempt.signal == Some(9)), "{killed:?}");
}

#[test]
fn after_kill_9_of_the_planner_its_workers_end_and_a_second_run_finishes() {
    let sweep = Sweep::new("s");
    sweep.write_grid("steps = 30\npause = 0.1", "x = [1, 2, 3]", "");
    let mut child = start(sweep.command(&["run", "s", "--jobs", "2"]));
    wait_for_cells(&sweep, 2);
    signal(&child, Signal::KILL);
    child.wait().expect("it ends");
    // At once: the new run waits for the workers of the old one, so no cell runs twice.
    let talk = sweep.talk(0, &["run", "s", "--jobs", "2"]);
    assert!(talk.contains("3 cells done"), "{talk}");
    let all = sweep.attempts();
    let lost = all.by_cell.values().flatten().filter(|attempt| attempt.outcome == Outcome::Started).count();
    assert_eq!(lost, 2, "their ends are unknown, and nothing is guessed");
    for cell in sweep.cells() {
        assert!(cell.is_done().expect("read"));
    }
    // The workers of the killed planner recorded their progress.
    let steps = sweep.cells().iter().filter(|cell| cell.root().join("step").exists()).count();
    assert_eq!(steps, 2);
    let rows = table(&sweep.results().cells_table());
    let tried: Vec<&str> = rows.iter().map(|row| row["attempts"].as_str()).collect();
    assert_eq!(tried.iter().filter(|tried| **tried == "2").count(), 2, "{tried:?}");
}

#[test]
fn two_at_once_run_no_cell_twice_and_the_second_says_who_runs_it() {
    let sweep = Sweep::new("s");
    sweep.write_grid("steps = 30\npause = 0.1", "x = [1, 2]", "");
    let first = start(sweep.command(&["run", "s", "--jobs", "2"]));
    wait_for_cells(&sweep, 2);
    let began = Instant::now();
    let error = sweep.talk(3, &["run", "s"]);
    assert!(began.elapsed() < Duration::from_secs(3));
    assert!(error.contains("this sweep is already being run by process"), "{error}");
    assert!(error.contains(&first.id().to_string()), "{error}");
    // Gathering works meanwhile, and shows the states.
    let words = sweep.talk(0, &["gather", "s"]);
    assert!(words.contains("0 of 2 cells (2 missing: 2 running)"), "{words}");
    end(first).expect(0, &[]);
    assert!(sweep.cells().iter().all(|cell| starts(cell) == 1));
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let sweep = Sweep::new("s");
    sweep.write_grid("", "x = [1, 2]", "");
    sweep.talk(0, &["run", "s"]);
    let script = "set -o pipefail; \"$0\" gather s | true";
    let mut shell = command("bash", &["-c", script]);
    let said = run(shell.arg(built("gainsweep")).current_dir(sweep.folder.root())).expect(0, &[]);
    assert!(!said.stderr.contains("error"), "{said:?}");
}

/// A shell between us and the program dies of our signal before the program can answer it.
#[test]
fn a_shell_that_dies_of_our_request_has_stopped() {
    for ends in ["trap 'exit 143' TERM", "trap - TERM"] {
        let sweep = Sweep::new("s");
        sweep.folder.write("worker.sh", format!("{ends}\ntouch \"$5\"/progress.json\nsleep 60 & wait\n"));
        sweep.write("[worker]\ncommand = [\"sh\", \"worker.sh\"]\n[grid]\nx = [1]\n");
        let child = start(sweep.command(&["run", "s"]));
        wait_for_cells(&sweep, 1);
        signal(&child, Signal::INT);
        end(child).expect(1, &[]);
        let attempts = sweep.attempts();
        assert!(
            attempts.by_cell.values().flatten().all(|attempt| attempt.outcome == Outcome::Stopped),
            "{ends}"
        );
    }
}
