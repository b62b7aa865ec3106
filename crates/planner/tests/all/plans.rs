//! `plan` as a difference: what is kept, what would run, why, and the exit code for it.

use gainsweep_contract::records::{Done, RECORD_FORMAT};
use gainsweep_store::{CellFolder, SweepFolder};
use gainsweep_testkit::folder::Folder;
use gainsweep_testkit::program::run;
use serde_json::Value as Json;

const SWEEP: &str = "[params]\nbatches = 5\n[grid]\ntau = [1, 10, 100]\n[replicates]\nseed = 2\n";

/// A sweep, its folder of results, and the ids of its cells.
struct Planned {
    folder: Folder,
    results: SweepFolder,
    ids: Vec<String>,
}

impl Planned {
    fn new(sweep: &str) -> Planned {
        let folder = Folder::new();
        folder.write("sweeps/a.toml", sweep);
        let results = SweepFolder::new(&folder.path("results"), "a");
        let mut planned = Planned { folder, results, ids: Vec::new() };
        planned.ids = texts(&planned.json(), "cell");
        planned
    }

    fn cell(&self, index: usize) -> CellFolder {
        self.results.cell(self.ids[index].parse().expect("an id"))
    }

    /// Makes a cell done, by this code.
    fn finish(&self, index: usize, version: &str, commit: &str) {
        let done = Done {
            format: RECORD_FORMAT,
            exit: 0,
            wall_seconds: 60.0,
            cpu_seconds: 60.0,
            host: "node".into(),
            version: version.into(),
            commit: commit.into(),
            engine: "fused".into(),
            device: "cpu".into(),
            threads: 1,
            code: None,
        };
        fs_err::create_dir_all(self.cell(index).root()).expect("made");
        fs_err::write(self.cell(index).metrics(), "x\n1\n").expect("written");
        fs_err::write(self.cell(index).done(), serde_json::to_vec(&done).expect("JSON")).expect("written");
    }

    /// Adds the last row of an attempt: outcome, exit code, signal and reason.
    fn attempt(&self, index: usize, end: [&str; 4]) {
        let [outcome, code, signal, reason] = end;
        let id = &self.ids[index];
        let row = format!(
            "format,cell,attempt,started,ended,seconds,outcome,exit_code,signal,host,job,peak_bytes,reason\n\
             2,{id},1,2026-01-01T00:00:00Z,,,{outcome},{code},{signal},node,,,{reason}\n"
        );
        fs_err::create_dir_all(self.results.attempts()).expect("made");
        fs_err::write(self.results.attempts().join(format!("{index}.csv")), row).expect("written");
    }

    fn plan(&self, arguments: &[&str], code: i32) -> String {
        run(self.folder.gainsweep(&[&["plan", "a"], arguments].concat())).expect(code, &[]).stdout
    }

    fn json(&self) -> Json {
        serde_json::from_str(&self.plan(&["--json"], 0)).expect("JSON")
    }
}

/// One field of all cells; `-` if it is not a text.
fn texts(plan: &Json, field: &str) -> Vec<String> {
    let cells = plan["cells"].as_array().expect("cells").iter();
    cells.map(|cell| cell[field].as_str().unwrap_or("-").to_string()).collect()
}

#[test]
fn every_cell_that_would_run_says_why() {
    let planned = Planned::new(SWEEP);
    planned.finish(0, env!("CARGO_PKG_VERSION"), "unknown");
    planned.attempt(1, ["failed", "1", "", "no memory"]);
    planned.attempt(2, ["killed", "", "9", ""]);
    planned.attempt(3, ["diverged", "3", "", "no memory"]);
    fs_err::create_dir_all(planned.cell(4).root()).expect("made");
    planned.attempt(4, ["stopped", "", "", ""]);
    fs_err::create_dir_all(planned.results.cells().join("0123456789abcdef")).expect("made");
    fs_err::write(planned.results.sweep_file(), SWEEP.replace("100", "3")).expect("written");
    let object = planned.json();
    let reasons = texts(&object, "reason");
    assert_eq!(
        reasons,
        [
            "-",
            "no memory",
            "killed by signal 9",
            "no memory",
            "it has no checkpoint, so it begins again",
            "tau = 100 was added"
        ]
    );
    assert_eq!(object["orphaned_reason"], "tau = 3 is no longer in the file");
    let screen = planned.plan(&[], 0);
    assert!(
        screen.contains("  failed        2   no memory (1), killed by signal 9 (1); they run again"),
        "{screen}"
    );
    assert!(screen.contains("  diverged      1   no memory; kept"), "{screen}");
    assert!(screen.contains("  new           1   tau = 100 was added\n"), "{screen}");
}

#[test]
fn a_cell_of_other_code_is_stale_and_kept() {
    let planned = Planned::new(SWEEP);
    planned.finish(0, "0.0.1", "abc");
    planned.finish(1, "0.0.1", "abc");
    // A cell without a known maker is not stale, and neither are own results.
    planned.finish(2, "", "");
    planned.finish(3, env!("CARGO_PKG_VERSION"), "unknown");
    let object = planned.json();
    assert_eq!((&object["done"], &object["stale"]), (&Json::from(4), &Json::from(2)));
    let stale: Vec<&Json> =
        object["cells"].as_array().expect("cells").iter().map(|cell| &cell["stale"]).collect();
    assert_eq!(stale, [true, true, false, false, false, false]);
    assert_eq!(texts(&object, "reason")[0], "made by gainsweep 0.0.1 (abc)");
    assert_eq!(texts(&object, "state")[0], "done");
    let said = run(planned.folder.gainsweep(&["plan", "a"])).expect(0, &["stale results are kept"]);
    let screen = said.stdout;
    assert!(
        screen.contains("  stale         2   of these, made by gainsweep 0.0.1 (abc); this is "),
        "{screen}"
    );
    assert!(screen.contains("to run: 2 cells"), "{screen}");
}

/// The version in the record of another program's cell is that of the planner that wrote it: it is not
/// compared.
#[test]
fn cells_of_another_program_are_never_stale() {
    let planned = Planned::new(&format!("[worker]\ncommand = [\"true\"]\n{SWEEP}"));
    planned.finish(0, "0.0.1", "abc");
    assert_eq!(planned.json()["stale"], 0);
}

#[test]
fn the_exit_code_says_whether_there_is_anything_to_do() {
    let planned = Planned::new(SWEEP);
    planned.plan(&["--exit-code"], 1);
    planned.plan(&["--exit-code", "--json"], 1);
    for index in 0..planned.ids.len() {
        planned.finish(index, "0.0.1", "");
    }
    planned.plan(&["--exit-code"], 0);
    fs_err::remove_file(planned.cell(5).done()).expect("removed");
    planned.plan(&["--exit-code"], 1);
    planned.plan(&[], 0);
}

#[test]
fn a_plan_of_some_cells_is_about_these() {
    let planned = Planned::new(SWEEP);
    planned.finish(0, env!("CARGO_PKG_VERSION"), "unknown");
    planned.attempt(1, ["failed", "1", "", "no luck"]);
    let count = |only: &[&str]| {
        let mut arguments = vec!["--json"];
        arguments.extend(only.iter().flat_map(|word| ["--only", word]));
        let plan: Json = serde_json::from_str(&planned.plan(&arguments, 0)).expect("JSON");
        assert_eq!(
            plan["cells"].as_array().expect("cells").len() as u64,
            plan["count"].as_u64().expect("a count")
        );
        texts(&plan, "cell")
            .into_iter()
            .map(|id| planned.ids.iter().position(|known| *known == id))
            .collect::<Vec<_>>()
    };
    let some = |places: &[usize]| places.iter().copied().map(Some).collect::<Vec<_>>();
    assert_eq!(count(&["tau=1"]), some(&[0, 1]));
    assert_eq!(count(&["tau=1,100", "seed=2"]), some(&[1, 5]));
    assert_eq!(count(&["state=failed"]), some(&[1]));
    assert_eq!(count(&["state=done,failed"]), some(&[0, 1]));
    assert_eq!(count(&["state=new", "seed=1"]), some(&[2, 4]));
    assert_eq!(count(&[&planned.ids[3][..9]]), some(&[3]));
    assert_eq!(planned.plan(&["--only", "state=done", "--exit-code"], 0).lines().count(), 3);
    planned.plan(&["--only", "state=failed", "--exit-code"], 1);
    for wrong in ["state=fialed", "tua=1", "state=started"] {
        planned.plan(&["--only", wrong], 2);
    }
}

#[test]
fn what_is_set_on_the_command_line_is_planned_and_named() {
    let planned = Planned::new(SWEEP);
    let plan = |arguments: &[&str]| -> Json {
        serde_json::from_str(&planned.plan(&[arguments, &["--json"]].concat(), 0)).expect("JSON")
    };
    assert_eq!(texts(&plan(&["--set", "batches=5"]), "cell"), planned.ids, "said twice is the same");
    let quick = plan(&["--set", "batches=1", "--set", "tau=[1, 3]", "--set", "seed=1", "--name", "quick"]);
    assert_eq!((quick["sweep"].as_str(), quick["count"].as_u64()), (Some("quick"), Some(2)));
    assert!(quick["results"].as_str().expect("a folder").ends_with("results/quick"));
    for cell in quick["cells"].as_array().expect("cells") {
        assert_eq!(cell["parameters"]["batches"], 1);
    }
    assert_eq!(plan(&["--set", "tau={ from = 1, to = 5, step = 1 }"])["count"], 10);
    assert_eq!(plan(&["--set", "modulator_input=x"])["cells"][0]["parameters"]["modulator_input"], "x");
    for wrong in ["batches", "batches=", "bathces=1", "tau=0", "batches=[1,1]"] {
        planned.plan(&["--set", wrong], 2);
    }
    planned.plan(&["--set", "tau=1", "--set", "tau=2"], 2);
    planned.plan(&["--name", "a/b"], 2);
}

#[test]
fn a_budget_is_kept() {
    let planned = Planned::new(SWEEP);
    let said = planned.plan(&["--budget", "1"], 0);
    assert!(said.contains("so one of 6 cells goes first; the other 5 wait"), "{said}");
    planned.finish(0, env!("CARGO_PKG_VERSION"), "unknown");
    // Each cell takes a minute of one core.
    let said = planned.plan(&["--budget", "0.051"], 0);
    assert!(
        said.ends_with("budget of 0.051 core-hours: 3 of 5 cells fit; the other 2 wait for another time\n"),
        "{said}"
    );
    let said = planned.plan(&["--budget", "1"], 0);
    assert!(said.ends_with("budget of 1 core-hours: 5 of 5 cells fit\n"), "{said}");
    let said = planned.plan(&["--budget", "0.001"], 0);
    assert!(said.contains("not even one cell is predicted"), "{said}");
    for wrong in ["0", "-1", "nan", "inf", "x"] {
        planned.plan(&[&format!("--budget={wrong}")], 2);
    }
}

#[test]
fn the_budget_of_a_sweep_counts_what_was_spent() {
    let planned = Planned::new(&format!("budget_core_hours = 0.1\n{SWEEP}"));
    planned.finish(0, env!("CARGO_PKG_VERSION"), "unknown");
    let spend = |index: usize, seconds: &str| {
        let id = &planned.ids[index];
        let row = format!(
            "format,cell,attempt,started,ended,seconds,outcome,exit_code,signal,host,job,peak_bytes,reason\n\
             2,{id},1,2026-01-01T00:00:00Z,,{seconds},failed,1,,node,,,\n"
        );
        fs_err::create_dir_all(planned.results.attempts()).expect("made");
        fs_err::write(planned.results.attempts().join(format!("{index}.csv")), row).expect("written");
    };
    spend(1, "180");
    // Half of the 360 s is left, and each cell takes 60 s.
    let said = planned.plan(&[], 0);
    let expected =
        "budget of 0.1 core-hours, 0.05 of them spent: 3 of 5 cells fit; the other 2 wait for another time\n";
    assert!(said.ends_with(expected), "{said}");
    // The budget of the command line counts if it is smaller.
    let said = planned.plan(&["--budget", "0.017"], 0);
    assert!(
        said.ends_with("budget of 0.017 core-hours: 1 of 5 cells fit; the other 4 wait for another time\n")
    );
    let said = planned.plan(&["--budget", "5"], 0);
    assert!(said.ends_with(expected), "{said}");
    spend(2, "500");
    let said = planned.plan(&[], 0);
    assert!(said.contains("budget of 0.1 core-hours, 0.2 of them spent: nothing is left of it"), "{said}");
    let mut command = planned.folder.gainsweep(&["run", "a"]);
    run(command.env("GAINSWEEP_WORKER", "/bin/true")).expect(2, &["nothing is left of it"]);
}

/// A fake of the built-in worker: each batch takes as many seconds as there are units.
#[test]
fn where_nothing_is_finished_a_benchmark_says_what_cells_take() {
    let planned =
        Planned::new("[grid]\nhidden_units = [50, 100]\nbatches = [36, 72]\n[replicates]\nseed = 3\n");
    let worker = planned.folder.write_script(
        "worker.sh",
        "#!/bin/sh\n[ \"$1\" = bench ] || exit 9\nwhile [ \"$1\" != --params ]; do shift; done\necho . >> calls\n\
         units=$(sed -n 's/^hidden_units = //p' \"$2\")\n\
         echo \"{\\\"seconds_per_batch\\\": $units, \\\"threads\\\": 1, \\\"peak_bytes\\\": 73400320}\"\n",
    );
    let bench = |code: i32, parts: &[&str]| {
        let mut command = planned.folder.gainsweep(&["plan", "a", "--bench"]);
        run(command.env("GAINSWEEP_WORKER", &worker)).expect(code, parts).stdout
    };
    let said = bench(0, &["timing 3 batches of 2 cells"]);
    // 3 seeds of (36 + 72) batches of 50 s and of 100 s: 13.5 core-hours (a ridge pulls two numbers together
    // a little). Two kinds of cells were measured.
    assert!(said.contains("(from a benchmark of 2 cells here), 70 MiB, 13.4 core-hours"), "{said}");
    assert_eq!(planned.folder.read("calls").lines().count(), 2);

    planned.folder.write("worker.sh", "#!/bin/sh\necho no such network >&2\nexit 2\n");
    bench(2, &["the benchmark failed: no such network"]);

    planned.finish(0, env!("CARGO_PKG_VERSION"), "unknown");
    assert!(bench(0, &["nothing was measured"]).contains("from 1 finished cell"));
}
