//! What a cell's records promise: results that are durable, of one attempt, and the attempt's own.

use gainsweep_contract::CellId;
use gainsweep_store::claims::{self, Claim, Claimant, Claimed};
use gainsweep_store::work::{self, Predecessor};
use gainsweep_store::{CellFolder, CellsOnDisk, SweepFolder};
use gainsweep_testkit::folder::read;
use gainsweep_testkit::program::{end, start};
use gainsweep_testkit::skip;
use gainsweep_testkit::sweep::{Sweep, id, starts, table};
use gainsweep_testkit::waiting::wait_until;

/// A sweep of one cell whose worker is this shell script; `$3` is its file of parameters, `$5` its folder.
fn with_script(script: &str) -> Sweep {
    let sweep = Sweep::new("s");
    sweep.folder.write("worker.sh", script);
    sweep.write("[worker]\ncommand = [\"sh\", \"worker.sh\"]\n[grid]\nx = [1]\n");
    sweep
}

/// The id of the only cell.
fn cell(sweep: &Sweep) -> CellId {
    id(&sweep.cells_of_the_file()[0]).parse().expect("an id")
}

/// Claims the cell as another process that may do so.
fn claim(results: &SweepFolder, cell: CellId) -> Claim {
    fs_err::create_dir_all(results.claims()).expect("made");
    let other = Claimant { host: "elsewhere".into(), ..Claimant::this_process("now".into()) };
    match claims::claim(&results.claims(), cell, &other, 0, |_| true).expect("claimed") {
        Claimed::Ours(claim) => *claim,
        claimed @ (Claimed::Held(_) | Claimed::Finished(_)) => panic!("{claimed:?}"),
    }
}

/// The folder of an attempt with all its results, which nobody can see yet.
fn complete(results: &SweepFolder, cell: CellId, claim: &Claim) -> CellFolder {
    fs_err::create_dir_all(results.cells()).expect("made");
    let own = work::prepare(results, cell, claim.attempt, Predecessor::MayWrite).expect("made");
    fs_err::write(own.metrics(), "score\n7\n").expect("written");
    let done = r#"{"format":1,"exit":0,"wall_seconds":1.0,"cpu_seconds":1.0,"host":"elsewhere","version":"unknown",
        "commit":"unknown","engine":"","device":"cpu","threads":1}"#;
    fs_err::write(own.done(), done).expect("written");
    own
}

#[test]
fn results_that_an_attempt_did_not_write_are_not_its_results() {
    // The first try writes and fails; the next one succeeds and writes nothing.
    let sweep = with_script(
        "cd \"$5\"; echo x >> tries\n\
         if [ $(wc -l < tries) = 1 ]; then printf 'score\\n1\\n' > metrics.csv; \
         printf 'context\\n0\\n' > contexts.csv; exit 1; fi\n\
         if [ $(wc -l < tries) = 3 ]; then printf 'score\\n3\\n' > metrics.csv; fi\n",
    );
    sweep.talk(1, &["run", "s"]);
    let talk = sweep.talk(1, &["run", "s"]);
    assert!(talk.contains("wrote no metrics.csv: what is there is of an earlier attempt"), "{talk}");
    sweep.talk(0, &["run", "s"]);
    let home = sweep.results().cell(cell(&sweep));
    assert_eq!(read(&home.metrics()), "score\n3\n");
    assert!(!home.contexts().exists(), "it is of the first try");
    assert_eq!(fs_err::read_dir(sweep.results().works()).expect("list").count(), 0);
}

#[test]
fn a_done_cell_whose_results_are_gone_is_damaged_and_runs_again() {
    let sweep = Sweep::new("s");
    sweep.write_grid("", "x = [1, 2, 4, 8]", "");
    sweep.talk(0, &["run", "s"]);
    let cells = sweep.cells();
    // As a power cut leaves what was not on disk; and as a clean-up script leaves it.
    fs_err::write(cells[0].metrics(), "").expect("emptied");
    fs_err::remove_file(cells[1].metrics()).expect("removed");
    fs_err::write(cells[2].done(), "").expect("emptied");
    for (command, code) in [("plan", 0), ("status", 1), ("gather", 0)] {
        let said = sweep.run(&[command, "s"]).expect(code, &[]);
        assert!(format!("{}{}", said.stdout, said.stderr).contains("damaged"), "{command}: {said:?}");
    }
    let rows = table(&sweep.results().cells_table());
    assert_eq!(rows.iter().filter(|row| row["state"] == "damaged").count(), 3);
    let talk = sweep.talk(0, &["run", "s"]);
    assert!(talk.contains("3 cells done, 1 done before"), "{talk}");
    assert_eq!(sweep.cells().iter().map(starts).sum::<usize>(), 7);
    let rows = table(&sweep.results().cells_table());
    assert!(rows.iter().all(|row| row["state"] == "done" && !row["clarity"].is_empty()));
}

#[test]
fn an_attempt_that_was_superseded_publishes_nothing() {
    let sweep = Sweep::new("s");
    sweep.write_grid("steps = 2\npause = 2", "x = [1]", "");
    let (cell, results) = (cell(&sweep), sweep.results());
    let child = start(sweep.command(&["run", "s"]));
    wait_until("it runs", || sweep.cells().iter().any(|cell| cell.progress().exists()));
    // As if we were cut off: the cell is taken over and finished elsewhere.
    let other = claim(&results, cell);
    complete(&results, cell, &other);
    assert!(other.finish().expect("written"));
    assert!(work::publish(&results, cell, other.attempt).expect("published"));
    let talk = end(child).expect(1, &[]).stderr;
    assert!(talk.contains("another process took it over"), "{talk}");
    assert_eq!(read(&results.cell(cell).metrics()), "score\n7\n");
    assert!(sweep.talk(0, &["run", "s"]).contains("nothing to run"));
}

#[test]
fn results_that_were_finished_and_not_published_are_published() {
    for finished in [true, false] {
        let sweep = Sweep::new("s");
        sweep.write_grid("", "x = [1]", "");
        let (cell, results) = (cell(&sweep), sweep.results());
        let other = claim(&results, cell);
        complete(&results, cell, &other);
        if finished {
            assert!(other.finish().expect("written"));
        } else {
            other.release(1.0, false).expect("given back");
        }
        sweep.talk(0, &["run", "s"]);
        assert_eq!(starts(&results.cell(cell)), 0, "no worker was needed");
        assert_eq!(read(&results.cell(cell).metrics()), "score\n7\n");
        let claims = fs_err::read_dir(results.claims()).expect("list").count();
        assert_eq!(claims, 1, "a claim that it is finished stays");
    }
}

#[test]
fn a_cell_whose_holder_nobody_can_judge_is_released_by_a_person() {
    let sweep = Sweep::new("s");
    sweep.write_grid("", "x = [1]", "");
    let (cell, results) = (cell(&sweep), sweep.results());
    fs_err::create_dir_all(results.claims()).expect("made");
    let gone = Claimant {
        host: "a1b2c3".into(),
        machine: "m".into(),
        boot: "b".into(),
        pid: 1,
        ..Claimant::this_process("2026-01-01T00:00:00Z".into())
    };
    drop(claims::claim(&results.claims(), cell, &gone, 0, |_| false).expect("claimed"));
    let talk = sweep.talk(1, &["run", "s"]);
    let command = format!("gainsweep release s {}", cell.short());
    assert!(talk.contains("process 1 on a1b2c3") && talk.contains(&command), "{talk}");
    let page = sweep.shown(&["explain", "s", &cell.short()]);
    assert!(page.contains(&command), "{page}");
    let talk = sweep.talk(0, &["release", "s", &cell.short()]);
    assert!(talk.contains("warning") && talk.contains("its results do not count"), "{talk}");
    assert!(sweep.talk(0, &["release", "s", &cell.short()]).contains("nobody holds it"));
    sweep.talk(0, &["run", "s"]);
    assert_eq!(starts(&results.cell(cell)), 1);
}

#[test]
fn a_cell_that_runs_here_cannot_be_released() {
    let sweep = Sweep::new("s");
    sweep.write_grid("steps = 2\npause = 2", "x = [1]", "");
    let child = start(sweep.command(&["run", "s"]));
    wait_until("it runs", || sweep.cells().iter().any(|cell| cell.progress().exists()));
    let talk = sweep.talk(2, &["release", "s", &cell(&sweep).short()]);
    assert!(talk.contains("is running"), "{talk}");
    end(child).expect(0, &[]);
}

#[test]
fn what_an_earlier_version_left_is_taken_over() {
    let sweep = Sweep::new("s");
    sweep.write_grid("steps = 3", "x = [1]", "");
    let old = sweep.results().cell(cell(&sweep));
    fs_err::create_dir_all(old.root()).expect("made");
    // Two of three steps were made.
    fs_err::write(old.root().join("step"), "2 1").expect("written");
    sweep.talk(0, &["run", "s"]);
    assert_eq!(read(&old.root().join("begun")), "2\n");
    assert!(old.is_done().expect("read"));
}

/// Before `done.json` has its name, all that the worker wrote is on disk; before the cell has its folder, so is that.
#[test]
fn results_are_on_disk_before_the_cell_is_done() {
    if !skip::has_program("strace") {
        return;
    }
    let sweep = with_script(
        "cd \"$5\"; mkdir more; for name in metrics.csv contexts.csv more/x; do printf 'a\\n1\\n' > $name; done\n",
    );
    let trace = sweep.folder.path("trace");
    let gainsweep = sweep.command(&["run", "s"]);
    let mut strace = std::process::Command::new("strace");
    strace.args([
        "-f",
        "-y",
        "-s",
        "400",
        "-e",
        "trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat",
        "-o",
    ]);
    strace.arg(&trace).arg(gainsweep.get_program()).args(gainsweep.get_args());
    strace.envs(gainsweep.get_envs().filter_map(|(name, value)| Some((name, value?))));
    strace.current_dir(sweep.folder.root());
    gainsweep_testkit::program::run(strace).expect(0, &[]);
    let trace = read(&trace);
    let place = |what: &str, is: &dyn Fn(&str) -> bool| {
        trace.lines().position(is).unwrap_or_else(|| panic!("no {what}: {trace}"))
    };
    let synced =
        |name: &str| place(name, &|line| line.contains("sync(") && line.contains(&format!("{name}>")));
    let done = place("done.json", &|line| line.contains("rename") && line.contains("done.json\""));
    let own = format!("work/{}.1", cell(&sweep));
    for name in ["metrics.csv", "contexts.csv", "more/x", "more", &own] {
        assert!(synced(name) < done, "{name}: {trace}");
    }
    let published = format!("/cells/{}\"", cell(&sweep));
    let published = place("publication", &|line| line.contains("rename") && line.contains(&published));
    assert!(done < published, "{trace}");
    let after = trace.lines().skip(published).any(|line| line.contains("sync(") && line.contains("/cells>"));
    assert!(after, "the name of the cell's folder is not on disk: {trace}");
    assert!(CellsOnDisk::read(&sweep.results()).is_ok());
}

/// Of an earlier version that was killed: a checkpoint in the cell's folder, and a claim of a process that is gone.
#[test]
fn what_a_killed_earlier_version_left_is_taken_over() {
    let sweep = Sweep::new("s");
    sweep.write_grid("steps = 3", "x = [1]", "");
    let (cell, results) = (cell(&sweep), sweep.results());
    let old = results.cell(cell);
    fs_err::create_dir_all(old.root()).expect("made");
    fs_err::write(old.root().join("step"), "2 1").expect("written");
    fs_err::create_dir_all(results.claims()).expect("made");
    let own = Claimant::this_process("2026-01-01T00:00:00Z".into());
    let claim = format!(
        r#"{{"format":1,"host":"{}","boot":"{}","pid":4194303,"job":null,"task":null,"restart":0,"since":"2026-01-01T00:00:00Z","released":false,"seconds":4.0}}"#,
        own.host, own.boot
    );
    fs_err::write(results.claims().join(format!("{cell}.1.json")), claim).expect("written");
    sweep.talk(0, &["run", "s"]);
    assert_eq!(read(&old.root().join("begun")), "2\n", "it resumed");
    assert!(old.is_done().expect("read"));
}

/// A resumed program that only measures keeps the history and the network of its training.
#[test]
fn a_resumed_attempt_keeps_what_it_did_not_train_again() {
    let sweep = with_script(
        "cd \"$5\"; if [ -e model.safetensors ]; then printf 'score\\n1\\n' > metrics.csv; exit 0; fi\n\
         printf 'batch,loss\\n1,2\\n' > history.csv; echo weights > model.safetensors; exit 1\n",
    );
    sweep.talk(1, &["run", "s"]);
    sweep.talk(0, &["run", "s"]);
    let home = sweep.results().cell(cell(&sweep));
    assert_eq!(
        (read(&home.model()), read(&home.history())),
        ("weights\n".into(), "batch,loss\n1,2\n".into())
    );
}
