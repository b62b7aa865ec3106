//! Limits of the process (`ulimit`), of its user and of file systems: what can work works; otherwise an error names the
//! limit. Never a panic or a torn file.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use gainsweep_testkit::fake_slurm::FakeSlurm;
use gainsweep_testkit::program::{Said, built, command_after, run};
use gainsweep_testkit::skip;
use gainsweep_testkit::sweep::Sweep;
use gainsweep_testkit::workers;

use crate::faults::{traced, under_strace};

/// What works on a finished sweep.
const COMMANDS: [&[&str]; 6] =
    [&["plan", "s"], &["status", "s"], &["gather", "s"], &["plot", "s"], &["report", "s"], &["run", "s"]];

/// Four cells whose worker writes at once.
fn write(sweep: &Sweep) {
    let worker = workers::table(&[&workers::quick()]);
    sweep.write(&format!("{worker}[replicates]\nseed = 2\n[grid]\na = [1, 2]\n"));
}

/// They are done.
fn finished() -> Sweep {
    let sweep = Sweep::new("s");
    write(&sweep);
    sweep.talk(0, &["run", "s"]);
    sweep
}

/// Fine, or an error of the system in words.
#[track_caller]
fn assert_in_words(said: &Said, what: &str) {
    let code = said.code.unwrap_or_else(|| panic!("{what}: ended by a signal: {said:?}"));
    assert!([0, 3].contains(&code), "{what}: {said:?}");
    assert_eq!(said.stderr.contains("error: "), code == 3, "{what}: {said:?}");
    assert!(!said.stderr.contains("panicked"), "{what}: {said:?}");
}

/// Runs `gainsweep` below this limit.
fn limited(sweep: &Sweep, limit: &str, arguments: &[&str]) -> Said {
    let mut command = command_after(limit, &built("gainsweep"), arguments);
    command.current_dir(sweep.folder.root()).env("RAYON_NUM_THREADS", "104");
    run(command)
}

/// Runs `gainsweep` on a machine that starts so many threads and processes, and no more.
fn with_threads(sweep: &Sweep, allowed: usize, arguments: &[&str]) -> Said {
    let refuse = format!("inject=clone,clone3,fork,vfork:error=EAGAIN:when={}+", allowed + 1);
    let options = ["-e", "trace=clone,clone3,fork,vfork", "-e", &refuse];
    let mut gainsweep = sweep.command(arguments);
    gainsweep.env("RAYON_NUM_THREADS", "104");
    run(under_strace(&gainsweep, &options, Path::new("/dev/null")))
}

#[test]
fn with_few_threads_everything_that_starts_no_program_works() {
    if !skip::has_program("strace") {
        return;
    }
    let sweep = finished();
    for allowed in [1, 2, 40] {
        for arguments in COMMANDS {
            with_threads(&sweep, allowed, arguments).expect(0, &[]);
        }
    }
    let said = with_threads(&sweep, 0, &["gather", "s"]);
    assert_in_words(&said, "no thread at all");
    insta::assert_snapshot!(said.stderr, @"
    error: cannot start another thread: Resource temporarily unavailable (os error 11)
     |
     = no more threads or processes are allowed: see `ulimit -u`, or use fewer --jobs
    ");
}

#[test]
fn a_run_with_few_threads_says_so_and_loses_nothing() {
    if !skip::has_program("strace") {
        return;
    }
    for allowed in 1..=8 {
        let sweep = Sweep::new("s");
        write(&sweep);
        let said = with_threads(&sweep, allowed, &["run", "s", "--jobs", "2"]);
        assert_in_words(&said, &format!("{allowed} threads"));
        sweep.talk(0, &["run", "s"]);
        assert!(
            sweep.cells().iter().all(|cell| cell.is_done().expect("read")),
            "{allowed} threads: {said:?}"
        );
    }
}

#[test]
fn limits_of_files_and_memory_are_named() {
    let sweep = finished();
    let limits = ["ulimit -n 5", "ulimit -n 6", "ulimit -n 8", "ulimit -f 0", "ulimit -f 1", "ulimit -f 8"];
    for limit in limits.into_iter().chain(["ulimit -v 200000", "ulimit -v 1000000"]) {
        for arguments in COMMANDS {
            let what = format!("{limit}, {arguments:?}");
            let said = limited(&sweep, limit, arguments);
            assert_in_words(&said, &what);
            let names_it =
                said.code == Some(0) || said.stderr.contains(limit.rsplit_once(' ').expect("two words").0);
            assert!(names_it, "{what}: {said:?}");
        }
    }
    let tables = || fs_err::read(sweep.results().cells_table()).expect("read");
    sweep.talk(0, &["gather", "s"]);
    let gathered = tables();
    fs_err::remove_dir_all(sweep.results().tables()).expect("removed");
    sweep.talk(0, &["gather", "s"]);
    assert_eq!(tables(), gathered);
}

/// Runs `gainsweep` on a file system that cannot do this.
fn without(sweep: &Sweep, calls: &str, error: &str, arguments: &[&str]) -> Said {
    let (kinds, refuse) = (format!("trace={calls}"), format!("inject={calls}:error={error}"));
    run(traced(&sweep.command(arguments), &["-e", &kinds, "-e", &refuse], Path::new("/dev/null")))
}

#[test]
fn a_file_system_without_links_or_permissions_is_good_enough() {
    if !skip::has_program("strace") {
        return;
    }
    let poor = [
        ("renameat2", "EINVAL"),
        ("renameat2,link,linkat", "EPERM"),
        ("renameat2,link,linkat", "EOPNOTSUPP"),
        ("chmod,fchmod,fchmodat", "EPERM"),
    ];
    for (calls, error) in poor {
        let place = tempfile::tempdir().expect("a folder");
        let cluster = FakeSlurm::start(&place.path().join("slurm"));
        let sweep = Sweep::new("s").with_environment(&cluster.environment());
        write(&sweep);
        without(&sweep, calls, error, &["run", "s", "--only", "seed=1"]).expect(0, &[]);
        without(&sweep, calls, error, &["submit", "s", "--yes"]).expect(0, &[]);
        assert!(cluster.wait_until_idle(Duration::from_mins(1)), "{calls}: the queue never emptied");
        without(&sweep, calls, error, &["gather", "s"]).expect(0, &[]);
        assert!(sweep.cells().iter().all(|cell| cell.is_done().expect("read")), "{calls}");
    }
}

#[test]
fn where_no_program_can_run_nothing_is_sent() {
    let sweep = finished();
    let results = sweep.folder.path("noexec");
    fs_err::create_dir(&results).expect("made");
    let mounted = run_program("mount", &["-t", "tmpfs", "-o", "noexec", "none"], &results);
    if !mounted {
        return skip::skipped("a tmpfs cannot be mounted here");
    }
    let place = tempfile::tempdir().expect("a folder");
    let cluster = FakeSlurm::start(&place.path().join("slurm"));
    let sweep = sweep.with_environment(&cluster.environment());
    let said = sweep.run(&["submit", "s", "--yes", "--results", "noexec"]);
    let local = sweep.run(&["run", "s", "--results", "noexec"]);
    assert!(run_program("umount", &[], &results));
    assert_eq!(said.code, Some(2), "{said:?}");
    insta::assert_snapshot!(said.stderr, @"
    note: other machines have no noexec/s: --results chooses a shared folder
    4 cells in 1 array (4 tasks, 60 min each, 1 core, 1024 MiB)
    at most 4.0 core-hours (no prediction: no cell is finished yet)
    error: no program can run in noexec/s/sealed: its file system is mounted noexec
     |
     = programs are copied there for each submission: choose another folder with --results
    ");
    local.expect(0, &[]);
}

fn run_program(program: &str, arguments: &[&str], last: &Path) -> bool {
    Command::new(program).args(arguments).arg(last).status().is_ok_and(|status| status.success())
}
