//! `train` with the parameter `network`: nothing is trained, a trained network is tested under other circumstances.

use gainsweep_contract::{CellId, Parameters, environment, files};
use gainsweep_model::{Experiment, metrics};
use gainsweep_store::{CellFolder, atomic};

use crate::arguments;
use crate::cell::{self, Clocks};
use crate::event_log::EventLog;
use crate::failure::{Failure, tell};
use crate::memory::{self, Purpose};
use crate::progress::duration;
use crate::test::{self, Tested};
use crate::{engine, output};

/// Tests the network of that cell as the parameters say, and writes the files of a finished cell.
pub(crate) fn run(
    arguments: &arguments::Train,
    folder: &CellFolder,
    parameters: Parameters,
    network: CellId,
) -> Result<(), Failure> {
    let clocks = Clocks::now();
    memory::check(&parameters, Purpose::Test)?;
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
    let experiment = Experiment::new(parameters);
    experiment.network().check_weights(&weights).map_err(|error| {
        Failure::Usage(format!("{}: {error}; the parameters describe another network", path.display()))
    })?;
    let mut engine = engine::choose(&arguments.compute, *experiment.network())?;
    let inputs = experiment.test_inputs(0).map_err(|error| Failure::Usage(error.to_string()))?;
    let Tested { metrics, contexts, .. } =
        test::measure(engine.as_mut(), &weights, &inputs, &test::MEASURED)?;
    if let Some(mut log) = EventLog::open(arguments, &experiment, &[], 0)? {
        log.finish(0, &experiment, engine.as_mut(), &weights, &metrics);
    }
    atomic::write(&folder.contexts(), &output::contexts(&contexts)?)?;
    atomic::write(&folder.metrics(), &output::metrics(&metrics)?)?;
    let done = cell::complete(folder, engine.as_ref(), &arguments.compute, &clocks)?;
    tell(&format!(
        "done: tested in {} contexts in {}, clarity {:.3} ({})",
        contexts.len(),
        duration(done.wall_seconds),
        metrics::of(&metrics, "clarity"),
        done.engine,
    ));
    Ok(())
}
