//! How cells end, and what is said and kept of it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use gainsweep_store::Outcome;

use crate::{Folder, attempts, cells, gainsweep, results, starts, sweep, talk};

#[test]
fn each_way_to_end_is_told_apart_and_stops_no_other_cell() {
    let folder = Folder::new();
    let ways = "behave = [\"fail\", \"silent\", \"good\", \"diverge\", \"usage\", \"stop\", \"crash\", \"forget\", \
                \"empty\", \"child\"]";
    sweep(&folder, "", ways, "");
    let talk = talk(&folder, 1, &["run", "s", "--jobs", "3"]);
    let reasons = [
        ("failed", "fail", "ValueError: the weights are wrong"),
        ("failed", "silent", "about to silent"),
        ("diverged", "diverge", "loss not finite at batch 512"),
        ("failed", "usage", "unknown parameter `x`"),
        ("stopped", "stop", "about to stop"),
        ("failed", "crash", "killed by signal 9 (SIGKILL); the system does that when memory runs out"),
        ("failed", "forget", "the worker ended with exit code 0, but wrote no metrics.csv"),
        ("failed", "empty", "the worker ended with exit code 0, but its metrics.csv has no row"),
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

    let all = attempts(&folder);
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for attempt in all.by_cell.values().flatten() {
        *outcomes.entry(attempt.outcome.to_string()).or_default() += 1;
        assert!(attempt.ended.is_some() && attempt.seconds.is_some() && attempt.number == 1);
        assert_eq!(attempt.exit_code.is_none(), attempt.signal.is_some());
    }
    let expected = [("diverged", 1), ("done", 2), ("failed", 5), ("killed", 1), ("stopped", 1)];
    assert_eq!(outcomes, expected.map(|(name, count)| (name.to_string(), count)).into());

    // Everything that workers said is in one file, each line with its cell.
    let logs: Vec<_> = fs_err::read_dir(results(&folder).logs()).expect("logs").flatten().collect();
    assert_eq!(logs.len(), 1);
    let log = fs_err::read_to_string(logs[0].path()).expect("a log");
    assert!(
        log.lines().all(
            |line| line.as_bytes()[..8].iter().all(u8::is_ascii_hexdigit) && line[8..].starts_with(" | ")
        )
    );
    assert!(log.contains("Traceback"));
}

#[test]
fn what_is_done_is_not_run_again_and_what_is_not_is() {
    let folder = Folder::new();
    sweep(&folder, "", "behave = [\"good\", \"fail\"]", "");
    talk(&folder, 1, &["run", "s"]);
    let talk = talk(&folder, 1, &["run", "s"]);
    assert!(talk.contains("0 cells done, 1 done before, 1 not done"), "{talk}");
    for cell in cells(&folder) {
        assert_eq!(starts(&cell), if cell.is_done() { 1 } else { 2 });
    }
    let last = |outcome| {
        attempts(&folder).by_cell.values().filter(|all| all.last().expect("one").outcome == outcome).count()
    };
    assert_eq!((last(Outcome::Done), last(Outcome::Failed)), (1, 1));
    assert_eq!(attempts(&folder).by_cell.values().map(|all| all.last().expect("one").number).max(), Some(2));

    // A new value adds cells and leaves the others as they are.
    sweep(&folder, "", "behave = [\"good\", \"child\"]", "");
    let talk = crate::talk(&folder, 0, &["run", "s"]);
    assert!(talk.contains("1 cell done, 1 done before"), "{talk}");
    let talk = crate::talk(&folder, 0, &["run", "s"]);
    assert!(talk.starts_with("s: nothing to run\n"), "{talk}");
}

#[test]
fn cells_that_were_not_chosen_are_not_counted_as_done() {
    let folder = Folder::new();
    sweep(&folder, "", "behave = [\"good\", \"child\", \"fail\"]", "");
    let said = talk(&folder, 0, &["run", "s", "--only", "behave=child"]);
    assert!(said.contains("1/1  done"), "{said}");
    let said = talk(&folder, 0, &["run", "s", "--only", "behave=child,good"]);
    assert!(said.contains("2/2  done"), "{said}");
}

#[test]
fn what_was_asked_is_kept() {
    let folder = Folder::new();
    sweep(&folder, "text = \"a\\n\\\"b\\\", $(touch x)\"", "x = [1, 2.5]", "");
    talk(&folder, 0, &["run", "s"]);
    let on_disk = results(&folder);
    let asked = fs_err::read(folder.path("sweeps/s.toml")).expect("read");
    assert_eq!(fs_err::read(on_disk.sweep_file()).expect("read"), asked);
    let plan = gainsweep_store::plan::read(&on_disk.plan()).expect("read").expect("a plan");
    assert_eq!((plan.axes, plan.cells.len()), (vec!["x".to_string()], 2));
    let provenance: serde_json::Value =
        serde_json::from_slice(&fs_err::read(on_disk.provenance()).expect("read")).expect("JSON");
    assert_eq!(provenance["arguments"], serde_json::json!(["run", "s"]));
    assert!(provenance["worker"][0].as_str().expect("text").ends_with("/python3"), "{provenance}");
    for cell in cells(&folder) {
        let text = fs_err::read_to_string(cell.parameters()).expect("read");
        let parameters = gainsweep_contract::params_file::parse(&text).expect("parameters");
        assert_eq!(parameters["text"].to_string(), "a\n\"b\", $(touch x)");
        let done = cell.read_record().expect("a record that the planner wrote");
        assert_eq!((done.exit, done.threads), (0, 1));
        assert!(done.wall_seconds > 0.0 && done.cpu_seconds > 0.0, "{done:?}");
    }
    assert!(!folder.path("x").exists() && !folder.path("results/x").exists());
}

#[test]
fn without_a_worker_there_is_a_hint() {
    let folder = Folder::new();
    folder.write("sweeps/s.toml", "[params]\nbatches = 5\n");
    let mut command = folder.gainsweep(&["run", "s"]);
    let error =
        command.env("GAINSWEEP_WORKER", "/nonexistent/w").assert().code(2).get_output().stderr.clone();
    let error = String::from_utf8(error).expect("text");
    assert!(error.contains("GAINSWEEP_WORKER=`/nonexistent/w`"), "{error}");
    assert!(!folder.path("results").exists(), "nothing was begun");

    // Alone in a folder and with an empty PATH.
    let alone = folder.path("gainsweep");
    fs_err::copy(env!("CARGO_BIN_EXE_gainsweep"), &alone).expect("copied");
    let output = std::process::Command::new(&alone)
        .args(["run", "s"])
        .current_dir(folder.root())
        .env("PATH", folder.root())
        .env_remove("GAINSWEEP_WORKER")
        .output()
        .expect("it runs");
    let error = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("cargo build --release -p gainsweep-worker"), "{error}");

    folder.write("sweeps/s.toml", "[worker]\ncommand = [\"no-such-program\"]\n[params]\nx = 5\n");
    let error = talk(&folder, 2, &["run", "s"]);
    assert!(error.contains("the sweep's worker `no-such-program`"), "{error}");
}

#[test]
fn a_worker_that_cannot_be_started_stops_the_run() {
    let folder = Folder::new();
    let script = folder.write("worker", "#!/nonexistent/interpreter\n");
    fs_err::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("executable");
    folder.write(
        "sweeps/s.toml",
        "[worker]\ncommand = [\"./worker\"]\n[params]\ny = 1\n[grid]\nx = [1, 2, 3]\n",
    );
    let error = talk(&folder, 3, &["run", "s", "--jobs", "1"]);
    assert_eq!(error.matches("cannot start the worker").count(), 1, "{error}");
}

#[test]
fn the_built_in_worker_must_write_done_json() {
    let folder = Folder::new();
    let script = folder.write("w orker", "#!/bin/sh\necho 'clarity\n1' > \"$5/metrics.csv\"\n");
    fs_err::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("executable");
    folder.write("sweeps/s.toml", "[params]\nbatches = 5\n");
    let mut command = folder.gainsweep(&["run", "s"]);
    let output = command.env("GAINSWEEP_WORKER", &script).output().expect("it runs");
    let error = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("the worker ended with exit code 0, but wrote no done.json"), "{error}");
}

#[test]
fn results_that_cannot_be_written_are_the_systems_fault() {
    let folder = Folder::new();
    sweep(&folder, "", "x = [1, 2]", "");
    // A file where the folder of results should be: it fails for root, too.
    folder.write("results", "");
    let error = talk(&folder, 3, &["run", "s"]);
    assert!(error.contains("results"), "{error}");

    // A file system of the kernel's that takes no folders.
    let output = gainsweep(&folder, &["--results", "/proc/gainsweep", "run", "s"]);
    let error = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.contains("/proc/gainsweep"), "{error}");
}

#[test]
fn a_full_disk_stops_the_run_and_loses_nothing() {
    let folder = Folder::new();
    let long = "z".repeat(3000);
    sweep(&folder, &format!("text = {long:?}"), "x = [1, 2, 3, 4]", "");
    // No file may grow beyond 2 KiB, which is how a full disk looks to whoever writes parameters.
    let output = std::process::Command::new("bash")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 2; exec \"$0\" run s --jobs 2",
            env!("CARGO_BIN_EXE_gainsweep"),
        ])
        .current_dir(folder.root())
        .output()
        .expect("bash runs");
    let error = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert_eq!(error.matches("the file would be larger than is allowed here").count(), 1, "{error}");
    // With room it goes on as if nothing had been.
    talk(&folder, 0, &["run", "s"]);
    for cell in cells(&folder) {
        let names: Vec<_> =
            fs_err::read_dir(cell.root()).expect("list").flatten().map(|entry| entry.file_name()).collect();
        assert!(names.iter().all(|name| !name.to_string_lossy().ends_with(".tmp")), "{names:?}");
    }
}

#[test]
fn a_run_keeps_to_its_budget() {
    let folder = Folder::new();
    sweep(&folder, "", "behave = [\"good\"]\nnumber = [1, 2, 3, 4]", "");
    let said = talk(&folder, 2, &["run", "s", "--bench"]);
    assert!(said.contains("a worker of your own cannot be measured"), "{said}");
    let said = talk(&folder, 0, &["run", "s", "--budget", "1"]);
    assert!(said.contains("nobody knows yet what a cell takes") && said.contains("other 3 wait"), "{said}");
    let said = talk(&folder, 2, &["run", "s", "--budget", "1e-9"]);
    assert!(said.contains("not even one cell"), "{said}");
    let said = talk(&folder, 0, &["run", "s", "--budget", "1000"]);
    assert!(said.contains("3 of 3 cells fit"), "{said}");
    assert_eq!(cells(&folder).iter().filter(|cell| cell.is_done()).count(), 4);
}
