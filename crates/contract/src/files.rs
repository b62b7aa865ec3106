//! Names of the files in a cell's folder. The worker owns that folder; a finished cell has no other files.

/// All parameters, resolved.
pub const PARAMETERS: &str = "params.toml";
/// The same as JSON, for other programs that ask for it.
pub const PARAMETERS_JSON: &str = "params.json";
/// One header line and one row: scalar results.
pub const METRICS: &str = "metrics.csv";
/// One row a batch: batch, loss, regulariser, gradient norm, seconds.
pub const HISTORY: &str = "history.csv";
/// One row a test context.
pub const CONTEXTS: &str = "contexts.csv";
/// The trained network, fixed weights included. Tensors have the names of the published code's state dict.
pub const MODEL: &str = "model.safetensors";
/// Written last: a cell is done if and only if this file exists.
pub const DONE: &str = "done.json";
/// Rewritten now and then while the worker runs.
pub const PROGRESS: &str = "progress.json";
/// The state from which a stopped training resumes; removed when the cell is done.
pub const CHECKPOINT: &str = "checkpoint.safetensors";

/// The files of a finished cell of the built-in worker.
pub const FINISHED: [&str; 6] = [PARAMETERS, METRICS, HISTORY, CONTEXTS, MODEL, DONE];
