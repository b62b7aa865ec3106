//! Every reference case of the published code, replayed by the built program.
//!
//! `cases/small` and `cases/more` are here; larger ones and the authors' networks are in `shared/golden`
//! beside the checkout, if it exists. `scripts/reference-cases` makes cases.

use std::path::{Path, PathBuf};

use gainsweep_testkit::folder::Folder;
use gainsweep_testkit::program::run;

use super::support::{TensorFile, shared, worker};

/// The allowed difference of a tensor.
enum Tolerance {
    /// max |a - b| <= this * max(1, max |b|)
    Scaled(f64),
    /// max |a - b| <= this
    Absolute(f64),
    /// As scaled, each row up to its sign.
    ScaledUpToSign(f64),
}

fn tolerance(name: &str) -> Tolerance {
    match name {
        "metric.angle_frozen_deg" | "metric.angle_unfrozen_deg" => Tolerance::Absolute(0.2),
        // Least squares on nearly collinear float32 data.
        "metric.explained_variance_ratio" => Tolerance::Absolute(2e-3),
        name if name.starts_with("metric.r2.") => Tolerance::Absolute(2e-3),
        "metric.normals" => Tolerance::ScaledUpToSign(2e-5),
        _ => Tolerance::Scaled(2e-5),
    }
}

/// Which tensors a replay writes.
#[derive(Clone, Copy, PartialEq)]
enum Names {
    /// Exactly those of `.out`.
    Exact,
    /// Tests may have more metrics and traces than `.out`.
    MoreInTests,
}

/// Compares a replay with the results of the published code.
fn compare(expected: &TensorFile, found: &TensorFile, names: Names) -> Result<(), String> {
    let more_is_fine = names == Names::MoreInTests && expected.metadata["mode"] == "test";
    if let Some(name) =
        found.tensors.keys().find(|name| !expected.tensors.contains_key(*name) && !more_is_fine)
    {
        return Err(format!("`{name}` is not asked for"));
    }
    for (name, (shape, expected)) in &expected.tensors {
        let (found_shape, found) = found.tensors.get(name).ok_or(format!("`{name}` is missing"))?;
        if found_shape != shape {
            return Err(format!("`{name}` has shape {found_shape:?}, not {shape:?}"));
        }
        let largest =
            expected.iter().filter(|value| !value.is_nan()).fold(0.0, |a: f64, b| a.max(f64::from(b.abs())));
        let scale = largest.max(1.0);
        let rows = shape.last().copied().unwrap_or(1).max(1);
        let (allowed, difference) = match tolerance(name) {
            Tolerance::Scaled(share) => (share * scale, difference(expected, found, 1.0)),
            Tolerance::Absolute(allowed) => (allowed, difference(expected, found, 1.0)),
            Tolerance::ScaledUpToSign(share) => {
                let row = |(expected, found): (&[f32], &[f32])| {
                    difference(expected, found, 1.0).min(difference(expected, found, -1.0))
                };
                (share * scale, expected.chunks(rows).zip(found.chunks(rows)).map(row).fold(0.0, f64::max))
            }
        };
        if difference > allowed {
            return Err(format!("`{name}` differs by {difference:.2e}, {allowed:.2e} is allowed"));
        }
    }
    Ok(())
}

/// Largest difference from `sign` times the other; infinite if only one is not-a-number.
fn difference(expected: &[f32], found: &[f32], sign: f64) -> f64 {
    let one = |(a, b): (&f32, &f32)| match (a.is_nan(), b.is_nan()) {
        (true, true) => 0.0,
        (false, false) => (f64::from(*a) - sign * f64::from(*b)).abs(),
        _ => f64::INFINITY,
    };
    expected.iter().zip(found).map(one).fold(0.0, f64::max)
}

fn replay(case: &Path, engine: &str) -> TensorFile {
    let folder = Folder::new();
    let out = folder.path("out.safetensors");
    let mut command = worker(&["replay", "--engine", engine, "--case"]);
    command.arg(case).arg("--out").arg(&out);
    run(command).expect(0, &[]);
    TensorFile::read(&out)
}

/// Replays every case of a folder.
fn check(folder: &Path, engine: &str, cases: usize, names: Names) {
    let inputs: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.to_string_lossy().ends_with(".in.safetensors"))
        .collect();
    assert_eq!(inputs.len(), cases, "cases in {}", folder.display());
    let mut failures = Vec::new();
    for case in inputs {
        let expected = PathBuf::from(case.to_string_lossy().replace(".in.safetensors", ".out.safetensors"));
        if let Err(reason) = compare(&TensorFile::read(&expected), &replay(&case, engine), names) {
            failures.push(format!("{} with {engine}: {reason}", case.display()));
        }
    }
    assert!(failures.is_empty(), "{} of {cases} cases:\n{}", failures.len(), failures.join("\n"));
}

/// The engines that must agree with the published code.
const ENGINES: [&str; 2] = ["torch", "fused"];

fn here(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder)
}

#[test]
fn small_cases_match() {
    for engine in ENGINES {
        check(&here("small"), engine, 14, Names::Exact);
    }
}

#[test]
fn more_configurations_match() {
    for engine in ENGINES {
        check(&here("more"), engine, 47, Names::MoreInTests);
    }
}

#[test]
fn full_size_cases_match() {
    if let Some(folder) = shared() {
        for engine in ENGINES {
            check(&folder, engine, 16, Names::Exact);
        }
    }
}

/// The comparison detects a mistake: one weight that is off by a thousandth, a wrong shape, a missing tensor.
#[test]
fn a_perturbed_weight_is_noticed() {
    let case = here("small").join("spatial_von_mises.in.safetensors");
    let expected = TensorFile::read(&here("small").join("spatial_von_mises.out.safetensors"));
    let mut input = TensorFile::read(&case);
    input.tensors.get_mut("param.hidden2out.bias").expect("a weight").1[1] += 1e-3;
    let folder = Folder::new();
    let perturbed = folder.path("perturbed.in.safetensors");
    input.write(&perturbed);
    for engine in ENGINES {
        assert!(compare(&expected, &replay(&case, engine), Names::Exact).is_ok());
        let reason = compare(&expected, &replay(&perturbed, engine), Names::Exact).expect_err("a difference");
        assert!(reason.contains("differs by"), "{reason}");
    }
    let mut other = expected.clone();
    other.tensors.remove("out.y");
    assert!(compare(&expected, &other, Names::Exact).is_err_and(|reason| reason.contains("missing")));
    let mut other = expected.clone();
    other.tensors.get_mut("out.y").expect("a tensor").1[0] = f32::NAN;
    assert!(compare(&expected, &other, Names::Exact).is_err_and(|reason| reason.contains("inf")));
}

/// The authors' networks on fresh contexts: the numbers of the paper's figures, from weights alone.
#[test]
fn published_networks_reach_their_clarity() {
    let Some(folder) = shared() else { return };
    for (name, expected) in
        [("modulation_chords", 0.965), ("spatial_chords", 0.942), ("spatial_sines", 0.980)]
    {
        let clarity = |seed: &str| {
            let model = folder.join(format!("pretrained_{name}.safetensors"));
            let mut command = worker(&["test", "--json", "--seed", seed, "--model"]);
            command.arg(model);
            let outcome = run(command).expect(0, &[]);
            let report: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
            assert_eq!(report["clarity_of_contexts"].as_array().map(Vec::len), Some(20));
            report["metrics"]["clarity"].as_f64().expect("a number")
        };
        let seeds = ["1", "2", "3"].map(clarity);
        let mean = seeds.iter().sum::<f64>() / seeds.len() as f64;
        assert!((mean - expected).abs() <= 0.01, "{name}: {mean:.4} of {seeds:?}, published {expected}");
        eprintln!("{name}: clarity {mean:.4} (published {expected})");
    }
}
