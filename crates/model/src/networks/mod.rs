//! The networks: each is a folder with its equations and options in `mod.rs`, its step on libtorch in
//! `torch.rs`, and hand-written passes in `fused.rs`. `listed` is the one list of them.

#![expect(
    clippy::inline_always,
    reason = "what a task calls must end up in the one function that may use its instructions: see kernels"
)]

pub mod dale;
mod direct;
mod modulation;
pub mod modulation_kernel;
mod population;
pub mod published;
pub mod spatial;
mod unmixing;

use std::sync::Arc;

use gainsweep_contract::schema::Model;
use gainsweep_contract::{Parameters, Value};

use crate::network::{Architecture, ModulatorInput, Network};
use published::Published;

/// The networks of `gainsweep_contract::schema::Model`, each with the type of its options.
fn listed(model: Model) -> Listed {
    match model {
        Model::Unmixing => Listed::new::<unmixing::Unmixing>(),
        Model::Modulation => Listed::new::<modulation::Modulation>(),
        Model::Spatial => Listed::new::<spatial::Spatial>(),
        Model::Dale => Listed::new::<dale::Dale>(),
        Model::Direct => Listed::new::<direct::Direct>(),
    }
}

/// Values by the names of parameters.
type Given = Vec<(&'static str, Value)>;

/// Constructors of a network's options.
trait Options: Architecture + Sized + 'static {
    /// From resolved parameters.
    fn from_parameters(parameters: &Parameters) -> Self;

    /// Our parameters for those of the published code, besides the ones that all networks share.
    fn from_published(published: &Published) -> Result<Given, String>;
}

/// A network of the list.
struct Listed {
    architecture: fn(&Parameters) -> Arc<dyn Architecture>,
    from_published: fn(&Published) -> Result<Given, String>,
}

impl Listed {
    fn new<O: Options>() -> Listed {
        Listed {
            architecture: |parameters| Arc::new(O::from_parameters(parameters)),
            from_published: O::from_published,
        }
    }
}

impl Network {
    /// The network of these resolved parameters.
    pub fn from_parameters(parameters: &Parameters) -> Network {
        let input = match parameters.optional_text("modulator_input") {
            Some("xy") => ModulatorInput::StimulusAndOutput,
            Some("y") => ModulatorInput::Output,
            // Without a choice, the LSTM sees the stimuli.
            Some("x") | None => ModulatorInput::Stimulus,
            Some(other) => unreachable!("`modulator_input` was checked, and is {other}"),
        };
        Network {
            signals: parameters.count("number_of_sources"),
            hidden_units: parameters.count("hidden_units"),
            input,
            architecture: (listed(parameters.model()).architecture)(parameters),
        }
    }
}
