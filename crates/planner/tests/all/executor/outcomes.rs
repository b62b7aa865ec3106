//! How cells end, and what is printed and kept.

use std::collections::BTreeMap;

use gainsweep_store::Outcome;

use gainsweep_testkit::folder::{names, read};
use gainsweep_testkit::program::{built, command, command_after, run};
use gainsweep_testkit::sweep::{Sweep, starts};

#[test]
fn each_way_to_end_is_told_apart_and_stops_no_other_cell() {
    let sweep = Sweep::new("s");
    let ways = "behave = [\"fail\", \"silent\", \"good\", \"diverge\", \"usage\", \"stop\", \"crash\", \"forget\", \
                \"empty\", \"child\"]";
    sweep.write_grid("", ways, "");
    let talk = sweep.talk(1, &["run", "s", "--jobs", "3"]);
    let reasons = [
        ("failed", "fail", "ValueError: the weights are wrong"),
        ("failed", "silent", "about to silent"),
        ("diverged", "diverge", "loss not finite at batch 512"),
        ("failed", "usage", "unknown parameter `x`"),
        ("stopped", "stop", "about to stop"),
        ("failed", "crash", "killed by signal 9 (SIGKILL); the system does that when memory runs out"),
        ("failed", "forget", "the worker ended with exit code 0, but wrote no metrics.csv"),
        (
            "failed",
            "empty",
            "the worker ended with exit code 0, but its metrics.csv is refused: it has no row. Write a line of values \
             below the names",
        ),
    ];
    for (outcome, behave, reason) in reasons {
        let line = talk.lines().find(|line| {
            line.starts_with(&format!("  {outcome}")) && line.contains(&format!("behave={behave} "))
        });
        assert!(line.is_some_and(|line| line.ends_with(reason)), "{behave}: {talk}");
    }
    assert!(talk.contains("s: 2 cells done, 8 not done"), "{talk}");
    assert!(talk.contains("again     gainsweep run s"), "{talk}");
    assert!(talk.contains("2 of 10 cells (8 missing: 6 failed, 1 diverged, 1 stopped)"), "{talk}");

    let all = sweep.attempts();
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for attempt in all.by_cell.values().flatten() {
        *outcomes.entry(attempt.outcome.to_string()).or_default() += 1;
        assert!(attempt.ended.is_some() && attempt.seconds.is_some() && attempt.number == 1);
        assert_eq!(attempt.exit_code.is_none(), attempt.signal.is_some());
    }
    let expected = [("diverged", 1), ("done", 2), ("failed", 5), ("killed", 1), ("stopped", 1)];
    assert_eq!(outcomes, expected.map(|(name, count)| (name.to_string(), count)).into());

    // The output of all workers is in one file, each line with its cell.
    assert_eq!(names(&sweep.results().logs()).len(), 1);
    let log = sweep.logs();
    assert!(
        log.lines().all(
            |line| line.as_bytes()[..8].iter().all(u8::is_ascii_hexdigit) && line[8..].starts_with(" | ")
        )
    );
    assert!(log.contains("Traceback"));
}

#[test]
fn what_is_done_is_not_run_again_and_what_is_not_is() {
    let sweep = Sweep::new("s");
    sweep.write_grid("", "behave = [\"good\", \"fail\"]", "");
    sweep.talk(1, &["run", "s"]);
    let talk = sweep.talk(1, &["run", "s"]);
    assert!(talk.contains("0 cells done, 1 done before, 1 not done"), "{talk}");
    for cell in sweep.cells() {
        assert_eq!(starts(&cell), if cell.is_done().expect("read") { 1 } else { 2 });
    }
    let last = |outcome| {
        sweep.attempts().by_cell.values().filter(|all| all.last().expect("one").outcome == outcome).count()
    };
    assert_eq!((last(Outcome::Done), last(Outcome::Failed)), (1, 1));
    assert_eq!(sweep.attempts().by_cell.values().map(|all| all.last().expect("one").number).max(), Some(2));

    // A new value adds cells and does not touch the others.
    sweep.write_grid("", "behave = [\"good\", \"child\"]", "");
    let talk = sweep.talk(0, &["run", "s"]);
    assert!(talk.contains("1 cell done, 1 done before"), "{talk}");
    let talk = sweep.talk(0, &["run", "s"]);
    assert!(talk.starts_with("s: nothing to run\n"), "{talk}");
}

#[test]
fn cells_that_were_not_chosen_are_not_counted_as_done() {
    let sweep = Sweep::new("s");
    sweep.write_grid("", "behave = [\"good\", \"child\", \"fail\"]", "");
    let said = sweep.talk(0, &["run", "s", "--only", "behave=child"]);
    assert!(said.contains("1/1  done"), "{said}");
    let said = sweep.talk(0, &["run", "s", "--only", "behave=child,good"]);
    assert!(said.contains("2/2  done"), "{said}");
}

#[test]
fn what_was_asked_is_kept() {
    let sweep = Sweep::new("s");
    sweep.write_grid("text = \"a\\n\\\"b\\\", $(touch x)\"", "x = [1, 2.5]", "");
    sweep.talk(0, &["run", "s"]);
    let on_disk = sweep.results();
    let asked = fs_err::read(sweep.folder.path("sweeps/s.toml")).expect("read");
    assert_eq!(fs_err::read(on_disk.sweep_file()).expect("read"), asked);
    let plan = fs_err::read_to_string(on_disk.plan()).expect("a plan");
    assert_eq!((plan.lines().next(), plan.lines().count()), (Some("index,cell,x"), 3));
    let provenance: serde_json::Value =
        serde_json::from_slice(&fs_err::read(on_disk.provenance()).expect("read")).expect("JSON");
    assert_eq!(provenance["arguments"], serde_json::json!(["run", "s"]));
    assert_eq!(provenance["worker"][0], "python3");
    for cell in sweep.cells() {
        let text = read(&cell.parameters());
        let parameters = gainsweep_contract::params_file::parse(&text).expect("parameters");
        assert_eq!(parameters["text"].to_string(), "a\n\"b\", $(touch x)");
        let done = cell.read_record().expect("a record that the planner wrote");
        assert_eq!((done.exit, done.threads), (0, 1));
        assert!(done.wall_seconds > 0.0 && done.cpu_seconds > 0.0, "{done:?}");
    }
    assert!(!sweep.folder.path("x").exists() && !sweep.folder.path("results/x").exists());
}

#[test]
fn without_a_worker_there_is_a_hint() {
    let sweep = Sweep::new("s");
    sweep.folder.write("sweeps/s.toml", "[params]\nbatches = 5\n");
    let mut without = sweep.command(&["run", "s"]);
    let error = run(without.env("GAINSWEEP_WORKER", "/nonexistent/w")).expect(2, &[]).stderr;
    assert!(error.contains("GAINSWEEP_WORKER=`/nonexistent/w`"), "{error}");
    assert!(!sweep.folder.path("results").exists(), "nothing was begun");

    // Alone in a folder and with an empty PATH.
    let alone = sweep.folder.path("gainsweep");
    fs_err::copy(built("gainsweep"), &alone).expect("copied");
    let root = sweep.folder.root();
    run(command(alone, &["run", "s"]).current_dir(root).env("PATH", root))
        .expect(2, &["cargo build --release -p gainsweep-worker"]);

    sweep.folder.write("sweeps/s.toml", "[worker]\ncommand = [\"no-such-program\"]\n[params]\nx = 5\n");
    let error = sweep.talk(2, &["run", "s"]);
    assert!(error.contains("there is no `no-such-program` on PATH"), "{error}");
}

#[test]
fn a_worker_that_cannot_be_started_stops_the_run() {
    let sweep = Sweep::new("s");
    sweep.folder.write_script("worker", "#!/nonexistent/interpreter\n");
    sweep.folder.write(
        "sweeps/s.toml",
        "[worker]\ncommand = [\"./worker\"]\n[params]\ny = 1\n[grid]\nx = [1, 2, 3]\n",
    );
    let error = sweep.talk(3, &["run", "s", "--jobs", "1"]);
    assert_eq!(error.matches("cannot start the worker").count(), 1, "{error}");
}

#[test]
fn the_built_in_worker_must_write_done_json() {
    let sweep = Sweep::new("s");
    let script = sweep.folder.write_script("w orker", "#!/bin/sh\necho 'clarity\n1' > \"$5/metrics.csv\"\n");
    sweep.folder.write("sweeps/s.toml", "[params]\nbatches = 5\n");
    run(sweep.command(&["run", "s"]).env("GAINSWEEP_WORKER", &script))
        .expect(1, &["the worker ended with exit code 0, but wrote no done.json"]);
}

#[test]
fn results_that_cannot_be_written_are_the_systems_fault() {
    let sweep = Sweep::new("s");
    sweep.write_grid("", "x = [1, 2]", "");
    // A file in the place of the results folder: that fails for root, too.
    sweep.folder.write("results", "");
    let error = sweep.talk(3, &["run", "s"]);
    assert!(error.contains("results"), "{error}");

    // A file system of the kernel that takes no folders.
    sweep.run(&["--results", "/proc/gainsweep", "run", "s"]).expect(3, &["/proc/gainsweep"]);
}

#[test]
fn a_full_disk_stops_the_run_and_loses_nothing() {
    let sweep = Sweep::new("s");
    let long = "z".repeat(3000);
    sweep.write_grid(&format!("text = {long:?}"), "x = [1, 2, 3, 4]", "");
    // No file may grow beyond 2 KiB: to a writer this looks like a full disk.
    let limit = "trap '' XFSZ; ulimit -f 2";
    let mut limited = command_after(limit, &built("gainsweep"), &["run", "s", "--jobs", "2"]);
    let error = run(limited.current_dir(sweep.folder.root())).expect(3, &[]).stderr;
    assert_eq!(error.matches("the file would be larger than is allowed here").count(), 1, "{error}");
    // With enough room it runs as usual.
    sweep.talk(0, &["run", "s"]);
    for cell in sweep.cells() {
        assert!(names(cell.root()).iter().all(|name| !name.contains(".tmp")), "{:?}", names(cell.root()));
    }
}

#[test]
fn a_run_keeps_to_its_budget() {
    let sweep = Sweep::new("s");
    sweep.write_grid("", "behave = [\"good\"]\nnumber = [1, 2, 3, 4]", "");
    let said = sweep.talk(2, &["run", "s", "--bench"]);
    assert!(said.contains("only the built-in worker can be measured"), "{said}");
    let said = sweep.talk(0, &["run", "s", "--budget", "1"]);
    assert!(said.contains("the cost of a cell is not known yet") && said.contains("other 3 wait"), "{said}");
    let said = sweep.talk(2, &["run", "s", "--budget", "1e-9"]);
    assert!(said.contains("not even one cell"), "{said}");
    let said = sweep.talk(0, &["run", "s", "--budget", "1000"]);
    assert!(said.contains("3 of 3 cells fit"), "{said}");
    assert_eq!(sweep.cells().iter().filter(|cell| cell.is_done().expect("read")).count(), 4);
}
