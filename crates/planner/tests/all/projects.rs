//! The same results from any folder; two files of one name.

use std::path::Path;

use gainsweep_testkit::folder::names;
use gainsweep_testkit::program::{Said, built, command, run};
use gainsweep_testkit::sweep::{Sweep, starts};
use gainsweep_testkit::workers;

/// The text of a sweep file with two cells.
fn text() -> String {
    format!("{}[replicates]\nseed = 2\n", workers::table(&[&workers::quick()]))
}

/// A sweep `s` with two cells.
fn sweep() -> Sweep {
    let sweep = Sweep::new("s");
    sweep.write(&text());
    sweep
}

/// `gainsweep` in that folder of the sweep's, or anywhere.
#[track_caller]
fn from(sweep: &Sweep, folder: impl AsRef<Path>, arguments: &[&str]) -> Said {
    let folder = sweep.folder.path(folder);
    fs_err::create_dir_all(&folder).expect("made");
    run(sweep.command(arguments).current_dir(folder))
}

#[test]
fn a_file_has_the_same_results_from_any_folder() {
    let sweep = sweep();
    let path = sweep.file();
    let file = path.to_str().expect("text");
    let places = [
        (".", "s", "results/s"),
        (".", "sweeps/s.toml", "results/s"),
        ("sweeps", "s.toml", ""),
        ("sweeps", "s", ""),
        ("a folder/below", "s", ""),
        ("a folder/below", "../../sweeps/s.toml", ""),
        ("another/project", file, ""),
        ("/", file, ""),
    ];
    from(&sweep, "another/project/sweeps", &["new", "x"]).expect(0, &[]);
    from(&sweep, "another/project", &["plan", "s"]).expect(0, &[]);
    for (place, file, shown) in places {
        let results = sweep.results();
        let shown = if shown.is_empty() { results.root() } else { Path::new(shown) };
        let line = format!("results   {}\n", shown.display());
        let said = from(&sweep, place, &["run", file]).expect(0, &[&line]);
        assert!(said.stderr.contains(if place == "." && file == "s" {
            "2 cells done"
        } else {
            "nothing to run"
        }));
        let plan = from(&sweep, place, &["plan", file, "--json"]).expect(0, &[]).json();
        assert_eq!(plan["counts"]["done"], 2, "{place}: {plan}");
        assert_eq!(Path::new(plan["results"].as_str().expect("text")), shown);
        let status = from(&sweep, place, &["status", file]).expect(0, &[&line]);
        assert!(status.stdout.contains("done               2"), "{place}: {}", status.stdout);
        let gathered = from(&sweep, place, &["gather", file]).expect(0, &[&line, "all 2 cells"]);
        // What is printed works in this folder.
        let next = gathered
            .stderr
            .lines()
            .find_map(|line| line.strip_prefix("report    gainsweep "))
            .expect("a command");
        let line = format!("exec \"$0\" {next}");
        let gainsweep = built("gainsweep");
        let mut shell = command("sh", &["-c".as_ref(), line.as_ref(), gainsweep.as_os_str()]);
        run(shell.current_dir(sweep.folder.path(place))).expect(0, &[]);
    }
    assert!(sweep.cells().iter().all(|cell| starts(cell) == 1));
    for folder in ["sweeps", "a folder/below", "another/project"] {
        assert!(!names(&sweep.folder.path(folder)).contains(&"results".into()), "{folder}");
    }
}

#[test]
fn a_name_is_looked_up_in_the_folders_above() {
    let sweep = sweep();
    let root = sweep.folder.root().to_str().expect("text").to_string();
    sweep.folder.write("inner/gainsweep.toml", "");
    sweep.folder.write("inner/sweeps/t.toml", text());
    from(&sweep, "inner/below", &["check", "t"]).expect(0, &[]);
    let searched = format!(
        "there is no sweep `s`: neither a file of that name nor `sweeps/s.toml`, here or in a folder above up to \
         `{root}/inner`"
    );
    from(&sweep, "inner/below", &["check", "s"]).expect(2, &[&searched]);
    from(&sweep, "inner", &["check", "s"]).expect(2, &["nor `sweeps/s.toml`\n"]);
    from(&sweep, "inner/below", &["check", "tt"]).expect(2, &["did you mean `t`?"]);
    from(&sweep, "other", &["check", "s"]).expect(0, &[]);
}

#[test]
fn each_way_to_choose_the_results_beats_the_next() {
    let sweep = sweep();
    let place = "a folder";
    let results = |variable: Option<&str>, more: &[&str]| {
        let mut command = sweep.command(&[&["plan", "s", "--json"], more].concat());
        command.current_dir(sweep.folder.path(place));
        if let Some(folder) = variable {
            command.env("GAINSWEEP_RESULTS", folder);
        }
        run(command).expect(0, &[]).json()["results"].as_str().expect("text").to_string()
    };
    let root = sweep.folder.root().to_str().expect("text");
    fs_err::create_dir_all(sweep.folder.path(place)).expect("made");
    assert_eq!(results(None, &[]), format!("{root}/results/s"));
    sweep.folder.write("gainsweep.toml", "results = \"on scratch\"\n");
    assert_eq!(results(None, &[]), format!("{root}/on scratch/s"));
    assert_eq!(results(Some("../set"), &[]), format!("{root}/set/s"));
    assert_eq!(results(Some("set"), &[]), "set/s");
    assert_eq!(results(Some("set"), &["--results", "typed"]), "typed/s");

    // The next commands repeat what was typed, and not what is in the environment.
    let typed = from(&sweep, place, &["plan", "s", "--results", "a b"]);
    typed.expect(0, &["here: gainsweep run s --results 'a b'\n"]);
    let mut set = sweep.command(&["plan", "s"]);
    run(set.env("GAINSWEEP_RESULTS", "set")).expect(0, &["here: gainsweep run s\n"]);
}

#[test]
fn mistakes_in_the_settings_have_a_place() {
    let sweep = sweep();
    sweep.folder.write("gainsweep.toml", "\nresult = \"x\"\n");
    from(&sweep, ".", &["plan", "s"]).expect(
        2,
        &[
            "unknown key `result` in gainsweep.toml",
            "gainsweep.toml:2:1",
            "^^^^^^",
            "did you mean `results`?",
        ],
    );
    for (text, message) in [
        ("results = 3", "`results` must be a text in quotes, got 3"),
        ("results = \"\"", "`results` is empty"),
        ("results = \"~/x\"", "`~` and variables are not expanded"),
        ("results = ", "this is not TOML"),
    ] {
        sweep.folder.write("gainsweep.toml", text);
        from(&sweep, ".", &["plan", "s"]).expect(2, &[message]);
    }
}

#[test]
fn two_files_of_one_name_have_a_folder_each() {
    let sweep = Sweep::new("x");
    for file in ["sweeps/a/x.toml", "sweeps/b/x.toml", "sweeps/x.toml"] {
        sweep.folder.write(file, text());
    }
    sweep.talk(0, &["run", "sweeps/a/x.toml"]);
    let hint = "`--name` chooses another folder: gainsweep run sweeps/b/x.toml --name b-x\n";
    for command in ["run", "plan", "status", "gather"] {
        let said = sweep.run(&[command, "sweeps/b/x.toml"]);
        said.expect(2, &["`results/x` belongs to `sweeps/a/x.toml`", hint]);
    }
    let said = sweep.run(&["run", "x", "--set", "seed=[1,2,3]", "--name", "x"]);
    said.expect(2, &["gainsweep run x --set 'seed=[1,2,3]' --name x-2\n"]);
    sweep.talk(0, &["run", "sweeps/b/x.toml", "--name", "b-x"]);
    sweep.talk(0, &["run", "x", "--name", "x-2"]);
    assert_eq!(names(&sweep.folder.path("results")), ["b-x", "x", "x-2"]);

    // It is one file, however it is called, and whatever is set.
    sweep.talk(0, &["run", "./sweeps/../sweeps/a/x.toml", "--set", "seed=[1,2,3]"]);
    std::os::unix::fs::symlink(sweep.folder.path("sweeps/a"), sweep.folder.path("sweeps/link"))
        .expect("made");
    sweep.talk(0, &["run", "sweeps/link/x.toml"]);

    // Results elsewhere belong to one file of all projects.
    let place = sweep.folder.path("shared");
    let shared = ["--results", place.to_str().expect("text")];
    sweep.talk(0, &[&["run", "sweeps/a/x.toml"], &shared[..]].concat());
    sweep.folder.write("other project/sweeps/a/x.toml", text());
    let other = from(&sweep, "other project", &[&["run", "sweeps/a/x.toml"], &shared[..]].concat());
    other.expect(2, &["shared/x` belongs to"]);
}

#[test]
fn a_file_that_was_renamed_keeps_its_results() {
    let sweep = Sweep::new("x");
    let named = format!("name = \"x\"\n{}", text());
    sweep.folder.write("sweeps/before.toml", &named);
    sweep.talk(0, &["run", "before"]);
    fs_err::rename(sweep.folder.path("sweeps/before.toml"), sweep.folder.path("sweeps/after.toml"))
        .expect("renamed");
    assert!(sweep.talk(0, &["run", "after"]).contains("nothing to run"));
    sweep.folder.write("sweeps/before.toml", &named);
    sweep.run(&["run", "before"]).expect(2, &["belongs to `sweeps/after.toml`"]);

    // Earlier versions recorded no file.
    let record = sweep.results().provenance();
    let mut provenance: serde_json::Value =
        serde_json::from_slice(&fs_err::read(&record).expect("read")).expect("JSON");
    assert_eq!(
        provenance.as_object_mut().expect("an object").remove("file").expect("a file"),
        "../../sweeps/after.toml"
    );
    fs_err::write(&record, provenance.to_string()).expect("written");
    assert!(sweep.talk(0, &["run", "before"]).contains("nothing to run"));
    sweep.run(&["run", "after"]).expect(2, &["belongs to `sweeps/before.toml`"]);
}

#[test]
fn a_project_that_was_renamed_keeps_its_results() {
    let mut sweep = sweep();
    sweep.talk(0, &["run", "s"]);
    let before = sweep.folder.rename("new name");
    assert!(sweep.talk(0, &["run", "s"]).contains("nothing to run"));
    assert!(sweep.shown(&["status", "s"]).contains("done               2"));
    sweep.talk(0, &["gather", "s"]);
    assert!(!before.exists());
}

#[test]
fn networks_of_another_sweep_are_those_of_the_same_project() {
    let sweep = Sweep::new("trained");
    sweep.write(&format!("{}[grid]\nx = [1, 2]\n", workers::table(&[&workers::quick()])));
    let looks =
        format!("{}[networks]\nsweep = \"trained\"\n[grid]\ny = [1]\n", workers::table(&[&workers::quick()]));
    sweep.folder.write("sweeps/looks.toml", looks);
    from(&sweep, "sweeps", &["run", "trained"]).expect(0, &[]);
    let plan = from(&sweep, "a folder", &["plan", "looks"]).expect(0, &[]);
    assert!(plan.stdout.contains("reads 2 of 2 networks of `trained`"), "{}", plan.stdout);
}

#[test]
fn results_may_be_a_link_to_another_disk() {
    let sweep = Sweep::new("x");
    for file in ["sweeps/a/x.toml", "sweeps/b/x.toml"] {
        sweep.folder.write(file, text());
    }
    fs_err::create_dir(sweep.folder.path("scratch")).expect("made");
    std::os::unix::fs::symlink("scratch", sweep.folder.path("results")).expect("made");
    sweep.talk(0, &["run", "sweeps/a/x.toml"]);
    sweep.run(&["run", "sweeps/b/x.toml"]).expect(2, &["`results/x` belongs to `sweeps/a/x.toml`"]);
    assert!(sweep.folder.path("scratch/x/cells").is_dir());
}
