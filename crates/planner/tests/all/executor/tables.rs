//! What is in the tables.

use gainsweep_testkit::program::{command, run};
use gainsweep_testkit::sweep::{Sweep, id, table};

const REPLICATES: &str = "[replicates]\nseed = 3\n";

fn with_replicates(sweep: &Sweep, params: &str, grid: &str) {
    sweep.write_grid(params, &format!("{grid}\n{REPLICATES}"), "");
}

#[test]
fn the_screen_and_the_tables_say_what_is_missing() {
    let sweep = Sweep::new("s");
    with_replicates(&sweep, "", "x = [1, 10]\nbehave = [\"good\", \"diverge\"]");
    let screen = sweep.run(&["run", "s"]).expect(1, &[]).stdout;
    insta::assert_snapshot!(screen, @"
     x  behave   clarity (mean of 3 seeds, 95 % interval)
     1  good     0.920  [0.895, 0.945]
     1  diverge  -  3 of 3 missing, 3 failed or diverged
    10  good     0.092  [0.090, 0.094]
    10  diverge  -  3 of 3 missing, 3 failed or diverged
    ");
    let summary = table(&sweep.results().summary_table());
    assert_eq!(summary.len(), 4);
    let row = |x: &str, behave: &str| {
        summary.iter().find(|row| row["x"] == x && row["behave"] == behave).expect("a point")
    };
    let good = row("1", "good");
    assert_eq!(
        (good["n_cells"].as_str(), good["n_missing"].as_str(), good["clarity_n"].as_str()),
        ("3", "0", "3")
    );
    // scipy: stats.t.interval(0.95, 2, 0.92, stats.sem([0.91, 0.92, 0.93]))
    let low: f64 = good["clarity_ci95_low"].parse().expect("a number");
    assert!((low - 0.895_158_622_882_496_7).abs() < 1e-9, "{low}");
    let none = row("1", "diverge");
    assert_eq!(
        (none["n_missing"].as_str(), none["clarity_n"].as_str(), none["clarity_mean"].as_str()),
        ("3", "0", "")
    );

    let rows = table(&sweep.results().cells_table());
    assert_eq!(rows.len(), 12);
    assert!(rows.iter().all(|row| (row["state"] == "done") == (row["behave"] == "good")));
    // As the worker wrote it, to the last digit.
    let first = rows.iter().find(|row| row["state"] == "done" && row["x"] == "1").expect("a cell");
    assert_eq!(first["clarity"], "0.91000000000000003109");
    // The worker's own column `seed` has a name that differs from the axis.
    assert_eq!(first["metric_seed"], first["seed"]);
    assert_eq!(first["note"], "a, b");

    let history = table(&sweep.results().history_table());
    assert_eq!(history.len(), 6 * 2);
    assert_eq!((history[0]["loss"].as_str(), history[0]["state"].as_str()), ("1.50", "done"));
    assert_eq!(table(&sweep.results().contexts_table()).len(), 6 * 2);
}

#[test]
fn gathering_again_gives_the_same_bytes() {
    let sweep = Sweep::new("s");
    with_replicates(&sweep, "", "x = [1, 3, 10]");
    sweep.talk(0, &["run", "s"]);
    let read = || {
        let files =
            [sweep.results().cells_table(), sweep.results().summary_table(), sweep.results().history_table()];
        files.map(|path| fs_err::read(path).expect("a table"))
    };
    let before = read();
    sweep.talk(0, &["gather", "s"]);
    assert_eq!(read(), before);
}

#[test]
fn torn_and_damaged_files_are_reported_and_the_rest_is_gathered() {
    let sweep = Sweep::new("s");
    with_replicates(&sweep, "", "x = [1, 3]");
    sweep.talk(0, &["run", "s"]);
    let all = sweep.cells();
    // It was done, but its done.json was removed; its last line is torn.
    fs_err::remove_file(all[0].done()).expect("removed");
    fs_err::write(all[0].history(), "batch,loss\n0,1.50\n1,0.7").expect("written");
    fs_err::write(all[1].metrics(), "clarity,seed\n0.5").expect("written");
    fs_err::write(all[2].metrics(), "").expect("written");
    fs_err::remove_file(all[3].metrics()).expect("removed");
    fs_err::write(all[4].done(), "{\"format\": 1, ").expect("written");
    fs_err::write(all[5].contexts(), b"context,clarity\n0,\xff\n1,2,3\n").expect("written");
    let words = sweep.talk(1, &["gather", "s"]);
    for (cell, what) in [
        (0, "history.csv: the last line is torn (5 bytes without a line break)"),
        (1, "metrics.csv: line 2 has 1 field, and the header has 2. Write one value for each name"),
        (2, "metrics.csv: missing or empty"),
        (3, "metrics.csv: missing or empty"),
        (5, "contexts.csv: line 2 is not UTF-8. Write it as UTF-8"),
    ] {
        let id = id(&all[cell]);
        let line = words
            .lines()
            .find(|line| line.starts_with("warning") && line.contains(&id) && line.ends_with(what));
        assert!(line.is_some(), "{what}: {words}");
    }
    assert!(words.contains("2 cells with files that are not gathered. Correct them"), "{words}");
    let rows = table(&sweep.results().cells_table());
    assert_eq!(rows.iter().filter(|row| row["state"] == "done").count(), 2);
    assert_eq!(rows.iter().filter(|row| row["state"] == "damaged").count(), 4);
    assert_eq!(rows.iter().filter(|row| !row["clarity"].is_empty()).count(), 2);
    let summary = table(&sweep.results().summary_table());
    let counted: u32 = summary.iter().map(|row| row["clarity_n"].parse::<u32>().expect("a count")).sum();
    assert_eq!(counted, 2, "only what was measured counts");
}

#[test]
fn hostile_texts_stay_in_their_fields() {
    let sweep = Sweep::new("s");
    sweep.write_grid(
        "",
        r#"name = ["a,b\n\"c\"", "$(touch owned)", "'; touch owned; '", "\u001b[31mred"]"#,
        "",
    );
    let said = sweep.run(&["run", "s"]).expect(0, &[]);
    let screen = said.stdout + &said.stderr;
    assert!(!screen.contains('\u{1b}'), "{screen:?}");
    let names: Vec<String> =
        table(&sweep.results().cells_table()).into_iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, ["a,b\n\"c\"", "$(touch owned)", "'; touch owned; '", "\u{1b}[31mred"]);
    assert_eq!(table(&sweep.results().history_table())[0]["name"], "a,b\n\"c\"");
    assert!(!sweep.folder.path("owned").exists());
}

#[test]
fn before_the_first_run_there_is_nothing_to_gather() {
    let sweep = Sweep::new("s");
    sweep.write_grid("", "x = [1]", "");
    for command in ["gather", "plot"] {
        let error = sweep.talk(2, &[command, "s"]);
        assert!(error.contains("has no results") && error.contains("gainsweep run s"), "{error}");
    }
}

#[test]
fn metrics_that_are_asked_for_and_not_there_are_named() {
    let sweep = Sweep::new("s");
    with_replicates(&sweep, "", "x = [1, 2]");
    let text = sweep.folder.read("sweeps/s.toml");
    sweep.write(&format!("{text}\n[gather]\nmetrics = [\"clarty\", \"clarity\"]\n"));
    let words = sweep.talk(0, &["run", "s"]);
    assert!(words.contains("no cell has a number for the metric `clarty`"), "{words}");
    let summary = table(&sweep.results().summary_table());
    assert!(summary[0].contains_key("clarity_mean") && !summary[0].contains_key("metric_seed_mean"));
}

#[test]
fn each_number_can_be_made_again() {
    let sweep = Sweep::new("s");
    sweep.write_grid(
        "",
        "x = [2]\n[[case]]\nname = \"good\"\n[[case]]\nname = \"bad\"\nbehave = \"fail\"",
        "",
    );
    sweep.talk(1, &["run", "s"]);
    let (done, failed): (Vec<_>, Vec<_>) = sweep.cells().into_iter().partition(|cell| cell.done().exists());
    let shown = sweep.shown(&["show", "s", &id(&done[0])]);
    assert!(shown.contains("clarity  0.455"), "{shown}");
    let temporary = sweep.folder.path("temporary");
    fs_err::create_dir_all(&temporary).expect("a folder");
    let mut show = sweep.command(&["show", "s", &id(&done[0]), "--reproduce"]);
    let script = run(show.env("TMPDIR", &temporary)).expect(0, &[]).stdout;
    let made = run(command("sh", &["-ec", &script]));
    assert!(made.stdout.ends_with("the same\n"), "{script}\n{made:?}");
    let error = sweep.talk(2, &["show", "s", &id(&failed[0])]);
    assert!(error.contains("is not done") && error.contains("gainsweep explain s"), "{error}");
}
