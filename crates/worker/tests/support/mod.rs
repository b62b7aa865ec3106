//! What the tests of the worker share: running the built program, and files of tensors.

#![allow(dead_code, reason = "each test program uses a part of this")]

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

/// A network of the authors; `None`, said so, where it is not.
#[allow(clippy::print_stderr, reason = "what is skipped is said")]
pub(crate) fn published(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden");
    let file = folder.join(format!("pretrained_{name}.safetensors"));
    if !file.is_file() {
        eprintln!("skipped: {} is not there", file.display());
        return None;
    }
    Some(file)
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Outcome {
    fn new(output: &Output) -> Outcome {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let outcome = Outcome {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        };
        // Exit code 101 is a panic whose text was swallowed.
        for sign in ["panicked", "RUST_BACKTRACE", "internal error"] {
            assert!(!outcome.stderr.contains(sign), "a panic reached the user: {outcome:?}");
        }
        assert_ne!(outcome.code, Some(101), "a panic: {outcome:?}");
        outcome
    }

    /// Asserts the exit code and that standard error says all of `parts`.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, parts: &[&str]) -> &Outcome {
        assert_eq!(self.code, Some(code), "{self:?}");
        for part in parts {
            assert!(self.stderr.contains(part), "`{part}` is not in: {}", self.stderr);
        }
        self
    }
}

/// The built program with these arguments, in an environment that does not depend on who runs the tests.
pub(crate) fn worker<S: AsRef<OsStr>>(arguments: &[S]) -> Command {
    clean(Command::new(env!("CARGO_BIN_EXE_gainsweep-worker")), arguments)
}

/// The built program started by `bash` after `setup` (for example `ulimit -f 8`).
pub(crate) fn worker_after<S: AsRef<OsStr>>(setup: &str, arguments: &[S]) -> Command {
    let mut shell = Command::new("bash");
    shell.arg("-c").arg(format!("{setup}; exec \"$0\" \"$@\""));
    shell.arg(env!("CARGO_BIN_EXE_gainsweep-worker"));
    clean(shell, arguments)
}

fn clean<S: AsRef<OsStr>>(mut command: Command, arguments: &[S]) -> Command {
    command.args(arguments).stdin(Stdio::null());
    for name in ["RUST_BACKTRACE", "GAINSWEEP_LOG", "GAINSWEEP_CHECKPOINT_SECONDS", "GAINSWEEP_TENSORBOARD"] {
        command.env_remove(name);
    }
    command
}

/// Runs to the end.
pub(crate) fn run(mut command: Command) -> Outcome {
    Outcome::new(&command.output().expect("the worker starts"))
}

/// Starts a run that something is to happen to.
pub(crate) fn start(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the worker starts")
}

/// Waits for its end.
pub(crate) fn end(child: Child) -> Outcome {
    Outcome::new(&child.wait_with_output().expect("the worker ends"))
}

/// Waits until a file is there.
#[track_caller]
pub(crate) fn wait_for(path: &Path) {
    let begun = Instant::now();
    while !path.exists() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{} does not come", path.display());
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until a checkpoint was replaced so many times, or the training has ended.
pub(crate) fn wait_for_checkpoints(child: &mut Child, checkpoint: &Path, count: u64) {
    let written = || std::fs::metadata(checkpoint).ok().map(|file| (file.ino(), file.mtime_nsec()));
    let (mut last, mut seen) = (written(), 0);
    while seen < count && child.try_wait().expect("a child").is_none() {
        let now = written();
        seen += u64::from(now.is_some() && now != last);
        last = now;
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// `train` of a parameters file into a folder.
pub(crate) fn train(params: &Path, out: &Path) -> Command {
    train_with("torch", params, out)
}

/// `train` with an engine.
pub(crate) fn train_with(engine: &str, params: &Path, out: &Path) -> Command {
    worker(&[
        OsStr::new("train"),
        "--params".as_ref(),
        params.as_ref(),
        "--out".as_ref(),
        out.as_ref(),
        "--engine".as_ref(),
        engine.as_ref(),
    ])
}

/// Parameters of a network that trains in a second; `more` lines win over these.
pub(crate) fn tiny(model: &str, more: &[(&str, &str)]) -> String {
    let mut values = BTreeMap::from([
        ("hidden_units", "4"),
        ("batches", "6"),
        ("trials_per_batch", "2"),
        ("samples_per_context", "12"),
        ("test_contexts", "3"),
        ("source_duration", "0.05"),
    ]);
    if matches!(model, "spatial" | "dale") {
        values.insert("population_units", "6");
    }
    values.extend(more.iter().copied());
    let lines: Vec<String> = values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    format!("model = \"{model}\"\n{}\n", lines.join("\n"))
}

/// Writes a text file into a folder and gives its path.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file is written");
    path
}

/// A file as text.
#[track_caller]
pub(crate) fn read(path: &Path) -> String {
    String::from_utf8(bytes(path)).expect("text")
}

/// A file.
#[track_caller]
pub(crate) fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names of the files in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Shape and elements.
pub(crate) type Tensor = (Vec<usize>, Vec<f32>);

/// A file of tensors with its metadata.
#[derive(Clone, Debug)]
pub(crate) struct TensorFile {
    /// By name.
    pub(crate) tensors: BTreeMap<String, Tensor>,
    /// As written.
    pub(crate) metadata: HashMap<String, String>,
}

impl TensorFile {
    /// Reads a file of 32-bit floats.
    #[track_caller]
    pub(crate) fn read(path: &Path) -> TensorFile {
        let bytes = bytes(path);
        let (_, header) = SafeTensors::read_metadata(&bytes).expect("a safetensors file");
        let file = SafeTensors::deserialize(&bytes).expect("a safetensors file");
        let tensors = file.tensors().into_iter().map(|(name, view)| {
            assert_eq!(view.dtype(), Dtype::F32, "{name} of {}", path.display());
            let data = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
            (name, (view.shape().to_vec(), data.collect()))
        });
        TensorFile { tensors: tensors.collect(), metadata: header.metadata().clone().unwrap_or_default() }
    }

    /// Writes it.
    pub(crate) fn write(&self, path: &Path) {
        let bytes: BTreeMap<&String, Vec<u8>> = self
            .tensors
            .iter()
            .map(|(name, (_, data))| (name, data.iter().flat_map(|element| element.to_le_bytes()).collect()))
            .collect();
        let views = self.tensors.iter().map(|(name, (shape, _))| {
            (name, TensorView::new(Dtype::F32, shape.clone(), &bytes[name]).expect("a tensor"))
        });
        let file = serialize(views, Some(self.metadata.clone())).expect("a file");
        std::fs::write(path, file).expect("written");
    }
}
