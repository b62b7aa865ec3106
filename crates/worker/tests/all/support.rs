//! Helpers of the worker's tests: its command line, tiny networks, files of tensors.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use gainsweep_testkit::folder::bytes;
use gainsweep_testkit::program::{built, command, command_after};
use gainsweep_testkit::skip;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

/// The folder of larger reference cases and of the authors' networks; `None`, with a message, if it is
/// missing.
pub(crate) fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden");
    skip::has_by_chance(folder.is_dir(), &folder.display().to_string()).then_some(folder)
}

/// A network of the authors; `None`, with a message, if it is missing.
pub(crate) fn published(name: &str) -> Option<PathBuf> {
    shared().map(|folder| folder.join(format!("pretrained_{name}.safetensors")))
}

/// The built program with these arguments.
pub(crate) fn worker<S: AsRef<OsStr>>(arguments: &[S]) -> Command {
    command(built("gainsweep-worker"), arguments)
}

/// The built program started by `bash` after `setup`, for example `ulimit -f 8`.
pub(crate) fn worker_after<S: AsRef<OsStr>>(setup: &str, arguments: &[S]) -> Command {
    command_after(setup, &built("gainsweep-worker"), arguments)
}

/// `train` of a parameters file into a folder.
pub(crate) fn train(params: &Path, out: &Path) -> Command {
    train_with("torch", params, out)
}

/// `train` with an engine.
pub(crate) fn train_with(engine: &str, params: &Path, out: &Path) -> Command {
    let mut command = worker(&["train", "--engine", engine, "--params"]);
    command.arg(params).arg("--out").arg(out);
    command
}

/// Waits until a checkpoint was replaced this many times, or the training has ended.
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

/// Parameters of a network that trains in a second; `more` lines override them.
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
