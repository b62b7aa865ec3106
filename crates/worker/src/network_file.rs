//! Files of trained networks: our own, and those exported from the published code.

use std::path::Path;

use gainsweep_contract::{CellId, Parameters, Value, ValueMap, params_file};
use gainsweep_model::networks::published;
use gainsweep_model::trainer::Training;
use gainsweep_model::{Array, Arrays, Experiment};

use crate::failure::Failure;
use crate::parameters;
use crate::tensors::{self, Metadata, TensorFile, TensorsError};

/// Key of the parameters in a network file's metadata.
const PARAMETERS: &str = "parameters";

/// A network as a file: weights with the names of the published code, and its parameters.
pub(crate) fn encode(experiment: &Experiment, training: &Training) -> Result<Vec<u8>, Failure> {
    let cell: CellId = experiment.parameters().id();
    let metadata = Metadata::from([
        (PARAMETERS.to_string(), params_file::render(experiment.parameters().values())),
        ("cell".to_string(), cell.to_string()),
        ("trained_batches".to_string(), training.batch.to_string()),
    ]);
    let mut file = TensorFile { arrays: training.weights.clone(), metadata, ..TensorFile::default() };
    file.seal();
    Ok(tensors::encode(&file)?)
}

/// Parameters and weights of a network file.
pub(crate) fn load(path: &Path) -> Result<(Parameters, Arrays), Failure> {
    let (given, weights) = read(path)?;
    Ok((parameters::resolve(&given)?, weights))
}

/// The same, with the parameters as in the file: our own file, or one exported from the published code.
pub(crate) fn read(path: &Path) -> Result<(ValueMap, Arrays), Failure> {
    let file = tensors::read(path).map_err(|error| Failure::Other(error.to_string()))?;
    let unusable = |reason: String| Failure::Other(format!("{}: {reason}", path.display()));
    let weights_are_finite = file.arrays.values().all(Array::is_finite);
    if file.is_intact() == Some(false) || !weights_are_finite {
        let reason = if weights_are_finite { tensors::NOT_INTACT } else { "some weights are not finite" };
        return Err(Failure::Other(TensorsError::damaged(path, reason).to_string()));
    }
    let given = if let Some(text) = file.metadata.get(PARAMETERS) {
        params_file::parse(text).map_err(|error| unusable(error.to_string()))?
    } else if let Some(json) = file.metadata.get(published::METADATA_PARAMETERS) {
        let mut given = published::parameters(json).map_err(unusable)?;
        if let Some(sources) = file.metadata.get("sources") {
            given.insert("sources".into(), Value::Text(sources.clone()));
        }
        given
    } else {
        return Err(unusable("its metadata have no parameters of the network".into()));
    };
    Ok((given, file.arrays))
}
