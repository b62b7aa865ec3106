//! What workers leave behind, what they say last, and what `run` does with cells that fail alike or diverge.

use gainsweep_store::Outcome;
use gainsweep_testkit::program::{end, signal, start};
use gainsweep_testkit::sweep::{Sweep, starts};
use gainsweep_testkit::waiting::{wait_for_path, wait_until};
use rustix::process::{Pid, Signal};

/// A line of a shell script: a child that answers no request.
const DEAF: &str = "(trap '' TERM INT HUP; while :; do sleep 1000; done) & echo $! >> $OUT/pids\n";

/// A sweep of one cell with this shell script as its worker. It may write process ids into `$OUT/pids`.
fn shell(script: &str) -> Sweep {
    let sweep = Sweep::new("s");
    sweep.folder.write(
        "worker.sh",
        format!("OUT=$5\nexport OUT\nmetrics() {{ printf 'x\\n1\\n' > $OUT/metrics.csv; }}\n{script}"),
    );
    sweep.write("[worker]\ncommand = [\"sh\", \"worker.sh\"]\n[grid]\nx = [1]\n");
    sweep
}

/// The processes that the worker of the only cell noted.
fn noted(sweep: &Sweep) -> Vec<Pid> {
    let cells = sweep.cells();
    let text = fs_err::read_to_string(cells[0].root().join("pids")).expect("process ids");
    text.split_whitespace()
        .map(|word| Pid::from_raw(word.parse().expect("a number")).expect("not 0"))
        .collect()
}

fn lives(pid: Pid) -> bool {
    let process = gainsweep_store::this_machine::process(pid.as_raw_nonzero().get().unsigned_abs());
    process.is_some_and(|process| process.lives)
}

#[track_caller]
fn none_lives(pids: &[Pid]) {
    assert!(!pids.is_empty());
    wait_until("all have ended", || !pids.iter().any(|pid| lives(*pid)));
}

#[test]
fn what_a_worker_left_in_its_group_ends_with_it() {
    for (last, code) in [("metrics", 0), ("exit 1", 1)] {
        let script = format!("sleep 1000 & echo $! > $OUT/pids\n{DEAF}{last}\n");
        let sweep = shell(&script);
        sweep.talk(code, &["run", "s"]);
        // At once: `run` waited for their end.
        assert!(!noted(&sweep).iter().any(|pid| lives(*pid)));
    }
}

#[test]
fn the_processes_of_a_pool_that_ignore_the_request_end_with_their_program() {
    let sweep = Sweep::new("s");
    sweep.folder.write(
        "train.py",
        "import multiprocessing, os, signal, sys, time\n\
         def work():\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    time.sleep(1000)\n\
         processes = [multiprocessing.get_context('fork').Process(target=work, daemon=True) for _ in range(3)]\n\
         for process in processes: process.start()\n\
         open(sys.argv[5] + '/pids', 'w').write(' '.join(str(process.pid) for process in processes))\n\
         time.sleep(0.5)\n\
         print('no data', file=sys.stderr, flush=True)\nos._exit(1)\n",
    );
    sweep.write("[worker]\ncommand = [\"python3\", \"train.py\"]\n[grid]\nx = [1]\n");
    let talk = sweep.talk(1, &["run", "s"]);
    assert!(talk.contains("   no data\n"), "{talk}");
    assert!(!noted(&sweep).iter().any(|pid| lives(*pid)));
}

#[test]
fn a_last_word_through_another_process_is_heard() {
    let sweep = shell("(sleep 0.1; echo 'no data' >&2) &\nexit 1\n");
    let talk = sweep.talk(1, &["run", "s"]);
    assert!(talk.contains("   no data\n"), "{talk}");
}

#[test]
fn ctrl_c_ends_whole_groups() {
    let sweep = shell(&format!(
        "echo $$ > $OUT/pids\nsleep 1000 & echo $! >> $OUT/pids\n{DEAF}: > $OUT/begun\nwait\n"
    ));
    let child = start(sweep.command(&["run", "s"]));
    wait_until("it runs", || sweep.cells().iter().any(|cell| cell.root().join("begun").exists()));
    signal(&child, Signal::INT);
    end(child).expect(1, &[]);
    let pids = noted(&sweep);
    assert_eq!(pids.len(), 3);
    assert!(!pids.iter().any(|pid| lives(*pid)));
    assert_eq!(outcome(&sweep), Outcome::Stopped);
}

fn outcome(sweep: &Sweep) -> Outcome {
    let attempts = sweep.attempts();
    attempts.by_cell.values().next().expect("a cell").last().expect("an attempt").outcome
}

/// Kills a `run` while its worker runs. Returns the processes that the worker noted.
#[cfg(target_os = "linux")]
fn killed_in_the_middle(sweep: &Sweep) -> Vec<Pid> {
    let mut child = start(sweep.command(&["run", "s"]));
    wait_until("it runs", || sweep.cells().iter().any(|cell| cell.root().join("begun").exists()));
    let pids = noted(sweep);
    sweep.folder.write("again", "");
    signal(&child, Signal::KILL);
    child.wait().expect("it ends");
    pids
}

#[cfg(target_os = "linux")]
#[test]
fn after_kill_9_of_the_planner_whole_groups_end_and_the_next_run_takes_over() {
    let sweep = shell(&format!(
        "if [ -e again ]; then metrics; exit; fi\necho $$ > $OUT/pids\n\
         nohup sleep 1000 > /dev/null 2>&1 & echo $! >> $OUT/pids\n{DEAF}: > $OUT/begun\nwait\n"
    ));
    let pids = killed_in_the_middle(&sweep);
    // It waits for all that the first left, which the lock says.
    sweep.talk(0, &["run", "s"]);
    none_lives(&pids);
}

/// The system may repeat its request within a moment. The guard makes none while the worker lives.
#[cfg(target_os = "linux")]
#[test]
fn after_kill_9_of_the_planner_a_worker_may_take_its_time() {
    let sweep = shell(
        "if [ -e again ]; then metrics; exit; fi\n\
         trap : TERM\nsleep 1000 & echo $$ $! > $OUT/pids\n: > $OUT/begun\nwait\nsleep 0.7\n\
         trap ': > late' TERM\nfor i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.2; done\n: > checkpoint\n",
    );
    let pids = killed_in_the_middle(&sweep);
    none_lives(&pids);
    wait_for_path(&sweep.folder.path("checkpoint"));
    assert!(!sweep.folder.path("late").exists());
    sweep.talk(0, &["run", "s"]);
}

#[test]
fn who_left_the_group_and_holds_an_output_is_not_waited_for() {
    let sweep = shell(
        "setsid sh -c 'echo $$ > \"$OUT/pids\"; exec sleep 1000' &\nuntil [ -s \"$OUT/pids\" ]; do :; done\nmetrics\n",
    );
    sweep.talk(0, &["run", "s"]);
    let pids = noted(&sweep);
    assert!(lives(pids[0]), "it left the group on purpose");
    let _ = rustix::process::kill_process(pids[0], Signal::KILL);
}

/// Six cells that fail with one error; the seventh would not.
fn failing_alike() -> Sweep {
    let sweep = Sweep::new("s");
    sweep.folder.write(
        "worker.sh",
        "grep -q 'x = 7$' \"$3\" && { printf 'y\\n1\\n' > $5/metrics.csv; exit; }\n\
         echo \"cannot read /data/$$.csv\" >&2\nexit 1\n",
    );
    sweep.write("[worker]\ncommand = [\"sh\", \"worker.sh\"]\n[grid]\nx = [1, 2, 3, 4, 5, 6, 7]\n");
    sweep
}

#[test]
fn five_cells_that_fail_alike_at_the_start_stop_the_run() {
    let sweep = failing_alike();
    let talk = sweep.talk(1, &["run", "s", "--jobs", "1"]);
    let last = talk.lines().find(|line| line.starts_with("5 cells failed alike")).expect(&talk);
    assert!(
        last.contains(": cannot read /data/") && last.ends_with(".csv; stopped. --keep-going runs all"),
        "{last}"
    );
    assert!(talk.contains("  failed    5 cells, such as "), "{talk}");
    assert_eq!(sweep.attempts().by_cell.len(), 5);

    let talk = sweep.talk(1, &["run", "s", "--jobs", "1", "--keep-going"]);
    assert!(!talk.contains("alike"), "{talk}");
    assert!(talk.contains("s: 1 cell done, 6 not done"), "{talk}");
    assert!(talk.contains("  failed    6 cells, such as "), "{talk}");
    // So do the other screens.
    let shown = sweep.run(&["status", "s"]).expect(1, &["next: gainsweep run s"]).stdout;
    assert!(shown.contains("  failed             6   cannot read /data/"), "{shown}");
    let said = sweep.talk(0, &["report", "s"]);
    let page = fs_err::read_to_string(sweep.results().root().join("report.html")).expect(&said);
    assert_eq!(page.matches("6 failed: <bdi>cannot read /data/").count(), 1, "{page}");
}

#[test]
fn what_diverged_runs_again_only_when_it_is_asked_for() {
    let sweep = Sweep::new("s");
    sweep.write_grid("", "behave = [\"good\", \"diverge\"]", "");
    let again = "gainsweep run s --only state=diverged";
    let talk = sweep.talk(1, &["run", "s"]);
    assert!(talk.contains(again) && !talk.contains("retries them"), "{talk}");
    let talk = sweep.talk(1, &["run", "s"]);
    assert!(talk.starts_with("s: nothing to run\ndiverged  1 cell") && talk.contains(again), "{talk}");
    assert_eq!(sweep.cells().iter().map(starts).sum::<usize>(), 2);
    let plan = sweep.run(&["plan", "s", "--exit-code"]).expect(0, &[again]);
    assert!(plan.stdout.contains("; kept") && !plan.stdout.contains("to run"), "{}", plan.stdout);
    sweep.run(&["status", "s"]).expect(1, &[again]);
    let cell =
        gainsweep_testkit::sweep::id(sweep.cells().iter().find(|cell| !cell.done().exists()).expect("one"));
    assert!(sweep.shown(&["explain", "s", &cell]).contains("state=diverged"));

    sweep.talk(1, &["run", "s", "--only", "state=diverged"]);
    assert_eq!(sweep.cells().iter().map(starts).sum::<usize>(), 3);
}

/// No command after a local run names the cluster.
#[test]
fn a_run_here_names_no_command_of_a_cluster() {
    let sweep = Sweep::new("s");
    sweep.write_grid("", "behave = [\"good\", \"fail\", \"diverge\", \"stop\", \"crash\"]", "");
    let mut said = sweep.talk(1, &["run", "s"]);
    sweep.write_grid("", "behave = [\"good\", \"fail\", \"diverge\", \"stop\", \"crash\", \"child\"]", "");
    for arguments in [&["status", "s"][..], &["plan", "s"], &["report", "s"]] {
        let shown = sweep.run(arguments);
        said += &(shown.stdout + &shown.stderr);
    }
    for cell in sweep.cells() {
        said += &sweep.shown(&["explain", "s", &gainsweep_testkit::sweep::id(&cell)]);
    }
    said += &fs_err::read_to_string(sweep.results().root().join("report.html")).expect("a page");
    for word in ["gainsweep retry", "gainsweep submit", "gainsweep cancel", "squeue", "sacct"] {
        assert!(!said.contains(word), "{word}: {said}");
    }
}

#[test]
fn a_worker_that_never_ends_its_line_fills_no_log() {
    let sweep =
        shell("head -c 30000000 /dev/zero\nhead -c 30000000 /dev/zero | tr '\\0' '\\377' >&2\nmetrics\n");
    sweep.talk(0, &["run", "s"]);
    let logs = fs_err::read_dir(sweep.results().logs()).expect("logs").flatten();
    let size: u64 = logs.map(|log| log.metadata().expect("a log").len()).sum();
    assert!(size < 20_000_000, "{size}");
}
