//! `train` where nothing of the paper is trained: a trained network (the parameter `network`) is tested or analysed, or a
//! baseline takes its place.

use gainsweep_contract::{Analysis, CellId, Parameters, environment, files};
use gainsweep_model::analysis::{Findings, of_baseline, of_network};
use gainsweep_model::{Arrays, Engine, Experiment, metrics};
use gainsweep_store::{CellFolder, atomic};

use crate::arguments;
use crate::cell::{self, Clocks};
use crate::event_log::EventLog;
use crate::failure::{Failure, tell};
use crate::memory::{self, Purpose};
use crate::progress::duration;
use crate::signals::StopFlag;
use crate::test::{self, Tested};
use crate::{engine, output};

/// Tests or analyses the network of that cell as the parameters say, and writes the files of a finished cell.
pub(crate) fn run(
    arguments: &arguments::Train,
    folder: &CellFolder,
    parameters: Parameters,
    network: CellId,
) -> Result<(), Failure> {
    let clocks = Clocks::now();
    memory::check(&parameters, Purpose::Test)?;
    let weights = weights(arguments, network)?;
    let experiment = Experiment::new(parameters);
    experiment.network().check_weights(&weights).map_err(|error| {
        Failure::Usage(format!(
            "the network of cell {network}: {error}; the parameters describe another network"
        ))
    })?;
    let mut engine = engine::choose(&arguments.training.compute, *experiment.network())?;
    // A folder that cannot be made is said before there is anything to lose.
    let log = EventLog::open(&arguments.training, &experiment, &[], 0)?;
    let results = measure(engine.as_mut(), &weights, &experiment)?;
    if let Some(mut log) = log {
        log.finish(0, &experiment, engine.as_mut(), &weights, results.metrics());
    }
    results.write(folder)?;
    let done = cell::complete(folder, engine.describe(), &arguments.training.compute, &clocks)?;
    tell(&format!("done: {} in {} ({})", results.summary(), duration(done.wall_seconds), done.engine));
    Ok(())
}

/// The weights of a trained cell.
fn weights(arguments: &arguments::Train, network: CellId) -> Result<Arrays, Failure> {
    let Some(networks) = &arguments.networks else {
        return Err(Failure::Usage(format!(
            "the parameter `network` names a cell, but nothing says where: give its folder of cells with --networks \
             or {}",
            environment::NETWORKS
        )));
    };
    let path = CellFolder::at(&networks.join(network.to_string())).model();
    if !path.is_file() {
        return Err(Failure::Other(format!(
            "there is no `{}`: the network of cell {network} is not trained yet, or --networks is another folder",
            path.display()
        )));
    }
    let (trained, weights) = test::load(&path)?;
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
pub(crate) fn run_baseline(
    arguments: &arguments::Train,
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
        return Err(Failure::Stopped("there is no checkpoint of a baseline; run again to begin anew".into()));
    };
    let results = Results::Analysed(baseline, findings);
    results.write(folder)?;
    let done = cell::complete(folder, baseline.name().into(), &arguments.training.compute, &clocks)?;
    tell(&format!("done: {} in {}", results.summary(), duration(done.wall_seconds)));
    Ok(())
}

/// What came of a network: the plain test, or an analysis.
pub(crate) enum Results {
    Tested(Tested),
    Analysed(Analysis, Findings),
}

/// Does what the experiment's parameters ask for.
pub(crate) fn measure(
    engine: &mut dyn Engine,
    weights: &Arrays,
    experiment: &Experiment,
) -> Result<Results, Failure> {
    if let Some(analysis) = experiment.parameters().analysis() {
        return Ok(Results::Analysed(analysis, of_network(analysis, engine, weights, experiment)?));
    }
    let inputs = experiment.test_inputs(0).map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(Results::Tested(test::measure(engine, weights, &inputs, &test::MEASURED)?))
}

impl Results {
    /// Scalars by name.
    pub(crate) fn metrics(&self) -> &[(String, f64)] {
        match self {
            Results::Tested(tested) => &tested.metrics,
            Results::Analysed(_, findings) => &findings.metrics,
        }
    }

    /// Writes `metrics.csv` and `contexts.csv`, and `history.csv` where something was trained.
    pub(crate) fn write(&self, folder: &CellFolder) -> Result<(), Failure> {
        let rows = match self {
            Results::Tested(tested) => output::contexts(&tested.contexts)?,
            Results::Analysed(_, findings) => {
                if !findings.losses.is_empty() {
                    atomic::write(&folder.history(), &output::losses(&findings.losses)?)?;
                }
                output::findings(findings)?
            }
        };
        atomic::write(&folder.contexts(), &rows)?;
        atomic::write(&folder.metrics(), &output::metrics(self.metrics())?)?;
        Ok(())
    }

    /// One line for people, with the first metric.
    fn summary(&self) -> String {
        match self {
            Results::Tested(tested) => format!(
                "tested in {} contexts, clarity {:.3}",
                tested.contexts.len(),
                metrics::of(&tested.metrics, "clarity")
            ),
            Results::Analysed(analysis, findings) => {
                let first = findings.metrics.first();
                let first = first.map_or_else(String::new, |(name, value)| format!(", {name} {value:.3}"));
                format!("{}{first}", analysis.name())
            }
        }
    }
}
