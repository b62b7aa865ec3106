//! `replay`: computes every tensor of a reference case from its inputs alone.
//!
//! A case file contains weights (`param.*` learned, `const.*` fixed), inputs (`in.*`) and, as metadata, the
//! mode and the parameters of the published code.

mod forward;
mod test;
mod train;

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use gainsweep_contract::{Value, ValueMap};
use gainsweep_model::batch::Batch;
use gainsweep_model::networks::published;
use gainsweep_model::{Array, Arrays, Engine, Network};
use gainsweep_store::atomic;

use crate::engine::{self, Compute};
use crate::failure::Failure;
use crate::tensors::{self, Metadata, TensorFile};

/// Compute every tensor of a reference case from its inputs.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Inputs of the case (`X.in.safetensors`).
    #[arg(long, value_name = "FILE")]
    pub(crate) case: PathBuf,
    /// File to write (`Y.safetensors`).
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) compute: Compute,
}

/// `replay`.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let file = tensors::read(&options.case).map_err(|error| Failure::Other(error.to_string()))?;
    let in_case = |reason: String| Failure::Usage(format!("{}: {reason}", options.case.display()));
    let case = Case::new(file).map_err(in_case)?;
    let mut engine = engine::choose(&options.compute, &case.network)?;
    let arrays = match case.text("mode").map_err(in_case)? {
        "forward" => forward::replay(&case, engine.as_mut()),
        "train" => train::replay(&case, engine.as_mut()),
        "test" => test::replay(&case, engine.as_mut()),
        mode => Err(Problem::Case(format!("unknown mode `{mode}` (forward, train, test)"))),
    }
    .map_err(|problem| match problem {
        Problem::Case(reason) => in_case(reason),
        Problem::Compute(failure) => failure,
    })?;
    let file = TensorFile { arrays, metadata: case.metadata, ..TensorFile::default() };
    atomic::write(&options.out, &tensors::encode(&file)?)?;
    Ok(())
}

/// Why a case cannot be replayed.
enum Problem {
    /// A mistake in the case.
    Case(String),
    /// A failed computation.
    Compute(Failure),
}

impl From<String> for Problem {
    fn from(reason: String) -> Problem {
        Problem::Case(reason)
    }
}

impl<E: Into<Failure>> From<E> for Problem
where
    E: std::error::Error,
{
    fn from(error: E) -> Problem {
        Problem::Compute(error.into())
    }
}

/// Prefixes of names in a case.
const LEARNED: &str = "param.";
const FIXED: &str = "const.";

/// The inputs of a case.
struct Case {
    network: Network,
    weights: Arrays,
    inputs: Arrays,
    metadata: Metadata,
}

impl Case {
    fn new(file: TensorFile) -> Result<Case, String> {
        let json = file.metadata.get(published::METADATA_PARAMETERS).ok_or("no `params` in its metadata")?;
        let network = network(published::parameters(json)?)?;
        let (mut weights, mut inputs) = (Arrays::new(), Arrays::new());
        for (name, array) in file.arrays {
            if let Some(weight) = name.strip_prefix(LEARNED).or_else(|| name.strip_prefix(FIXED)) {
                weights.insert(weight.to_string(), array);
            } else {
                inputs.insert(name, array);
            }
        }
        network.check_weights(&weights).map_err(|error| error.to_string())?;
        Ok(Case { network, weights, inputs, metadata: file.metadata })
    }

    fn text(&self, key: &str) -> Result<&str, String> {
        self.metadata.get(key).map(String::as_str).ok_or_else(|| format!("no `{key}` in its metadata"))
    }

    fn number<T: FromStr>(&self, key: &str) -> Result<T, String> {
        let text = self.text(key)?;
        text.parse().map_err(|_| format!("`{key}` in its metadata is not a number: `{text}`"))
    }

    /// Input `name`; its shape is checked where it is used.
    fn input(&self, name: &str) -> Result<&Array, String> {
        self.inputs.get(name).ok_or_else(|| format!("no tensor `{name}`"))
    }

    /// Input `name`, if it has this many dimensions.
    fn input_of(&self, name: &str, dimensions: usize) -> Result<&Array, String> {
        let array = self.input(name)?;
        if array.shape().len() == dimensions {
            Ok(array)
        } else {
            Err(format!("`{name}` has shape {:?}, but needs {dimensions} dimensions", array.shape()))
        }
    }

    /// The inputs of one pass, if they fit each other and the network.
    fn batch(&self, sources: Array, mixing: Array, noise: Array) -> Result<Batch, String> {
        let batch = Batch { sources, mixing, noise };
        let empty = batch.steps() == 0 || batch.trials() == 0;
        if empty || batch.signals() != self.network.signals || !batch.is_consistent() {
            return Err(format!(
                "`in.sources` {:?}, `in.mixing` {:?} and `in.noise` {:?} of a pass do not fit each other or the \
                 network's {} signals",
                batch.sources.shape(),
                batch.mixing.shape(),
                batch.noise.shape(),
                self.network.signals,
            ));
        }
        Ok(batch)
    }

    /// Initial state: zero, except for a part that the network draws, which the case has (`in.p0` for the
    /// state `p`).
    fn state(&self, trials: usize) -> Result<Arrays, String> {
        let mut start = self.network.zero_state(trials);
        if let Some(drawn) = self.network.drawn_state()
            && let Some(array) = start.get_mut(drawn.name)
        {
            let name = format!("in.{}0", drawn.name);
            let given = self.input(&name)?;
            if given.data().len() != array.data().len() {
                return Err(format!("`{name}` has shape {:?}, not {:?}", given.shape(), array.shape()));
            }
            *array = given.clone().reshape(array.shape());
        }
        Ok(start)
    }
}

/// The network of a case. The case has its own sources, so the network gets any sources of the right number.
/// It also has the kernel, so the kernel's width does not matter.
fn network(mut parameters: ValueMap) -> Result<Network, String> {
    let sources = match parameters.get("number_of_sources") {
        Some(Value::Integer(count @ 1..=64)) => (1..=*count).map(|n| format!("sine {n}")).collect::<Vec<_>>(),
        _ => return Err("`signal_dim` must be 1 to 64".into()),
    };
    parameters.insert("sources".into(), Value::Text(sources.join(", ")));
    parameters.remove("modulation_width");
    let resolved = gainsweep_contract::Parameters::resolve(&parameters)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    Ok(Network::from_parameters(&resolved))
}

type Replayed = Result<Arrays, Problem>;

/// A borrowed engine of any type.
type AnyEngine<'a> = &'a mut dyn Engine;
