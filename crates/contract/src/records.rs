//! The small JSON records of a cell's folder.

use serde::{Deserialize, Serialize};

/// Format version of [`Done`] and [`Progress`].
pub const RECORD_FORMAT: u32 = 1;

/// `done.json`: written last, when everything else of the cell is on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// [`RECORD_FORMAT`].
    pub format: u32,
    /// The worker's exit code.
    pub exit: u8,
    /// Wall-clock seconds over all attempts that led here.
    pub wall_seconds: f64,
    /// Processor seconds over all attempts that led here.
    pub cpu_seconds: f64,
    /// Name of the machine that finished the cell.
    pub host: String,
    /// Version of the program that finished the cell.
    pub version: String,
    /// Commit that the program was built from (`unknown` outside a checkout).
    pub commit: String,
    /// Engine that trained, with its version.
    pub engine: String,
    /// Device: `cpu` or `cuda:N`.
    pub device: String,
    /// Threads of the engine.
    pub threads: usize,
    /// The hash of the code that made it, for other programs whose code is sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// `progress.json`: the progress of a running worker. It is no verdict if it is missing or old.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// [`RECORD_FORMAT`].
    pub format: u32,
    /// Batches done.
    pub batch: u64,
    /// Batches to train.
    pub batches: u64,
    /// Loss of the last batch (`null` before the first).
    pub loss: Option<f64>,
    /// Recent batches a second (`null` before the first).
    pub batches_per_second: Option<f64>,
}

impl Progress {
    /// Seconds until the last batch, at the recent rate; `None` before the first batch.
    pub fn seconds_left(&self) -> Option<f64> {
        let rate = self.batches_per_second.filter(|rate| *rate > 0.0)?;
        Some(self.batches.saturating_sub(self.batch) as f64 / rate)
    }
}
