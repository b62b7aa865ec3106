//! The choice of an engine, and its options on the command line.

use clap::{Args, ValueEnum};
use gainsweep_model::{Engine, Network};

use crate::failure::Failure;

const CPU: &str = "cpu";

/// Engine, device and threads.
#[derive(Args, Clone, Debug)]
pub(crate) struct Compute {
    /// The implementation of the networks.
    #[arg(long, value_enum, default_value_t = EngineChoice::Auto)]
    pub(crate) engine: EngineChoice,
    /// `cpu`, or `cuda:N` with a libtorch that has CUDA.
    #[arg(long, default_value = "cpu")]
    pub(crate) device: String,
    /// Threads for operations on the CPU. One is best: the steps are small.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineChoice {
    /// The fastest one for the device: `fused` on a CPU.
    Auto,
    /// Hand-written forward and backward passes, for the CPU.
    Fused,
    /// The reference: libtorch with automatic differentiation.
    Torch,
}

/// The engine of the command line.
pub(crate) fn choose(compute: &Compute, network: &Network) -> Result<Box<dyn Engine>, Failure> {
    let on_cpu = compute.device == CPU;
    match compute.engine {
        EngineChoice::Fused if !on_cpu => Err(Failure::Usage(format!(
            "the fused engine is for the device `{CPU}`, not `{}`",
            compute.device
        ))),
        EngineChoice::Auto if !on_cpu => torch(compute, network),
        EngineChoice::Auto | EngineChoice::Fused => Ok(network.fused_engine(usize::from(compute.threads))),
        EngineChoice::Torch => torch(compute, network),
    }
}

#[cfg(feature = "torch")]
fn torch(compute: &Compute, network: &Network) -> Result<Box<dyn Engine>, Failure> {
    Ok(network.torch_engine(&compute.device, usize::from(compute.threads))?)
}

#[cfg(not(feature = "torch"))]
fn torch(compute: &Compute, _: &Network) -> Result<Box<dyn Engine>, Failure> {
    Err(Failure::Usage(format!(
        "this gainsweep-worker was built without the torch engine, which the device `{}` or the command line needs; \
         build it with the feature `torch`",
        compute.device
    )))
}
