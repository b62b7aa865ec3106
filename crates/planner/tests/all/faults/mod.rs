//! Every system call that names, makes durable or publishes a file fails once, or is the last one of the process.
//!
//! Afterwards the same command is run without faults, and [`assert_sound`] holds. `GAINSWEEP_FAULTS=all` tries every
//! call, a number so many of each kind.
//!
//! | module | what |
//! |---|---|
//! | here | `run`, `gather` |
//! | [`slurm`] | `submit`, `retry`, `cancel`, `task` |
//! | [`caches`] | two mounts with caches, locks that are only local |
//! | [`power`] | power cuts |

mod caches;
mod power;
mod slurm;

use std::process::Command;

use gainsweep_testkit::folder::read;
use gainsweep_testkit::program::{Said, run};
use gainsweep_testkit::skip;
use gainsweep_testkit::sound::{QUICK, assert_no_lie, assert_sound};
use gainsweep_testkit::sweep::{Sweep, starts};
use gainsweep_testkit::workers;

/// What happens to a call instead.
const FAULTS: [&str; 3] = ["error=EIO", "error=ENOSPC", "signal=KILL"];

/// The calls by which files get to disk and are found there, by all the names that they have.
const CALLS: [&str; 6] =
    ["fsync", "rename,renameat,renameat2", "mkdir,mkdirat", "unlink,unlinkat", "write,pwrite64", "openat"];

/// So many calls of each kind are tried: `GAINSWEEP_FAULTS`, or a few.
fn most(few: usize) -> usize {
    match std::env::var("GAINSWEEP_FAULTS") {
        Ok(all) if all == "all" => usize::MAX,
        Ok(number) => number.parse().expect("GAINSWEEP_FAULTS is `all` or a number"),
        Err(_) => few,
    }
}

/// The lines of a sweep file of two cells whose worker writes at once.
fn two_cells() -> String {
    format!("{}[replicates]\nseed = 2\n", workers::table(&[&workers::quick()]))
}

/// A sweep of two cells.
fn two_new_cells() -> Sweep {
    let sweep = Sweep::new("s");
    sweep.write(&two_cells());
    sweep
}

/// A command under `strace`, with these of its options; its trace is written to `trace`. Threads are followed, and so
/// are children: their calls are of other kinds.
pub(super) fn traced(command: &Command, options: &[&str], trace: &std::path::Path) -> Command {
    under_strace(command, &[&["-f"], options].concat(), trace)
}

/// The same for the first thread of a command alone.
pub(super) fn under_strace(command: &Command, options: &[&str], trace: &std::path::Path) -> Command {
    let mut strace = Command::new("strace");
    strace.arg("-q").args(options);
    strace.arg("-o").arg(trace).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    strace.current_dir(command.get_current_dir().expect("a folder"));
    strace
}

/// Runs a command with this fault at that call of its kind. `None` when there is no such call any more.
fn with_fault(sweep: &Sweep, command: &Command, calls: &str, fault: &str, number: usize) -> Option<Said> {
    let trace = sweep.folder.path("trace");
    let kinds = format!("trace={calls}");
    let injected = format!("inject={calls}:{fault}:when={number}");
    let said = run(traced(command, &["-e", &kinds, "-e", &injected], &trace));
    let trace = read(&trace);
    ["(INJECTED)", "killed by SIGKILL"].iter().any(|happened| trace.contains(happened)).then_some(said)
}

/// Tries each fault at each call of each kind. `prepare` makes a new sweep each time, `command` says what is run in it,
/// and `finish` does what a user would do next.
#[expect(clippy::print_stdout, reason = "the rows of the table in results/benchmarks/faults.md")]
fn try_all<S: AsRef<Sweep>>(
    name: &str,
    most: usize,
    prepare: impl Fn() -> S,
    command: impl Fn(&S) -> Command,
    finish: impl Fn(&S, &str),
) {
    if !skip::has_program("strace") {
        return;
    }
    let mut tried = 0;
    for calls in CALLS {
        let before = tried;
        for fault in FAULTS {
            for number in 1..=most {
                let made = prepare();
                let sweep = made.as_ref();
                let Some(said) = with_fault(sweep, &command(&made), calls, fault, number) else { break };
                let what = format!("{name}, {fault} at {calls} {number}: {said:?}");
                assert_no_lie(sweep, QUICK, &what);
                finish(&made, &what);
                assert_sound(sweep, QUICK, 2, &what);
                tried += 1;
            }
        }
        println!("{name} | {calls} | {}", tried - before);
    }
    assert!(tried >= FAULTS.len(), "{name}: only {tried} faults happened");
}

#[test]
fn run_survives_every_fault() {
    let run = |sweep: &Sweep| sweep.command(&["run", "s", "--jobs", "1"]);
    try_all("run", most(2), two_new_cells, run, |sweep, what| {
        let said = sweep.run(&["run", "s"]);
        assert_eq!(said.code, Some(0), "{what}: {said:?}");
        assert!(sweep.cells().iter().all(|cell| starts(cell) <= 2), "{what}");
    });
}

#[test]
fn gather_survives_every_fault() {
    let finished = || {
        let sweep = two_new_cells();
        sweep.talk(0, &["run", "s"]);
        fs_err::remove_dir_all(sweep.results().tables()).expect("removed");
        sweep
    };
    try_all("gather", most(2), finished, |sweep| sweep.command(&["gather", "s"]), |_, _| ());
}
