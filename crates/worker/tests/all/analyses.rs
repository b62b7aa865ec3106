//! Every analysis by the built program: on the authors' networks, compared with numbers that were measured
//! with the published code (if `shared/golden` is beside the checkout), and on a tiny network to check the
//! files.

use std::path::Path;

use gainsweep_contract::schema::Model;
use gainsweep_contract::{Analysis, files};
use gainsweep_testkit::folder::{Folder, read};
use gainsweep_testkit::program::run;

use super::support::{published, worker};

/// The metrics of an analysis of one network file.
fn metrics(model: &Path, analysis: &str, more: &[&str]) -> serde_json::Value {
    let mut command = worker(&["test", "--json", "--analysis", analysis, "--model"]);
    command.arg(model).args(more);
    run(command).expect(0, &[]).json()["metrics"].clone()
}

/// Is each metric within the interval?
#[track_caller]
fn within(metrics: &serde_json::Value, expected: &[(&str, f64, f64)]) {
    let wrong: Vec<String> = expected
        .iter()
        .filter_map(|(name, low, high)| {
            let value = metrics[*name].as_f64().unwrap_or(f64::NAN);
            eprintln!("{name} {value:.4} ({low} to {high})");
            (!(*low..=*high).contains(&value)).then(|| format!("{name} is {value}, not {low} to {high}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}\nof {metrics:#}", wrong.join("\n"));
}

/// Contexts are drawn again, so means over 40 pairs have standard errors of 0.3 and 4 degrees.
#[test]
fn feedback_turns_the_subspace() {
    let Some(model) = published("spatial_sines") else { return };
    let found = metrics(&model, "frozen_feedback", &[]);
    within(
        &found,
        &[
            ("pairs", 40.0, 40.0),
            ("angle_frozen", 2.0, 4.5),
            ("angle_feedback", 38.0, 58.0),
            ("angle_feedback_same_side", 13.0, 33.0),
            ("angle_feedback_other_side", 60.0, 80.0),
            ("angle_distance_r", 0.6, 0.9),
            ("angle_distance_p", 0.0, 1e-5),
        ],
    );
}

#[test]
fn the_invariance_is_in_the_population() {
    let Some(model) = published("spatial_chords") else { return };
    let found = metrics(&model, "stages", &[]);
    within(
        &found,
        &[
            ("unit_clarity_min_z", 0.02, 0.1),
            ("unit_clarity_z", 0.4, 0.5),
            ("unit_clarity_max_z", 0.7, 0.85),
            ("readout_r_z", -0.1, 0.15),
            ("r2_x", 0.1, 0.5),
            ("r2_z", 0.94, 0.98),
            ("r2_y", 0.95, 0.98),
            ("clarity_y", 0.92, 0.96),
        ],
    );
}

#[test]
fn the_modulation_holds_the_inverse_of_the_context() {
    let Some(model) = published("spatial_chords") else { return };
    let found = metrics(&model, "context_decoding", &[]);
    within(
        &found,
        &[
            ("contexts", 272.0, 272.0),
            ("r2_z_linear", 0.38, 0.58),
            ("r2_m_linear", 0.33, 0.53),
            ("r2_m_quadratic", 0.56, 0.76),
            ("r2_m_inverse", 0.99, 1.0),
            ("r2_x_linear", -0.2, 0.1),
            ("r2_y_linear", -0.2, 0.1),
        ],
    );
}

#[test]
fn the_population_has_two_dimensions_in_a_context() {
    let Some(model) = published("spatial_sines") else { return };
    let found = metrics(&model, "principal_components", &[]);
    within(
        &found,
        &[
            ("explained_variance_across_contexts_1", 0.66, 0.84),
            ("explained_variance_across_contexts_2", 0.08, 0.2),
            ("explained_variance_in_context_1", 0.84, 0.94),
            ("explained_variance_in_context_2", 0.06, 0.15),
            ("explained_variance_in_context_3", 0.0, 0.02),
        ],
    );
}

#[test]
fn weights_find_the_inverse_of_the_context() {
    let Some(model) = published("modulation_chords") else { return };
    let contexts = ["--contexts", "40"];
    within(
        &metrics(&model, "context_changes", &contexts),
        &[
            ("weight_deviation_onset_25", 1.9, 3.0),
            ("weight_deviation_late", 0.2, 0.4),
            ("error_onset_25", 0.24, 0.38),
            ("error_late", 0.025, 0.045),
        ],
    );
    let Some(model) = published("spatial_chords") else { return };
    within(
        &metrics(&model, "context_changes", &contexts),
        &[("weight_deviation_late", 0.17, 0.33), ("error_onset_25", 0.36, 0.56), ("error_late", 0.03, 0.05)],
    );
}

/// Contexts and sources that the network was not trained with. The published numbers are means over few
/// contexts, with standard deviations from 0.24 (random) to 0.34 (scale): 0.05 to 0.08 for the mean of 20.
#[test]
fn networks_generalise_as_the_published_code_found() {
    let Some(model) = published("modulation_chords") else { return };
    let clarity = |more: &[&str]| {
        let of_seed = |seed: &str| {
            let mut command = worker(&["test", "--json", "--contexts", "40", "--seed", seed, "--model"]);
            command.arg(&model).args(more);
            run(command).expect(0, &[]).json()["metrics"]["clarity"].as_f64().expect("a number")
        };
        ["1", "2"].map(of_seed).iter().sum::<f64>() / 2.0
    };
    let of_contexts = [
        ("random", 0.616, 0.12),
        ("scale", 0.526, 0.16),
        ("scale_both", 0.596, 0.12),
        ("interpolate", 0.959, 0.015),
        ("interpolate_both", 0.968, 0.015),
    ];
    let of_sources = [
        ("sines", 0.929, 0.03),
        ("sine 120 + sine 220, sine 100 + sine 145", 0.920, 0.03),
        ("sine 120, sawtooth 140", 0.535, 0.14),
        ("sine 130 + sine 160, sine 190 + sine 230", 0.756, 0.06),
    ];
    let of_noise = [("0.03", 0.931, 0.02), ("0.1", 0.592, 0.06), ("0.282", 0.343, 0.06)];
    let all = (of_contexts.iter().map(|case| ("--context-type", case)))
        .chain(of_sources.iter().map(|case| ("--sources", case)))
        .chain(of_noise.iter().map(|case| ("--noise", case)));
    for (flag, (value, expected, allowed)) in all {
        let found = clarity(&[flag, value]);
        eprintln!("{flag} {value}: {found:.3} (published {expected})");
        assert!((found - expected).abs() <= *allowed, "{flag} {value}: {found:.3}, published {expected}");
    }
}

/// A tiny, shortly trained network in a folder of cells like that of a sweep. Returns its id.
fn tiny(folder: &Path, model: &str) -> String {
    let params = folder.join(format!("{model}.toml"));
    let units = match model {
        "dale" => {
            "population_units = 6\nlower_population_units = 5\ninhibitory_units = 2\nfeedback_signals = 3\n"
        }
        "spatial" => "population_units = 6\nfeedback_signals = 3\n",
        _ => "",
    };
    let text = format!(
        "model = \"{model}\"\nhidden_units = 5\n{units}batches = 3\ntrials_per_batch = 2\nsamples_per_context = 60\n\
         test_contexts = 4\n"
    );
    std::fs::write(&params, text).expect("written");
    let out = folder.join("trained");
    let mut command = worker(&["train", "--engine", "fused", "--params"]);
    command.arg(&params).arg("--out").arg(&out);
    run(command).expect(0, &["done"]);
    let text = read(&out.join(files::PARAMETERS));
    let values = gainsweep_contract::params_file::parse(&text).expect("parameters");
    let id = gainsweep_contract::CellId::of(&values).to_string();
    std::fs::create_dir_all(folder.join("cells")).expect("made");
    std::fs::rename(out, folder.join("cells").join(&id)).expect("moved");
    // What a sweep passes to an analysis: the parameters of the training and the network.
    std::fs::write(params, format!("{text}network = \"{id}\"\n")).expect("written");
    id
}

/// A cell of each analysis that the model has, and the same from the command line: both give the same
/// numbers.
#[test]
fn cells_and_the_command_line_say_the_same() {
    let folder = Folder::new();
    let folder = folder.root();
    for model in Model::NAMES {
        let id = tiny(folder, model);
        let given = read(&folder.join(format!("{model}.toml")));
        let file = folder.join("cells").join(&id).join(files::MODEL);
        for analysis in Analysis::ALL.into_iter().filter(|analysis| analysis.reads_network()) {
            let name = analysis.name();
            let own = if analysis == Analysis::FrozenFeedback { "repetitions = 3\n" } else { "" };
            let params = folder.join("analysis.toml");
            std::fs::write(&params, format!("{given}analysis = \"{name}\"\n{own}")).expect("written");
            let cell = folder.join("results").join(format!("{model} {name}"));
            let mut command = worker(&["train", "--params"]);
            command.arg(&params).arg("--out").arg(&cell).arg("--networks").arg(folder.join("cells"));
            let outcome = run(command);
            if !analysis.models().iter().any(|known| known.name() == model) {
                outcome.expect(2, &["is not defined for model", model]);
                continue;
            }
            outcome.expect(0, &[name]);
            let out = folder.join("out");
            let mut command = worker(&["test", "--analysis", name, "--model"]);
            command.arg(&file).arg("--out").arg(&out);
            if analysis == Analysis::FrozenFeedback {
                command.args(["--set", "repetitions=3"]);
            }
            run(command).expect(0, &[]);
            for table in [files::METRICS, files::CONTEXTS] {
                let read = |folder: &Path| read(&folder.join(table));
                let (of_cell, of_line) = (read(&cell), read(&out));
                assert!(of_cell.lines().count() > 1, "{model} {name}: {of_cell}");
                assert_eq!(of_cell, of_line, "{model} {name} {table}");
            }
        }
    }
}

#[test]
fn baselines_need_no_network() {
    let folder = Folder::new();
    let params = folder.path("params.toml");
    for (text, metric) in [
        ("analysis = \"static_readout\"\ntest_contexts = 3\n", "clarity_same_context"),
        ("analysis = \"feedforward\"\nwindow = 10\nbatches = 5\ntest_contexts = 3\n", "clarity"),
    ] {
        std::fs::write(&params, text).expect("written");
        let cell = folder.path(metric);
        let mut command = worker(&["train", "--params"]);
        command.arg(&params).arg("--out").arg(&cell);
        run(command).expect(0, &["done"]);
        let metrics = read(&cell.join(files::METRICS));
        assert!(metrics.starts_with(metric), "{metrics}");
        assert_eq!(cell.join(files::HISTORY).is_file(), metric == "clarity");
        assert!(cell.join(files::DONE).is_file());
    }
}

#[test]
fn what_cannot_be_analysed_is_said() {
    let folder = Folder::new();
    let id = tiny(folder.root(), "spatial");
    let file = folder.path("cells").join(id).join(files::MODEL);
    let said = |arguments: &[&str], code: i32, parts: &[&str]| {
        let mut command = worker(&["test", "--model"]);
        command.arg(&file).args(arguments);
        run(command).expect(code, parts);
    };
    said(&["--analysis", "stage"], 2, &["frozen_feedback", "stages"]);
    said(&["--set", "stage=z"], 2, &["belongs to the `analysis`"]);
    said(&["--analysis", "stages", "--set", "stage=z_L"], 2, &["its stages are x, z, m, y"]);
    said(&["--set", "batches=3"], 2, &["a test may set"]);
    said(&["--analysis", "feedforward"], 2, &["reads no network"]);
    said(&["--analysis", "drive", "--set", "driven_unit=7"], 2, &["there are 3"]);
    said(&["--analysis", "context_decoding", "--set", "context_grid=3"], 1, &["too few for 5 folds"]);
    said(&["--analysis", "frozen_feedback", "--samples", "2"], 1, &["no repetition"]);
    said(&["--analysis", "stages", "--freeze", "3"], 2, &["cannot be used with"]);
    said(&["--set", "analysis=stages", "--freeze", "3"], 2, &["cannot be used with"]);
}
