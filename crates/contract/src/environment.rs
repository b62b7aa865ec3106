//! Names of the environment variables that the programs read.

/// What the names of our own variables begin with.
pub const PREFIX: &str = "GAINSWEEP_";
/// The folder of results, relative to the current folder (default: that of the sweep's project).
pub const RESULTS: &str = "GAINSWEEP_RESULTS";
/// The worker program that the planner starts (default: `gainsweep-worker` beside the planner, then on `PATH`).
pub const WORKER: &str = "GAINSWEEP_WORKER";
/// Folder with the cells whose networks an analysis reads (`CELL/model.safetensors` in it).
pub const NETWORKS: &str = "GAINSWEEP_NETWORKS";
/// Seconds between checkpoints of a training (default 30; 0 writes one after every batch).
pub const CHECKPOINT_SECONDS: &str = "GAINSWEEP_CHECKPOINT_SECONDS";
/// Folder for event files of workers' trainings: each has its own subfolder, named by the cell's id.
pub const TENSORBOARD: &str = "GAINSWEEP_TENSORBOARD";
/// The GPUs that a process may use, by the names of their makers' libraries. A batch system sets them for a task; each
/// of several cells in it gets its part.
pub const DEVICES: [&str; 2] = ["CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"];
/// What a cell's program is told: the cell's id.
pub const CELL: &str = "GAINSWEEP_CELL";
/// What a cell's program is told: its folder, where results go.
pub const OUT: &str = "GAINSWEEP_OUT";
/// What a cell's program is told: how many processors are its share.
pub const CPUS: &str = "GAINSWEEP_CPUS";
/// What a cell's program is told: the project's root, where data lie. The program itself may run in a copy.
pub const ROOT: &str = "GAINSWEEP_ROOT";
/// How many threads libraries compute with: a cell's share of the processors, unless someone has set them.
pub const THREAD_COUNTS: [&str; 8] = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "JULIA_NUM_THREADS",
    "RAYON_NUM_THREADS",
];
/// Log filter in the syntax of `tracing` (for example `debug`).
pub const LOG: &str = "GAINSWEEP_LOG";
/// How many threads the planner computes with (default: one for each processor); the name is rayon's.
pub const THREADS: &str = "RAYON_NUM_THREADS";
/// Set to anything: no colours (<https://no-color.org>).
pub const NO_COLOR: &str = "NO_COLOR";
/// For tests, in builds with debug assertions: the planner kills itself at the step of that number while it
/// submits.
pub const KILL_AT_STEP: &str = "GAINSWEEP_KILL_AT_STEP";
/// For tests: the suite of Debian whose Slurm they start (default: this machine's own Slurm), as
/// `scripts/local-slurm --release` takes it.
pub const SLURM_RELEASE: &str = "GAINSWEEP_SLURM_RELEASE";
