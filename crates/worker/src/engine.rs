//! The choice of an engine.

use gainsweep_model::fused::FusedEngine;
use gainsweep_model::{Engine, Network};

use crate::arguments::{Compute, EngineChoice};
use crate::failure::Failure;

const CPU: &str = "cpu";

/// The engine that the command line asks for.
pub(crate) fn choose(compute: &Compute, network: Network) -> Result<Box<dyn Engine>, Failure> {
    let on_cpu = compute.device == CPU;
    match compute.engine {
        EngineChoice::Fused if !on_cpu => Err(Failure::Usage(format!(
            "the fused engine is for the device `{CPU}`, not `{}`",
            compute.device
        ))),
        EngineChoice::Auto if !on_cpu => torch(compute, network),
        EngineChoice::Auto | EngineChoice::Fused => {
            Ok(Box::new(FusedEngine::new(network, usize::from(compute.threads))))
        }
        EngineChoice::Torch => torch(compute, network),
    }
}

#[cfg(feature = "torch")]
fn torch(compute: &Compute, network: Network) -> Result<Box<dyn Engine>, Failure> {
    let threads = usize::from(compute.threads);
    Ok(Box::new(gainsweep_model::torch::TorchEngine::new(network, &compute.device, threads)?))
}

#[cfg(not(feature = "torch"))]
fn torch(compute: &Compute, _: Network) -> Result<Box<dyn Engine>, Failure> {
    Err(Failure::Usage(format!(
        "this gainsweep-worker was built without the torch engine, which the device `{}` or the command line asks \
         for; build it with the feature `torch`",
        compute.device
    )))
}
