//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gainsweep_contract::{Analysis, Value, environment, params_file, schema};

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("GAINSWEEP_COMMIT"), ")");

/// Trains one parameterisation of a feedback-modulated network, and tests, replays and benchmarks such networks.
///
/// Exit codes: 0 done, 2 bad parameters or usage, 3 diverged, 75 stopped early (run it again to go on), 1 anything
/// else.
#[derive(Debug, Parser)]
#[command(version = VERSION, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train one parameterisation; goes on by itself where a checkpoint is in the folder.
    ///
    /// SIGTERM, SIGINT and SIGUSR1 finish the batch in hand, write a checkpoint and exit with 75; a second signal
    /// exits at once.
    Train(Train),
    /// Test a saved network on fresh contexts, or analyse it.
    Test(Test),
    /// One of the paper's three demos, from a saved network or trained from scratch: findings and figures.
    ///
    /// Without --model it trains as `train` does, with its checkpoints, signals and exit codes: a second call goes on, and one
    /// that finds the training finished only draws.
    Demo(Demo),
    /// Compute every tensor of a reference case from its inputs.
    Replay(Replay),
    /// Time training batches.
    Bench(Bench),
    /// List every parameter: default, unit, values, symbol in the paper, name in the published code.
    Params(Params),
    /// Print completions for a shell.
    Completions(Completions),
    /// Print the manual page; with --dir, write those of all commands.
    Man(Man),
}

/// Where and how to compute.
#[derive(Args, Clone, Debug)]
pub(crate) struct Compute {
    /// Which implementation of the networks.
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
    /// The fastest that this program has for the device: `fused` on a CPU.
    Auto,
    /// Forward and backward passes written by hand, for the CPU.
    Fused,
    /// The reference: libtorch with automatic differentiation.
    Torch,
}

#[derive(Args, Debug)]
pub(crate) struct Train {
    /// TOML file with the parameters; what is left out has its default (see `params`).
    #[arg(long, value_name = "FILE")]
    pub(crate) params: PathBuf,
    /// Folder for the results; made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Folder of the cells whose networks are read, where the parameter `network` names one.
    #[arg(long, value_name = "DIR", env = environment::NETWORKS)]
    pub(crate) networks: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) training: Training,
}

/// How a training is kept, watched and computed.
#[derive(Args, Debug)]
pub(crate) struct Training {
    /// Seconds between checkpoints; 0 writes one after every batch.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, env = environment::CHECKPOINT_SECONDS)]
    pub(crate) checkpoint_seconds: f64,
    /// Write events for TensorBoard into DIR/CELL, named by the cell's id: losses, figures, parameters, results.
    ///
    /// A training that goes on begins a new file there, and no batch is shown twice. Look at them with
    /// `tensorboard --logdir DIR`; one DIR may hold the trainings of a whole sweep.
    #[arg(long, value_name = "DIR", env = environment::TENSORBOARD)]
    pub(crate) tensorboard: Option<PathBuf>,
    /// With --tensorboard: batches between two figures of what the network does; 0 draws them at the end only.
    #[arg(long, value_name = "BATCHES", default_value_t = 1000)]
    pub(crate) tensorboard_figures: u64,
    #[command(flatten)]
    pub(crate) compute: Compute,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DemoName {
    /// Feedback unmixes two sources by modulating the weights of a readout (paper, Figure 1).
    ProofOfConcept,
    /// A few signals that reach many units do it, too, while single units stay unclear (Figures 3 and 4).
    DiffuseModulation,
    /// Feedback turns the population's activity so that a fixed readout stays right (Figure 5).
    InvariantSubspace,
}

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Which one.
    #[arg(value_enum)]
    pub(crate) name: DemoName,
    /// A saved network instead of a training: a `model.safetensors` of `train`, or one exported from the published code.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["batches", "seed"])]
    pub(crate) model: Option<PathBuf>,
    /// Folder for the figures, and for the training in its folder `network`; made if it is not there [default: demo-NAME].
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub(crate) out: Option<PathBuf>,
    /// Batches of the training.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) batches: i64,
    /// Seed of the training [default: 1, and 4 for the networks with a population: the fixed weights of seed 1 let feedback
    /// hardly reach all entries of the unmixing matrix].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) seed: Option<i64>,
    /// Seed of contexts and noise of the tests [default: the network's].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) test_seed: Option<i64>,
    /// Repetitions with frozen feedback, of invariant-subspace [default: 40].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) repetitions: Option<i64>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) training: Training,
}

#[derive(Args, Debug)]
pub(crate) struct Test {
    /// Network to test: a `model.safetensors` of `train`, or one exported from the published code.
    #[arg(long, value_name = "FILE")]
    pub(crate) model: PathBuf,
    /// Sources, as the parameter `sources` [default: those that the network was trained with].
    #[arg(long)]
    pub(crate) sources: Option<String>,
    /// Number of fresh contexts [default: `test_contexts`].
    #[arg(long, value_name = "N")]
    pub(crate) contexts: Option<i64>,
    /// Time steps in a context [default: `test_samples_per_context`].
    #[arg(long, value_name = "N")]
    pub(crate) samples: Option<i64>,
    /// How contexts are drawn, as the parameter `context_type`.
    #[arg(long, value_name = "TYPE")]
    pub(crate) context_type: Option<String>,
    /// Standard deviation of the noise on the stimuli, as the parameter `noise`.
    #[arg(long, value_parser = a_number)]
    pub(crate) noise: Option<f64>,
    /// Seed of contexts and noise [default: the network's].
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<i64>,
    /// Analyse the network instead of the plain test, as the parameter `analysis` (see docs/reference/analyses.md).
    #[arg(long, value_name = "NAME", conflicts_with = "freeze",
        value_parser = Analysis::NAMES)]
    pub(crate) analysis: Option<String>,
    /// Any parameter of a test or an analysis, as in a parameters file: `--set repetitions=10`. May be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = a_setting)]
    pub(crate) set: Vec<(String, Value)>,
    /// Hold the modulation during the first STEPS samples of every context after the first.
    #[arg(long, value_name = "STEPS")]
    pub(crate) freeze: Option<usize>,
    /// With --freeze: the first context that is frozen, counted from 0.
    #[arg(long, value_name = "CONTEXT", default_value_t = 1, requires = "freeze")]
    pub(crate) freeze_from: usize,
    /// Write metrics.csv and contexts.csv into this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Draw what the network does into this folder, as SVG and PNG: signals around a change of context, effective weights
    /// against the inverse of the mixing, clarity of each stage, modulation. Frozen feedback is shaded.
    #[arg(long, value_name = "DIR", conflicts_with = "analysis")]
    pub(crate) plot: Option<PathBuf>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) compute: Compute,
}

#[derive(Args, Debug)]
pub(crate) struct Replay {
    /// Inputs of the case (`X.in.safetensors`).
    #[arg(long, value_name = "FILE")]
    pub(crate) case: PathBuf,
    /// File to write (`Y.safetensors`).
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) compute: Compute,
}

#[derive(Args, Debug)]
pub(crate) struct Bench {
    /// TOML file with parameters, as of `train`.
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    pub(crate) params: Option<PathBuf>,
    /// Network to time, with its default parameters.
    #[arg(long, default_value = "modulation", value_parser = gainsweep_contract::schema::Model::NAMES)]
    pub(crate) model: String,
    /// Batches to time, after one that is not counted.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) batches: u32,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) compute: Compute,
}

#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: gainsweep_manual::Shell,
}

#[derive(Args, Debug)]
pub(crate) struct Man {
    /// Write one page for each command into this folder.
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Params {
    /// Only the parameters of this network, with its defaults.
    #[arg(long, value_parser = gainsweep_contract::schema::Model::NAMES)]
    pub(crate) model: Option<String>,
    /// Print one JSON array.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `name=value`, the value as TOML has it; what is none is a text.
fn a_setting(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    let (name, value) = (name.trim(), value.trim());
    if !schema::OF_A_TEST.contains(&name) {
        return Err(format!("a test may set {}", schema::OF_A_TEST.join(", ")));
    }
    let read = params_file::parse(&format!("{name} = {value}")).ok();
    let read = read.and_then(|mut given| given.remove(name));
    Ok((name.to_string(), read.unwrap_or_else(|| Value::Text(value.into()))))
}

/// A number as parameters can be; Rust reads `nan` as one, too.
fn a_number(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|number: &f64| !number.is_nan()).ok_or_else(|| "it is no number".to_string())
}
