//! `cells`, and selectors in every command that takes cells.

use gainsweep_testkit::sweep::{Sweep, id};
use serde_json::Value as Json;

/// `behave` x `seed`: two cells are done, two failed, and two that were added afterwards are new.
fn some_of_each() -> Sweep {
    let sweep = Sweep::new("s");
    sweep.write_grid("", "behave = [\"good\", \"fail\"]\nseed = [1, 2]", "");
    sweep.talk(1, &["run", "s"]);
    sweep.write_grid("", "behave = [\"good\", \"fail\", \"diverge\"]\nseed = [1, 2]", "");
    sweep
}

/// The ids of the cells of the file, in order.
fn ids(sweep: &Sweep) -> Vec<String> {
    sweep.cells_of_the_file().iter().map(id).collect()
}

/// The places of the cells that `cells` lists.
fn listed(sweep: &Sweep, selectors: &[&str]) -> Vec<u64> {
    let list = sweep.run(&[&["cells", "s", "--json"], selectors].concat()).expect(0, &[]).json();
    list["cells"]
        .as_array()
        .expect("cells")
        .iter()
        .map(|cell| cell["index"].as_u64().expect("a place"))
        .collect()
}

#[test]
fn the_list_has_one_aligned_line_a_cell() {
    let sweep = some_of_each();
    let said = sweep.run(&["cells", "s"]).expect(0, &[]);
    assert_eq!(said.stderr, "");
    insta::assert_snapshot!(said.stdout, @"
    cell      state   behave   seed  clarity  note  where or why
    319adbcd  done    good     1     0.91     a, b
    5ca60c42  done    good     2     0.92     a, b
    440aa56e  failed  fail     1     -        -     ValueError: the weights are wrong
    981acfcb  failed  fail     2     -        -     ValueError: the weights are wrong
    bf6e8da2  new     diverge  1     -        -     behave = diverge was added
    c615229c  new     diverge  2     -        -     behave = diverge was added
    ");
}

#[test]
fn the_list_is_one_json_object() {
    let sweep = some_of_each();
    let said = sweep.run(&["cells", "s", "seed=1", "--json"]).expect(0, &[]);
    assert_eq!(said.stdout.lines().count(), 1);
    insta::assert_snapshot!(serde_json::to_string_pretty(&said.json()).expect("JSON"), @r#"
    {
      "cells": [
        {
          "axes": {
            "behave": "good",
            "seed": 1
          },
          "cell": "319adbcd42aa2aae",
          "index": 0,
          "metrics": {
            "clarity": 0.91,
            "note": "a, b"
          },
          "reason": null,
          "state": "done",
          "where": null
        },
        {
          "axes": {
            "behave": "fail",
            "seed": 1
          },
          "cell": "440aa56e067bdce8",
          "index": 2,
          "metrics": {
            "clarity": null,
            "note": null
          },
          "reason": "ValueError: the weights are wrong",
          "state": "failed",
          "where": null
        },
        {
          "axes": {
            "behave": "diverge",
            "seed": 1
          },
          "cell": "bf6e8da2d63708e8",
          "index": 4,
          "metrics": {
            "clarity": null,
            "note": null
          },
          "reason": "behave = diverge was added",
          "state": "new",
          "where": null
        }
      ],
      "format": 1,
      "sweep": "s"
    }
    "#);
}

#[test]
fn without_a_done_cell_there_are_no_metrics_unless_the_file_names_some() {
    let sweep = Sweep::new("s");
    sweep.write_grid("", "x = [1, 2]", "");
    insta::assert_snapshot!(sweep.shown(&["cells", "s", "x=2"]), @"
    cell      state  x  where or why
    7e054035  new    2  not run yet
    ");
    sweep.write_grid("", "x = [1, 2]", "[gather]\nmetrics = [\"clarity\"]\n");
    insta::assert_snapshot!(sweep.shown(&["cells", "s", "x=2"]), @"
    cell      state  x  clarity  where or why
    7e054035  new    2  -        not run yet
    ");
    assert_eq!(sweep.run(&["cells", "s", "--json"]).json()["cells"][0]["metrics"]["clarity"], Json::Null);
}

#[test]
fn results_of_another_program_may_be_texts_and_blanks() {
    let sweep = Sweep::new("s");
    sweep.folder.write("train.sh", "printf 'name,n,score,inf\\n%s\\n' \"$1\" > \"$2/metrics.csv\"");
    let top = "[gather]\nmetrics = [\"name\", \"n\", \"score\", \"inf\", \"nobody\"]\n";
    let rows = "[\"a b, 9007199254740993,0.12345678901,inf\", \",,  ,nan\", \"'x, y',07,1e400,x\"]"
        .replace('\'', "\\\"");
    sweep.write(&format!("[worker]\ncommand = \"sh train.sh {{row}} {{out}}\"\n{top}[grid]\nrow = {rows}\n"));
    sweep.talk(0, &["run", "s"]);
    insta::assert_snapshot!(sweep.shown(&["cells", "s"]), @r#"
    cell      state  row                                      name  n                 score    inf  nobody  where or why
    618cba22  done   a b, 9007199254740993,0.12345678901,inf  a b   9007199254740993  0.12346  inf  -
    b8fd3be1  done   ,,  ,nan                                 -     -                 -        nan  -
    baf27710  done   "x, y",07,1e400,x                        x, y  07                1e400    x    -
    "#);
    let list = sweep.run(&["cells", "s", "--json"]).json();
    let metrics: Vec<String> =
        list["cells"].as_array().expect("cells").iter().map(|cell| cell["metrics"].to_string()).collect();
    insta::assert_snapshot!(metrics.join("\n"), @r#"
    {"inf":"inf","n":9007199254740993,"name":"a b","nobody":null,"score":0.12345678901}
    {"inf":"nan","n":null,"name":null,"nobody":null,"score":null}
    {"inf":"x","n":7,"name":"x, y","nobody":null,"score":"1e400"}
    "#);
}

#[test]
fn damaged_cells_say_so() {
    let sweep = some_of_each();
    let cells = sweep.cells_of_the_file();
    fs_err::write(cells[0].metrics(), "").expect("written");
    fs_err::write(cells[1].metrics(), "score\n5%\n").expect("written");
    let lines = sweep.shown(&["cells", "s", "behave=good"]);
    insta::assert_snapshot!(lines, @"
    cell      state    behave  seed  where or why
    319adbcd  damaged  good    1     its done.json or its metrics.csv is gone or empty
    5ca60c42  done     good    2     results/s/cells/5ca60c429f9ef924/metrics.csv: line 2: `5%` in column `score` has a percent sign. Write 95% as 0.95 or as 95
    ");
}

#[test]
fn a_selector_means_the_same_in_every_command() {
    let sweep = some_of_each();
    let ids = ids(&sweep);
    for (selectors, places) in [
        (&["behave=good"][..], &[0, 1][..]),
        (&["behave=good,fail", "seed=2"], &[1, 3]),
        (&["state=failed"], &[2, 3]),
        (&["state=failed,new", "seed=1"], &[2, 4]),
        (&[&ids[3][..9]], &[3]),
        (&[&ids[3].to_uppercase(), &ids[0]], &[0, 3]),
        (&[&ids[3], &ids[0], "seed=1"], &[0]),
    ] {
        assert_eq!(listed(&sweep, selectors), places, "{selectors:?}");
        let chosen: Vec<&String> = places.iter().map(|place| &ids[*place as usize]).collect();
        let all = |text: &str| -> Vec<bool> { ids.iter().map(|id| text.contains(&id[..8])).collect() };
        let expected: Vec<bool> = ids.iter().map(|id| chosen.contains(&id)).collect();
        let with = |words: &[&'static str]| -> Vec<String> {
            words.iter().chain(selectors).map(ToString::to_string).collect()
        };
        let run = |words: &[&'static str]| {
            let words = with(words);
            sweep.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
        };
        for command in [&["explain", "s"][..], &["plan", "s", "--json"]] {
            let said = run(command).expect(0, &[]).stdout;
            let said = if command[0] == "plan" { said.replace("orphaned", "") } else { said };
            assert_eq!(all(&said), expected, "{command:?} {selectors:?}: {said}");
        }
        let logs = run(&["logs", "s"]).expect(0, &[]);
        let named = logs.stdout.matches("==> cell ").count();
        assert_eq!(named, if places.len() > 1 { places.len() } else { 0 }, "{}", logs.stdout);
        assert_eq!(all(&(logs.stdout + &logs.stderr)), expected, "logs {selectors:?}");
        let release = run(&["release", "s"]).expect(0, &["nobody holds "]).stderr;
        assert_eq!(all(&release), expected, "{release}");
        let show = run(&["show", "s"]);
        let done = places.iter().filter(|place| **place < 2).count();
        assert_eq!(show.code, Some(if done == 0 { 2 } else { 0 }), "{}", show.stderr);
        assert_eq!(show.stdout.matches("made by ").count(), done, "{}", show.stdout);
        let only: Vec<&str> = selectors.iter().flat_map(|word| ["--only", word]).collect();
        let words = [&["plan", "s", "--json"], &only[..]].concat();
        assert_eq!(run(&["plan", "s", "--json"]).stdout, sweep.shown(&words));
    }
}

#[test]
fn run_takes_selectors_with_and_without_only() {
    let sweep = some_of_each();
    let said = sweep.talk(1, &["run", "s", "behave=diverge", "--only", "seed=2"]);
    assert!(said.contains("0/1  diverged"), "{said}");
    assert_eq!(listed(&sweep, &["state=diverged"]), [5]);
    let said = sweep.talk(1, &["run", "s", "state=diverged"]);
    assert!(said.contains("0 cells done, 1 not done"), "{said}");
}

#[test]
fn selectors_that_select_nothing_are_mistakes_everywhere() {
    let sweep = some_of_each();
    for command in ["cells", "plan", "run", "submit", "explain", "show", "logs", "release"] {
        for (selectors, message) in [
            (&["seed=9"][..], "no cell of the sweep matches `seed=9`"),
            (&["state=running"], "no cell of the sweep matches `state=running`"),
            (&["state=done", "behave=fail"], "no cell of the sweep matches `state=done behave=fail`"),
            (&["zzz"], "no cell of the sweep has an id that begins with `zzz`"),
            (&[""], "more than one cell's id begins with ``"),
            (&["sede=1"], "no cell of the sweep has a parameter `sede`"),
            (&["state=fialed"], "there is no state `fialed`"),
        ] {
            let mut words = [&[command, "s"], selectors].concat();
            if command == "submit" {
                words.push("--dry-run");
            }
            sweep.run(&words).expect(2, &[message]);
        }
    }
    sweep.run(&["explain", "s", "zzz"]).expect(2, &["`gainsweep cells FILE` lists the cells with their ids"]);
    for command in ["explain", "show", "release"] {
        sweep.run(&[command, "s"]).expect(2, &["SELECTOR"]);
    }
}

#[test]
fn cells_are_shown_one_after_the_other_and_reproduced_one_at_a_time() {
    let sweep = some_of_each();
    let ids = ids(&sweep);
    let show = sweep.run(&["show", "s", "seed=1"]).expect(0, &["2 cells not shown: not done"]).stdout;
    assert!(show.starts_with(&format!("cell {} ", ids[0])), "{show}");
    let both = sweep.shown(&["show", "s", "state=done"]);
    assert!(both.contains(&format!("\n\ncell {} ", ids[1])), "{both}");
    sweep.run(&["show", "s", "state=failed"]).expect(2, &["none of these 2 cells is done"]);
    sweep.run(&["show", "s", "state=done", "--reproduce"]).expect(2, &["`state=done` selects 2"]);
    assert!(sweep.shown(&["show", "s", "state=done", "seed=2", "--reproduce"]).contains("again=$(mktemp"));
    let logs = sweep.shown(&["logs", "s", "state=failed"]);
    let titles: Vec<&str> = logs.lines().filter(|line| line.starts_with("==> ")).collect();
    let title = |place: usize, label: &str| format!("==> cell {}   {label} <==", &ids[place][..8]);
    assert_eq!(titles, [title(2, "behave=fail seed=1"), title(3, "behave=fail seed=2")]);
    assert!(logs.contains("Traceback") && logs.contains(&format!("\n\n{}", titles[1])), "{logs}");
    assert!(!sweep.shown(&["logs", "s", &ids[2]]).contains("==>"));
}
