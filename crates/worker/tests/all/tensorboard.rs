//! The output of `train --tensorboard`, read here and by TensorBoard's own reader; and the figures of `test
//! --plot`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use gainsweep_contract::{environment, files};
use gainsweep_testkit::folder::{Folder, bytes, names, read};
use gainsweep_testkit::program::{command, end, run, start};
use gainsweep_testkit::skip;

use super::support::{tiny, train_with, wait_for_checkpoints, worker};
use super::tensorboard_format::message::summary_value::Content;
use super::tensorboard_format::{SessionLog, What, events};

fn train(params: &Path, out: &Path, log: &Path) -> Command {
    let mut command = train_with("fused", params, out);
    command.env(environment::CHECKPOINT_SECONDS, "0").env(environment::TENSORBOARD, log);
    command
}

/// The single folder of a run below `log`.
fn run_folder(log: &Path) -> PathBuf {
    let runs = names(log);
    assert_eq!(runs.len(), 1, "{runs:?}");
    log.join(&runs[0])
}

/// The scalars of a run by tag, with their steps, in the way of readers: a new session drops its step and
/// later ones of older files.
fn scalars(folder: &Path) -> BTreeMap<String, Vec<(i64, f32)>> {
    let mut found: BTreeMap<String, Vec<(i64, f32)>> = BTreeMap::new();
    for name in names(folder) {
        for event in events(&bytes(&folder.join(name))) {
            match event.what {
                Some(What::SessionLog(log)) if log.status == SessionLog::START => {
                    for points in found.values_mut() {
                        points.retain(|(step, _)| *step < event.step);
                    }
                }
                Some(What::Summary(summary)) => {
                    for value in summary.value {
                        if let Some(Content::Scalar(scalar)) = value.content {
                            found.entry(value.tag).or_default().push((event.step, scalar));
                        }
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// Number and loss of each batch in `history.csv`, with the precision of the log.
fn losses(cell: &Path) -> Vec<(i64, f32)> {
    let text = read(&cell.join(files::HISTORY));
    text.lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (fields[0].parse().expect("a batch"), fields[1].parse::<f64>().expect("a loss") as f32)
        })
        .collect()
}

/// The output of TensorBoard's own reader; `None`, with a message, if it is not installed.
fn read_by_tensorboard(folder: &Path) -> Option<serde_json::Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join(".venv/tensorboard/bin/python");
    if !skip::has(python.exists(), "TensorBoard's reader", "scripts/setup-tensorboard") {
        return None;
    }
    let read = run(command(python, &[root.join("scripts/read_events.py"), folder.into()])).expect(0, &[]);
    Some(read.json())
}

/// Asserts that every batch is there once, and the results of the test at the last one.
fn check(folder: &Path, cell: &Path) {
    let expected = losses(cell);
    let found = scalars(folder);
    for tag in ["loss", "regulariser", "gradient_norm", "batches_per_second"] {
        let steps: Vec<i64> = found[&format!("training/{tag}")].iter().map(|(step, _)| *step).collect();
        assert_eq!(steps, expected.iter().map(|(step, _)| *step).collect::<Vec<_>>(), "{tag}");
    }
    assert_eq!(found["training/loss"], expected);
    let last = expected.last().expect("a batch").0;
    assert_eq!(found["test/clarity"].iter().map(|(step, _)| *step).collect::<Vec<_>>(), [last]);

    let Some(report) = read_by_tensorboard(folder) else { return };
    let pairs = |tag: &str| -> Vec<(i64, f32)> {
        let list = report["scalars"][tag].as_array().expect("scalars");
        list.iter()
            .map(|pair| (pair[0].as_i64().expect("a step"), pair[1].as_f64().expect("a value") as f32))
            .collect()
    };
    for (tag, expected) in &found {
        assert_eq!(&pairs(tag), expected, "{tag}");
    }
    assert_eq!(report["parameters"]["model"], "spatial");
    assert_eq!(report["finished"], true);
    assert!(report["text"].to_string().contains("hidden_units = 4"), "{}", report["text"]);
    for figure in ["signals", "weights", "clarity", "modulation"] {
        let images = report["images"][format!("network/{figure}")].as_array().expect("images");
        let steps: Vec<i64> = images.iter().map(|image| image[0].as_i64().expect("a step")).collect();
        assert_eq!(steps, [1000, last], "{figure}");
        assert!(images.iter().all(|image| image[1].as_i64() > Some(500)), "{images:?}");
    }
}

#[test]
fn a_log_changes_no_number_and_no_file_of_the_cell() {
    let folder = Folder::new();
    let params = folder.write("given.toml", tiny("spatial", &[]));
    let (plain, logged, log) = (folder.path("plain"), folder.path("logged"), folder.path("log"));
    run(train_with("fused", &params, &plain)).expect(0, &["done: "]);
    let mut command = train(&params, &logged, &log);
    command.args(["--tensorboard-figures", "2"]);
    run(command).expect(0, &["done: "]);
    assert_eq!(names(&plain), names(&logged));
    for name in [files::MODEL, files::METRICS, files::CONTEXTS, files::PARAMETERS] {
        assert!(bytes(&plain.join(name)) == bytes(&logged.join(name)), "{name} differs");
    }
    assert_eq!(losses(&plain), losses(&logged));
    // Figures of batches 2 and 4, and of the last one.
    let file = run_folder(&log).join(&names(&run_folder(&log))[0]);
    let log = bytes(&file);
    let images = events(&log).filter_map(|event| match event.what {
        Some(What::Summary(summary)) => {
            let image = matches!(summary.value[0].content, Some(Content::Image(_)));
            image.then(|| (event.step, summary.value[0].tag.clone()))
        }
        _ => None,
    });
    let steps: Vec<i64> = images.filter(|(_, tag)| tag == "network/weights").map(|(step, _)| step).collect();
    assert_eq!(steps, [2, 4, 6]);
}

#[test]
fn kills_and_torn_records_neither_double_nor_lose_a_batch() {
    let folder = Folder::new();
    let params = folder.write("given.toml", tiny("spatial", &[("batches", "2000")]));
    let (cell, log) = (folder.path("cell"), folder.path("log"));
    let checkpoint = cell.join(files::CHECKPOINT);
    for checkpoints in [3, 9, 6] {
        let mut child = start(train(&params, &cell, &log));
        wait_for_checkpoints(&mut child, &checkpoint, checkpoints);
        child.kill().expect("killed");
        end(child);
        assert!(checkpoint.exists(), "it was over before it was killed: train longer");
        // The state that a full disk or a power cut leaves.
        let runs = run_folder(&log);
        let newest = runs.join(names(&runs).last().expect("a file"));
        let whole = bytes(&newest);
        std::fs::write(&newest, &whole[..whole.len().saturating_sub(7)]).expect("torn");
    }
    // One attempt without a log: the next log adds its batches from the history.
    let mut unlogged = train_with("fused", &params, &cell);
    unlogged.env(environment::CHECKPOINT_SECONDS, "0");
    let mut child = start(unlogged);
    wait_for_checkpoints(&mut child, &checkpoint, 12);
    child.kill().expect("killed");
    end(child);
    run(train(&params, &cell, &log)).expect(0, &["done: "]);
    let runs = run_folder(&log);
    assert_eq!(names(&runs).len(), 4, "one file an attempt");
    check(&runs, &cell);
}

#[test]
fn a_log_that_cannot_be_made_is_an_error_before_the_training() {
    let folder = Folder::new();
    let params = folder.write("given.toml", tiny("modulation", &[]));
    let file = folder.write("file", "");
    run(train(&params, &folder.path("cell"), &file.join("log"))).expect(1, &["file/log"]);
    assert!(!folder.path("cell").join(files::DONE).exists());
}

#[test]
fn a_test_draws_what_the_network_does_and_says_what_it_leaves_out() {
    let folder = Folder::new();
    for (model, figures, words) in [
        ("spatial", vec!["clarity", "modulation", "signals", "weights"], "drawn in"),
        ("direct", vec!["clarity", "signals"], "left out: weights"),
    ] {
        let params = folder.write("given.toml", tiny(model, &[]));
        let (cell, plots) = (folder.path(model), folder.path(format!("plots_{model}")));
        run(train_with("fused", &params, &cell)).expect(0, &[]);
        let mut command = worker(&["test", "--json", "--freeze", "5", "--model"]);
        command.arg(cell.join(files::MODEL)).arg("--plot").arg(&plots);
        let outcome = run(command).expect(0, &[words]);
        outcome.json();
        let expected: Vec<String> =
            figures.iter().flat_map(|name| [format!("{name}.png"), format!("{name}.svg")]).collect();
        assert_eq!(names(&plots), expected);
        for name in names(&plots) {
            let head: &[u8] = if name.ends_with("png") { b"\x89PNG" } else { b"<svg" };
            assert!(bytes(&plots.join(&name)).starts_with(head), "{name}");
        }
    }
}
