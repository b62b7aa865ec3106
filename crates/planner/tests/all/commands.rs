//! `new`, `check` and `plan` from outside: screens, exit codes, odd paths.

use std::process::Command;

use gainsweep_contract::records::{Done, RECORD_FORMAT};
use gainsweep_store::SweepFolder;
use gainsweep_testkit::folder::Folder;
use gainsweep_testkit::program::{end, run, start};
use serde_json::Value as Json;

const SWEEP: &str =
    "question = \"How slow?\"\n[params]\nbatches = 5\n[grid]\ntau = [1, 10, 100]\n[replicates]\nseed = 2\n";

fn stdout(command: &mut Command) -> String {
    run(command).expect(0, &[]).stdout
}

fn stderr_of_mistake(command: &mut Command) -> String {
    let said = run(command).expect(2, &[]);
    assert_eq!(said.stdout, "");
    said.stderr
}

#[test]
fn new_writes_a_sweep_that_is_right_and_never_over_another() {
    let folder = Folder::new();
    assert_eq!(stdout(&mut folder.gainsweep(&["new", "timescale"])), "sweeps/timescale.toml\n");
    let text = folder.read("sweeps/timescale.toml");
    insta::assert_snapshot!("template", text);
    insta::assert_snapshot!("check_of_the_template", stdout(&mut folder.gainsweep(&["check", "timescale"])));

    fs_err::write(folder.path("sweeps/timescale.toml"), "mine").expect("written");
    let error = stderr_of_mistake(&mut folder.gainsweep(&["new", "timescale"]));
    assert!(error.contains("already exists"), "{error}");
    assert_eq!(folder.read("sweeps/timescale.toml"), "mine");
}

#[test]
fn new_writes_a_sweep_for_a_program_of_ones_own() {
    let folder = Folder::new();
    assert_eq!(stdout(&mut folder.gainsweep(&["new", "mine", "--program"])), "sweeps/mine.toml\n");
    let error = stderr_of_mistake(&mut folder.gainsweep(&["check", "mine"]));
    assert!(error.contains("there is no `train.py` in "), "{error}");
    folder.write("train.py", "");
    let said = stdout(&mut folder.gainsweep(&["check", "mine"]));
    assert!(said.contains("9 cells = 3 lr x 3 seed"), "{said}");
    // With all that is commented out, but for what is there already.
    let text = folder
        .read("sweeps/mine.toml")
        .replace("# results = ", "## results = ")
        .replace("# lr = ", "## lr = ");
    let is_code = |rest: &str| {
        rest.starts_with('[') || rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '))
    };
    let uncommented: Vec<&str> = text
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| is_code(rest)).unwrap_or(line))
        .collect();
    folder.write("src/a.py", "");
    folder.write(
        "sweeps/all.toml",
        uncommented
            .join("\n")
            .replace("--out {out}", "--out {out} --epochs {epochs}")
            .replace("result.json", "metrics.csv"),
    );
    run(folder.gainsweep(&["check", "all"])).expect(0, &[]);
}

#[test]
fn every_comment_of_the_template_that_is_code_is_right() {
    let folder = Folder::new();
    stdout(&mut folder.gainsweep(&["new", "a"]));
    let text = folder.read("sweeps/a.toml");
    // `# name = value`, `# [table]`: what a person would uncomment.
    let code = |line: &str| {
        let rest = line.strip_prefix("# ")?;
        let key = rest.split(" = ").next().filter(|key| rest.contains(" = ") && !key.contains(' '));
        (key.is_some() || rest.starts_with('[')).then(|| rest.to_string())
    };
    let uncommented: Vec<String> =
        text.lines().map(|line| code(line).unwrap_or_else(|| line.to_string())).collect();
    assert!(uncommented.iter().filter(|line| !text.contains(&format!("\n{line}\n"))).count() > 8);
    folder.write("sweeps/b.toml", uncommented.join("\n"));
    insta::assert_snapshot!("check_of_the_whole_template", stdout(&mut folder.gainsweep(&["check", "b"])));
}

#[test]
fn new_refuses_names_that_are_no_folder_names() {
    let folder = Folder::new();
    for name in ["", "a/b", "..", ".x", "-x", "a b", "x.toml", "a\u{1b}[31m"] {
        let error = stderr_of_mistake(&mut folder.gainsweep(&["new", "--", name]));
        assert!(error.starts_with("error"), "{name}: {error}");
        assert!(!error.contains('\u{1b}'), "{error:?}");
    }
    assert!(!folder.path("sweeps").exists());
}

#[test]
fn a_sweep_is_found_by_path_and_by_name() {
    let folder = Folder::new();
    folder.write("sweeps/a.toml", SWEEP);
    folder.write("elsewhere/it's here/b c.toml", format!("name = \"bc\"\n{SWEEP}"));
    let absolute = folder.path("elsewhere/it's here/b c.toml");
    for file in ["a", "a.toml", "sweeps/a.toml", "./sweeps/../sweeps/a.toml"] {
        let text = stdout(&mut folder.gainsweep(&["check", file]));
        assert!(text.starts_with("a: How slow?"), "{text}");
    }
    for file in ["elsewhere/it's here/b c.toml", absolute.to_str().expect("text")] {
        let mut command = folder.gainsweep(&["check", file]);
        assert!(stdout(&mut command).starts_with("bc: "));
        let talk = run(&mut command).stderr;
        assert!(talk.contains("gainsweep plan '"), "{talk}");
        assert!(talk.contains(r"it'\''s here/b c.toml'"), "{talk}");
    }
    // A name that cannot be a folder must be replaced in the file.
    folder.write("sweeps/b c.toml", SWEEP);
    let error = stderr_of_mistake(&mut folder.gainsweep(&["check", "b c"]));
    assert!(error.contains("takes its name from its file"), "{error}");
}

#[test]
fn files_that_are_not_there_or_no_text() {
    let folder = Folder::new();
    folder.write("sweeps/timescale.toml", SWEEP);
    let error = stderr_of_mistake(&mut folder.gainsweep(&["plan", "timescal"]));
    assert!(error.contains("did you mean `timescale`?"), "{error}");
    assert!(stderr_of_mistake(&mut folder.gainsweep(&["plan", "no/such.toml"])).contains("no file `"));
    assert!(stderr_of_mistake(&mut folder.gainsweep(&["plan", "./sweeps"])).contains("is a folder"));
    stderr_of_mistake(&mut folder.gainsweep(&["plan", "sweeps"]));
    fs_err::write(folder.path("sweeps/binary.toml"), b"a = \xff\n").expect("written");
    assert!(stderr_of_mistake(&mut folder.gainsweep(&["plan", "binary"])).contains("not UTF-8"));
}

#[test]
fn bad_usage_is_the_users_mistake_and_help_is_none() {
    let folder = Folder::new();
    for arguments in
        [&["plam", "x"][..], &["plan"], &["plan", "x", "--limit", "many"], &["run", "x", "--jobs", "0"], &[]]
    {
        run(folder.gainsweep(arguments)).expect(2, &[]);
    }
    for arguments in [&["--help"][..], &["--version"], &["plan", "--help"]] {
        run(folder.gainsweep(arguments)).expect(0, &[]);
    }
    assert!(stdout(&mut folder.gainsweep(&["completions", "bash"])).contains("_gainsweep"));
    assert!(stdout(&mut folder.gainsweep(&["man"])).contains(".TH gainsweep"));
}

#[test]
fn plan_tells_done_stopped_new_and_orphaned_apart() {
    let folder = Folder::new();
    folder.write("sweeps/a.toml", SWEEP);
    let plan = |arguments: &[&str]| stdout(&mut folder.gainsweep(&[&["plan", "a"], arguments].concat()));
    insta::assert_snapshot!("plan_of_new_cells", plan(&[]));
    assert!(!folder.path("results").exists(), "planning writes nothing");

    let on_disk = SweepFolder::new(&folder.path("results"), "a");
    let cells: Vec<String> = json(&plan(&["--json"]))["cells"]
        .as_array()
        .expect("cells")
        .iter()
        .map(|cell| cell["cell"].as_str().expect("an id").to_string())
        .collect();
    for (index, id) in cells[..3].iter().enumerate() {
        let cell = on_disk.cell(id.parse().expect("an id"));
        fs_err::create_dir_all(cell.root()).expect("a folder");
        if index < 2 {
            fs_err::write(cell.metrics(), "x\n1\n").expect("written");
            fs_err::write(cell.done(), serde_json::to_vec(&done(600.0)).expect("JSON")).expect("written");
        } else {
            fs_err::write(cell.checkpoint(), "half of it").expect("written");
        }
    }
    fs_err::create_dir_all(on_disk.cells().join("0123456789abcdef")).expect("a folder");
    fs_err::create_dir_all(on_disk.cells().join("not a cell")).expect("a folder");
    fs_err::write(on_disk.sweep_file(), SWEEP.replace("100", "3").replace("batches = 5", "batches = 6"))
        .expect("written");
    insta::assert_snapshot!("plan_of_all_sorts", plan(&[]));

    let object = json(&plan(&["--json"]));
    let counts: Vec<u64> = ["count", "done", "started", "new", "failed"]
        .map(|key| object[key].as_u64().expect("a count"))
        .to_vec();
    assert_eq!(counts, [6, 2, 1, 3, 0]);
    assert_eq!(object["orphaned"], serde_json::json!(["0123456789abcdef"]));
    let states: Vec<&str> =
        object["cells"].as_array().expect("cells").iter().filter_map(|cell| cell["state"].as_str()).collect();
    assert_eq!(states, ["done", "done", "stopped", "new", "new", "new"]);
}

/// If this fails, the shape of the object has changed: a field that has a new meaning or is gone needs a new
/// `format`.
#[test]
fn the_shape_of_the_json_plan() {
    let folder = Folder::new();
    folder.write(
        "sweeps/a.toml",
        "[worker]\ncommand = [\"x\"]\n[grid]\nwidth = [0.5, inf]\n[params]\nlist = [1, \"a\"]\nyes = true\n",
    );
    let text = stdout(&mut folder.gainsweep(&["plan", "a", "--json"]));
    assert_eq!(text.lines().count(), 1, "one line");
    let mut object = json(&text);
    let code = object["code"].as_str().expect("a text").to_string();
    assert!(code.starts_with(env!("CARGO_PKG_VERSION")), "{code}");
    object["code"] = "this code".into();
    insta::assert_snapshot!("plan_json", serde_json::to_string_pretty(&object).expect("JSON"));
}

#[test]
fn results_go_where_one_says() {
    let folder = Folder::new();
    folder.write("sweeps/a.toml", SWEEP);
    let results = |command: &mut Command| json(&stdout(command))["results"].clone();
    assert_eq!(results(&mut folder.gainsweep(&["plan", "a", "--json"])), "results/a");
    assert_eq!(results(folder.gainsweep(&["plan", "a", "--json"]).env("GAINSWEEP_RESULTS", "e")), "e/a");
    let mut both = folder.gainsweep(&["plan", "a", "--json", "--results", "o p"]);
    assert_eq!(results(both.env("GAINSWEEP_RESULTS", "e")), "o p/a");
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let folder = Folder::new();
    folder.write("sweeps/a.toml", "[grid]\ntau = { from = 1, to = 2000, step = 1 }\n");
    let mut child = start(folder.gainsweep(&["plan", "a", "--json"]));
    drop(child.stdout.take());
    assert_eq!(end(child).expect(0, &[]).stderr, "");
}

#[test]
fn a_full_disk_is_the_systems_fault() {
    let folder = Folder::new();
    folder.write("sweeps/a.toml", SWEEP);
    let full = fs_err::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it").into_parts().0;
    let output = folder.gainsweep(&["check", "a"]).stdout(full).output().expect("it runs");
    assert_eq!(output.status.code(), Some(3));
    insta::assert_snapshot!("full_disk", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_folder_that_cannot_be_written_is_the_systems_fault() {
    let folder = Folder::new();
    folder.write("sweeps", "a file where the folder should be");
    run(folder.gainsweep(&["new", "a"])).expect(3, &["sweeps"]);
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).expect("JSON")
}

fn done(wall_seconds: f64) -> Done {
    Done {
        format: RECORD_FORMAT,
        exit: 0,
        wall_seconds,
        cpu_seconds: wall_seconds,
        host: "node".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        commit: "unknown".into(),
        engine: "fused".into(),
        device: "cpu".into(),
        threads: 1,
        code: None,
    }
}
