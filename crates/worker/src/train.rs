//! `train`: one parameterisation from its parameters file to a finished folder.

use std::time::{Duration, Instant};

use gainsweep_contract::records::{Done, RECORD_FORMAT};
use gainsweep_contract::{CellId, Parameters, exit, params_file};
use gainsweep_model::trainer::Training;
use gainsweep_model::{Engine, Experiment, metrics};
use gainsweep_store::{CellFolder, atomic};
use rustix::time::{ClockId, clock_gettime};

use crate::arguments;
use crate::checkpoint::{self, HistoryRow, Progressed};
use crate::failure::{Failure, tell};
use crate::memory::{self, Purpose};
use crate::progress::{Reporter, duration};
use crate::signals::StopFlag;
use crate::tensors::{self, Metadata, TensorFile};
use crate::{engine, output, parameters};

/// `train`.
pub(crate) fn run(arguments: &arguments::Train) -> Result<(), Failure> {
    if !(0.0..=1e9).contains(&arguments.checkpoint_seconds) {
        return Err(Failure::Usage("--checkpoint-seconds must be a number from 0 to 1000000000".into()));
    }
    let stop = StopFlag::listen()?;
    let parameters = parameters::read(&arguments.params)?;
    let cell = parameters.id();
    let folder = claim(arguments, &parameters)?;
    if folder.is_done() {
        clean_up(&folder);
        tell(&format!("{}: already done", folder.root().display()));
        return Ok(());
    }
    memory::check(&parameters, Purpose::Train)?;
    let experiment = Experiment::new(parameters);
    let mut engine = engine::choose(&arguments.compute, *experiment.network())?;
    let started = Clocks::now();
    let mut progressed = match checkpoint::read(&folder, cell, &experiment)? {
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
    let before = (progressed.wall_seconds, progressed.cpu_seconds);
    let save = |progressed: &mut Progressed| {
        let (wall, cpu) = started.elapsed();
        (progressed.wall_seconds, progressed.cpu_seconds) = (before.0 + wall, before.1 + cpu);
        checkpoint::write(&folder, cell, progressed)
    };

    let batches = experiment.parameters().count("batches") as u64;
    let interval = Duration::from_secs_f64(arguments.checkpoint_seconds);
    let mut reporter = Reporter::new(folder.clone(), progressed.training.batch, batches);
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
        progressed.history.push(HistoryRow::new(&report, took.as_secs_f64()));
        reporter.batch(report.batch, report.loss, took);
        if saved.elapsed() >= interval && report.batch < batches {
            save(&mut progressed)?;
            saved = Instant::now();
        }
    }
    // The test takes a while, too: a kill in it must not cost the training.
    save(&mut progressed)?;
    reporter.clear();
    finish(&folder, &experiment, engine.as_mut(), &progressed, arguments, started, before)
}

/// Makes the folder ready for these parameters, or says why it is not for them.
fn claim(arguments: &arguments::Train, parameters: &Parameters) -> Result<CellFolder, Failure> {
    let folder = CellFolder::at(&arguments.out);
    fs_err::create_dir_all(folder.root())?;
    let path = folder.parameters();
    let text = params_file::render(parameters.values());
    match fs_err::read_to_string(&path) {
        Ok(present) if present == text => {}
        Ok(present) => {
            let other = params_file::parse(&present).ok().and_then(|given| Parameters::resolve(&given).ok());
            let Some(other) = other else {
                return Err(Failure::Other(format!(
                    "`{}` is damaged or of another version: remove it to use this folder, or choose another",
                    path.display(),
                )));
            };
            if other.id() != parameters.id() {
                return Err(Failure::Usage(format!(
                    "`{}` holds another parameterisation (its {} differs): choose another folder",
                    folder.root().display(),
                    gainsweep_contract::files::PARAMETERS,
                )));
            }
            atomic::write(&path, text.as_bytes())?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => atomic::write(&path, text.as_bytes())?,
        Err(error) => return Err(error.into()),
    }
    atomic::remove_leftovers(folder.root(), Duration::ZERO);
    Ok(folder)
}

/// Tests the trained network and writes every file of a finished cell, `done.json` last.
fn finish(
    folder: &CellFolder,
    experiment: &Experiment,
    engine: &mut dyn Engine,
    progressed: &Progressed,
    arguments: &arguments::Train,
    started: Clocks,
    before: (f64, f64),
) -> Result<(), Failure> {
    let contexts = progressed.training.test(experiment, engine)?;
    let losses: Vec<f64> = progressed.history.iter().map(|row| row.loss).collect();
    let metrics = metrics::summary(&losses, &contexts);
    atomic::write(&folder.history(), &output::history(&progressed.history)?)?;
    atomic::write(&folder.contexts(), &output::contexts(&contexts)?)?;
    atomic::write(&folder.metrics(), &output::metrics(&metrics)?)?;
    atomic::write(&folder.model(), &model_file(experiment, &progressed.training)?)?;
    let (wall, cpu) = started.elapsed();
    let done = Done {
        format: RECORD_FORMAT,
        exit: exit::worker::DONE,
        wall_seconds: before.0 + wall,
        cpu_seconds: before.1 + cpu,
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        version: env!("CARGO_PKG_VERSION").into(),
        commit: env!("GAINSWEEP_COMMIT").into(),
        engine: engine.describe(),
        device: arguments.compute.device.clone(),
        threads: usize::from(arguments.compute.threads),
    };
    let mut bytes = serde_json::to_vec_pretty(&done).map_err(anyhow::Error::from)?;
    bytes.push(b'\n');
    atomic::write(&folder.done(), &bytes)?;
    clean_up(folder);
    let shown =
        |name: &str| metrics.iter().find(|(known, _)| known == name).map_or(f64::NAN, |(_, value)| *value);
    tell(&format!(
        "done: {} batches in {}, loss {:.3}, clarity {:.3} ({})",
        losses.len(),
        duration(done.wall_seconds),
        shown("loss_final"),
        shown("clarity"),
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

/// A finished cell holds no checkpoint and no progress. What cannot be removed does no harm.
fn clean_up(folder: &CellFolder) {
    for path in [folder.checkpoint(), folder.progress()] {
        let _ = fs_err::remove_file(path);
    }
}

/// Wall clock and this process's processor time at some instant.
#[derive(Clone, Copy)]
struct Clocks {
    wall: Instant,
    cpu: f64,
}

impl Clocks {
    fn now() -> Clocks {
        Clocks { wall: Instant::now(), cpu: cpu_seconds() }
    }

    /// Wall-clock and processor seconds since then.
    fn elapsed(self) -> (f64, f64) {
        (self.wall.elapsed().as_secs_f64(), cpu_seconds() - self.cpu)
    }
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
