//! The progress of the training: a bar on a terminal, and `progress.json` for other programs.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use gainsweep_contract::records::{Progress, RECORD_FORMAT};
use gainsweep_store::{CellFolder, atomic};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Time between two writes of `progress.json`: short enough to follow, long enough for a network file system.
const INTERVAL: Duration = Duration::from_secs(2);

/// Batches over which the rate is computed.
const RECENT: usize = 20;

/// Watches one training.
pub(crate) struct Reporter {
    folder: CellFolder,
    batches: u64,
    bar: ProgressBar,
    written: Option<Instant>,
    recent: VecDeque<Duration>,
}

impl Reporter {
    pub(crate) fn new(folder: CellFolder, done: u64, batches: u64) -> Reporter {
        // Nothing is drawn if stderr is not a terminal.
        let bar = ProgressBar::with_draw_target(Some(batches), ProgressDrawTarget::stderr_with_hz(4));
        let style = ProgressStyle::with_template("{bar:30.cyan} batch {pos}/{len}   {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_position(done);
        Reporter { folder, batches, bar, written: None, recent: VecDeque::new() }
    }

    /// Reports a finished batch. A progress file that cannot be written does not stop a training.
    pub(crate) fn batch(&mut self, batch: u64, loss: f64, took: Duration) {
        self.recent.push_back(took);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        let seconds = self.recent.iter().sum::<Duration>().as_secs_f64() / self.recent.len() as f64;
        let rate = 1.0 / seconds.max(1e-9);
        let left = (self.batches.saturating_sub(batch)) as f64 / rate;
        self.bar.set_position(batch);
        self.bar.set_message(format!("loss {loss:.3}   {rate:.1} batches/s   {} left", duration(left)));
        if self.written.is_some_and(|written| written.elapsed() < INTERVAL) && batch < self.batches {
            return;
        }
        self.written = Some(Instant::now());
        let progress = Progress {
            format: RECORD_FORMAT,
            batch,
            batches: self.batches,
            loss: Some(loss),
            batches_per_second: Some(rate),
        };
        let written = serde_json::to_vec(&progress).map_err(|error| error.to_string()).and_then(|bytes| {
            atomic::write(&self.folder.progress(), &bytes).map_err(|error| error.to_string())
        });
        if let Err(error) = written {
            tracing::warn!("progress is not recorded: {error}");
        }
    }

    /// Removes the bar from the terminal.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// A duration, with at most two units.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
