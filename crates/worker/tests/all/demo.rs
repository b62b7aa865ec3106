//! `demo`: the three demos from scratch, made tiny; and with the authors' networks, if `shared/golden` is
//! beside the checkout.

use std::path::Path;
use std::time::Duration;

use gainsweep_contract::{environment, files};
use gainsweep_testkit::folder::{Folder, bytes, names, read};
use gainsweep_testkit::program::{Said, end, run, signal, start};
use gainsweep_testkit::skip::skipped;
use gainsweep_testkit::waiting::wait_for_path;
use rustix::process::Signal;

use super::support::{published, tiny, train_with, worker};

/// The figures of all demos, and those of single ones.
const OF_ALL: [&str; 3] = ["signals", "weights", "clarity"];
const DEMOS: [(&str, &[&str]); 3] = [
    ("proof-of-concept", &[]),
    ("diffuse-modulation", &["modulation", "kernels", "unit_clarity", "source_decoding"]),
    ("invariant-subspace", &["frozen", "subspace", "angles", "angle_distance"]),
];

fn demo(name: &str, out: &Path, more: &[&str]) -> Said {
    let mut command = worker(&["demo", name, "--engine", "fused", "--out"]);
    command.arg(out).args(more);
    run(command)
}

/// Checks for every figure as SVG and PNG, and no others.
#[track_caller]
fn assert_drawn(out: &Path, figures: &[&[&str]]) {
    let mut expected: Vec<String> = Vec::new();
    for name in figures.concat() {
        expected.extend([format!("{name}.png"), format!("{name}.svg")]);
        assert!(bytes(&out.join(format!("{name}.png"))).starts_with(b"\x89PNG"), "{name}");
        let svg = read(&out.join(format!("{name}.svg")));
        assert!(svg.starts_with("<svg") && !svg.contains("NaN"), "{name}");
    }
    expected.sort();
    let mut found = names(out);
    found.retain(|name| name != "network");
    assert_eq!(found, expected);
}

#[test]
fn a_demo_trains_once_and_then_only_draws() {
    let folder = Folder::new();
    for (name, own) in DEMOS {
        let out = folder.path(name);
        let few: &[&str] = if name == "invariant-subspace" {
            &["--batches", "2", "--repetitions", "3"]
        } else {
            &["--batches", "2"]
        };
        let first = demo(name, &out, few).expect(0, &["done: 2 batches", "drawn in"]);
        assert!(
            first.stdout.contains("published network") && first.stdout.contains("clarity of the outputs y")
        );
        assert_drawn(&out, &[&["loss"], &OF_ALL, own]);
        let network = out.join("network");
        let mut finished = files::FINISHED.map(String::from);
        finished.sort();
        assert_eq!(names(&network), finished, "the folder of a training holds nothing else");
        let parameters = read(&network.join(files::PARAMETERS));
        let seed = if name == "proof-of-concept" { "seed = 1" } else { "seed = 4" };
        assert!(parameters.lines().any(|line| line == seed), "{name}: {parameters}");
        let sources = if name == "invariant-subspace" { "sines" } else { "chords" };
        assert!(parameters.contains(&format!("sources = \"{sources}\"")), "{name}: {parameters}");

        let before = bytes(&network.join(files::DONE));
        let loss = out.join("loss.svg");
        std::fs::remove_file(&loss).expect("a figure to make again");
        let second = demo(name, &out, few).expect(0, &["already done", "loss"]);
        assert!(!second.stderr.contains("batches in"), "it trained again: {}", second.stderr);
        assert_eq!(second.stdout, first.stdout);
        assert_eq!(bytes(&network.join(files::DONE)), before);
        assert!(loss.is_file());
        // Other contexts are another test of the same training.
        let mut other = few.to_vec();
        other.extend(["--test-seed", "9"]);
        assert_ne!(demo(name, &out, &other).expect(0, &["already done"]).stdout, first.stdout);
    }
    let out = folder.path("proof-of-concept");
    demo("proof-of-concept", &out, &["--batches", "3"])
        .expect(2, &["another parameterisation", "another folder"]);
}

#[test]
fn a_stopped_demo_goes_on() {
    let folder = Folder::new();
    let out = folder.path("demo");
    let command = || {
        let mut command =
            worker(&["demo", "proof-of-concept", "--engine", "fused", "--batches", "30", "--out"]);
        command.arg(&out).env(environment::CHECKPOINT_SECONDS, "0");
        command
    };
    let child = start(command());
    wait_for_path(&out.join("network").join(files::CHECKPOINT));
    signal(&child, Signal::TERM);
    let stopped = end(child);
    if stopped.code == Some(0) {
        skipped("the training was over before the signal came");
        return;
    }
    stopped.expect(75, &["run again to "]);
    assert!(!out.join("signals.svg").exists());
    std::thread::sleep(Duration::from_millis(10));
    run(command()).expect(0, &["drawn in"]);
    assert_drawn(&out, &[&["loss"], &OF_ALL]);
    assert_eq!(read(&out.join("network").join(files::HISTORY)).lines().count(), 1 + 30);
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_made() {
    let folder = Folder::new();
    let network = |name: &str, text: &str| {
        let params = folder.write(format!("{name}.toml"), text);
        let cell = folder.path(name);
        run(train_with("fused", &params, &cell)).expect(0, &["done: "]);
        cell.join(files::MODEL).display().to_string()
    };
    let spatial = network(
        "spatial",
        &tiny("spatial", &[("sources", "\"waveforms\""), ("determinant_threshold", "0.05")]),
    );
    let dale = network("dale", &tiny("dale", &[]));
    let out = folder.path("out");
    let refused = |name: &str, more: &[&str], parts: &[&str]| {
        demo(name, &out, more).expect(2, parts);
        assert!(!out.exists());
    };
    refused(
        "proof-of-concept",
        &["--model", &spatial],
        &[
            "the model spatial",
            "one of the model modulation",
            "diffuse-modulation or invariant-subspace",
            "--model",
        ],
    );
    refused("diffuse-modulation", &["--model", &dale], &["the model dale", "leave out --model to train one"]);
    refused("invariant-subspace", &["--model", &spatial], &["3 sources", "two sources"]);
    refused("diffuse-modulation", &["--model", &spatial, "--batches", "3"], &["--batches"]);
    refused("diffuse-modulation", &["--model", &spatial, "--repetitions", "3"], &["belongs to the demo"]);
    refused("proof-of-concept", &["--batches", "0"], &["--batches"]);
    refused("proof", &[], &["proof-of-concept"]);
    let missing = folder.path("missing.safetensors").display().to_string();
    demo("diffuse-modulation", &out, &["--model", &missing]).expect(1, &["missing.safetensors"]);
    // More sources than in the paper are allowed where no planes are fitted.
    demo("diffuse-modulation", &out, &["--model", &spatial])
        .expect(0, &["note: this network was trained on the sources `waveforms`", "drawn in"]);
    assert_drawn(&out, &[&OF_ALL, DEMOS[1].1]);
}

/// Metrics, each with its interval.
type Intervals = &'static [(&'static str, f64, f64)];

/// The findings with the authors' networks, in other contexts than theirs.
#[test]
fn published_networks_show_what_was_published() {
    let folder = Folder::new();
    let cases: [(&str, &str, Intervals); 3] = [
        (
            "proof-of-concept",
            "modulation_chords",
            &[("clarity", 0.95, 0.98), ("clarity_stimulus", 0.4, 0.65), ("weight_deviation_late", 0.2, 0.4)],
        ),
        (
            "diffuse-modulation",
            "spatial_chords",
            &[
                ("clarity", 0.91, 0.97),
                ("unit_clarity_z", 0.4, 0.5),
                ("r2_x", 0.1, 0.6),
                ("r2_z", 0.92, 0.99),
            ],
        ),
        (
            "invariant-subspace",
            "spatial_sines",
            &[
                ("clarity", 0.96, 0.995),
                ("angle_frozen", 1.5, 4.5),
                ("angle_feedback", 38.0, 58.0),
                ("angle_distance_r", 0.6, 0.9),
            ],
        ),
    ];
    for (name, network, expected) in cases {
        let Some(model) = published(network) else { return };
        let out = folder.path(name);
        let outcome = demo(name, &out, &["--json", "--model", &model.display().to_string()]);
        let report: serde_json::Value =
            serde_json::from_str(&outcome.expect(0, &["drawn in"]).stdout).expect("JSON");
        assert_eq!(report["demo"], name);
        let findings = report["findings"].as_array().expect("findings");
        for (metric, low, high) in expected {
            let finding = findings.iter().find(|finding| finding["metric"] == *metric).expect("the finding");
            let value = finding["value"].as_f64().expect("a number");
            eprintln!("{name}: {metric} {value:.4} (published network: {})", finding["published_network"]);
            assert!((*low..=*high).contains(&value), "{name}: {metric} {value}");
        }
        // Every line of the table has a number.
        assert!(findings.iter().all(|finding| finding["value"].is_f64()), "{report:#}");
        let own = DEMOS.iter().find(|(demo, _)| *demo == name).expect("the demo").1;
        assert_drawn(&out, &[&OF_ALL, own]);
    }
}
