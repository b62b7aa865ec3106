//! `gainsweep report` from outside: what is on the page, and the page in a real browser.
//!
//! `scripts/local-browser` installs the browser. Without it these tests skip with a note; with `CI` set that
//! is a failure.

use std::path::{Path, PathBuf};

use gainsweep_testkit::folder::{Folder, read};
use gainsweep_testkit::program::{command, run};
use gainsweep_testkit::{skip, workers};

/// A sweep with everything that a page can show: two axes and seeds, cells that fail and diverge, odd names
/// and logs.
fn sweep(folder: &Folder, question: &str) {
    let worker = workers::table(&["python3".as_ref(), &workers::behaving()]);
    let long = "Donaudampfschifffahrtsgesellschaftskapitän".repeat(4);
    let text = format!(
        r#"question = {question:?}
{worker}[worker.parameters]
x = {{ type = "float", default = 1.0, help = "what it is <b>divided</b> by" }}
onsets = {{ type = "boolean", default = false }}
behave = {{ type = "text", default = "good" }}
input = {{ type = "text", default = "xy" }}
seed = {{ type = "integer", default = 1 }}
width = {{ type = "integer", default = 3, help = "nobody says it" }}
[params]
onsets = true
[replicates]
seed = 3
[[block]]
name = "all is well"
[block.grid]
x = [1, 2, 10, 100]
input = ["</td><script>alert(1)</script>", "ש\u202elet", "{long}"]
[[block]]
name = "bad"
[block.grid]
behave = ["fail", "diverge", "crash"]
[[plot]]
metric = "clarity"
over = "x"
by = "input"
scale = "log"
[[plot]]
kind = "onset"
metric = "error"
by = "x"
[[plot]]
kind = "heat_map"
metric = "clarity"
over = "x"
by = "input"
[[plot]]
kind = "status"
[[plot]]
metric = "clarty"
over = "x"
"#
    );
    folder.write("sweeps/s.toml", &text);
}

/// Runs it and writes the report. Returns the page and the messages.
fn report(folder: &Folder) -> (PathBuf, String) {
    let ran = run(folder.gainsweep(&["run", "s"])).expect(1, &[]);
    assert!(ran.stderr.ends_with("report    gainsweep report s\n"), "{}", ran.stderr);
    (folder.path("results/s/report.html"), written(folder))
}

fn written(folder: &Folder) -> String {
    let said = run(folder.gainsweep(&["report", "s"])).expect(0, &[]);
    assert_eq!(said.stdout, "");
    said.stderr
}

#[test]
fn all_that_is_known_is_on_the_page_and_the_same_bytes_each_time() {
    let folder = Folder::new();
    sweep(&folder, "How <b>wide</b> & how \"deep\"?");
    let (path, talk) = report(&folder);
    assert!(
        talk.contains("warning: [[plot]]: there is no metric `clarty`; did you mean `clarity`?"),
        "{talk}"
    );
    assert!(talk.contains("report    results/s/report.html   "), "{talk}");
    let page = read(&path);
    for text in [
        "<h1><bdi>How &#60;b&#62;wide&#60;/b&#62; &#38; how &#34;deep&#34;?</bdi></h1>",
        "36 of 45 cells are done; 9 are not: 6 failed, 3 diverged.",
        "did you mean `clarity`?",
        "</span> 3 failed: <bdi>ValueError: the weights are wrong</bdi>",
        "loss not finite at batch 512",
        "killed by signal 9",
        "gainsweep run s",
        "gainsweep explain s ",
        "gainsweep show s ",
        "what it is &#60;b&#62;divided&#60;/b&#62; by",
        "nobody says it",
        "results/s/tables/cells.csv",
        "core-hours",
        "[worker.parameters]",
        "\\u{202e}let",
        "role=\"img\" aria-label=\"clarity over x, by ",
    ] {
        assert!(page.contains(text), "no {text} in\n{page}");
    }
    assert!(!page.contains("<script>alert") && !page.contains('\u{202e}'));
    written(&folder);
    let again = read(&path);
    let differing: Vec<&str> =
        page.lines().zip(again.lines()).filter(|(one, other)| one != other).map(|(one, _)| one).collect();
    assert!(differing.iter().all(|line| line.contains("class=\"written\"")), "{differing:?}");
}

#[test]
fn a_sweep_that_never_ran_has_no_page() {
    let folder = Folder::new();
    sweep(&folder, "Why?");
    run(folder.gainsweep(&["report", "s"])).expect(2, &["run it first: gainsweep run s"]);
    assert!(!folder.path("results/s/report.html").exists());
}

#[test]
fn in_a_browser_it_looks_right_and_sorts_filters_and_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = run(command(root.join("scripts/local-browser"), &["python"]));
    if !skip::has(python.code == Some(0), "a browser", "scripts/local-browser install") {
        return;
    }
    let folder = Folder::new();
    sweep(&folder, &format!("Does {} wrap, and is <script>alert(1)</script> a text?", "x".repeat(300)));
    let (path, _) = report(&folder);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/browser/page.py");
    run(command(python.stdout.trim(), &[script, path]).arg("clarity")).expect(0, &[]);
}
