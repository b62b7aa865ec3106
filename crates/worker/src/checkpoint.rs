//! Checkpoints: everything that a stopped training needs to resume bit for bit.

use std::path::Path;

use gainsweep_contract::CellId;
use gainsweep_model::Experiment;
use gainsweep_model::trainer::{BatchReport, Training};
use gainsweep_store::{CellFolder, atomic};

use crate::failure::Failure;
use crate::tensors::{self, Metadata, TensorFile, TensorsError};

/// Version of the checkpoint's format; a program reads only its own version.
const FORMAT: &str = "1";

/// One batch of the history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct HistoryRow {
    pub(crate) loss: f64,
    pub(crate) regulariser: f64,
    pub(crate) gradient_norm: f64,
    /// Wall-clock seconds of the batch.
    pub(crate) seconds: f64,
}

impl HistoryRow {
    pub(crate) fn new(report: &BatchReport, seconds: f64) -> HistoryRow {
        HistoryRow {
            loss: report.loss,
            regulariser: report.regulariser,
            gradient_norm: report.gradient_norm,
            seconds,
        }
    }
}

/// A training and its history.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Progressed {
    pub(crate) training: Training,
    /// One row a batch.
    pub(crate) history: Vec<HistoryRow>,
    /// Wall-clock seconds of all attempts.
    pub(crate) wall_seconds: f64,
    /// Processor seconds of all attempts.
    pub(crate) cpu_seconds: f64,
}

const HISTORY: &str = "history";
const SECONDS: &str = "seconds";
const HINT: &str = "; remove it to train from the start, or restore it from a backup";

/// Writes a checkpoint, whole or not at all.
pub(crate) fn write(folder: &CellFolder, cell: CellId, progressed: &Progressed) -> Result<(), Failure> {
    let history = progressed
        .history
        .iter()
        .flat_map(|row| [row.loss, row.regulariser, row.gradient_norm, row.seconds])
        .collect();
    let mut file = TensorFile {
        arrays: progressed.training.to_arrays(),
        doubles: [
            (HISTORY.to_string(), history),
            (SECONDS.to_string(), vec![progressed.wall_seconds, progressed.cpu_seconds]),
        ]
        .into(),
        metadata: Metadata::from([
            ("format".to_string(), FORMAT.to_string()),
            ("cell".to_string(), cell.to_string()),
            ("batch".to_string(), progressed.training.batch.to_string()),
        ]),
    };
    file.seal();
    atomic::write(&folder.checkpoint(), &tensors::encode(&file)?)?;
    Ok(())
}

/// Reads the checkpoint of a folder; `None` if there is none.
pub(crate) fn read(
    folder: &CellFolder,
    cell: CellId,
    experiment: &Experiment,
) -> Result<Option<Progressed>, Failure> {
    let path = folder.checkpoint();
    match tensors::read(&path) {
        Ok(file) => restore(&path, &file, cell, experiment).map(Some),
        Err(TensorsError::Read(error)) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::Other(error.hint(HINT).to_string())),
    }
}

fn restore(
    path: &Path,
    file: &TensorFile,
    cell: CellId,
    experiment: &Experiment,
) -> Result<Progressed, Failure> {
    let damaged =
        |reason: &str| Failure::Other(TensorsError::damaged(path, reason.to_string()).hint(HINT).to_string());
    let text = |key: &str| file.metadata.get(key).map(String::as_str);
    if text("format").is_some_and(|format| format != FORMAT) {
        return Err(Failure::Other(format!(
            "`{}` is a checkpoint of format {}, this program reads format {FORMAT}: resume with the program that \
             wrote it, or remove it to train from the start",
            path.display(),
            text("format").unwrap_or("unknown"),
        )));
    }
    if file.is_intact() != Some(true) {
        return Err(damaged(tensors::NOT_INTACT));
    }
    if text("cell") != Some(&cell.to_string()) {
        return Err(Failure::Usage(format!(
            "`{}` belongs to cell {}, these parameters are cell {cell}: choose another folder",
            path.display(),
            text("cell").unwrap_or("unknown"),
        )));
    }
    let batch = text("batch").and_then(|batch| batch.parse().ok()).ok_or_else(|| damaged("no batch"))?;
    let training =
        Training::from_arrays(experiment, batch, &file.arrays).map_err(|reason| damaged(&reason))?;
    let list = |name: &str| file.doubles.get(name).map(Vec::as_slice).unwrap_or_default();
    let history: Vec<HistoryRow> = list(HISTORY)
        .as_chunks::<4>()
        .0
        .iter()
        .map(|[loss, regulariser, gradient_norm, seconds]| HistoryRow {
            loss: *loss,
            regulariser: *regulariser,
            gradient_norm: *gradient_norm,
            seconds: *seconds,
        })
        .collect();
    let &[wall_seconds, cpu_seconds] = list(SECONDS) else { return Err(damaged("no seconds")) };
    if history.len() as u64 != batch {
        return Err(damaged("its history is not as long as its training"));
    }
    Ok(Progressed { training, history, wall_seconds, cpu_seconds })
}
