//! Sources, kernels and analyses against numbers of the published code (`scripts/reference-cases`).

#![allow(clippy::print_stderr, reason = "what is skipped is said")]
#![allow(clippy::disallowed_methods, reason = "tests read reference numbers")]

mod support;

use std::path::{Path, PathBuf};

use gainsweep_contract::sources::Sources;
use gainsweep_model::analysis::decoding::{LinearDecoder, source_decoding};
use gainsweep_model::analysis::subspace::{PrincipalComponents, plane_angle, plane_normal};
use gainsweep_model::metrics::{clarity, correlations, unit_clarity};
use gainsweep_model::networks::modulation_kernel::modulation_kernel;
use gainsweep_model::{Array, sources};
use support::{columns, difference, read};

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Name in the file, sources, base frequency in hertz, duration in seconds.
type SourceCase = (&'static str, &'static str, f64, f64);

fn check_sources(path: &Path, every: usize, cases: &[SourceCase]) {
    let (expected, _) = read(path);
    assert_eq!(expected.len(), cases.len(), "{:?}", expected.keys());
    for (name, text, base, duration) in cases {
        let kind: Sources = text.parse().expect("sources");
        let made = sources::generate(&kind, *base, 8000.0, *duration);
        let rows: Vec<f32> =
            (0..made.shape()[0]).step_by(every).flat_map(|row| made.row(row).to_vec()).collect();
        let made = Array::new(&[rows.len() / made.row_len(), made.row_len()], rows);
        // With square waves: a sample on the wrong side of a crossing would be off by 2.
        let difference = difference(&made, &expected[*name]);
        assert!(
            difference <= 1e-6,
            "{name}: {difference:e}, {:?} {:?}",
            made.shape(),
            expected[*name].shape()
        );
    }
}

#[test]
fn sums_of_waveforms_are_those_of_the_published_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sources_extra.safetensors");
    let cases = [
        ("sines_base90_1_1.4_2.3", "sine 90, sine 126, sine 207", 1.0, 0.5),
        ("chords_base70", "sine 84 + sine 154, sine 70 + sine 101.5", 1.0, 1.0),
        ("ica_base55", "sine 60.5, square 38.5, sawtooth 71.5", 1.0, 1.0),
    ];
    check_sources(&path, 10, &cases);
}

#[test]
fn presets_are_those_of_the_published_code() {
    let path = crates().join("../../shared/golden/sources.safetensors");
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return;
    }
    let cases = [
        ("chords_default", "chords", 100.0, 2.0),
        ("chords_base150", "chords", 150.0, 0.5),
        ("ica_default", "waveforms", 100.0, 2.0),
        ("sines_default", "sines", 100.0, 2.0),
        ("sines_1_1.4", "sine 100, sine 140", 100.0, 1.0),
    ];
    check_sources(&path, 1, &cases);
}

/// The kernels of all reference cases that have one: boxes with a remainder, more signals than units, flat
/// kernels.
#[test]
fn kernels_are_those_of_the_published_code() {
    let mut compared = 0;
    for folder in ["small", "more"] {
        let folder = crates().join("worker/tests/cases").join(folder);
        for entry in std::fs::read_dir(folder).expect("reference cases") {
            let path = entry.expect("an entry").path();
            let (arrays, metadata) = read(&path);
            let Some(expected) = arrays.get("const.Wm") else { continue };
            let parameters: serde_json::Value = serde_json::from_str(&metadata["params"]).expect("JSON");
            let width = parameters["mod_width"].as_f64().expect("a width");
            let kernel = modulation_kernel(expected.shape()[0], expected.shape()[1], width);
            let difference = difference(&kernel, expected);
            assert!(difference <= 1e-6, "{}: {difference:e}", path.display());
            compared += 1;
        }
    }
    assert!(compared >= 35, "only {compared} kernels");
}

const SAMPLES: usize = 40;

fn analyses() -> gainsweep_model::Arrays {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/analyses_extra.safetensors")).0
}

fn close(name: &str, found: &[f64], expected: &[f32], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (found, expected) in found.iter().zip(expected) {
        let same = found.is_nan() && expected.is_nan() || (found - f64::from(*expected)).abs() <= tolerance;
        assert!(same, "{name}: {found} is not {expected}");
    }
}

#[test]
fn clarity_and_correlations() {
    let arrays = analyses();
    for (population, sources) in [("z", "s"), ("z_const", "s"), ("y", "s"), ("z3", "s3")] {
        let activity = &arrays[&format!("in.{population}")];
        let sources = &arrays[&format!("in.{sources}")];
        let contexts = sources.shape()[0] / SAMPLES;
        // The published clarity compares the first two sources, even if there are more.
        let two = columns(sources, 2);
        let mut clarities = Vec::new();
        let mut all = Vec::new();
        for context in 0..contexts {
            let (start, end) = (context * SAMPLES, (context + 1) * SAMPLES);
            clarities.push(clarity(&two, activity, start, end));
            all.extend(correlations(sources, activity, start, end).concat());
        }
        let expected = |what: &str| arrays[&format!("metric.{what}.{population}")].data();
        close(population, &clarities, expected("clarity"), 1e-6);
        close(population, &all, expected("correlations"), 1e-6);
    }
    // A unit that does not vary has no clarity, and the mean leaves it out.
    let units = unit_clarity(&arrays["in.s"], &arrays["in.z_const"], 0, SAMPLES);
    assert!(units[5].is_nan() && units[..5].iter().all(|value| value.is_finite()));
}

#[test]
fn decoding_of_sources() {
    let arrays = analyses();
    for (population, sources) in [("z", "s"), ("y", "s"), ("z3", "s3")] {
        let (activity, sources) = (&arrays[&format!("in.{population}")], &arrays[&format!("in.{sources}")]);
        let scores = source_decoding(activity, sources, 2, SAMPLES).expect("scores");
        close(population, &scores, arrays[&format!("metric.r2.{population}")].data(), 1e-5);
    }
    // The published code's hard-coded 1000 samples for a context include all rows here.
    let (z, s) = (&arrays["in.z"], &arrays["in.s"]);
    let decoder = LinearDecoder::fit(z, s).expect("a decoder");
    let scores = [2, 3].map(|context| {
        let (start, end) = (context * SAMPLES, (context + 1) * SAMPLES);
        decoder.score(&z.rows(start, end), &s.rows(start, end))
    });
    close("r2_as_published", &scores, arrays["metric.r2_as_published.z"].data(), 1e-5);

    assert!(source_decoding(z, s, 0, SAMPLES).is_none(), "nothing to fit");
    assert!(source_decoding(z, s, 5, SAMPLES).is_none(), "more contexts than there are");
    let broken = Array::new(z.shape(), vec![f32::NAN; z.data().len()]);
    assert!(source_decoding(&broken, s, 2, SAMPLES).is_none());
}

#[test]
fn components_planes_and_angles() {
    let arrays = analyses();
    let components = PrincipalComponents::fit(&arrays["in.z"]).expect("components");
    let ratios = components.explained_variance_ratio(3);
    close("ratios", &ratios, arrays["metric.explained_variance_ratio"].data(), 1e-6);
    let published = &arrays["metric.whitened"];
    for component in 0..3 {
        let along = components.whitened(&arrays["in.z"], component);
        let expected: Vec<f32> = (0..along.len()).map(|row| published.row(row)[component]).collect();
        // The sign of a component is free.
        let sign = if along[0] * f64::from(expected[0]) < 0.0 { -1.0 } else { 1.0 };
        let along: Vec<f64> = along.iter().map(|value| sign * value).collect();
        close("whitened", &along, &expected, 1e-4);
    }

    let y = &arrays["in.y"];
    let normals: Vec<[f64; 3]> = (0..3)
        .map(|context| {
            let points: Vec<[f64; 3]> = (context * SAMPLES..(context + 1) * SAMPLES)
                .map(|row| [y.row(row)[0], y.row(row)[1], published.row(row)[0]].map(f64::from))
                .collect();
            plane_normal(&points).expect("a plane")
        })
        .collect();
    close("normals", &normals.concat(), arrays["metric.normals"].data(), 1e-5);
    let angles = [
        plane_angle(normals[0], normals[1]),
        plane_angle(normals[0], normals[2]),
        plane_angle(normals[1], normals[2].map(|value| -value)),
    ];
    close("angles", &angles, arrays["metric.angles_deg"].data(), 1e-3);
    assert!(plane_normal(&[[0.0, 0.0, 1.0]; 5]).is_none(), "one point is no plane");
    let line: Vec<[f64; 3]> =
        (0..50).map(|i| [0.1, 0.3, 0.7].map(|step| step * f64::from(i) + 0.77)).collect();
    assert!(plane_normal(&line).is_none(), "a line is no plane: {:?}", plane_normal(&line));
}
