//! Bad input: the right exit code, and a message with the file, the line and the nearest name.

use std::path::{Path, PathBuf};

use gainsweep_contract::files;
use gainsweep_testkit::folder::{Folder, bytes, names, read};
use gainsweep_testkit::program::{end, run, signal, start};
use gainsweep_testkit::waiting::wait_for_path;
use rustix::process::Signal;

use super::support::{TensorFile, tiny, train, worker};

/// Text of a parameters file, and parts of the expected message.
const BAD_PARAMETERS: &[(&str, &[&str])] = &[
    (
        "seed = 1\nhiden_units = 3\n",
        &["unknown parameter `hiden_units`", "bad.toml:2:1", "did you mean `hidden_units`"],
    ),
    ("tau = \"slow\"\n", &["`tau` must be a number, got \"slow\"", "bad.toml:1:1", "^^^^"]),
    ("batches = 1.5\n", &["`batches` must be a whole number", "bad.toml:1:1"]),
    ("batches = 3_000_000_000\n", &["`batches` must be a whole number from 0 to 1000000000", "bad.toml:1:1"]),
    ("\ntau = 0.5\n", &["`tau` must be at least 1 (time steps)", "bad.toml:2:1"]),
    ("tau = inf\n", &["finite", "bad.toml:1:1"]),
    ("tau = nan\n", &["`tau`: not-a-number is not a value", "bad.toml:1:1"]),
    ("noise = -0.1\n", &["`noise` must be at least 0", "bad.toml:1:1"]),
    ("additive = 1\n", &["`additive` must be true or false"]),
    ("model = \"spatail\"\n", &["did you mean \"spatial\"", "bad.toml:1:1"]),
    ("sources = \"triangle 3\"\n", &["`triangle` is not a waveform", "sine, square or sawtooth"]),
    ("sources = 3\n", &["`sources` must be a text"]),
    ("population_units = 5\n", &["does nothing for model \"modulation\"", "bad.toml:1:1"]),
    ("number_of_sources = 3\n", &["`sources` has only 2", "bad.toml:1:1"]),
    ("sources = \"waveforms\"\ncontext_type = \"scale\"\n", &["for two sources, here are 3", "bad.toml:2:1"]),
    (
        "model = \"spatial\"\nmodulation_width = 0\nfeedback_signals = 101\n",
        &["bad.toml:3:1", "without modulation"],
    ),
    ("source_duration = 1e-9\n", &["samples", "bad.toml:1:1"]),
    ("determinant_threshold = 1\nbatches = 1\n", &["no mixing matrix", "determinant_threshold"]),
    ("tau = 3\ntau = 4\n", &["bad.toml", "line 2", "duplicate key"]),
    ("tau = \n", &["bad.toml", "line 1", "^"]),
    ("[model]\nname = 1\n", &["`model`: a table cannot be a parameter value", "bad.toml"]),
    ("started = 2020-01-01\n", &["a date cannot be a parameter value", "bad.toml:1:1"]),
    ("# gainsweep parameters 999\nseed = 1\n", &["format 999", "newer gainsweep"]),
    ("hiden_units = 3\ntua = 3\n", &["`hidden_units`", "did you mean `tau`", "bad.toml:1:1", "bad.toml:2:1"]),
];

#[test]
fn bad_parameters_are_usage_errors_that_show_the_line() {
    let folder = Folder::new();
    for (text, parts) in BAD_PARAMETERS {
        let params = folder.write("bad.toml", text);
        let out = folder.path("out");
        run(train(&params, &out)).expect(2, parts);
        assert!(!out.join(files::DONE).exists());
    }
}

#[test]
fn files_and_folders_that_cannot_be_used() {
    let folder = Folder::new();
    let at = |name: &str| folder.path(name);
    let good = folder.write("good.toml", tiny("direct", &[]));
    std::fs::write(at("latin.toml"), b"sources = \"\xff\"\n").expect("written");
    run(train(&at("none.toml"), &at("out"))).expect(2, &["none.toml", "No such file"]);
    run(train(folder.root(), &at("out"))).expect(2, &["Is a directory"]);
    run(train(&at("latin.toml"), &at("out"))).expect(2, &["latin.toml", "UTF-8"]);
    run(train(&good, &good)).expect(1, &["good.toml"]);
    run(train(&good, &good.join("below"))).expect(1, &["good.toml/below", "Not a directory"]);
    std::fs::create_dir_all(at("odd").join(files::PARAMETERS)).expect("made");
    run(train(&good, &at("odd"))).expect(1, &["params.toml"]);
    folder.write(Path::new("torn").join(files::PARAMETERS), "model = \"dir");
    run(train(&good, &at("torn"))).expect(1, &["torn/params.toml` is damaged"]);
    assert_eq!(names(&at("torn")), [files::PARAMETERS]);
}

#[test]
fn bad_usage() {
    let folder = Folder::new();
    let params = folder.write("params.toml", tiny("direct", &[]));
    let with = |more: &[&str]| {
        let mut command = worker(&["train", "--params"]);
        command.arg(&params).arg("--out").arg(folder.path("out")).args(more);
        run(command)
    };
    with(&["--engine", "nonsense"]).expect(2, &["'nonsense'", "possible values", "torch"]);
    with(&["--device", "cuda:99"]).expect(2, &["device `cuda:99` cannot be used"]);
    with(&["--device", "gpu"]).expect(2, &["`cpu` or `cuda:N`"]);
    with(&["--threads", "0"]).expect(2, &["--threads"]);
    with(&["--threads", "60000"]).expect(2, &["--threads"]);
    with(&["--checkpoint-seconds", "nan"]).expect(2, &["--checkpoint-seconds"]);
    with(&["--nonsense"]).expect(2, &["--nonsense"]);
    run(worker(&["train"])).expect(2, &["--params <FILE>", "--out <DIR>"]);
    run(worker(&["trian"])).expect(2, &["train"]);
    let mut command = worker(&["params"]);
    command.env("GAINSWEEP_LOG", "][");
    run(command).expect(0, &[]);
}

/// More memory than any machine has: an error, not a crash of the machine.
#[test]
fn parameters_that_need_too_much_memory_are_refused() {
    let folder = Folder::new();
    for (more, part) in [
        (&[("hidden_units", "1000000")][..], "the weights"),
        (&[("samples_per_context", "1000000"), ("trials_per_batch", "1000000")], "one batch"),
        (&[("test_samples_per_context", "1000000"), ("test_contexts", "1000000")], "the test"),
    ] {
        let params = folder.write("large.toml", tiny("modulation", more));
        let out = folder.path(part);
        run(train(&params, &out)).expect(1, &["GB of memory", part]);
        assert_eq!(names(&out), [files::PARAMETERS]);
    }
}

/// A folder with a training that was stopped.
fn stopped(folder: &Path, params: &Path, name: &str) -> PathBuf {
    let cell = folder.join(name);
    let mut command = train(params, &cell);
    command.env(gainsweep_contract::environment::CHECKPOINT_SECONDS, "0");
    let child = start(command);
    wait_for_path(&cell.join(files::CHECKPOINT));
    signal(&child, Signal::TERM);
    end(child).expect(75, &[]);
    cell
}

#[test]
fn damaged_checkpoints_are_told_from_good_ones_and_kept() {
    let folder = Folder::new();
    let params = folder.write("a.toml", tiny("modulation", &[("batches", "300")]));
    let other = folder.write("b.toml", tiny("modulation", &[("batches", "300"), ("seed", "2")]));
    let cell = stopped(folder.root(), &params, "a");
    let other_cell = stopped(folder.root(), &other, "b");
    run(train(&other, &cell)).expect(2, &["another parameterisation", "choose another folder"]);

    let path = cell.join(files::CHECKPOINT);
    let good = bytes(&path);
    let flipped = |index: usize| {
        let mut bytes = good.clone();
        bytes[index] ^= 1;
        bytes
    };
    let text = String::from_utf8_lossy(&good).into_owned();
    let format = text.find("format").expect("a format");
    let mut other_version = good.clone();
    let digit = format + text[format..].find('1').expect("a version");
    other_version[digit] = b'9';
    let hint = "remove it to train from the start";
    for (what, bad, code, parts) in [
        ("half", good[..good.len() / 2].to_vec(), 1, ["is damaged", hint]),
        ("all but a byte", good[..good.len() - 1].to_vec(), 1, ["is damaged", hint]),
        ("empty", Vec::new(), 1, ["is damaged", hint]),
        ("no safetensors", b"0123456789abcdef".repeat(9), 1, ["is damaged", hint]),
        ("a bit of the data", flipped(good.len() - 9), 1, ["digest", hint]),
        (
            "a bit of the names",
            flipped(text.find("adam.first").expect("a name") + 2),
            1,
            ["is damaged", hint],
        ),
        ("another version", other_version, 1, ["format 9", hint]),
        (
            "another cell",
            bytes(&other_cell.join(files::CHECKPOINT)),
            2,
            ["belongs to cell", "another folder"],
        ),
    ] {
        std::fs::write(&path, &bad).expect("written");
        let outcome = run(train(&params, &cell));
        assert_eq!(outcome.code, Some(code), "{what}: {outcome:?}");
        for part in parts.iter().chain(&[files::CHECKPOINT]) {
            assert!(outcome.stderr.contains(part), "{what}: `{part}` is not in {}", outcome.stderr);
        }
        assert!(bytes(&path) == bad, "{what}: the checkpoint was touched");
    }
    std::fs::write(&path, &good).expect("written");
    run(train(&params, &cell)).expect(0, &["resuming after batch"]);
}

#[test]
fn damaged_networks_are_not_tested() {
    let folder = Folder::new();
    let params = folder.write("a.toml", tiny("spatial", &[]));
    let cell = folder.path("cell");
    run(train(&params, &cell)).expect(0, &[]);
    let model = cell.join(files::MODEL);
    let test = |path: &Path| {
        let mut command = worker(&["test", "--model"]);
        command.arg(path);
        run(command)
    };
    let outcome = test(&model).expect(0, &[]);
    assert!(outcome.stdout.contains("clarity"), "{outcome:?}");

    let good = bytes(&model);
    let bad = folder.path("bad.safetensors");
    let mut flipped = good.clone();
    let last = good.len() - 2;
    flipped[last] ^= 4;
    for contents in [good[..good.len() / 2].to_vec(), Vec::new(), b"model".to_vec(), flipped] {
        std::fs::write(&bad, contents).expect("written");
        test(&bad).expect(1, &["bad.safetensors` is damaged"]);
    }
    test(&folder.path("none")).expect(1, &["none", "No such file"]);

    // A file of another program has no digest, but weights may be missing, misshapen or not numbers.
    let mut file = TensorFile::read(&model);
    let all: serde_json::Value = serde_json::from_str(&file.metadata["gainsweep"]).expect("JSON");
    file.metadata =
        [("parameters".to_string(), all["parameters"].as_str().expect("a text").to_string())].into();
    let with = |change: fn(&mut TensorFile), parts: &[&str]| {
        let mut file = file.clone();
        change(&mut file);
        file.write(&bad);
        test(&bad).expect(i32::from(!parts.is_empty()), parts);
    };
    with(|_| (), &[]);
    with(|file| drop(file.tensors.remove("Wro")), &["bad.safetensors", "`Wro` is missing"]);
    with(|file| file.tensors.get_mut("Wm").expect("Wm").0.reverse(), &["`Wm` has shape [4, 6]", "[6, 4]"]);
    with(|file| file.tensors.get_mut("Wm").expect("Wm").1[3] = f32::NAN, &["not finite"]);
    with(|file| file.metadata.clear(), &["its metadata have no parameters"]);
    with(
        |file| *file.metadata.get_mut("parameters").expect("a text") = "tau = ".into(),
        &["bad.safetensors"],
    );
}

#[test]
fn bad_cases_are_told_by_tensor() {
    let folder = Folder::new();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let path = folder.path("bad.in.safetensors");
    let out = folder.path("out.safetensors");
    let replay = |case: &str, change: &dyn Fn(&mut TensorFile), parts: &[&str]| {
        let mut file = TensorFile::read(&cases.join(format!("{case}.in.safetensors")));
        change(&mut file);
        file.write(&path);
        let mut command = worker(&["replay", "--case"]);
        command.arg(&path).arg("--out").arg(&out);
        run(command).expect(2, parts).expect(2, &["bad.in.safetensors"]);
        assert!(!out.exists());
    };
    let drop_tensor = |name: &'static str| move |file: &mut TensorFile| drop(file.tensors.remove(name));
    let shorter = |name: &'static str| {
        move |file: &mut TensorFile| {
            let (shape, data) = file.tensors.get_mut(name).expect(name);
            data.truncate(data.len() / shape[0] * (shape[0] - 1));
            shape[0] -= 1;
        }
    };
    let set = |key: &'static str, value: &'static str| {
        move |file: &mut TensorFile| drop(file.metadata.insert(key.into(), value.into()))
    };
    let empty = |name: &'static str| {
        move |file: &mut TensorFile| {
            let (shape, data) = file.tensors.get_mut(name).expect(name);
            data.clear();
            shape[0] = 0;
        }
    };
    replay("small/unmixing_xy", &drop_tensor("in.noise"), &["no tensor `in.noise`"]);
    replay("small/unmixing_xy", &drop_tensor("param.hidden2out.bias"), &["`hidden2out.bias` is missing"]);
    replay(
        "small/unmixing_xy",
        &shorter("param.hidden2out.bias"),
        &["`hidden2out.bias` has shape [3]", "[4]"],
    );
    replay("small/unmixing_xy", &shorter("in.noise"), &["`in.noise` [14, 3, 2]", "do not fit"]);
    replay("small/unmixing_xy", &shorter("in.mixing"), &["`in.mixing` [2, 2, 2]", "do not fit"]);
    replay("small/unmixing_xy", &set("mode", "dream"), &["unknown mode `dream`"]);
    replay("small/unmixing_xy", &set("lambda_reg", "x"), &["`lambda_reg`", "not a number"]);
    replay("small/unmixing_xy", &set("params", "{"), &["EOF"]);
    replay(
        "small/unmixing_xy",
        &set("params", "{\"model\": \"x\", \"signal_dim\": 2, \"hidden_dim\": 3}"),
        &["`x` is no"],
    );
    replay("small/unmixing_xy", &|file| file.metadata.clear(), &["no `params`"]);
    replay("small/dale_both", &shorter("in.p0"), &["`in.p0` has shape [2, "]);
    replay("small/train_spatial", &shorter("in.sources"), &["for fewer than"]);
    replay("small/train_spatial", &set("batches", "-1"), &["`batches`"]);
    replay("more/test_spatial_three", &shorter("in.noise"), &["noise [159, 3]", "do not fit"]);
    replay("more/test_spatial_three", &empty("in.sources"), &["`in.sources` [0, 3]"]);
    replay("more/test_spatial_three", &set("n_sample", "0"), &["0 samples a context"]);
    replay("more/test_spatial_three", &set("n_sample", "18446744073709551615"), &["do not fit"]);
    replay("more/frozen_spatial", &set("freeze_fb_after", "one"), &["`freeze_fb_after`"]);

    let case = cases.join("small/unmixing_xy.in.safetensors");
    folder.write("torn", "x".repeat(50));
    for (from, to, parts) in [
        (folder.path("none"), out.clone(), ["none", "No such file"]),
        (folder.path("torn"), out.clone(), ["torn", "damaged"]),
        (case.clone(), folder.path("no/such/out"), ["no/such/out", "cannot write"]),
    ] {
        let mut command = worker(&["replay", "--case"]);
        command.arg(from).arg("--out").arg(to);
        run(command).expect(1, &parts);
    }
    assert!(!read(&folder.path("torn")).is_empty());
}
