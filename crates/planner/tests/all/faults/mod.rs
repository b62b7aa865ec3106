//! Every system call that names, makes durable or publishes a file fails once, or is the last one of the process.
//!
//! Afterwards the same command is run without faults, and [`assert_sound`] holds. `GAINSWEEP_FAULTS=all` tries every
//! call; without it, the first few of each kind.

use std::path::Path;
use std::process::Command;

use gainsweep_testkit::fake_slurm::FakeSlurm;
use gainsweep_testkit::folder::read;
use gainsweep_testkit::program::{Said, run};
use gainsweep_testkit::skip;
use gainsweep_testkit::sweep::{Sweep, starts, table};
use gainsweep_testkit::workers;

/// What happens to a call instead.
const FAULTS: [&str; 3] = ["error=EIO", "error=ENOSPC", "signal=KILL"];

/// The calls by which files get to disk and are found there, by all the names that they have.
const CALLS: [&str; 6] =
    ["fsync", "rename,renameat,renameat2", "mkdir,mkdirat", "unlink,unlinkat", "write,pwrite64", "openat"];

/// Without `GAINSWEEP_FAULTS=all`: so many calls of a kind.
const FEW: usize = 2;

/// A sweep of two cells whose worker writes at once.
fn two_cells() -> Sweep {
    let sweep = Sweep::new("s");
    let worker = workers::table(&[&workers::quick()]);
    sweep.write(&format!("{worker}[replicates]\nseed = 2\n"));
    sweep
}

/// Runs `gainsweep` with this fault at that call of its kind. `None` when there is no such call any more.
fn with_fault(sweep: &Sweep, arguments: &[&str], calls: &str, fault: &str, number: usize) -> Option<Said> {
    let gainsweep = sweep.command(arguments);
    let trace = sweep.folder.path("trace");
    let mut strace = Command::new("strace");
    // Threads are followed, and so are children: their calls are of other kinds.
    strace.args([
        "-f",
        "-q",
        "-e",
        &format!("trace={calls}"),
        "-e",
        &format!("inject={calls}:{fault}:when={number}"),
    ]);
    strace.arg("-o").arg(&trace).arg(gainsweep.get_program()).args(gainsweep.get_args());
    strace.envs(gainsweep.get_envs().filter_map(|(name, value)| Some((name, value?))));
    strace.current_dir(sweep.folder.root());
    let said = run(strace);
    let trace = read(&trace);
    ["(INJECTED)", "killed by SIGKILL"].iter().any(|happened| trace.contains(happened)).then_some(said)
}

/// What must hold whatever happened: of a sweep whose command succeeded in the end.
#[track_caller]
fn assert_sound(sweep: &Sweep, what: &str) {
    let results = sweep.results();
    let cells = sweep.cells();
    assert_eq!(cells.len(), 2, "{what}");
    for cell in &cells {
        assert!(cell.is_done().expect("read"), "{what}: {} is not done", cell.root().display());
        assert_eq!(read(&cell.metrics()), "clarity\n0.5\n", "{what}");
    }
    let left = |folder: &Path| fs_err::read_dir(folder).into_iter().flatten().flatten().count();
    assert_eq!(left(&results.works()), 0, "{what}: attempts are left over");
    sweep.talk(0, &["gather", "s"]);
    let tables = || [results.cells_table(), results.summary_table()].map(|path| read(&path));
    let gathered = tables();
    assert!(table(&results.cells_table()).iter().all(|row| row["state"] == "done"), "{what}: {gathered:?}");
    fs_err::remove_dir_all(results.tables()).expect("removed");
    sweep.talk(0, &["gather", "s"]);
    assert_eq!(tables(), gathered, "{what}: gathered from nothing it is another table");
}

/// What must hold at once, while the fault's traces are there.
#[track_caller]
fn assert_no_lie(sweep: &Sweep, said: &Said, what: &str) {
    assert!(!said.stderr.contains("panicked"), "{what}: {said:?}");
    let done = fs_err::read_dir(sweep.results().cells()).into_iter().flatten().flatten();
    for folder in done.map(|entry| entry.path()).filter(|path| path.join("done.json").exists()) {
        assert_eq!(read(&folder.join("metrics.csv")), "clarity\n0.5\n", "{what}: done without results");
    }
}

/// Tries each fault at each call of each kind, in a new sweep each time.
#[expect(clippy::print_stdout, reason = "the rows of the table in results/benchmarks/faults.md")]
fn try_all(prepare: impl Fn() -> Sweep, arguments: &[&str], finish: impl Fn(&Sweep, &str)) {
    if !skip::has_program("strace") {
        return;
    }
    let all = std::env::var("GAINSWEEP_FAULTS").is_ok_and(|which| which == "all");
    let mut tried = 0;
    for calls in CALLS {
        let before = tried;
        for fault in FAULTS {
            for number in 1..=if all { usize::MAX } else { FEW } {
                let sweep = prepare();
                let Some(said) = with_fault(&sweep, arguments, calls, fault, number) else { break };
                let what = format!("{arguments:?}, {fault} at {calls} {number}");
                assert_no_lie(&sweep, &said, &what);
                finish(&sweep, &what);
                assert_sound(&sweep, &what);
                tried += 1;
            }
        }
        println!("{} | {calls} | {}", arguments[0], tried - before);
    }
    assert!(tried > FAULTS.len(), "{arguments:?}: only {tried} faults happened");
}

#[test]
fn run_survives_every_fault() {
    try_all(two_cells, &["run", "s", "--jobs", "1"], |sweep, what| {
        let said = sweep.run(&["run", "s"]);
        assert_eq!(said.code, Some(0), "{what}: {said:?}");
        assert!(sweep.cells().iter().all(|cell| starts(cell) <= 2), "{what}");
    });
}

#[test]
fn gather_survives_every_fault() {
    let finished = || {
        let sweep = two_cells();
        sweep.talk(0, &["run", "s"]);
        fs_err::remove_dir_all(sweep.results().tables()).expect("removed");
        sweep
    };
    try_all(finished, &["gather", "s"], |_, _| ());
}

#[test]
fn submit_survives_every_fault() {
    let place = tempfile::tempdir().expect("a folder");
    let cluster = std::cell::RefCell::new(None);
    let number = std::cell::Cell::new(0);
    let with_cluster = || {
        number.set(number.get() + 1);
        let started = FakeSlurm::start(&place.path().join(format!("slurm{}", number.get())));
        let sweep = Sweep::new("s").with_environment(&started.environment());
        let worker = workers::table(&[&workers::quick()]);
        sweep.write(&format!("{worker}[replicates]\nseed = 2\n"));
        *cluster.borrow_mut() = Some(started);
        sweep
    };
    try_all(with_cluster, &["submit", "s", "--yes"], |sweep, what| {
        let cluster = cluster.borrow();
        let idle = || {
            cluster
                .as_ref()
                .is_some_and(|cluster| cluster.wait_until_idle(std::time::Duration::from_secs(90)))
        };
        assert!(idle(), "{what}: the queue never emptied");
        let said = sweep.run(&["submit", "s", "--yes"]);
        assert_eq!(said.code, Some(0), "{what}: {said:?}");
        assert!(idle(), "{what}: the queue never emptied");
        assert!(sweep.cells().iter().all(|cell| starts(cell) == 1), "{what}: a cell ran twice");
    });
}
