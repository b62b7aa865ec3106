//! The choice of an engine.

use gainsweep_model::{Engine, Network};

use crate::arguments::{Compute, EngineChoice};
use crate::failure::Failure;

/// The engine that the command line asks for.
#[cfg(feature = "torch")]
pub(crate) fn choose(compute: &Compute, network: Network) -> Result<Box<dyn Engine>, Failure> {
    match compute.engine {
        EngineChoice::Auto | EngineChoice::Torch => Ok(Box::new(gainsweep_model::torch::TorchEngine::new(
            network,
            &compute.device,
            usize::from(compute.threads),
        )?)),
    }
}

/// Without libtorch there is no engine to choose.
#[cfg(not(feature = "torch"))]
pub(crate) fn choose(compute: &Compute, _network: Network) -> Result<Box<dyn Engine>, Failure> {
    let name = match compute.engine {
        EngineChoice::Auto | EngineChoice::Torch => "torch",
    };
    Err(Failure::Usage(format!(
        "this gainsweep-worker was built without the {name} engine; build it with the feature `torch`"
    )))
}
