//! Programs that know nothing of gainsweep: their command, results, set-up, environment and code.

use gainsweep_testkit::sweep::Sweep;

/// A sweep of this `[worker]`, with two cells, and the script `train.sh` in its root.
fn sweep(worker: &str, script: &str) -> Sweep {
    let sweep = Sweep::new("s");
    sweep.folder.write("train.sh", script);
    sweep.write(&format!("[worker]\n{worker}\n[grid]\nx = [1, 2]\n"));
    sweep
}

/// `tables/cells.csv`, without what differs from run to run.
fn metrics(sweep: &Sweep, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(sweep.results().cells_table()).expect("a table");
    let place = reader.headers().expect("a header").iter().position(|known| known == name);
    let place = place.unwrap_or_else(|| panic!("no column {name}"));
    reader.records().map(|row| row.expect("a row")[place].to_string()).collect()
}

#[test]
fn the_last_object_of_the_output_is_the_result() {
    let script = "echo '{\"loss\": 9}'; echo noise; echo \"{\\\"loss\\\": NaN, \\\"test\\\": {\\\"x\\\": $1, \\\"ok\\\": true}}\"; echo bye";
    let sweep = sweep("command = \"sh train.sh {x}\"\nresults = \"stdout\"", script);
    sweep.talk(0, &["run", "s"]);
    assert_eq!(metrics(&sweep, "test.x"), ["1", "2"]);
    assert_eq!(metrics(&sweep, "test.ok"), ["1", "1"]);
    assert_eq!(metrics(&sweep, "loss"), ["nan", "nan"]);
}

#[test]
fn a_metric_that_no_result_has_is_a_mistake() {
    let sweep = sweep("command = \"sh train.sh {x}\"\nresults = \"stdout\"", "echo '{\"accuracy\": 1}'");
    let file = |metric: &str| {
        format!(
            "[worker]\ncommand = \"sh train.sh {{x}}\"\nresults = \"stdout\"\n[grid]\nx = [1, 2]\n[gather]\nmetrics = [\"{metric}\"]\n"
        )
    };
    sweep.write(&file("acuracy"));
    sweep.talk(0, &["check", "s"]);
    sweep.write(&file("accuracy"));
    sweep.talk(0, &["run", "s"]);
    sweep.talk(0, &["check", "s"]);
    sweep.write(&file("acuracy"));
    let said = sweep.talk(2, &["check", "s"]);
    assert!(
        said.contains("no result has `acuracy`") && said.contains("did you mean \"accuracy\"?"),
        "{said}"
    );
    assert!(said.contains("sweeps/s.toml:7:"), "{said}");
}

#[test]
fn results_that_are_none_fail_the_cell_and_say_why() {
    for (worker, script, why) in [
        ("results = \"stdout\"", "echo hello", "no line of its standard output is a JSON object"),
        ("results = \"r.json\"", "true", "wrote no r.json in its folder, {out}"),
        ("results = \"r.json\"", "echo '{\"a\": ' > \"$2/r.json\"", "the results in r.json are refused: EOF"),
        ("results = \"r.csv\"", "printf 'a\\n1\\n2\\n' > \"$2/r.csv\"", "`row = \"last\"`"),
        ("", "printf 'a\\n1\\n2\\n' > \"$2/metrics.csv\"", "`row = \"last\"`"),
        ("row = \"max:b\"", "printf 'a\\n1\\n' > \"$2/metrics.csv\"", "its columns are a"),
        (
            "setup = [\"true\", \"false || exit 7\"]",
            "true",
            "set-up failed with exit code 7: false || exit 7",
        ),
    ] {
        let sweep = sweep(&format!("command = \"sh train.sh {{x}} {{out}}\"\n{worker}"), script);
        let said = sweep.talk(1, &["run", "s"]);
        assert!(said.contains(why), "{worker}: {said}");
    }
}

#[test]
fn of_a_row_an_epoch_the_best_counts_and_all_are_the_history() {
    let script = "printf 'epoch,score\\n0,0.%s\\n1,0.9\\n2,0.2\\n' $1 > \"$2/metrics.csv\"";
    let sweep = sweep("command = \"sh train.sh {x} {out}\"\nrow = \"max:score\"", script);
    sweep.talk(0, &["run", "s"]);
    assert_eq!(metrics(&sweep, "epoch"), ["1", "1"]);
    let cell = &sweep.cells()[0];
    assert_eq!(fs_err::read_to_string(cell.history()).expect("read").lines().count(), 4);
    assert_eq!(fs_err::read_to_string(cell.metrics()).expect("read"), "score,epoch\n0.9,1\n");
}

#[test]
fn results_of_an_earlier_attempt_are_not_taken() {
    // The first attempt writes its result and fails; the second writes nothing.
    let script = "[ -e \"$2/been\" ] && exit 0; touch \"$2/been\"; echo '{\"a\": 1}' > \"$2/r.json\"; exit 1";
    let sweep = sweep("command = \"sh train.sh {x} {out}\"\nresults = \"r.json\"", script);
    sweep.talk(1, &["run", "s"]);
    let said = sweep.talk(1, &["run", "s"]);
    assert!(said.contains("wrote no r.json: what is there is of an earlier attempt"), "{said}");
}

#[test]
fn a_cell_knows_its_place_its_share_and_its_environment() {
    let script = "printf '{\"cpus\": %s, \"omp\": %s, \"data\": \"%s\", \"id\": \"%s\", \"home\": %s, \"json\": %s}\\n' \
                  \"$GAINSWEEP_CPUS\" \"$OMP_NUM_THREADS\" \"$DATA\" \"$GAINSWEEP_CELL\" \"$(test -d sweeps && echo true)\" \
                  \"$(cat \"$1\")\" > \"$GAINSWEEP_OUT/r.json\"";
    let sweep = sweep(
        "command = \"sh train.sh {params.json}\"\nresults = \"r.json\"\nsetup = [\"export DATA=$DATA/more\"]\n\
         [worker.environment]\nDATA = \"/data\"",
        script,
    );
    let mut run = sweep.command(&["run", "s", "--jobs", "1"]);
    run.env_remove("OMP_NUM_THREADS");
    gainsweep_testkit::program::run(&mut run).expect(0, &[]);
    let processors = std::thread::available_parallelism().expect("known").get().to_string();
    assert_eq!(metrics(&sweep, "cpus"), [processors.as_str(); 2]);
    assert_eq!(metrics(&sweep, "omp"), [processors.as_str(); 2]);
    assert_eq!(metrics(&sweep, "data"), ["/data/more"; 2]);
    assert_eq!(metrics(&sweep, "json.x"), ["1", "2"]);
    assert_eq!(
        metrics(&sweep, "id"),
        sweep
            .cells_of_the_file()
            .iter()
            .map(|cell| cell.root().file_name().expect("a name").to_string_lossy().into_owned())
            .collect::<Vec<_>>()
    );
    // In place: the folder that holds sweeps/.
    assert_eq!(metrics(&sweep, "home"), ["1", "1"]);
}

#[test]
fn an_edit_makes_done_cells_stale_and_they_run_again_when_asked() {
    let script = |value: &str| format!("echo '{{\"a\": {value}}}'");
    let sweep =
        sweep("command = \"sh train.sh {x}\"\nresults = \"stdout\"\ncode = [\"train.sh\"]", &script("1"));
    sweep.talk(0, &["run", "s"]);
    let plan = sweep.shown(&["plan", "s"]);
    assert!(!plan.contains("stale"), "{plan}");
    sweep.folder.write("train.sh", script("2"));
    let plan = sweep.shown(&["plan", "s"]);
    assert!(plan.contains("stale         2   of these, made by code "), "{plan}");
    sweep.talk(0, &["run", "s"]);
    assert_eq!(metrics(&sweep, "a"), ["1", "1"], "nothing runs again by itself");
    // Code that fails: the old results are not lost.
    sweep.folder.write("train.sh", "exit 1");
    sweep.talk(1, &["run", "s", "--stale", "--only", "x=1"]);
    let kept = fs_err::read_dir(sweep.results().works()).expect("list").flatten();
    let kept: Vec<_> =
        kept.filter(|entry| entry.file_name().to_string_lossy().ends_with(".replaced")).collect();
    assert_eq!(kept.len(), 1);
    sweep.folder.write("train.sh", script("2"));
    sweep.talk(0, &["run", "s", "--stale"]);
    assert_eq!(metrics(&sweep, "a"), ["2", "2"]);
    assert_eq!(fs_err::read_dir(sweep.results().works()).expect("list").count(), 0);
    assert!(!sweep.shown(&["plan", "s"]).contains("stale"));
}

#[test]
fn the_sealed_code_runs_whatever_happens_to_the_script() {
    // Each cell replaces the script for the next one.
    let script = "echo 'exit 1' > \"$GAINSWEEP_ROOT/train.sh\"; echo '{\"a\": 1}'";
    let sweep = sweep("command = \"sh train.sh {x}\"\nresults = \"stdout\"\ncode = [\"train.sh\"]", script);
    sweep.talk(0, &["run", "s", "--jobs", "1"]);
    assert_eq!(metrics(&sweep, "a"), ["1", "1"]);
}

#[test]
fn a_program_that_cannot_start_is_found_before_anything_runs() {
    let sweep = sweep("command = \"./train.sh {x}\"\nresults = \"stdout\"\ncode = [\"train.sh\"]", "");
    sweep.folder.write_script("train.sh", "#!/opt/none/python\n");
    let said = sweep.talk(2, &["run", "s"]);
    assert!(said.contains("cannot start: its interpreter /opt/none/python is not there"), "{said}");
    sweep.folder.write_script("train.sh", "#!/usr/bin/env nopython\n");
    let said = sweep.talk(2, &["run", "s"]);
    assert!(said.contains("cannot start: there is no `nopython` on PATH"), "{said}");
    assert!(sweep.cells().is_empty(), "nothing ran");
}

#[test]
fn cells_share_the_gpus_of_this_machine() {
    let script = "echo \"{\\\"gpu\\\": $CUDA_VISIBLE_DEVICES}\"; sleep 0.3";
    let run = |share: &str, gpus: &str| {
        let sweep = sweep("command = \"sh train.sh {x}\"\nresults = \"stdout\"", script);
        sweep.write(&format!(
            "[worker]\ncommand = \"sh train.sh {{x}}\"\nresults = \"stdout\"\n[grid]\nx = [1, 2, 3, 4]\n[run]\ngpus_per_cell = {share}\n"
        ));
        let mut command = sweep.command(&["run", "s", "--jobs", "8"]);
        command.env("CUDA_VISIBLE_DEVICES", gpus);
        (gainsweep_testkit::program::run(&mut command), sweep)
    };
    let (said, sweep) = run("0.5", "7,9");
    said.expect(0, &[]);
    let mut gpus = metrics(&sweep, "gpu");
    gpus.sort();
    assert_eq!(gpus, ["7", "7", "9", "9"], "two cells on each");
    let (said, _) = run("2", "7");
    let said = said.expect(2, &["this machine shows 1 GPU, and a cell needs more"]);
    assert!(said.stderr.contains("CUDA_VISIBLE_DEVICES=0,1"), "{}", said.stderr);
}
