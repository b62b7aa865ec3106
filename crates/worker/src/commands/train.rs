//! `train`: runs the task of one parameters file, in its own folder.
//!
//! Usually the task is a training. If the parameter `network` names a trained network, that network is tested
//! or analysed. If the parameter `analysis` names a baseline, no network is read.

use std::path::PathBuf;

use clap::Args;
use gainsweep_contract::{Analysis, CellId, Parameters, environment, files};
use gainsweep_model::analysis::of_baseline;
use gainsweep_model::{Arrays, Experiment};
use gainsweep_store::CellFolder;

use crate::cell::{self, Clocks};
use crate::event_log::EventLog;
use crate::failure::{Failure, tell};
use crate::memory::{self, Purpose};
use crate::progress::duration;
use crate::results::{self, Results};
use crate::signals::StopFlag;
use crate::training::{self, TrainingOptions};
use crate::{engine, network_file, parameters};

/// Train one parameterisation; resumes from the checkpoint in the folder, if there is one.
///
/// On SIGTERM, SIGINT or SIGUSR1 it finishes the current batch, writes a checkpoint and exits with 75. A
/// second signal exits at once.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// TOML file with the parameters; omitted ones have their defaults (see `params`).
    #[arg(long, value_name = "FILE")]
    pub(crate) params: PathBuf,
    /// Folder for the results; created if missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Folder of the cells whose networks are read, if the parameter `network` names one.
    #[arg(long, value_name = "DIR", env = environment::NETWORKS)]
    pub(crate) networks: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) training: TrainingOptions,
}

/// `train`.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    options.training.check()?;
    let stop = StopFlag::listen()?;
    let parameters = parameters::read(&options.params)?;
    let Some(folder) = cell::claim(&options.out, &parameters)? else { return Ok(()) };
    if let Some(network) = parameters.trained_network() {
        return evaluate(options, &folder, parameters, network);
    }
    if let Some(baseline) = parameters.analysis() {
        return run_baseline(options, &folder, parameters, baseline, &stop);
    }
    training::train(&options.training, &folder, parameters, &stop)
}

/// Tests or analyses the network of that cell, as the parameters say, and writes the files of a finished
/// cell.
fn evaluate(
    options: &Options,
    folder: &CellFolder,
    parameters: Parameters,
    network: CellId,
) -> Result<(), Failure> {
    let clocks = Clocks::now();
    memory::check(&parameters, Purpose::Test)?;
    let weights = weights(options, network)?;
    let experiment = Experiment::new(parameters);
    experiment.network().check_weights(&weights).map_err(|error| {
        Failure::Usage(format!(
            "the network of cell {network}: {error}; the parameters describe another network"
        ))
    })?;
    let mut engine = engine::choose(&options.training.compute, experiment.network())?;
    // Fail before the computation if the folder cannot be created.
    let log = EventLog::open(&options.training.events, &experiment, &[], 0)?;
    let results = results::measure(engine.as_mut(), &weights, &experiment)?;
    if let Some(mut log) = log {
        log.finish(0, &experiment, engine.as_mut(), &weights, results.metrics());
    }
    results.write(folder)?;
    let done = cell::complete(folder, engine.describe(), &options.training.compute, &clocks)?;
    tell(&format!("done: {} in {} ({})", results.summary(), duration(done.wall_seconds), done.engine));
    Ok(())
}

/// The weights of a trained cell.
fn weights(options: &Options, network: CellId) -> Result<Arrays, Failure> {
    let Some(networks) = &options.networks else {
        return Err(Failure::Usage(format!(
            "the parameter `network` names a cell, but its folder is unknown: set it with --networks \
             or {}",
            environment::NETWORKS
        )));
    };
    let path = CellFolder::at(&networks.join(network.to_string())).model();
    if !path.is_file() {
        return Err(Failure::Other(format!(
            "there is no `{}`: the network of cell {network} is not trained yet, or --networks is wrong",
            path.display()
        )));
    }
    let (trained, weights) = network_file::load(&path)?;
    // A file that was moved by hand would give numbers under a wrong name.
    if trained.id() != network {
        return Err(Failure::Other(format!(
            "`{}` is the network of cell {}, not of {network}: the folder or its {} was changed",
            path.display(),
            trained.id(),
            files::MODEL
        )));
    }
    Ok(weights)
}

/// A baseline: no network is read.
fn run_baseline(
    options: &Options,
    folder: &CellFolder,
    parameters: Parameters,
    baseline: Analysis,
    stop: &StopFlag,
) -> Result<(), Failure> {
    let clocks = Clocks::now();
    memory::check(&parameters, Purpose::Test)?;
    let experiment = Experiment::new(parameters);
    let findings = of_baseline(baseline, &experiment, &|| stop.is_raised())?;
    let Some(findings) = findings else {
        return Err(Failure::Stopped("a baseline has no checkpoint; run again to start over".into()));
    };
    let results = Results::Analysed(baseline, findings);
    results.write(folder)?;
    let done = cell::complete(folder, baseline.name().into(), &options.training.compute, &clocks)?;
    tell(&format!("done: {} in {}", results.summary(), duration(done.wall_seconds)));
    Ok(())
}
