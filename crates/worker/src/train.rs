//! `train`: one parameterisation from its parameters file to a finished folder.

use std::path::Path;
use std::time::{Duration, Instant};

use gainsweep_contract::{CellId, Parameters, params_file};
use gainsweep_model::trainer::Training;
use gainsweep_model::{Engine, Experiment, metrics};
use gainsweep_store::{CellFolder, atomic};

use crate::arguments::{self, Compute};
use crate::cell::{self, Clocks};
use crate::checkpoint::{self, HistoryRow, Progressed};
use crate::event_log::EventLog;
use crate::failure::{Failure, tell};
use crate::memory::{self, Purpose};
use crate::progress::{Reporter, duration};
use crate::signals::StopFlag;
use crate::tensors::{self, Metadata, TensorFile};
use crate::{analysis, engine, output, parameters};

/// `train`.
pub(crate) fn run(arguments: &arguments::Train) -> Result<(), Failure> {
    check(&arguments.training)?;
    let stop = StopFlag::listen()?;
    let parameters = parameters::read(&arguments.params)?;
    let Some(folder) = cell::claim(&arguments.out, &parameters)? else { return Ok(()) };
    if let Some(network) = parameters.trained_network() {
        return analysis::run(arguments, &folder, parameters, network);
    }
    if let Some(baseline) = parameters.analysis() {
        return analysis::run_baseline(arguments, &folder, parameters, baseline, &stop);
    }
    train(&arguments.training, &folder, parameters, &stop)
}

/// Trains these parameters in a folder, from its checkpoint where there is one; nothing is to be done where they are done.
pub(crate) fn into_folder(
    arguments: &arguments::Training,
    out: &Path,
    parameters: Parameters,
    stop: &StopFlag,
) -> Result<(), Failure> {
    check(arguments)?;
    let Some(folder) = cell::claim(out, &parameters)? else { return Ok(()) };
    train(arguments, &folder, parameters, stop)
}

fn check(arguments: &arguments::Training) -> Result<(), Failure> {
    if (0.0..=1e9).contains(&arguments.checkpoint_seconds) {
        return Ok(());
    }
    Err(Failure::Usage("--checkpoint-seconds must be a number from 0 to 1000000000".into()))
}

fn train(
    arguments: &arguments::Training,
    folder: &CellFolder,
    parameters: Parameters,
    stop: &StopFlag,
) -> Result<(), Failure> {
    let cell = parameters.id();
    memory::check(&parameters, Purpose::Train)?;
    let started = Clocks::now();
    let experiment = Experiment::new(parameters);
    let mut engine = engine::choose(&arguments.compute, *experiment.network())?;
    let mut progressed = match checkpoint::read(folder, cell, &experiment)? {
        Some(progressed) => {
            tell(&format!("going on after batch {}", progressed.training.batch));
            progressed
        }
        None => Progressed {
            training: Training::new(&experiment),
            history: Vec::new(),
            wall_seconds: 0.0,
            cpu_seconds: 0.0,
        },
    };
    let clocks = started.after(progressed.wall_seconds, progressed.cpu_seconds);
    let save = |progressed: &mut Progressed| {
        (progressed.wall_seconds, progressed.cpu_seconds) = clocks.elapsed();
        checkpoint::write(folder, cell, progressed)
    };

    let batches = experiment.parameters().count("batches") as u64;
    let interval = Duration::from_secs_f64(arguments.checkpoint_seconds);
    let mut reporter = Reporter::new(folder.clone(), progressed.training.batch, batches);
    let mut log = EventLog::open(arguments, &experiment, &progressed.history, batches)?;
    let mut saved = Instant::now();
    while progressed.training.batch < batches {
        if stop.is_raised() {
            save(&mut progressed)?;
            reporter.clear();
            let batch = progressed.training.batch;
            return Err(Failure::Stopped(format!(
                "checkpoint at batch {batch} of {batches}; run again to go on"
            )));
        }
        let start = Instant::now();
        let report = match progressed.training.step(&experiment, engine.as_mut()) {
            Ok(report) => report,
            Err(error) => {
                reporter.clear();
                // What was learned until then shows where it went wrong.
                atomic::write(&folder.history(), &output::history(&progressed.history)?)?;
                return Err(error.into());
            }
        };
        let took = start.elapsed();
        let row = HistoryRow::new(&report, took.as_secs_f64());
        progressed.history.push(row);
        if let Some(log) = &mut log {
            log.batch(report.batch, &row);
            if report.batch < batches && log.wants_figures(report.batch) {
                log.figures(report.batch, &experiment, engine.as_mut(), &progressed.training.weights);
            }
        }
        reporter.batch(report.batch, report.loss, took);
        if saved.elapsed() >= interval && report.batch < batches {
            save(&mut progressed)?;
            saved = Instant::now();
        }
    }
    // The test takes a while, too: a kill in it must not cost the training.
    save(&mut progressed)?;
    reporter.clear();
    finish(folder, &experiment, engine.as_mut(), &progressed, &arguments.compute, &clocks, log)
}

/// Tests the trained network and writes every file of a finished cell, `done.json` last.
fn finish(
    folder: &CellFolder,
    experiment: &Experiment,
    engine: &mut dyn Engine,
    progressed: &Progressed,
    compute: &Compute,
    clocks: &Clocks,
    log: Option<EventLog>,
) -> Result<(), Failure> {
    let contexts = progressed.training.test(experiment, engine)?;
    let losses: Vec<f64> = progressed.history.iter().map(|row| row.loss).collect();
    let metrics = metrics::summary(&losses, &contexts);
    atomic::write(&folder.history(), &output::history(&progressed.history)?)?;
    atomic::write(&folder.contexts(), &output::contexts(&contexts)?)?;
    atomic::write(&folder.metrics(), &output::metrics(&metrics)?)?;
    atomic::write(&folder.model(), &model_file(experiment, &progressed.training)?)?;
    if let Some(mut log) = log {
        log.finish(progressed.training.batch, experiment, engine, &progressed.training.weights, &metrics);
    }
    let done = cell::complete(folder, engine.describe(), compute, clocks)?;
    tell(&format!(
        "done: {} batches in {}, loss {:.3}, clarity {:.3} ({})",
        losses.len(),
        duration(done.wall_seconds),
        metrics::of(&metrics, "loss_final"),
        metrics::of(&metrics, "clarity"),
        done.engine,
    ));
    Ok(())
}

/// A network as a file: weights under the names of the published code, and the parameters that made it.
fn model_file(experiment: &Experiment, training: &Training) -> Result<Vec<u8>, Failure> {
    let cell: CellId = experiment.parameters().id();
    let metadata = Metadata::from([
        (MODEL_PARAMETERS.to_string(), params_file::render(experiment.parameters().values())),
        ("cell".to_string(), cell.to_string()),
        ("trained_batches".to_string(), training.batch.to_string()),
    ]);
    let mut file = TensorFile { arrays: training.weights.clone(), metadata, ..TensorFile::default() };
    file.seal();
    Ok(tensors::encode(&file)?)
}

/// Key of the parameters in a network file's metadata.
pub(crate) const MODEL_PARAMETERS: &str = "parameters";
