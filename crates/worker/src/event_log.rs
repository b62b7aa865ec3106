//! The events of a training, for TensorBoard.
//!
//! They are only for viewing: if the log cannot be written any more, it ends with a message, and the training
//! continues. The checkpoint is the truth. If older files have more or less than it, the new file begins
//! where they agree.

use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use fs_err::File;
use gainsweep_contract::{Value, environment, params_file};
use gainsweep_model::{Arrays, Engine, Experiment};

use crate::checkpoint::HistoryRow;
use crate::failure::{Failure, tell};
use crate::network_figures::Figure;
use crate::plots;
use crate::tensorboard::{EventWriter, SessionLog, What, Written, events};

/// TensorBoard reads files with this in their names, in the order of their names.
const PREFIX: &str = "events.out.tfevents.";

/// The longest time before new events are visible.
const FLUSH: Duration = Duration::from_secs(2);

/// If the older files have the loss of a batch, they have all of that batch.
const LOSS: &str = "training/loss";

/// Whether and how a training is logged.
#[derive(Args, Debug)]
pub(crate) struct EventOptions {
    /// Write events for TensorBoard into DIR/CELL, named by the cell's id: losses, figures, parameters,
    /// results.
    ///
    /// A resumed training starts a new file there, and no batch is shown twice. View them with `tensorboard
    /// --logdir DIR`; one DIR may contain the trainings of a whole sweep.
    #[arg(long, value_name = "DIR", env = environment::TENSORBOARD)]
    pub(crate) tensorboard: Option<PathBuf>,
    /// With --tensorboard: batches between two figures of what the network does; 0 draws only at the end.
    #[arg(long, value_name = "BATCHES", default_value_t = 1000)]
    pub(crate) tensorboard_figures: u64,
}

/// The log of one attempt: its own file in the folder of the cell.
pub(crate) struct EventLog {
    path: PathBuf,
    /// `None` after a failed write.
    writer: Option<EventWriter<BufWriter<File>>>,
    figures_every: u64,
    flushed: Instant,
}

impl EventLog {
    /// Starts a file after the batches of `history`, of `batches` in all; `None` without `--tensorboard`.
    pub(crate) fn open(
        options: &EventOptions,
        experiment: &Experiment,
        history: &[HistoryRow],
        batches: u64,
    ) -> Result<Option<EventLog>, Failure> {
        let Some(root) = &options.tensorboard else { return Ok(None) };
        let parameters = experiment.parameters();
        let folder = root.join(parameters.id().to_string());
        fs_err::create_dir_all(&folder)?;
        let older = files(&folder)?;
        // The last batch is written again: the results of the test belong to its step.
        let known = last_batch(&older)?.min(history.len() as u64).min(batches.saturating_sub(1));
        let (path, file) = create(&folder, &older)?;
        let mut log = EventLog {
            writer: Some(EventWriter::begin(
                BufWriter::new(file),
                seconds(),
                if batches == 0 { 0 } else { known + 1 },
            )?),
            path,
            figures_every: options.tensorboard_figures,
            flushed: Instant::now(),
        };
        log.write(|writer| {
            writer.text(seconds(), 0, "parameters", &markdown(&params_file::render(parameters.values())))?;
            writer.hyperparameters(
                seconds(),
                parameters.values().iter().map(|(name, value)| (name.clone(), written(value))),
            )
        });
        // Batches that no file has: their times follow from their durations.
        let missing = &history[known as usize..];
        let mut wall_time = seconds() - missing.iter().map(|row| row.seconds).sum::<f64>();
        for (number, row) in missing.iter().enumerate() {
            wall_time += row.seconds;
            log.row(wall_time, known + 1 + number as u64, row);
        }
        log.flush();
        Ok(Some(log))
    }

    /// One batch.
    pub(crate) fn batch(&mut self, batch: u64, row: &HistoryRow) {
        self.row(seconds(), batch, row);
        if self.flushed.elapsed() > FLUSH {
            self.flush();
        }
    }

    /// Are figures due after this batch?
    pub(crate) fn wants_figures(&self, batch: u64) -> bool {
        self.writer.is_some() && self.figures_every > 0 && batch.is_multiple_of(self.figures_every)
    }

    /// What the network does with these weights.
    pub(crate) fn figures(
        &mut self,
        batch: u64,
        experiment: &Experiment,
        engine: &mut dyn Engine,
        weights: &Arrays,
    ) {
        let drawn = plots::observe(experiment, engine, weights).and_then(|figures| {
            let png = |figure: Figure| Ok((figure.name, plots::png(&figure.sheet)?));
            figures.drawn.into_iter().map(png).collect::<Result<Vec<_>, Failure>>()
        });
        match drawn {
            Ok(images) => self.write(|writer| {
                images
                    .into_iter()
                    .try_for_each(|(name, png)| writer.png(seconds(), batch, &format!("network/{name}"), png))
            }),
            Err(error) => tell(&format!("no figures of batch {batch}: {error}")),
        }
        self.flush();
    }

    /// The results of the test after the last batch, and the last figures.
    pub(crate) fn finish(
        &mut self,
        batch: u64,
        experiment: &Experiment,
        engine: &mut dyn Engine,
        weights: &Arrays,
        metrics: &[(String, f64)],
    ) {
        let named: Vec<(String, f64)> =
            metrics.iter().map(|(name, value)| (format!("test/{name}"), *value)).collect();
        self.write(|writer| {
            writer.scalars(seconds(), batch, named.iter().map(|(name, value)| (name.as_str(), *value)))
        });
        self.figures(batch, experiment, engine, weights);
        self.write(|writer| writer.finished(seconds()));
        self.flush();
    }

    fn row(&mut self, wall_time: f64, batch: u64, row: &HistoryRow) {
        let scalars = [
            (LOSS, row.loss),
            ("training/regulariser", row.regulariser),
            ("training/gradient_norm", row.gradient_norm),
            ("training/batches_per_second", 1.0 / row.seconds.max(1e-9)),
        ];
        self.write(|writer| writer.scalars(wall_time, batch, scalars));
    }

    fn flush(&mut self) {
        self.flushed = Instant::now();
        self.write(EventWriter::flush);
    }

    fn write(&mut self, what: impl FnOnce(&mut EventWriter<BufWriter<File>>) -> std::io::Result<()>) {
        if let Some(Err(error)) = self.writer.as_mut().map(what) {
            tell(&format!(
                "the events for TensorBoard end here, the training continues: {}: {error}",
                self.path.display()
            ));
            self.writer = None;
        }
    }
}

/// The event files of a folder, in reading order.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// The last batch in these files, 0 for none. Each file drops the later batches of the files before it.
fn last_batch(files: &[PathBuf]) -> Result<u64, Failure> {
    let mut last = 0;
    for file in files {
        for event in events(&fs_err::read(file)?) {
            let step = u64::try_from(event.step).unwrap_or(0);
            match event.what {
                Some(What::SessionLog(log)) if log.status == SessionLog::START => {
                    last = last.min(step.saturating_sub(1));
                }
                Some(What::Summary(summary)) if summary.value.iter().any(|value| value.tag == LOSS) => {
                    last = step;
                }
                Some(What::FileVersion(_) | What::SessionLog(_) | What::Summary(_)) | None => {}
            }
        }
    }
    Ok(last)
}

/// A new file whose name sorts after the older ones, whatever the clock is.
fn create(folder: &Path, older: &[PathBuf]) -> Result<(PathBuf, File), Failure> {
    let number = |path: &PathBuf| -> Option<u64> {
        let name = path.file_name()?.to_str()?.strip_prefix(PREFIX)?;
        name.split('.').next()?.parse().ok()
    };
    let latest = older.iter().filter_map(number).max();
    let mut number = latest.map_or(0, |latest| latest + 1).max(seconds() as u64);
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    loop {
        let path = folder.join(format!("{PREFIX}{number:010}.{host}.{}", std::process::id()));
        match File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Seconds since 1970.
fn seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// A parameters file as Markdown, line by line.
fn markdown(text: &str) -> String {
    format!("    {}\n", text.trim_end().replace('\n', "\n    "))
}

/// A parameter for the hparams dashboard, which uses JSON: JSON has no infinity.
fn written(value: &Value) -> Written {
    match value {
        Value::Boolean(flag) => Written::Flag(*flag),
        Value::Integer(number) => Written::Number(*number as f64),
        Value::Float(number) if number.is_finite() => Written::Number(*number),
        Value::Text(text) => Written::Text(text.clone()),
        Value::Float(_) | Value::List(_) => Written::Text(value.to_toml()),
    }
}
