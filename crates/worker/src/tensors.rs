//! Safetensors files: named arrays of 32-bit floats, with text metadata.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use gainsweep_model::{Array, Arrays};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

/// A file's metadata: texts by name.
pub(crate) type Metadata = BTreeMap<String, String>;

/// A safetensors file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TensorsError {
    /// It cannot be read.
    #[error("{0}")]
    Read(#[from] std::io::Error),
    /// It is not a whole safetensors file.
    #[error("`{path}` is damaged or not a safetensors file ({reason}){hint}")]
    Damaged { path: String, reason: String, hint: &'static str },
}

impl TensorsError {
    /// Damage, with a reason.
    pub(crate) fn damaged(path: &Path, reason: impl Into<String>) -> TensorsError {
        TensorsError::Damaged { path: path.display().to_string(), reason: reason.into(), hint: "" }
    }

    /// Adds a hint.
    pub(crate) fn hint(self, hint: &'static str) -> TensorsError {
        match self {
            TensorsError::Damaged { path, reason, .. } => TensorsError::Damaged { path, reason, hint },
            read @ TensorsError::Read(_) => read,
        }
    }
}

/// The content of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TensorFile {
    /// Arrays of 32-bit floats.
    pub(crate) arrays: Arrays,
    /// Flat lists of 64-bit floats.
    pub(crate) doubles: BTreeMap<String, Vec<f64>>,
    /// Texts.
    pub(crate) metadata: Metadata,
}

/// Key of the digest in the metadata.
const DIGEST: &str = "digest";

/// The reason for a file with a wrong digest.
pub(crate) const NOT_INTACT: &str = "its digest does not match its contents";

impl TensorFile {
    /// Adds a digest of the content, to distinguish a flipped bit from a number.
    pub(crate) fn seal(&mut self) {
        let digest = self.digest();
        self.metadata.insert(DIGEST.to_string(), digest);
    }

    /// Does the digest match the content? `None` without a digest: a file of another program.
    pub(crate) fn is_intact(&self) -> Option<bool> {
        self.metadata.get(DIGEST).map(|digest| *digest == self.digest())
    }

    fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (name, array) in &self.arrays {
            hasher.update(format!("{name:?}{:?}", array.shape()).as_bytes());
            for element in array.data() {
                hasher.update(&element.to_le_bytes());
            }
        }
        for (name, list) in &self.doubles {
            hasher.update(format!("{name:?}{}", list.len()).as_bytes());
            for element in list {
                hasher.update(&element.to_le_bytes());
            }
        }
        for (name, text) in self.metadata.iter().filter(|(name, _)| *name != DIGEST) {
            hasher.update(format!("{name:?}{text:?}").as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// The bytes of a file.
pub(crate) fn encode(file: &TensorFile) -> Result<Vec<u8>, anyhow::Error> {
    let mut tensors: Vec<(&str, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    for (name, array) in &file.arrays {
        let bytes = array.data().iter().flat_map(|element| element.to_le_bytes()).collect();
        tensors.push((name, Dtype::F32, array.shape().to_vec(), bytes));
    }
    for (name, list) in &file.doubles {
        let bytes = list.iter().flat_map(|element| element.to_le_bytes()).collect();
        tensors.push((name, Dtype::F64, vec![list.len()], bytes));
    }
    let mut views = Vec::with_capacity(tensors.len());
    for (name, kind, shape, bytes) in &tensors {
        views.push((*name, TensorView::new(*kind, shape.clone(), bytes)?));
    }
    // One key at most: a hash map orders several, and equal networks must have equal files.
    let metadata = HashMap::from([(ALL_METADATA.to_string(), serde_json::to_string(&file.metadata)?)]);
    Ok(serialize(views, Some(metadata))?)
}

/// The one key for all texts, as a JSON object with sorted keys.
const ALL_METADATA: &str = "gainsweep";

/// Reads a whole file. Metadata of other programs are kept as they are.
pub(crate) fn read(path: &Path) -> Result<TensorFile, TensorsError> {
    let bytes = fs_err::read(path)?;
    decode(path, &bytes)
}

fn decode(path: &Path, bytes: &[u8]) -> Result<TensorFile, TensorsError> {
    let damaged = |reason: String| TensorsError::damaged(path, reason);
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| damaged(error.to_string()))?;
    let mut metadata: Metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
    if let Some(all) = metadata.remove(ALL_METADATA) {
        metadata = serde_json::from_str(&all).map_err(|error| damaged(error.to_string()))?;
    }
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| damaged(error.to_string()))?;
    let mut file = TensorFile { metadata, ..TensorFile::default() };
    for (name, view) in tensors.tensors() {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the format has many types, and will have more")]
        match view.dtype() {
            Dtype::F32 => {
                let data = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
                file.arrays.insert(name, Array::new(view.shape(), data.collect()));
            }
            Dtype::F64 => {
                let data = view.data().as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes));
                file.doubles.insert(name, data.collect());
            }
            other => return Err(damaged(format!("tensor `{name}` has type {other:?}, not 32-bit floats"))),
        }
    }
    Ok(file)
}
