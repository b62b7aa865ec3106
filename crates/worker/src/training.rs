//! The training of one parameterisation, from its checkpoint or from the start, to a finished folder.

use std::time::{Duration, Instant};

use clap::Args;
use gainsweep_contract::{Parameters, environment};
use gainsweep_model::trainer::Training;
use gainsweep_model::{Engine, Experiment, metrics};
use gainsweep_store::{CellFolder, atomic};

use crate::cell::{self, Clocks};
use crate::checkpoint::{self, HistoryRow, Progressed};
use crate::engine::{self, Compute};
use crate::event_log::{EventLog, EventOptions};
use crate::failure::{Failure, tell};
use crate::memory::{self, Purpose};
use crate::progress::{Reporter, duration};
use crate::signals::StopFlag;
use crate::{network_file, output};

/// Options for checkpoints, logs and computing.
#[derive(Args, Debug)]
pub(crate) struct TrainingOptions {
    /// Seconds between checkpoints; 0 writes one after every batch.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, env = environment::CHECKPOINT_SECONDS)]
    pub(crate) checkpoint_seconds: f64,
    #[command(flatten)]
    pub(crate) events: EventOptions,
    #[command(flatten)]
    pub(crate) compute: Compute,
}

impl TrainingOptions {
    /// Fails if they are out of range.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if (0.0..=1e9).contains(&self.checkpoint_seconds) {
            return Ok(());
        }
        Err(Failure::Usage("--checkpoint-seconds must be a number from 0 to 1000000000".into()))
    }
}

/// Trains these parameters in a folder that was claimed for them, from its checkpoint if there is one.
pub(crate) fn train(
    options: &TrainingOptions,
    folder: &CellFolder,
    parameters: Parameters,
    stop: &StopFlag,
) -> Result<(), Failure> {
    let cell = parameters.id();
    memory::check(&parameters, Purpose::Train)?;
    let started = Clocks::now();
    let experiment = Experiment::new(parameters);
    let mut engine = engine::choose(&options.compute, experiment.network())?;
    let mut progressed = match checkpoint::read(folder, cell, &experiment)? {
        Some(progressed) => {
            tell(&format!("resuming after batch {}", progressed.training.batch));
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
    let interval = Duration::from_secs_f64(options.checkpoint_seconds);
    let mut reporter = Reporter::new(folder.clone(), progressed.training.batch, batches);
    let mut log = EventLog::open(&options.events, &experiment, &progressed.history, batches)?;
    let mut saved = Instant::now();
    while progressed.training.batch < batches {
        if stop.is_raised() {
            save(&mut progressed)?;
            reporter.clear();
            let batch = progressed.training.batch;
            return Err(Failure::Stopped(format!(
                "checkpoint at batch {batch} of {batches}; run again to resume"
            )));
        }
        let start = Instant::now();
        let report = match progressed.training.step(&experiment, engine.as_mut()) {
            Ok(report) => report,
            Err(error) => {
                reporter.clear();
                // The history until then shows where it went wrong.
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
    // The test takes a while, too: a kill during it must not lose the training.
    save(&mut progressed)?;
    reporter.clear();
    finish(folder, &experiment, engine.as_mut(), &progressed, &options.compute, &clocks, log)
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
    atomic::write(&folder.model(), &network_file::encode(experiment, &progressed.training)?)?;
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
